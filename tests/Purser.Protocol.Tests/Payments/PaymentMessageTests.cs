using System.Text;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Testing;

namespace Purser.Protocol.Tests.Payments;

public sealed class PaymentMessageTests
{
    private const string Accepted =
        """{"scheme":"exact","network":"eip155:84532","amount":"1000","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","maxTimeoutSeconds":120,"extra":{"name":"USDC","version":"2"}}""";

    private const string Payload =
        """{"x402Version":2,"resource":{"url":"http://127.0.0.1/paid"},"accepted":ACCEPTED,"payload":{"signature":"0x1234","authorization":{"from":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8","to":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","value":"1000","validAfter":"0","validBefore":"1780000000","nonce":"0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"}},"extensions":{}}""";

    private static readonly ExactEip3009Terms s_terms = ExactEip3009.Instance.ReadTerms(Requirements(Accepted), out _)!;

    private static JsonShape Shape(string text) => JsonShape.Parse(Encoding.UTF8.GetBytes(text));

    private static PaymentRequirements Requirements(string text)
    {
        var shape = Shape(text);
        var requirements = PaymentRequirements.Read(shape);
        shape.Refusal.ShouldBeNull();
        return requirements;
    }

    [Fact]
    public void A_header_comes_back_as_it_was_written()
    {
        var shape = Shape(Payload.Replace("ACCEPTED", Accepted));
        var payload = PaymentPayload.Read(shape);
        shape.Refusal.ShouldBeNull();

        var again = PaymentHeader.Decode(PaymentHeader.Encode(payload.Write));
        var read = PaymentPayload.Read(again);
        again.Refusal.ShouldBeNull();
        JsonElement.DeepEquals(read.Payload, payload.Payload).ShouldBeTrue();
        read.Accepted.Verbatim!.Value.GetRawText().ShouldBe(Accepted);

        var proofShape = JsonShape.Of(read.Payload);
        var proof = Eip3009Proof.Read(s_terms, proofShape);
        proofShape.Refusal.ShouldBeNull();
        proof.Authorization.Value.ShouldBe(1000UL);
        proof.Signature.ToArray().ShouldBe([0x12, 0x34]);
        JsonElement.DeepEquals(proof.ToJson(), read.Payload).ShouldBeTrue();
    }

    [Fact]
    public void What_a_server_spelled_is_echoed_letter_by_letter_with_unknown_members()
    {
        const string odd = """{"scheme":"exact","network":"eip155:1","amount":"5","asset":"0x036cbd53842c5426634e7929541ec2318f3dcf7e","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","maxTimeoutSeconds":60,"outputSchema":null,"extra":{"name":"T","version":"1","more":[1.50]}}""";
        Encoding.UTF8.GetString(PaymentHeader.Json(Requirements(odd).Write)).ShouldBe(odd);
    }

    [Fact]
    public void Non_ASCII_text_is_escaped_in_the_header()
    {
        var required = new PaymentRequired("USD₮0 costs", new ResourceInfo("http://x/ü"), [Requirements(Accepted)]);
        var json = PaymentHeader.Json(required.Write);
        json.ShouldAllBe(b => b >= 0x20 && b < 0x7f);
        var shape = PaymentHeader.Decode(PaymentHeader.Encode(required.Write));
        var read = PaymentRequired.Read(shape);
        shape.Refusal.ShouldBeNull();
        read.Error.ShouldBe("USD₮0 costs");
        read.Resource!.Url.ShouldBe("http://x/ü");
    }

    [Theory]
    [InlineData("")]
    [InlineData("e30")]
    [InlineData("e30==")]
    [InlineData("e 30=")]
    [InlineData("e30=\n")]
    [InlineData("_-8=")]
    [InlineData("e31=")]
    [InlineData("====")]
    [InlineData("é30=")]
    public void A_header_that_is_not_strict_base64_is_refused(string header) =>
        PaymentHeader.Decode(header).Refusal.ShouldNotBeNull().Code.ShouldBe("header_not_base64");

    [Fact]
    public void A_header_of_a_megabyte_is_refused_unread() =>
        PaymentHeader.Decode(new string('A', 1 << 20)).Refusal.ShouldNotBeNull().Code.ShouldBe(JsonRefusalCodes.TooLarge);

    [Theory]
    [InlineData("\"x402Version\":2", "\"x402Version\":3", "$.x402Version")]
    [InlineData("\"x402Version\":2", "\"x402Version\":\"2\"", "$.x402Version")]
    [InlineData("\"x402Version\":2", "\"x402Version\":2.0", "$.x402Version")]
    [InlineData("\"amount\":\"1000\"", "\"amount\":1000", "$.accepted.amount")]
    [InlineData("\"amount\":\"1000\",", "", "$.accepted.amount")]
    [InlineData("\"network\":\"eip155:84532\"", "\"network\":\"base\"", "$.accepted.network")]
    [InlineData("\"maxTimeoutSeconds\":120", "\"maxTimeoutSeconds\":0", "$.accepted.maxTimeoutSeconds")]
    [InlineData("\"maxTimeoutSeconds\":120", "\"maxTimeoutSeconds\":1e2", "$.accepted.maxTimeoutSeconds")]
    [InlineData("\"payload\":{", "\"payload\":null,\"other\":{", "$.payload")]
    public void A_payload_with_a_bad_member_is_refused_and_the_member_named(string from, string to, string path)
    {
        var shape = Shape(Payload.Replace("ACCEPTED", Accepted).Replace(from, to));
        PaymentPayload.Read(shape);
        shape.Refusal.ShouldNotBeNull().Path.ShouldBe(path);
    }

