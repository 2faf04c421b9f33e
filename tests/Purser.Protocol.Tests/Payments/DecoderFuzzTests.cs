using System.Text;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Protocol.Payments.Mcp;
using Purser.Testing;

namespace Purser.Protocol.Tests.Payments;

/// <summary>Every decoder of extensions and of the MCP transport against text that is damaged, cut, doubled and swollen: it is read, or refused by a code and a place, and nothing throws.</summary>
public class DecoderFuzzTests
{
    private const string Way =
        """{"scheme":"exact","network":"eip155:84532","amount":"1000","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","maxTimeoutSeconds":120}""";

    private const string Settlement = """{"success":true,"transaction":"0xabc","network":"eip155:84532"}""";

    public static TheoryData<string> Decoders => [.. s_decoders.Keys];

    private static readonly Dictionary<string, (string Sample, Func<byte[], JsonRefusal?> Read)> s_decoders = new(StringComparer.Ordinal)
    {
        ["payment-identifier"] = ("""{"payment-identifier":{"info":{"required":true,"id":"pay_0123456789abcdef"}}}""", bytes => Extensions(bytes, all =>
        {
            PaymentIdentifier.ReadId(all, out var refusal);
            PaymentIdentifier.IsRequired(all);
            return refusal;
        })),
        ["sign-in-with-x challenge"] = (
            """{"sign-in-with-x":{"info":{"domain":"a.example","uri":"https://a.example/x","version":"1","nonce":"a1b2c3d4e5f67890","issuedAt":"2026-01-02T03:03:05Z","resources":["https://a.example/x"]},"supportedChains":[{"chainId":"eip155:1","type":"eip191"}]}}""",
            bytes => Extensions(bytes, all =>
            {
                SignInWithXChallenge.Read(all, out var refusal)?.ToEntry();
                return refusal;
            })),
        ["sign-in-with-x header"] = (
            """{"domain":"a.example","address":"0x857b06519E91e3A54538791bDbb0E22373e36b66","uri":"https://a.example/x","version":"1","chainId":"eip155:1","type":"eip191","nonce":"a1b2c3d4e5f67890","issuedAt":"2026-01-02T03:03:05Z","signature":"0x1234"}""",
            bytes =>
            {
                var proof = SignInWithXProof.Decode(Convert.ToBase64String(bytes), out var refusal);
                if (refusal is null)
                {
                    SignInWithXRules.Check(proof, new("https://a.example"), [new(1)], new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), SignInWithXRules.DefaultMaxAge, out _)?.Message.ToText();
                }

                return refusal;
            }),
        ["eip2612GasSponsoring"] = (
            """{"eip2612GasSponsoring":{"info":{"from":"0x857b06519E91e3A54538791bDbb0E22373e36b66","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","spender":"0x000000000022D473030F116dDEE9F6B43aC78BA3","amount":"1","nonce":"0","deadline":"5","signature":"0x12","version":"1"}}}""",
            bytes => Extensions(bytes, all =>
            {
                Eip2612Sponsoring.Read(all, out var refusal);
                return refusal;
            })),
        ["bazaar"] = ("""{"bazaar":{"info":{"input":{"type":"http","method":"POST","bodyType":"json","body":{"a":1}},"output":{"type":"json","example":[1]}},"routeTemplate":"/a/:b"}}""", bytes => Extensions(bytes, all =>
        {
            BazaarMetadata.Read(all, out var refusal)?.ToEntry();
            return refusal;
        })),
        ["discovery page"] = ("""{"items":[{"resource":"https://a.example/x","type":"http","accepts":[""" + Way + """],"lastUpdated":1}],"pagination":{"limit":1,"offset":0,"total":1}}""", bytes =>
        {
            var shape = JsonShape.Parse(bytes, DiscoveryPage.Limits);
            var page = DiscoveryPage.Read(shape);
            return Written(shape, page.Write);
        }),
        ["echo"] = ("""{"payment-identifier":{"info":{"required":false,"id":"pay_0123456789abcdef"},"schema":{"a":[1,{"b":null}]}}}""", bytes => Extensions(bytes, all =>
        {
            var offered = PaymentExtensions.Join([new(PaymentIdentifier.Name, PaymentIdentifier.Declare(false))]);
            PaymentExtensions.FindEchoFault(offered, all, _ => []);
            PaymentExtensions.FindEchoFault(all, offered, _ => []);
            PaymentExtensions.Echo(all, new Dictionary<string, JsonElement> { [PaymentIdentifier.Name] = PaymentIdentifier.Addition("pay_0123456789abcdef") });
            return null;
        })),
        ["mcp call"] = ("""{"name":"t","_meta":{"x402/payment":{"x402Version":2,"accepted":""" + Way + ""","payload":{"signature":"0x12"}}}}""", bytes => Loosely(bytes, call =>
        {
            McpSeller.ReadPayment(call, out var refusal);
            return refusal;
        })),
        ["mcp result"] = ("""{"isError":true,"structuredContent":{"x402Version":2,"accepts":[""" + Way + """]},"_meta":{"x402/payment-response":""" + Settlement + "}}", bytes => Loosely(bytes, Reply)),
        ["mcp text"] = ("""{"isError":true,"content":[{"type":"text","text":"{\"x402/error\":{\"data\":{\"x402Version\":2,\"accepts\":[]}}}"}]}""", bytes => Loosely(bytes, Reply)),
    };

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Damaged_text_is_read_or_refused(string decoder) => Seeded.Run(Tier.Pick(8, 200), random =>
    {
        var (sample, read) = s_decoders[decoder];
        for (var i = 0; i < 150; i++)
        {
            ShouldHaveAPlace(read(Damage(Encoding.UTF8.GetBytes(sample), random)));
        }
    });

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Cut_text_is_refused_at_every_length(string decoder)
    {
        var (sample, read) = s_decoders[decoder];
        var bytes = Encoding.UTF8.GetBytes(sample);
        for (var length = 0; length < bytes.Length; length++)
        {
            ShouldHaveAPlace(read(bytes[..length]).ShouldNotBeNull($"{length} bytes"));
        }
    }

    [Theory]
    [InlineData("discovery page")]
    [InlineData("sign-in-with-x header")]
    public void Swollen_and_trailing_text_is_refused(string decoder)
    {
        var (sample, read) = s_decoders[decoder];
        read(Encoding.UTF8.GetBytes(sample + " {}")).ShouldNotBeNull().Code.ShouldBe(JsonRefusalCodes.Syntax);
        read(Encoding.UTF8.GetBytes(sample.Insert(1, "\"x\":" + new string('[', 70) + new string(']', 70) + ","))).ShouldNotBeNull().Code.ShouldBe(JsonRefusalCodes.TooDeep);
        read(Encoding.UTF8.GetBytes(sample + new string(' ', DiscoveryPage.Limits.MaxBytes))).ShouldNotBeNull().Code.ShouldBe(JsonRefusalCodes.TooLarge);
    }

    [Theory]
    [InlineData("mcp call", "\"payload\":", "\"payload\":{},\"payload\":")]
    [InlineData("mcp call", "\"amount\":", "\"amount\":\"1\",\"amount\":")]
    [InlineData("mcp result", "\"payTo\":", "\"payTo\":\"0x\",\"payTo\":")]
    [InlineData("mcp result", "\"success\":", "\"success\":false,\"success\":")]
    [InlineData("discovery page", "\"total\":", "\"total\":2,\"total\":")]
    [InlineData("sign-in-with-x header", "\"domain\":", "\"domain\":\"evil.example\",\"domain\":")]
    [InlineData("payment-identifier", "\"id\":", "\"id\":\"pay_fedcba9876543210\",\"id\":")]
    [InlineData("eip2612GasSponsoring", "\"spender\":", "\"spender\":\"0x857b06519E91e3A54538791bDbb0E22373e36b66\",\"spender\":")]
    public void A_member_that_stands_twice_is_refused(string decoder, string member, string doubled)
    {
        var (sample, read) = s_decoders[decoder];
        sample.ShouldContain(member);
        read(Encoding.UTF8.GetBytes(sample.Replace(member, doubled))).ShouldNotBeNull().Code.ShouldBe(JsonRefusalCodes.DuplicateMember);
    }

    [Fact]
    public void A_payment_of_a_megabyte_in_a_call_is_refused_unread() =>
        Loosely(Encoding.UTF8.GetBytes("""{"_meta":{"x402/payment":{"x":""" + "\"" + new string('a', 1 << 20) + "\"}}}"), call =>
        {
            McpSeller.ReadPayment(call, out var refusal);
            return refusal;
        }).ShouldNotBeNull().Code.ShouldBe(JsonRefusalCodes.TooLarge);

    private static void ShouldHaveAPlace(JsonRefusal? refusal)
    {
        if (refusal is not null)
        {
            refusal.Code.ShouldNotBeNullOrEmpty();
            (refusal.Offset >= 0 || refusal.Path.StartsWith('$')).ShouldBeTrue(refusal.ToString());
        }
    }

    private static byte[] Damage(byte[] bytes, Seeded random)
    {
        var text = bytes.ToList();
        for (var k = random.Between(1, 5); k > 0; k--)
        {
            var at = random.Next(text.Count);
            switch (random.Next(4))
            {
                case 0:
                    text[at] = (byte)random.Next(256);
                    break;
                case 1:
                    text.RemoveRange(at, Math.Min(random.Between(1, 8), text.Count - at - 1));
                    break;
                case 2:
                    text.InsertRange(at, Encoding.UTF8.GetBytes(random.Pick(["null", "\"\"", "{}", "[]", "-1", "1e99", "\\ud800", "\"x\":1,", "\u0000", "true"])));
                    break;
                default:
                    text.InsertRange(at, text.GetRange(0, at));
                    break;
            }
        }

        return [.. text];
    }

    private static JsonRefusal? Extensions(byte[] bytes, Func<JsonElement?, JsonRefusal?> read) =>
        StrictJson.TryParse(bytes, null, out var root, out var refusal) ? read(root) : refusal;

    // As a library does that knows nothing of ours: lenient, a member may stand twice.
    private static JsonRefusal? Loosely(byte[] bytes, Func<JsonElement, JsonRefusal?> read)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(bytes);
        }
        catch (JsonException e)
        {
            return new(JsonRefusalCodes.Syntax, "$", e.BytePositionInLine ?? 0, "The library in between refuses it");
        }

        return read(root);
    }

    private static JsonRefusal? Reply(JsonElement result) => McpPayer.ReadResult(result) is McpReply.Refused refused ? refused.Reason : null;

    private static JsonRefusal? Written(JsonShape shape, Action<Utf8JsonWriter> write)
    {
        if (shape.Ok)
        {
            PaymentHeader.Json(write);
        }

        return shape.Refusal;
    }
}
