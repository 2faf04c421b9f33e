using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.V1;

namespace Purser.Protocol.Tests.Payments.V1;

/// <summary>Version 1 on the wire and seed 001's forms (specs/x402.md 3.2, x402-skill E1 to E13, I1 to I5).</summary>
public sealed class Version1Tests
{
    private const string Challenge =
        """{"x402Version":1,"error":"X-PAYMENT header is required","accepts":[{"scheme":"exact","network":"base-sepolia","maxAmountRequired":"1000","resource":"http://127.0.0.1:4021/paid","description":"d","mimeType":"application/json","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","maxTimeoutSeconds":120,"asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","extra":{"name":"USDC","version":"2"}}]}""";

    private const string Proof =
        """{"signature":"0x1234","authorization":{"from":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8","to":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","value":"1000","validAfter":"0","validBefore":"1780000000","nonce":"0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"}}""";

    // The closed list of specs/x402.md 6.1, without what belongs to other chains.
    private static readonly HashSet<string> s_closed =
    [
        "insufficient_funds", "invalid_exact_evm_payload_authorization_valid_after", "invalid_exact_evm_payload_authorization_valid_before", "invalid_exact_evm_payload_authorization_value",
        "invalid_exact_evm_payload_signature", "invalid_exact_evm_payload_recipient_mismatch", "invalid_exact_evm_payload_undeployed_smart_wallet", "invalid_network", "invalid_payload",
        "invalid_payment_requirements", "invalid_scheme", "unsupported_scheme", "invalid_x402_version", "invalid_transaction_state", "unexpected_verify_error", "unexpected_settle_error",
        "invalid_payment", "payment_expired", "duplicate_settlement",
    ];

    private static JsonShape Shape(string text) => JsonShape.Parse(Encoding.UTF8.GetBytes(text));

    private static string Text(Action<Utf8JsonWriter> write) => Encoding.UTF8.GetString(PaymentHeader.Json(write));

    private static PaymentRequired Read(string text)
    {
        var shape = Shape(text);
        var required = RequiredV1.Read(shape);
        shape.Refusal.ShouldBeNull();
        return required;
    }

