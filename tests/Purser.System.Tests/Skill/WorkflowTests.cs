using Purser.Cli.Composition;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Skill;

/// <summary>The seed's three workflows, driven as an agent drives them, and the receipt that stays (x402-skill I10, K7 to K9).</summary>
[Collection(SkillCollection.Name)]
public sealed class WorkflowTests(RunningUp up)
{
    private string[] Unlock => ["--account", "payer", "--password-file", up.PasswordFile];

    [Fact]
    public async Task K7_ask_confirm_and_get_the_resource()
    {
        var paid = await PayAsync("weather?city=Guarda");
        paid.Data.GetProperty("status").GetInt32().ShouldBe(200);
        paid.Data.GetProperty("body").GetString()!.ShouldContain("Guarda");
    }

    [Fact]
    public async Task K8_pay_and_see_in_the_balance_exactly_what_it_cost()
    {
        var before = await BalanceAsync();
        var paid = await PayAsync("weather?city=Leiria");
        (before - await BalanceAsync()).ShouldBe(ulong.Parse(paid.Data.GetProperty("payment").GetProperty("amount").GetString()!, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task K9_look_at_the_token_first_and_pay_only_when_nothing_speaks_against_it()
    {
        var quote = await up.RunAsync("pay", "quote", $"{up.Shop}weather?city=Chaves");
        var asset = quote.Json.GetProperty("pending").GetProperty("asset").GetString()!.Split('/', ':');
        var scan = await up.RunAsync("security", "token-scan", "--address", asset[^1], "--chain", asset[1]);
        scan.ExitCode.ShouldBe(0, scan.Output);
        scan.Data.GetProperty("verdict").GetString().ShouldBe("no_danger_found");
        (await up.RunAsync(["pay", "confirm", quote.Json.GetProperty("pending").GetProperty("id").GetString()!, "--yes", .. Unlock])).ExitCode.ShouldBe(0);

        var stranger = await up.RunAsync("security", "token-scan", "--address", DevelopmentAccounts.Addresses[9].ToString(), "--chain", asset[1]);
        (stranger.ExitCode, stranger.ErrorCode).ShouldBe((1, "token_danger"));
    }

    [Fact]
    public async Task I10_the_receipt_of_a_settled_payment_is_kept()
    {
        var paid = await PayAsync("weather?city=Silves");
        var payment = paid.Data.GetProperty("payment");
        var receipt = await up.RunAsync("pay", "receipt", payment.GetProperty("id").GetString()!);
        receipt.ExitCode.ShouldBe(0, receipt.Output);
        receipt.Data.GetProperty("transaction").GetString()!.ShouldMatch("^0x[0-9a-f]{64}$");
        receipt.Data.GetProperty("transaction").GetString().ShouldBe(payment.GetProperty("transaction").GetString());
        receipt.Data.GetProperty("url").GetString().ShouldBe($"{up.Shop}weather?city=Silves");
        receipt.Data.GetProperty("amount").GetString().ShouldBe("10000");
        receipt.Data.GetProperty("settledAt").GetString().ShouldNotBeNullOrEmpty();

        (await up.RunAsync("pay", "receipt", "nothing")).ErrorCode.ShouldBe("payment_missing");
        var open = await up.RunAsync(["payment", "x402-pay", "--network", "eip155:31337", "--amount", "1", "--pay-to", DevelopmentAccounts.Addresses[8].ToString(), "--asset", Sandboxes.TestUsd.ToString(), "--from", "payer", "--password-file", up.PasswordFile]);
        open.ExitCode.ShouldBe(0, open.Output);
        var reconcile = open.Json.GetProperty("next")[0].GetString()!;
        var unknown = await up.RunAsync("pay", "receipt", reconcile.Split(' ')[^1]);
        (unknown.ExitCode, unknown.ErrorCode).ShouldBe((8, "payment_unknown"));
    }

    private async Task<PurserAnswer> PayAsync(string path)
    {
        var quote = await up.RunAsync("pay", "quote", up.Shop + path);
        quote.ExitCode.ShouldBe(3, quote.Output);
        var paid = await up.RunAsync(["pay", "confirm", quote.Json.GetProperty("pending").GetProperty("id").GetString()!, "--yes", .. Unlock]);
        paid.ExitCode.ShouldBe(0, paid.Output);
        return paid;
    }

    private async Task<ulong> BalanceAsync()
    {
        var balance = await up.RunAsync("wallet", "balance", "--account", "payer", "--chain", "31337");
        return ulong.Parse(balance.Data.GetProperty("balances").EnumerateArray().Single(b => b.GetProperty("asset").GetString()!.Contains("erc20", StringComparison.Ordinal)).GetProperty("units").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
    }
}