    [Theory]
    [InlineData("\"value\":\"1000\"", "\"value\":1000", "$.authorization.value")]
    [InlineData("\"value\":\"1000\"", "\"value\":\"0x3e8\"", "$.authorization.value")]
    [InlineData("\"validAfter\":\"0\"", "\"validAfter\":null", "$.authorization.validAfter")]
    [InlineData("\"from\":\"0x70997970C51812dc3A010C7d01b50e0d17dc79C8\"", "\"from\":\"0x70997970c51812dc3A010C7d01b50e0d17dc79C8\"", "$.authorization.from")]
    [InlineData("1f20\"", "1f\"", "$.authorization.nonce")]
    [InlineData("\"signature\":\"0x1234\"", "\"signature\":\"0x123\"", "$.signature")]
    [InlineData("\"signature\":\"0x1234\"", "\"signature\":\"1234\"", "$.signature")]
    public void A_proof_with_a_bad_member_is_refused_and_the_member_named(string from, string to, string path)
    {
        var shape = Shape(Payload.Replace("ACCEPTED", Accepted).Replace(from, to)).Object("payload");
        var proofShape = JsonShape.Of(shape.Element);
        Eip3009Proof.Read(s_terms, proofShape);
        proofShape.Refusal.ShouldNotBeNull().Path.ShouldBe(path);
    }

    [Fact]
    public void Every_truncated_header_is_refused_and_never_throws()
    {
        var header = PaymentHeader.Encode(PaymentPayload.Read(Shape(Payload.Replace("ACCEPTED", Accepted))).Write);
        for (var length = 0; length < header.Length; length++)
        {
            var shape = PaymentHeader.Decode(header[..length]);
            if (shape.Ok)
            {
                PaymentPayload.Read(shape);
            }

            shape.Refusal.ShouldNotBeNull();
        }
    }

    [Fact]
    public void A_damaged_header_is_read_or_refused_and_never_throws() => Seeded.Run(10, random =>
    {
        var json = PaymentHeader.Json(PaymentPayload.Read(Shape(Payload.Replace("ACCEPTED", Accepted))).Write);
        for (var i = 0; i < 300; i++)
        {
            var damaged = (byte[])json.Clone();
            for (var k = random.Between(1, 4); k > 0; k--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var shape = PaymentHeader.Decode(Convert.ToBase64String(damaged));
            var payload = PaymentPayload.Read(shape);
            if (shape.Ok)
            {
                Eip3009Proof.Read(s_terms, JsonShape.Of(payload.Payload));
            }
        }
    });

    [Fact]
    public void Null_counts_as_absent_and_unknown_members_are_ignored()
    {
        var shape = Shape("""{"success":true,"transaction":"0xabc","network":"eip155:1","payer":null,"errorReason":null,"requirements":{"a":1}}""");
        var settled = SettleResponse.Read(shape);
        shape.Refusal.ShouldBeNull();
        settled.Payer.ShouldBeNull();
        settled.Transaction.ShouldBe("0xabc");
    }

    [Fact]
    public void Supported_defaults_extensions_and_signers()
    {
        var shape = Shape("""{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532"},{"x402Version":1,"scheme":"exact","network":"base"}]}""");
        var supported = SupportedResponse.Read(shape);
        shape.Refusal.ShouldBeNull();
        supported.Supports("exact", "eip155:84532").ShouldBeTrue();
        supported.Supports("exact", "base").ShouldBeFalse();
        supported.Extensions.ShouldBeEmpty();
        supported.Signers.ShouldBeEmpty();
    }

    [Fact]
    public void An_offer_is_matched_by_its_echo_and_by_other_checksums_and_more_extra()
    {
        var offer = Requirements(Accepted);
        offer.IsMatchedBy(Requirements(Accepted)).ShouldBeTrue();
        offer.IsMatchedBy(Requirements(Accepted.Replace("0x036CbD53842c5426634e7929541eC2318f3dCF7e", "0x036cbd53842c5426634e7929541ec2318f3dcf7e"))).ShouldBeTrue();
        offer.IsMatchedBy(Requirements(Accepted.Replace("\"version\":\"2\"", "\"version\":\"2\",\"more\":true"))).ShouldBeTrue();
    }

    [Theory]
    [InlineData("\"amount\":\"1000\"", "\"amount\":\"999\"")]
    [InlineData("\"scheme\":\"exact\"", "\"scheme\":\"upto\"")]
    [InlineData("eip155:84532", "eip155:8453")]
    [InlineData("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8")]
    [InlineData("0x036CbD53842c5426634e7929541eC2318f3dCF7e", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8")]
    [InlineData("\"maxTimeoutSeconds\":120", "\"maxTimeoutSeconds\":121")]
    [InlineData("\"name\":\"USDC\"", "\"name\":\"USD Coin\"")]
    [InlineData(",\"version\":\"2\"", "")]
    public void An_offer_is_not_matched_by_other_terms(string from, string to) =>
        Requirements(Accepted).IsMatchedBy(Requirements(Accepted.Replace(from, to))).ShouldBeFalse();

    [Fact]
    public void Every_reason_has_one_string_of_its_own_that_comes_back()
    {
        foreach (var reason in Enum.GetValues<PaymentReason>().Where(reason => reason is not PaymentReason.Other))
        {
            PaymentReasons.FromWire(reason.ToWire()).ShouldBe(reason);
        }

        PaymentReasons.FromWire("something_new").ShouldBe(PaymentReason.Other);
        PaymentReasons.FromWire(null).ShouldBe(PaymentReason.Other);
        PaymentReasons.FromWire("insufficient_funds").ShouldBe(PaymentReason.InsufficientBalance);
    }
}
