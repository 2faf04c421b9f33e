using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Payments;

/// <summary><c>purser sell</c> by each way that it offers, with the processes that people start; what is asserted last is what the chain says.</summary>
public sealed class SellWaysTests(PaymentWorld world)
{
    private const int Payer = 3;
    private static readonly AbiFunction s_approve = AbiFunction.Parse("function approve(address spender, uint256 value)");

    [Fact]
    public async Task By_Permit2_by_upto_upfront_and_with_seed_001s_body_each_is_sold_from_the_command_line()
    {
        var seeded = new Seeded(0x5e11);
        await ApproveAsync();
        await using var upstream = await LocalServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/metered")
            {
                context.Response.Headers["Settlement-Overrides"] = """{"amount":"400"}""";
            }
            await context.Response.WriteAsync($"work for {context.Request.Path}");
        });
        var payee = PaymentWorld.NewPayee(seeded);
        var table = Path.Combine(world.NewDataFolder("ways-table"), "routes.json");
        await File.WriteAllTextAsync(table,
            """
            { "challengeBody": "base64",
              "routes": [
                { "path": "/permit", "price": "0.001 TUSD", "by": "permit2" },
                { "path": "/metered", "price": "0.001 TUSD", "by": "upto" },
                { "path": "/plain", "price": "0.001 TUSD", "by": "eip3009", "flow": "upfront", "challengeBody": "v2" } ] }
            """);
        await using var byTable = await StartAsync(upstream.Url, payee, "--routes", table);
        var shop = PaymentWorld.UrlOf(byTable);

        (await PayAsync(shop, "/permit", seeded, "base64")).Amount.ShouldBeNull();
        (await world.BalanceAsync(payee)).ShouldBe(1000UL);
        (await PayAsync(shop, "/metered", seeded, "base64")).Amount.ShouldBe("400");
        (await world.BalanceAsync(payee)).ShouldBe(1400UL);
        await PayAsync(shop, "/plain", seeded, "v2");
        (await world.BalanceAsync(payee)).ShouldBe(2400UL);

        // The same by flags, one price for all.
        await using var byFlags = await StartAsync(upstream.Url, payee, "--price", "0.001 TUSD", "--by", "upto", "--challenge-body", "v2");
        (await PayAsync(PaymentWorld.UrlOf(byFlags), "/metered", seeded, "v2")).Amount.ShouldBe("400");
        (await world.BalanceAsync(payee)).ShouldBe(2800UL);
        byFlags.Ready.GetProperty("by").GetString().ShouldBe("upto");
    }

    private Task<PurserProcess> StartAsync(Uri upstream, Address payTo, params string[] prices) => PurserProcess.StartAsync(
    [
        "sell", "--upstream", upstream.AbsoluteUri, .. prices, "--pay-to", payTo.ToString(), "--facilitator", world.FacilitatorUrl.AbsoluteUri, "--port", "0", "--network", PaymentWorld.Network,
        "--rpc", world.RpcUrl.AbsoluteUri, "--data", world.NewDataFolder($"ways-{Guid.CreateVersion7():n}"),
    ]);

    /// <summary>Asks, reads the body in the form that was promised, signs what it offers, and is served.</summary>
    private static async Task<SettleResponse> PayAsync(Uri shop, string path, Seeded seeded, string form)
    {
        using var unpaid = await PaymentWorld.Http.GetAsync(new Uri(shop, path));
        unpaid.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        var body = await unpaid.Content.ReadAsStringAsync();
        var json = form == "base64" ? Encoding.UTF8.GetString(Convert.FromBase64String(body)) : body;
        JsonDocument.Parse(json).RootElement.GetProperty("x402Version").GetInt32().ShouldBe(2);
        var offer = PaymentRequired.Read(Protocol.Json.JsonShape.Parse(Encoding.UTF8.GetBytes(json))).Accepts.Single();

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shop, path));
        request.Headers.TryAddWithoutValidation(PaymentHeader.Signature, PaymentHeader.Encode(Sign(offer, seeded).Write));
        using var paid = await PaymentWorld.Http.SendAsync(request);
        paid.StatusCode.ShouldBe(HttpStatusCode.OK, await paid.Content.ReadAsStringAsync());
        (await paid.Content.ReadAsStringAsync()).ShouldBe($"work for {path}");
        paid.Headers.Contains("Settlement-Overrides").ShouldBeFalse();
        return SettleResponse.Read(PaymentHeader.Decode(paid.Headers.GetValues(PaymentHeader.Response).Single()));
    }

    private static PaymentPayload Sign(PaymentRequirements offer, Seeded seeded)
    {
        var terms = PaymentSchemes.ReadTerms(offer, out var reason) ?? throw new InvalidOperationException($"The offer cannot be paid: {reason}.");
        if (terms is ExactEip3009Terms)
        {
            return PreparedPayment.Sign("/", offer, Payer, seeded).Payload;
        }
        using var key = DevelopmentAccounts.Key(Payer);
        var facilitator = (terms as UptoTerms)?.Facilitator;
        var deadline = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 200;
        var message = new Permit2Authorization(key.Address, terms.Asset.Token, terms.Amount, facilitator is null ? Permit2.ExactProxy : Permit2.UptoProxy, UInt256.FromBigEndian(seeded.Bytes(32)), deadline, terms.PayTo, 0)
        {
            Facilitator = facilitator,
        };
        return new(offer, new Permit2Proof(terms, message, key.Sign(Permit2.Digest(message, terms.Asset.Chain)).ToArray()).ToJson());
    }

    private async Task ApproveAsync()
    {
        using var key = DevelopmentAccounts.Key(Payer);
        var signed = new Transaction1559
        {
            ChainId = ChainId.Parse(PaymentWorld.Network), Nonce = await world.Chain.GetTransactionCountAsync(key.Address), MaxPriorityFeePerGas = 1_000_000_000UL, MaxFeePerGas = 100_000_000_000UL,
            GasLimit = 100_000, To = PaymentWorld.Token.Token, Data = s_approve.Encode(Permit2.Contract, (UInt256)1_000_000UL),
        }.Sign(key);
        var hash = await world.Chain.SendRawTransactionAsync(signed.Raw);
        (await Eventually.GetAsync("the approval is mined", () => world.Chain.GetTransactionReceiptAsync(hash), TimeSpan.FromMilliseconds(100))).Succeeded.ShouldBeTrue();
    }
}