    [Fact]
    public void A_challenge_is_read_into_the_one_model_and_written_back_as_it_was()
    {
        var required = Read(Challenge);
        required.ProtocolVersion.ShouldBe(1);
        required.Resource!.Url.ShouldBe("http://127.0.0.1:4021/paid");
        var terms = PaymentSchemes.ReadTerms(required.Accepts.Single(), out _).ShouldBeOfType<ExactEip3009Terms>();
        terms.ShouldBe(new ExactEip3009Terms(new AssetId(new(84532), Address.Parse("0x036CbD53842c5426634e7929541eC2318f3dCF7e")), Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"), 1000, 120, "USDC", "2"));
        Text(writer => RequirementsV1.Write(writer, required.Accepts[0], null)).ShouldBe(JsonElement.Parse(Challenge).GetProperty("accepts")[0].GetRawText());

        // Made of our own terms, it is the same element.
        var own = new PaymentRequired(PaymentReasons.PaymentRequired, new("http://127.0.0.1:4021/paid", "d", "application/json"), [terms.ToRequirements()]);
        Text(writer => RequiredV1.TryWrite(writer, own).ShouldBeTrue()).ShouldBe(Challenge);
    }

    [Fact]
    public void What_version_1_cannot_say_is_left_out_and_nothing_is_written_when_nothing_is_left()
    {
        var usdc = new AssetId(new(84532), Address.Parse("0x036CbD53842c5426634e7929541eC2318f3dCF7e"));
        var payee = Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
        PaymentTerms[] unsayable =
        [
            new ExactPermit2Terms(usdc, payee, 1000, 60), new UptoTerms(usdc, payee, 1000, 60, payee), new ExactEip3009Terms(usdc, payee, 1000, 60, "USDC", "2") { Flow = PaymentFlow.Upfront },
            new ExactEip3009Terms(new(new(196), usdc.Token), payee, 1000, 60, "USDC", "2"),
        ];
        foreach (var terms in unsayable)
        {
            RequirementsV1.CanWrite(terms.ToRequirements()).ShouldBeFalse();
        }

        var required = new PaymentRequired(null, null, [.. unsayable.Select(terms => terms.ToRequirements())]);
        using var buffer = new MemoryStream();
        using var writer = new Utf8JsonWriter(buffer);
        RequiredV1.TryWrite(writer, required).ShouldBeFalse();
        writer.BytesPending.ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"accepts":[{"network":"eip155:196","amount":"1000000","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","asset":"0x4ae46a509f6b1d9056937ba4500cb143933d2dc8","maxTimeoutSeconds":300}]}""", "eip155:196", "1000000", 300)]
    [InlineData("""{"accepts":[{"network":"base","amount":"7","maxAmountRequired":"9","payTo":"a","asset":"b"}]}""", "eip155:8453", "7", 300)]
    [InlineData("""{"accepts":[{"network":"mars","maxAmountRequired":"9","payTo":"a","asset":"b","scheme":"exact"}]}""", "mars", "9", 300)]
    public void What_sellers_leave_out_has_its_default(string text, string network, string amount, int seconds)
    {
        var way = Read(text).Accepts.Single();
        (way.Scheme, way.Network, way.Amount, way.MaxTimeoutSeconds).ShouldBe(("exact", network, amount, seconds));
    }

    [Theory]
    [InlineData("""{"x402Version":1}""", "$.accepts")]
    [InlineData("""{"accepts":[]}""", "$.accepts")]
    [InlineData("""{"accepts":[null]}""", "$.accepts[0]")]
    [InlineData("""{"accepts":[{"maxAmountRequired":"9","payTo":"a","asset":"b"}]}""", "$.accepts[0].network")]
    [InlineData("""{"accepts":[{"network":"base","payTo":"a","asset":"b"}]}""", "$.accepts[0].amount")]
    [InlineData("""{"accepts":[{"network":"base","amount":9,"payTo":"a","asset":"b"}]}""", "$.accepts[0].amount")]
    [InlineData("""{"accepts":[{"network":"base","maxAmountRequired":"9.5","payTo":"a","asset":"b"}]}""", "$.accepts[0].maxAmountRequired")]
    [InlineData("""{"accepts":[{"network":"base","amount":"9","asset":"b"}]}""", "$.accepts[0].payTo")]
    [InlineData("""{"accepts":[{"network":"base","amount":"9","amount":"1","payTo":"a","asset":"b"}]}""", "$.accepts[0].amount")]
    public void What_is_malformed_is_refused_by_its_member(string text, string path)
    {
        var shape = Shape(text);
        if (shape.Ok)
        {
            RequiredV1.Read(shape);
        }

        shape.Refusal.ShouldNotBeNull().Path.ShouldBe(path);
    }

    [Theory]
    [InlineData("""{"x402Version":1}""", 1)]
    [InlineData("""{"x402Version":2}""", 2)]
    [InlineData("""{"x402Version":3}""", 2)]
    [InlineData("""{}""", 1)]
    [InlineData("""{"x402Version":"2"}""", 2)]
    [InlineData("""{"x402Version":null}""", 1)]
    [InlineData("""{"x402Version":0}""", 1)]
    [InlineData("""[]""", 1)]
    public void The_version_names_the_header(string challenge, int version)
    {
        PaymentVersions.Of(JsonElement.Parse(challenge)).ShouldBe(version);
        PaymentVersions.HeaderOf(version).ShouldBe(version == 2 ? "PAYMENT-SIGNATURE" : "X-PAYMENT");
    }

    [Fact]
    public void A_payment_names_scheme_and_network_in_the_sellers_spelling()
    {
        var accepted = Read(Challenge).Accepts[0];
        var json = Text(new PaymentPayload(accepted, JsonElement.Parse(Proof)) { Version = 1 }.Write);
        json.ShouldBe($$"""{"x402Version":1,"scheme":"exact","network":"base-sepolia","payload":{{Proof}}}""");
        var shape = Shape(json);
        var read = PaymentPayload.Read(shape);
        shape.Refusal.ShouldBeNull();
        (read.Version, read.Accepted.IsPartial, read.Accepted.Scheme, read.Accepted.Network).ShouldBe((1, true, "exact", "eip155:84532"));
        Text(new PaymentPayload(accepted with { Verbatim = null }, JsonElement.Parse(Proof)) { Version = 1 }.Write).ShouldBe(json);
    }

    [Fact]
    public void The_superset_has_the_challenge_beside_our_members_unless_it_is_large()
    {
        var required = Read(Challenge);
        var payload = new PaymentPayload(required.Accepts[0], JsonElement.Parse(Proof)) { Version = 1, Echo = required.Verbatim };
        var members = JsonElement.Parse(Text(payload.Write)).EnumerateObject().Select(member => member.Name);
        members.ShouldBe(["x402Version", "scheme", "network", "payload", "error", "accepts"]);
        var two = JsonElement.Parse(Text((payload with { Version = 2 }).Write));
        two.EnumerateObject().Select(member => member.Name).ShouldBe(["x402Version", "accepted", "payload", "error", "accepts"]);
        var large = JsonElement.Parse($$"""{"accepts":["{{new string('x', PaymentPayload.MaxEchoBytes)}}"]}""");
        Text((payload with { Echo = large }).Write).ShouldNotContain("accepts");
    }

    [Theory]
    [InlineData("""{"x402Version":2,"accepts":[],"payload":{}}""", 2, "")]
    [InlineData("""{"accepts":[],"payload":{}}""", 1, "")]
    [InlineData("""{"x402Version":1,"scheme":"exact","network":"base","accepts":[],"payload":{}}""", 1, "eip155:8453")]
    public void The_seeds_literal_payment_without_accepted_is_read(string text, int version, string network)
    {
        var shape = Shape(text);
        var read = PaymentPayload.Read(shape);
        shape.Refusal.ShouldBeNull();
        (read.Version, read.Accepted.IsPartial, read.Accepted.Network).ShouldBe((version, true, network));
    }

    [Theory]
    [InlineData("""{"x402Version":2,"payload":{}}""", "$.accepted")]
    [InlineData("""{"x402Version":1,"payload":{}}""", "$.scheme")]
    [InlineData("""{"x402Version":1,"scheme":"exact","payload":{}}""", "$.network")]
    [InlineData("""{"x402Version":1,"scheme":"exact","network":"base"}""", "$.payload")]
    [InlineData("""{"x402Version":3,"accepted":{},"payload":{}}""", "$.x402Version")]
    [InlineData("""{"x402Version":0,"scheme":"exact","network":"base","payload":{}}""", "$.x402Version")]
    public void A_payment_that_says_too_little_is_refused_by_its_member(string text, string path)
    {
        var shape = Shape(text);
        PaymentPayload.Read(shape);
        shape.Refusal.ShouldNotBeNull().Path.ShouldBe(path);
    }

    [Fact]
    public void A_facilitators_request_is_one_version_throughout_and_comes_back_as_it_was_written()
    {
        var terms = JsonElement.Parse(Challenge).GetProperty("accepts")[0].GetRawText();
        var text = $$"""{"x402Version":1,"paymentPayload":{"x402Version":1,"scheme":"exact","network":"base-sepolia","payload":{{Proof}}},"paymentRequirements":{{terms}}}""";
        var shape = Shape(text);
        var request = FacilitatorRequest.Read(shape);
        shape.Refusal.ShouldBeNull();
        (request.Version, request.Requirements.Network).ShouldBe((1, "eip155:84532"));
        Text(request.Write).ShouldBe(text);

        var mixed = Shape(text.Replace("""{"x402Version":1,"payment""", """{"x402Version":2,"payment"""));
        FacilitatorRequest.Read(mixed);
        mixed.Refusal.ShouldNotBeNull();
    }

    [Fact]
    public void Every_reason_has_a_string_of_the_closed_list()
    {
        foreach (var reason in Enum.GetValues<PaymentReason>())
        {
            s_closed.ShouldContain(reason.ToWire(ReasonDialect.ExactV1), reason.ToString());
        }

        var settled = new SettleResponse(false, "", "eip155:84532", null, "invalid_exact_evm_nonce_already_used").ToV1();
        (settled.Network, settled.ErrorReason).ShouldBe(("base-sepolia", "duplicate_settlement"));
        new VerifyResponse(true).ToV1().InvalidReason.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Assets.Version1Names.All), MemberType = typeof(Assets.Version1Names))]
    public void Each_name_is_its_chain_both_ways(string name, ulong chain)
    {
        NetworkName.Normalize(name).ShouldBe($"eip155:{chain}");
        NetworkName.ToV1($"eip155:{chain}").ShouldBe(name);
    }
}
