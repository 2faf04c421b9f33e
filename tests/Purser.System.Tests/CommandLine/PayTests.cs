using System.Text.Json;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.SystemTests.Demo;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary>The wallet and the two-step payment from the command line, against <c>purser up</c>.</summary>
public sealed class PayTests(RunningUp up) : IClassFixture<RunningUp>
{
    private string[] Unlock => ["--account", "payer", "--password-file", up.PasswordFile];

    [Fact]
    public async Task A_quote_waits_for_its_confirmation_and_touches_nothing()
    {
        var before = await BalanceAsync();
        var quote = await QuoteAsync("weather");
        var pending = quote.Json.GetProperty("pending");
        pending.GetProperty("kind").GetString().ShouldBe("confirmation");
        pending.GetProperty("amount").GetString().ShouldBe("10000");
        pending.GetProperty("symbol").GetString().ShouldBe("TUSD");
        pending.GetProperty("network").GetString().ShouldBe("eip155:31337");
        pending.GetProperty("approveWith").GetString().ShouldBe($"purser pay confirm {Id(quote)} --yes");

        var without = await up.RunAsync(["pay", "confirm", Id(quote), .. Unlock]);
        without.ExitCode.ShouldBe(3);
        Id(without).ShouldBe(Id(quote));
        (await BalanceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_confirmed_quote_is_paid_once_however_often_it_is_confirmed()
    {
        var before = await BalanceAsync();
        var quote = await QuoteAsync("weather?city=Porto");
        var paid = await up.RunAsync(["pay", "confirm", Id(quote), "--yes", .. Unlock]);
        paid.ExitCode.ShouldBe(0, paid.Output);
        paid.Data.GetProperty("status").GetInt32().ShouldBe(200);
        paid.Data.GetProperty("body").GetString()!.ShouldContain("Porto");
        var payment = paid.Data.GetProperty("payment");
        payment.GetProperty("state").GetString().ShouldBe("settled");

        var again = await up.RunAsync(["pay", "confirm", Id(quote), "--yes", .. Unlock]);
        again.ExitCode.ShouldBe(0, again.Output);
        again.Data.GetProperty("payment").GetProperty("transaction").GetString().ShouldBe(payment.GetProperty("transaction").GetString());
        (before - await BalanceAsync()).ShouldBe(10_000UL);

        var shown = await up.RunAsync("pay", "show", Id(quote));
        shown.Data.GetProperty("state").GetString().ShouldBe("settled");
        var listed = await up.RunAsync("pay", "list");
        listed.Data.GetProperty("payments").EnumerateArray().Count(p => p.GetProperty("id").GetString() == payment.GetProperty("id").GetString()).ShouldBe(1);
        (await up.RunAsync("pay", "reconcile", Id(quote))).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Fetch_pays_within_the_cap_and_refuses_beyond_it()
    {
        var before = await BalanceAsync();
        var fetched = await up.RunAsync(["pay", "fetch", $"{up.Shop}weather", "--yes", "--max-amount", "0.01 TUSD", .. Unlock]);
        fetched.ExitCode.ShouldBe(0, fetched.Output);
        fetched.Data.GetProperty("payment").GetProperty("amount").GetString().ShouldBe("10000");
        (before - await BalanceAsync()).ShouldBe(10_000UL);

        foreach (var cap in new[] { "0.009999 TUSD", "9999", "0" })
        {
            var refused = await up.RunAsync(["pay", "fetch", $"{up.Shop}weather", "--yes", "--max-amount", cap, .. Unlock]);
            refused.ExitCode.ShouldBe(1, refused.Output);
            refused.ErrorCode.ShouldBe("no_acceptable_offer");
        }
        foreach (var cap in new[] { "lots", "1 NOPE", "-1 TUSD", "1e1 TUSD", "" })
        {
            (await up.RunAsync(["pay", "fetch", $"{up.Shop}weather", "--yes", $"--max-amount={cap}", .. Unlock])).ExitCode.ShouldBe(2);
        }
        var unconfirmed = await up.RunAsync(["pay", "fetch", $"{up.Shop}weather", "--max-amount", "1 TUSD", .. Unlock]);
        unconfirmed.ExitCode.ShouldBe(3);
        (before - await BalanceAsync()).ShouldBe(10_000UL);
    }

    [Fact]
    public async Task An_account_whose_key_lies_with_an_external_signer_pays_without_a_password()
    {
        var imported = await up.RunAsync("wallet", "import", "far", "--external", up.Url("chain"), "--address", DevelopmentAccounts.Addresses[4].ToString());
        imported.ExitCode.ShouldBe(0, imported.Output);
        var fetched = await up.RunAsync("pay", "fetch", $"{up.Shop}weather", "--yes", "--max-amount", "0.01 TUSD", "--account", "far");
        fetched.ExitCode.ShouldBe(0, fetched.Output);
        fetched.Data.GetProperty("payment").GetProperty("amount").GetString().ShouldBe("10000");
    }

    [Fact]
    public async Task A_resource_that_asks_nothing_is_fetched_without_the_wallet()
    {
        var answer = await up.RunAsync("pay", "quote", up.Shop);
        answer.ExitCode.ShouldBe(0, answer.Output);
        answer.Data.GetProperty("paymentAsked").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task A_price_over_the_policys_cap_is_exit_4_and_signs_nothing()
    {
        var before = await BalanceAsync();
        var quote = await QuoteAsync("report");
        var refused = await up.RunAsync(["pay", "confirm", Id(quote), "--yes", .. Unlock]);
        refused.ExitCode.ShouldBe(4, refused.Output);
        (await up.RunAsync("pay", "show", Id(quote))).ErrorCode.ShouldBe("payment_missing");
        (await BalanceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task An_account_without_the_money_is_exit_6()
    {
        var made = await up.RunAsync("wallet", "new", "poor", "--password-file", up.PasswordFile);
        made.ExitCode.ShouldBe(0, made.Output);
        var quote = await QuoteAsync("weather?city=Faro");
        var refused = await up.RunAsync("pay", "confirm", Id(quote), "--yes", "--account", "poor", "--password-file", up.PasswordFile);
        refused.ExitCode.ShouldBe(6, refused.Output);
    }

    [Fact]
    public async Task A_wrong_password_or_none_is_exit_5()
    {
        var quote = await QuoteAsync("weather?city=Braga");
        var wrong = Path.Combine(up.Data, "..", "wrong");
        await File.WriteAllTextAsync(wrong, "wrong horse\n");
        var refused = await up.RunAsync("pay", "confirm", Id(quote), "--yes", "--account", "payer", "--password-file", wrong);
        refused.ExitCode.ShouldBe(5, refused.Output);
        refused.ErrorCode.ShouldBe("wrong_password");
        refused.Output.ShouldNotContain("wrong horse");

        var none = await up.RunAsync("pay", "confirm", Id(quote), "--yes", "--account", "payer");
        none.ExitCode.ShouldBe(5);
        none.ErrorCode.ShouldBe("password_needed");
        (await up.RunAsync("pay", "confirm", Id(quote), "--yes", "--account", "payer", "--password-file", wrong + "-missing")).ExitCode.ShouldBe(2);
        (await up.RunAsync("pay", "confirm", Id(quote), "--yes", "--account", "nobody", "--password-file", wrong)).ErrorCode.ShouldBe("no_account");
    }

    [Fact]
    public async Task Ids_that_name_nothing_are_exit_1()
    {
        (await up.RunAsync("pay", "show", "nothing")).ErrorCode.ShouldBe("payment_missing");
        (await up.RunAsync("pay", "reconcile", "nothing")).ErrorCode.ShouldBe("payment_missing");
        (await up.RunAsync("pay", "confirm", "nothing")).ErrorCode.ShouldBe("quote_missing");
        (await up.RunAsync(["pay", "confirm", "nothing", "--yes", .. Unlock])).ErrorCode.ShouldBe("quote_missing");
    }

    [Fact]
    public async Task A_seller_that_cannot_be_reached_is_exit_7()
    {
        var answer = await up.RunAsync("pay", "quote", "http://127.0.0.1:1/");
        answer.ExitCode.ShouldBe(7, answer.Output);
    }

    [Fact]
    public async Task A_lost_reply_is_exit_8_and_the_same_quote_again_is_the_same_payment()
    {
        var before = await BalanceAsync();
        await using var shop = await LossyShop.StartAsync(new Uri(up.Shop));
        shop.LosesPaidReplies = true;
        var quote = await up.RunAsync("pay", "quote", new Uri(shop.Url, "/weather?city=Evora").AbsoluteUri);
        quote.ExitCode.ShouldBe(3, quote.Output);
        var lost = await up.RunAsync(["pay", "confirm", Id(quote), "--yes", .. Unlock]);
        lost.ExitCode.ShouldBe(8, lost.Output);
        lost.ErrorCode.ShouldBe("payment_unknown");
        lost.Output.ShouldContain("purser pay reconcile");

        var reconciled = await up.RunAsync("pay", "reconcile");
        reconciled.ExitCode.ShouldBe(0, reconciled.Output);
        reconciled.Data.GetProperty("payments").EnumerateArray().Single(p => p.GetProperty("id").GetString() == $"quote-{Id(quote)}").GetProperty("state").GetString().ShouldBe("settled");

        shop.LosesPaidReplies = false;
        var again = await up.RunAsync(["pay", "confirm", Id(quote), "--yes", .. Unlock]);
        again.ExitCode.ShouldBe(0, again.Output);
        again.Data.GetProperty("body").GetString()!.ShouldContain("Evora");
        shop.PaymentHeaders.Distinct().ShouldHaveSingleItem();
        (before - await BalanceAsync()).ShouldBe(10_000UL);
    }

    [Fact]
    public async Task Double_payment_after_a_kill_between_presenting_and_the_outcome()
    {
        var before = await BalanceAsync();
        await using var shop = await LossyShop.StartAsync(new Uri(up.Shop));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        shop.Gate = gate.Task;
        var first = await up.RunAsync("pay", "quote", new Uri(shop.Url, "/weather?city=Beja").AbsoluteUri);
        await using (var paying = PurserProcess.Begin(["pay", "confirm", Id(first), "--yes", .. Unlock, "--data", up.Data]))
        {
            await Eventually.HoldsAsync("the payment is out", () => shop.PaymentHeaders.Count == 1);
            await paying.KillAsync();
        }

        // The price asked anew is a new quote, and the request the very same: nothing is signed for it.
        var next = await up.RunAsync("pay", "quote", new Uri(shop.Url, "/weather?city=Beja").AbsoluteUri);
        await ShouldBeOpenAsync(next);
        (await ReconcileAsync()).ShouldBe("sent");
        await ShouldBeOpenAsync(next);

        // The shop takes the first one after all, with nobody waiting for the reply; the chain tells.
        gate.SetResult();
        shop.Gate = null;
        await Eventually.HoldsAsync("the first is settled", async () => before - await BalanceAsync() == 10_000UL);
        (await ReconcileAsync()).ShouldBe("settled");
        var paid = await up.RunAsync(["pay", "confirm", Id(next), "--yes", .. Unlock]);
        paid.ExitCode.ShouldBe(0, paid.Output);
        shop.PaymentHeaders.Distinct().Count().ShouldBe(2);
        (before - await BalanceAsync()).ShouldBe(20_000UL);

        async Task<string?> ReconcileAsync() => (await up.RunAsync("pay", "reconcile", Id(first))).Data.GetProperty("payments").EnumerateArray().Single().GetProperty("state").GetString();

        async Task ShouldBeOpenAsync(PurserAnswer quote)
        {
            var refused = await up.RunAsync(["pay", "confirm", Id(quote), "--yes", .. Unlock]);
            refused.ExitCode.ShouldBe(8, refused.Output);
            refused.ErrorCode.ShouldBe("payment_open");
            refused.Output.ShouldContain($"purser pay reconcile quote-{Id(first)}");
            (await up.RunAsync("pay", "show", Id(quote))).ErrorCode.ShouldBe("payment_missing");
        }
    }

    [Fact]
    public async Task X402_pay_prints_a_proof_that_the_chains_token_takes()
    {
        var payTo = DevelopmentAccounts.Addresses[6].ToString();
        var proof = await up.RunAsync(["payment", "x402-pay", "--network", "eip155:31337", "--amount", "10000", "--pay-to", payTo, "--asset", Sandboxes.TestUsd.ToString(),
            "--from", "payer", "--password-file", up.PasswordFile]);
        proof.ExitCode.ShouldBe(0, proof.Output);
        var authorization = proof.Data.GetProperty("authorization");
        authorization.EnumerateObject().Select(m => m.Name).ShouldBe(["from", "to", "value", "validAfter", "validBefore", "nonce"]);
        authorization.EnumerateObject().ShouldAllBe(m => m.Value.ValueKind == JsonValueKind.String);
        authorization.GetProperty("to").GetString().ShouldBe(payTo);
        authorization.GetProperty("value").GetString().ShouldBe("10000");
        var token = Protocol.Assets.TokenInfo.TestUsd(new(new(31337), Sandboxes.TestUsd));
        var message = new Protocol.Payments.Eip3009Authorization(Address.Parse(authorization.GetProperty("from").GetString()!), Address.Parse(payTo), 10_000UL,
            UInt256.Parse(authorization.GetProperty("validAfter").GetString()!), UInt256.Parse(authorization.GetProperty("validBefore").GetString()!), Hash32.Parse(authorization.GetProperty("nonce").GetString()!));
        Protocol.Payments.Eip3009.TryRecover(message, Protocol.Payments.Eip3009.DomainSeparator(token.DomainName!, token.DomainVersion!, token.Asset),
            Signature.Parse(proof.Data.GetProperty("signature").GetString()!), out var signer).ShouldBeTrue();
        signer.ShouldBe(DevelopmentAccounts.Addresses[RunningUp.Payer]);
    }

    [Fact]
    public async Task Up_again_on_the_same_data_resumes_the_chain_and_the_payments()
    {
        var fetched = await up.RunAsync(["pay", "fetch", $"{up.Shop}weather?city=Sines", "--yes", "--max-amount", "0.01 TUSD", .. Unlock]);
        fetched.ExitCode.ShouldBe(0, fetched.Output);
        var before = await BalanceAsync();
        (await up.RestartAsync()).ShouldBe(0);
        (await BalanceAsync()).ShouldBe(before);
        var after = await up.RunAsync(["pay", "fetch", $"{up.Shop}weather?city=Lagos", "--yes", "--max-amount", "0.01 TUSD", .. Unlock]);
        after.ExitCode.ShouldBe(0, after.Output);
        (before - await BalanceAsync()).ShouldBe(10_000UL);
    }

    [Fact]
    public async Task No_file_and_no_output_holds_the_key_or_the_password()
    {
        (await up.RunAsync("wallet", "list")).ExitCode.ShouldBe(0);
        List<(string Name, string Text)> texts = [];
        await up.RestartAsync(() => texts.AddRange(PlainSecrets.TextsOf(up.Data))); // the chain's file is locked while it runs
        texts.Count.ShouldBeGreaterThan(4);
        texts.AddRange(up.Printed.Select((text, i) => ($"output {i}", text)));
        PlainSecrets.FindKeys(texts, DevelopmentAccounts.Addresses[RunningUp.Payer]).ShouldBeEmpty();
        texts.Where(t => t.Text.Contains("correct horse", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static string Id(PurserAnswer answer) => answer.Json.GetProperty("pending").GetProperty("id").GetString()!;

    private async Task<PurserAnswer> QuoteAsync(string path)
    {
        var quote = await up.RunAsync("pay", "quote", up.Shop + path);
        quote.ExitCode.ShouldBe(3, quote.Output);
        return quote;
    }

    private async Task<UInt256> BalanceAsync()
    {
        var answer = await up.RunAsync("wallet", "balance", "--chain", "31337", "--account", "payer");
        answer.ExitCode.ShouldBe(0, answer.Output);
        return UInt256.Parse(answer.Data.GetProperty("balances").EnumerateArray().Single(b => b.GetProperty("display").GetString()!.Contains("TUSD", StringComparison.Ordinal)).GetProperty("units").GetString()!);
    }
}
