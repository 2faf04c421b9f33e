using System.Net;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.Services.Tests.Facilitator;

namespace Purser.Services.Tests.Agent;

/// <summary>What a seller can say, honest and otherwise.</summary>
internal static class Seller
{
    public const string Url = "http://shop.test/paid?q=1";

    public static readonly AssetId Dollar = new(new(84532), Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));

    public static AssetRegistry Registry { get; } = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(Dollar));

    public static PaymentRequirements Offer(ulong amount = 1000, string name = "Test USD", string version = "1", Address? token = null, int timeout = 120) =>
        new ExactEip3009Terms(new AssetId(Dollar.Chain, token ?? Dollar.Token), FacilitatorWorld.Payee, amount, timeout, name, version).ToRequirements();

    /// <summary>A 402 with these ways to pay.</summary>
    public static HttpResponseMessage Asks(params PaymentRequirements[] offers) => Asks(new PaymentRequired("Payment required", null, offers));

    public static HttpResponseMessage Asks(PaymentRequired required) => AsksRaw(PaymentHeader.Encode(required.Write));

    /// <summary>A 402 with these header values.</summary>
    public static HttpResponseMessage AsksRaw(params string[] headers)
    {
        var response = new HttpResponseMessage(HttpStatusCode.PaymentRequired) { Content = new StringContent("{}") };
        foreach (var header in headers)
        {
            response.Headers.TryAddWithoutValidation(PaymentHeader.Required, header).ShouldBeTrue();
        }

        return response;
    }

    /// <summary>The proof that a payment header carries.</summary>
    public static Eip3009Proof ReadProof(string header)
    {
        var payload = ReadPayment(header);
        return Eip3009Proof.Read(ExactEip3009.Instance.ReadTerms(payload.Accepted, out _)!, Protocol.Json.JsonShape.Of(payload.Payload));
    }

    public static string Encode(string json) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(json));

    /// <summary>A reply to a paid request.</summary>
    public static HttpResponseMessage Serves(SettleResponse? settlement = null, HttpStatusCode status = HttpStatusCode.OK, string body = "the goods")
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body) };
        if (settlement is not null)
        {
            response.Headers.TryAddWithoutValidation(PaymentHeader.Response, PaymentHeader.Encode(settlement.Write));
        }

        return response;
    }

    public static SettleResponse Settled { get; } = new(true, Keccak256.Hash("settled"u8).ToString(), "eip155:84532");

    public static bool IsPaid(HttpRequestMessage request) => request.Headers.Contains(PaymentHeader.Signature);

    /// <summary>The payment in a header.</summary>
    public static PaymentPayload ReadPayment(string header)
    {
        var shape = PaymentHeader.Decode(header);
        var payload = PaymentPayload.Read(shape);
        shape.Refusal.ShouldBeNull();
        return payload;
    }

    public static JsonElement Element(string json) => JsonElement.Parse(json);
}
