using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Protocol.Payments;

namespace Purser.Bench.Payments;

/// <summary>Requests with payments, made before the clock runs. The terms are the seller's own, as its 402 says them; each payment has a nonce of its own.</summary>
internal sealed class SignedPayments(TimeProvider clock)
{
    private static readonly Hash32 s_domain = Eip3009.DomainSeparator("Test USD", "1", BenchedToken.Asset);

    private readonly IRandom _random = new SystemRandom();
    private int _made;

    /// <summary>What a seller's 402 offers, and the resource.</summary>
    internal static (JsonNode Resource, JsonNode Accepted) ReadOffer(Uri seller)
    {
        using var connection = new HttpConnection(seller);
        var status = connection.Send(Get(seller, ""));
        var required = JsonNode.Parse(Convert.FromBase64String(connection.Header("PAYMENT-REQUIRED")))!;
        return status == 402 ? (required["resource"]!, required["accepts"]![0]!) : throw new InvalidOperationException($"{seller} answered {status}, not 402.");
    }

    /// <summary>Paid requests of <c>GET /report</c>.</summary>
    internal byte[][] Requests(Uri seller, JsonNode resource, JsonNode accepted, int count) =>
        Make(count, () => Get(seller, $"PAYMENT-SIGNATURE: {Convert.ToBase64String(Encoding.UTF8.GetBytes(Payload(resource, accepted).ToJsonString()))}\r\n"));

    /// <summary>Questions to a facilitator whether such payments are good.</summary>
    internal byte[][] Questions(Uri facilitator, JsonNode resource, JsonNode accepted, int count) => Make(count, () =>
    {
        var body = new JsonObject { ["x402Version"] = 2, ["paymentPayload"] = Payload(resource, accepted), ["paymentRequirements"] = accepted.DeepClone() }.ToJsonString();
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"POST /verify HTTP/1.1\r\nHost: 127.0.0.1:{facilitator.Port}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    });

    private static byte[][] Make(int count, Func<byte[]> make) => [.. Enumerable.Range(0, count).Select(_ => make())];

    private static byte[] Get(Uri seller, string headers) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET /report HTTP/1.1\r\nHost: 127.0.0.1:{seller.Port}\r\nAccept: application/json\r\n{headers}\r\n"));

    private JsonObject Payload(JsonNode resource, JsonNode accepted)
    {
        var key = BenchedToken.Keys[1 + (_made++ % (BenchedToken.Keys.Length - 1))];
        Span<byte> nonce = stackalloc byte[32];
        _random.Fill(nonce);
        var until = clock.GetUtcNow().ToUnixTimeSeconds() + accepted["maxTimeoutSeconds"]!.GetValue<int>();
        var message = new Eip3009Authorization(key.Address, Address.Parse(accepted["payTo"]!.GetValue<string>()), UInt256.Parse(accepted["amount"]!.GetValue<string>()),
            UInt256.Zero, (UInt256)(ulong)until, new(nonce));
        var signature = key.Sign(Eip3009.Digest(message, s_domain));
        return new()
        {
            ["x402Version"] = 2,
            ["resource"] = resource.DeepClone(),
            ["accepted"] = accepted.DeepClone(),
            ["payload"] = new JsonObject
            {
                ["signature"] = signature.ToString(),
                ["authorization"] = new JsonObject
                {
                    ["from"] = message.From.ToString(), ["to"] = message.To.ToString(), ["value"] = message.Value.ToString(),
                    ["validAfter"] = "0", ["validBefore"] = message.ValidBefore.ToString(), ["nonce"] = message.Nonce.ToString(),
                },
            },
        };
    }
}
