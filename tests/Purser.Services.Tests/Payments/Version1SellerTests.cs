using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Agent.Payments;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.V1;
using Purser.Services.Payments;
using Purser.Wallet;

namespace Purser.Services.Tests.Payments;

/// <summary>One seller that speaks version 1, version 2 and seed 001's form at once, and a facilitator that speaks both; every request is sent twice.</summary>
public sealed class Version1SellerTests : IAsyncLifetime
{
    private MoneyWorld _world = null!;
    private Shop _shop = null!;
    private Payer _payer = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await MoneyWorld.OpenAsync();
        _shop = await _world.OpenShopAsync();
        _payer = new(_world.Clock, 21);
        await _world.MintAsync(_payer.Address, 10_000);
    }

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    private static HttpRequestMessage GetV1(string path, string payment)
    {
        var request = Shop.Get(path);
        request.Headers.TryAddWithoutValidation("X-PAYMENT", payment);
        return request;
    }

    private static async Task<JsonElement> BodyAsync(HttpResponseMessage response) => JsonElement.Parse(await response.Content.ReadAsStringAsync());

    private JsonElement ProofOf(PaymentRequirements terms) => PaymentPayload.Read(PaymentHeader.Decode(_payer.Pay(terms))).Payload;

    private static string Encode(JsonNode node) => Convert.ToBase64String(Encoding.UTF8.GetBytes(node.ToJsonString()));

    [Fact]
    public async Task A_client_of_version_1_reads_the_body_pays_by_its_header_and_reads_the_settlement_in_its_form()
    {
        using var client = _shop.Stuttering();
        using var asked = await client.SendAsync(Shop.Get("/report"));
        asked.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        var body = await BodyAsync(asked);
        body.GetProperty("x402Version").GetInt32().ShouldBe(1);
        var option = body.GetProperty("accepts")[0];
        (option.GetProperty("network").GetString(), option.GetProperty("maxAmountRequired").GetString(), option.GetProperty("resource").GetString()).ShouldBe(("base-sepolia", "1000", "http://shop.test/report"));
        var terms = RequirementsV1.Read(JsonShape.Of(option));
        var payload = new JsonObject { ["x402Version"] = 1, ["scheme"] = "exact", ["network"] = "base-sepolia", ["payload"] = JsonNode.Parse(ProofOf(terms with { Verbatim = null }).GetRawText()) };
        using var paid = await client.SendAsync(GetV1("/report", Encode(payload)));
        paid.StatusCode.ShouldBe(HttpStatusCode.OK);
        var settled = SettleResponse.Read(PaymentHeader.Decode(paid.Headers.GetValues("X-PAYMENT-RESPONSE").Single()));
        (settled.Success, settled.Network, settled.Payer).ShouldBe((true, "base-sepolia", _payer.Address.ToString()));
        Payer.ReadSettled(paid).Network.ShouldBe("eip155:84532");
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(1000UL);
        _shop.Runs.ShouldBe(1);
    }

    [Fact]
    public async Task A_refusal_in_version_1_is_of_the_closed_list()
    {
        using var client = _shop.Stuttering();
        var poor = new Payer(_world.Clock, 22);
        var proof = PaymentPayload.Read(PaymentHeader.Decode(poor.Pay(await _shop.TermsAsync("/report")))).Payload;
        var payload = new JsonObject { ["x402Version"] = 1, ["scheme"] = "exact", ["network"] = "base-sepolia", ["payload"] = JsonNode.Parse(proof.GetRawText()) };
        using var refused = await client.SendAsync(GetV1("/report", Encode(payload)));
        refused.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        (await BodyAsync(refused)).GetProperty("error").GetString().ShouldBe("insufficient_funds");
        Payer.ReadRequired(refused).Error.ShouldBe("invalid_exact_evm_insufficient_balance");
    }

    [Theory]
    [InlineData("PAYMENT-SIGNATURE")]
    [InlineData("X-PAYMENT")]
    public async Task The_flow_of_seed_001_decodes_the_body_signs_assembles_and_replays(string header)
    {
        var shop = await _world.OpenShopAsync(configure: options => options.ChallengeBody = ChallengeBody.Base64);
        using var client = shop.Stuttering();
        using var asked = await client.SendAsync(Shop.Get("/report"));
        asked.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");

        // decoded = JSON.parse(atob(body)); option = decoded.accepts[0]; payment = {...decoded, payload}
        var decoded = JsonNode.Parse(Convert.FromBase64String(await asked.Content.ReadAsStringAsync()))!.AsObject();
        var option = RequirementsV1.Read(JsonShape.Of(JsonElement.Parse(decoded["accepts"]![0]!.ToJsonString())));
        decoded["payload"] = JsonNode.Parse(ProofOf(option with { Verbatim = null }).GetRawText());
        if (header == "X-PAYMENT")
        {
            decoded.Remove("x402Version");
        }

        var replay = Shop.Get("/report");
        replay.Headers.TryAddWithoutValidation(header, Encode(decoded));
        using var paid = await client.SendAsync(replay);
        paid.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(1000UL);
    }

    [Fact]
    public async Task A_payment_without_accepted_counts_by_what_was_signed_never_by_what_it_echoes()
    {
        using var client = _shop.Stuttering();
        var terms = await _shop.TermsAsync("/report");
        var swapped = (ExactEip3009.Instance.ReadTerms(terms, out _)! with { PayTo = _payer.Address }).ToRequirements();
        var echo = new JsonObject { ["x402Version"] = 2, ["accepts"] = new JsonArray(JsonNode.Parse(PaymentHeader.Json(swapped.Write))), ["payload"] = JsonNode.Parse(ProofOf(swapped).GetRawText()) };
        using var refused = await client.SendAsync(Shop.Get("/report", Encode(echo)));
        refused.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(refused).Error.ShouldBe("invalid_exact_evm_recipient_mismatch");
        _shop.Runs.ShouldBe(0);
    }

    [Fact]
    public async Task The_facilitator_speaks_version_1_on_the_same_paths()
    {
        var terms = await _shop.TermsAsync("/report");
        var request = new FacilitatorRequest(new PaymentPayload(terms, ProofOf(terms)) { Version = 1, Resource = new("http://shop.test/report") }, terms) { Version = 1 };
        var json = PaymentHeader.Json(request.Write);
        Encoding.UTF8.GetString(json).ShouldContain("maxAmountRequired");
        for (var i = 0; i < 2; i++)
        {
            using var verified = await _world.FacilitatorHttp.PostAsync("/verify", new ByteArrayContent(json));
            (await BodyAsync(verified)).GetProperty("isValid").GetBoolean().ShouldBeTrue();
        }

        string? first = null;
        for (var i = 0; i < 2; i++)
        {
            using var settled = await _world.FacilitatorHttp.PostAsync("/settle", new ByteArrayContent(json));
            var text = await settled.Content.ReadAsStringAsync();
            var answer = JsonElement.Parse(text);
            (answer.GetProperty("success").GetBoolean(), answer.GetProperty("network").GetString()).ShouldBe((true, "base-sepolia"));
            text.ShouldBe(first ??= text);
        }

        using var used = await _world.FacilitatorHttp.PostAsync("/verify", new ByteArrayContent(json));
        (await BodyAsync(used)).GetProperty("invalidReason").GetString().ShouldBe("duplicate_settlement");
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(1000UL);
    }

    /// <summary>x402-skill E9: three sellers with the same challenge, the same quote.</summary>
    [Theory]
    [InlineData(ChallengeBody.Version1, true, 2)]
    [InlineData(ChallengeBody.Version1, false, 1)]
    [InlineData(ChallengeBody.Version2, false, 2)]
    [InlineData(ChallengeBody.Base64, false, 2)]
    public async Task Our_client_pays_a_seller_of_any_form(ChallengeBody body, bool header, int version)
    {
        var shop = await _world.OpenShopAsync(configure: options => options.ChallengeBody = body);
        var client = _world.ClientOf(shop, header ? null : new Headerless(shop.Wire()));
        var quote = (await client.QuoteAsync(new(HttpMethod.Get, "http://shop.test/report"))).ShouldBeOfType<QuoteResult.Offered>().Quote;
        (quote.Version, quote.Terms.Amount, quote.Terms.PayTo, quote.Terms.Asset).ShouldBe((version, Shop.Price, Shop.Seller, _world.Dollar));
        for (var i = 0; i < 2; i++)
        {
            var served = (await client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
            (await served.Response.Content.ReadAsStringAsync()).ShouldBe("report 1");
            served.Settlement!.Success.ShouldBeTrue();
            (await _world.Wallet.GetPaymentAsync(served.IntentId))!.State.ShouldBe(PaymentState.Settled);
        }

        await _world.ShouldHaveMovedAsync(Shop.Price);
    }

    /// <summary>A seller who puts his challenge into the body alone.</summary>
    private sealed class Headerless(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            response.Headers.Remove(PaymentHeader.Required);
            return response;
        }
    }
}
