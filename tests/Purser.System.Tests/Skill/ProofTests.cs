using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Skill;

/// <summary>What seed 001's command prints, and that it moves nothing by itself (x402-skill A5, B6, B7, H).</summary>
[Collection(SkillCollection.Name)]
public sealed class ProofTests(RunningUp up) : IAsyncLifetime
{
    private static readonly string s_payTo = DevelopmentAccounts.Addresses[7].ToString();
    private JsonElement _data;
    private JsonElement _authorization;
    private long _signedAt;

    private static Address Payer => DevelopmentAccounts.Addresses[RunningUp.Payer];

    public async ValueTask InitializeAsync()
    {
        _signedAt = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        _data = await SignAsync();
        _authorization = _data.GetProperty("authorization");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A5_signing_moves_nothing_and_the_sellers_settlement_does()
    {
        var chain = new Purser.Ethereum.Rpc.JsonRpcChain(PaymentWorld.Http, new Uri(up.Url("chain")), TimeProvider.System);
        var nonce = await chain.GetTransactionCountAsync(Payer, cancellationToken: TestContext.Current.CancellationToken);
        var before = await BalanceAsync(chain, Payer);
        var proof = await SignAsync();
        (await BalanceAsync(chain, Payer)).ShouldBe(before);

        var settled = await SettleAsync(proof);
        settled.GetProperty("success").GetBoolean().ShouldBeTrue(settled.ToString());
        (before - await BalanceAsync(chain, Payer)).ShouldBe(10_000UL);
        (await chain.GetTransactionCountAsync(Payer, cancellationToken: TestContext.Current.CancellationToken)).ShouldBe(nonce); // who settles pays the gas
    }

    [Fact]
    public void H1_there_is_a_signature_and_an_authorization() => _data.EnumerateObject().Select(m => m.Name).ShouldBe(["signature", "authorization"]);

    [Fact]
    public void H2_the_signature_is_65_bytes_in_hex_with_v_27_or_28_and_low_s_and_is_the_payers()
    {
        var text = _data.GetProperty("signature").GetString()!;
        text.ShouldMatch("^0x[0-9a-f]{130}$");
        int.Parse(text[^2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture).ShouldBeOneOf(27, 28);
        var signature = Signature.Parse(text); // the strict one: a high s has no Signature
        var token = TokenInfo.TestUsd(new(new(31337), Sandboxes.TestUsd));
        var message = new Eip3009Authorization(Address.Parse(Text("from")), Address.Parse(Text("to")), UInt256.Parse(Text("value")), UInt256.Parse(Text("validAfter")), UInt256.Parse(Text("validBefore")), Hash32.Parse(Text("nonce")));
        Eip3009.TryRecover(message, Eip3009.DomainSeparator(token.DomainName, token.DomainVersion, token.Asset), signature, out var signer).ShouldBeTrue();
        signer.ShouldBe(Payer);
    }

    [Fact]
    public void H3_the_authorization_has_exactly_six_members() =>
        _authorization.EnumerateObject().Select(m => m.Name).ShouldBe(["from", "to", "value", "validAfter", "validBefore", "nonce"]);

    [Fact]
    public void H4_from_is_the_payer() => Address.Parse(Text("from")).ShouldBe(Payer);

    [Fact]
    public void H5_to_is_the_payee() => Text("to").ShouldBe(s_payTo);

    [Fact]
    public void H6_the_value_is_the_amount_in_minimal_units() => Text("value").ShouldBe("10000");

    [Fact]
    public void H7_it_is_valid_from_the_beginning() => Text("validAfter").ShouldBe("0");

    [Fact]
    public void H8_B7_it_ends_300_seconds_after_it_was_signed_where_nothing_else_is_asked() =>
        (long.Parse(Text("validBefore"), CultureInfo.InvariantCulture) - _signedAt).ShouldBeInRange(299, 330);

    [Fact]
    public async Task H9_the_nonce_is_32_bytes_and_another_each_time()
    {
        Text("nonce").ShouldMatch("^0x[0-9a-f]{64}$");
        (await SignAsync()).GetProperty("authorization").GetProperty("nonce").GetString().ShouldNotBe(Text("nonce"));
        var source = new SystemRandom(); // where the wallet takes its nonces from
        var drawn = new HashSet<Hash32>();
        var nonce = new byte[Hash32.Size];
        for (var i = 0; i < 10_000; i++)
        {
            source.Fill(nonce);
            drawn.Add(new(nonce)).ShouldBeTrue();
        }
    }

    [Fact]
    public void H10_all_six_are_strings() => _authorization.EnumerateObject().ShouldAllBe(m => m.Value.ValueKind == JsonValueKind.String);

    [Fact]
    public async Task B6_without_from_the_selected_account_pays()
    {
        (await up.RunAsync("wallet", "use", "payer")).ExitCode.ShouldBe(0);
        var proof = await RunAsync("--password-file", up.PasswordFile);
        proof.ExitCode.ShouldBe(0, proof.Output);
        Address.Parse(proof.Data.GetProperty("authorization").GetProperty("from").GetString()!).ShouldBe(Payer);
    }

    [Fact]
    public async Task B7_the_window_is_what_was_asked()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var proof = await RunAsync("--from", "payer", "--password-file", up.PasswordFile, "--max-timeout-seconds", "60");
        (long.Parse(proof.Data.GetProperty("authorization").GetProperty("validBefore").GetString()!, CultureInfo.InvariantCulture) - now).ShouldBeInRange(59, 90);
    }

    [Fact]
    public async Task H14_the_authorization_is_in_the_journal_once_it_is_printed()
    {
        var listed = await up.RunAsync("pay", "list", "--limit", "1000");
        var payment = listed.Data.GetProperty("payments").EnumerateArray().Single(p => p.GetProperty("nonce").GetString() == Text("nonce"));
        payment.GetProperty("state").GetString().ShouldBe("sent");
        payment.GetProperty("payTo").GetString().ShouldBe(s_payTo);
    }

    [Fact]
    public async Task J12_the_same_proof_settled_twice_moves_its_money_once()
    {
        var chain = new Purser.Ethereum.Rpc.JsonRpcChain(PaymentWorld.Http, new Uri(up.Url("chain")), TimeProvider.System);
        var proof = await SignAsync();
        var before = await BalanceAsync(chain, Payer);
        var first = await SettleAsync(proof);
        var second = await SettleAsync(proof);
        first.GetProperty("transaction").GetString().ShouldBe(second.GetProperty("transaction").GetString());
        (before - await BalanceAsync(chain, Payer)).ShouldBe(10_000UL);
    }

    private string Text(string member) => _authorization.GetProperty(member).GetString()!;

    private Task<PurserAnswer> RunAsync(params string[] more) =>
        up.RunAsync(["payment", "x402-pay", "--network", "eip155:31337", "--amount", "10000", "--pay-to", s_payTo, "--asset", Sandboxes.TestUsd.ToString(), .. more]);

    private async Task<JsonElement> SignAsync()
    {
        var proof = await RunAsync("--from", "payer", "--password-file", up.PasswordFile);
        proof.ExitCode.ShouldBe(0, proof.Output);
        return proof.Data;
    }

    private static async Task<ulong> BalanceAsync(Purser.Ethereum.Rpc.JsonRpcChain chain, Address account) =>
        (ulong)(await TokenReads.BalanceAsync(chain, Sandboxes.TestUsd, account, TestContext.Current.CancellationToken))!.Value;

    // As a seller's server does who got this proof.
    private async Task<JsonElement> SettleAsync(JsonElement proof)
    {
        var terms = $$"""{"scheme":"exact","network":"eip155:31337","amount":"10000","asset":"{{Sandboxes.TestUsd}}","payTo":"{{s_payTo}}","maxTimeoutSeconds":300,"extra":{"name":"Test USD","version":"1"} }""";
        using var body = new StringContent($$$"""{"x402Version":2,"paymentPayload":{"x402Version":2,"accepted":{{{terms}}},"payload":{{{proof}}} },"paymentRequirements":{{{terms}}} }""", Encoding.UTF8, "application/json");
        using var reply = await PaymentWorld.Http.PostAsync(new Uri(new Uri(up.Url("facilitator")), "settle"), body, TestContext.Current.CancellationToken);
        reply.StatusCode.ShouldBe(HttpStatusCode.OK);
        return JsonElement.Parse(await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
