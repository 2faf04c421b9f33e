using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Mcp;

namespace Purser.Protocol.Tests.Payments.Mcp;

public class McpMessageTests
{
    private const string Required =
        """{"x402Version":2,"error":"Payment required","resource":{"url":"mcp://tool/weather"},"accepts":[{"scheme":"exact","network":"eip155:84532","amount":"1000","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","maxTimeoutSeconds":120,"extra":{"name":"USDC","version":"2"}}]}""";

    private const string Settled = """{"success":true,"payer":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8","transaction":"0xabc","network":"eip155:84532"}""";

    private const string Failed = """{"success":false,"errorReason":"insufficient_funds","transaction":"","network":"eip155:84532"}""";

    [Theory]
    [InlineData("weather", "mcp://tool/weather")]
    [InlineData("get weather/now?", "mcp://tool/get%20weather%2Fnow%3F")]
    public void A_tool_is_a_resource(string tool, string url) => McpPayment.ResourceOf(tool).ShouldBe(url);

    [Fact]
    public void An_unpaid_tool_says_the_402_twice_and_that_it_is_an_error()
    {
        var result = McpSeller.PaymentRequired(ReadRequired());
        result.GetProperty("isError").GetBoolean().ShouldBeTrue();
        result.GetProperty("structuredContent").GetRawText().ShouldBe(Required);
        result.GetProperty("content")[0].GetProperty("type").GetString().ShouldBe("text");
        result.GetProperty("content")[0].GetProperty("text").GetString().ShouldBe(Required);
        result.GetRawText().ShouldBe($$"""{"isError":true,"structuredContent":{{Required}},"content":[{"type":"text","text":{{JsonSerializer.Serialize(Required)}}}]}""");

        var read = McpPayer.ReadResult(result).ShouldBeOfType<McpReply.PaymentRequired>();
        read.Required.Accepts.Single().Amount.ShouldBe("1000");
        read.Settlement.ShouldBeNull();
    }

    [Fact]
    public void A_caller_of_version_1_is_asked_in_version_1_and_reads_it()
    {
        var result = McpSeller.SettlementFailed(ReadRequired(), ReadSettlement(Failed), version: 1);
        result.GetProperty("structuredContent").GetRawText().ShouldBe("""{"x402Version":1,"error":"X-PAYMENT header is required","accepts":[{"scheme":"exact","network":"base-sepolia","maxAmountRequired":"1000","resource":"mcp://tool/weather","description":"","mimeType":"","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","maxTimeoutSeconds":120,"asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","extra":{"name":"USDC","version":"2"}}]}""");
        result.GetProperty("content")[0].GetProperty("text").GetString().ShouldBe(result.GetProperty("structuredContent").GetRawText());
        result.GetProperty("_meta").GetProperty("x402/payment-response").GetProperty("network").GetString().ShouldBe("base-sepolia");
        var read = McpPayer.ReadResult(result).ShouldBeOfType<McpReply.PaymentRequired>();
        read.Required.Accepts.Single().Network.ShouldBe("eip155:84532");
        read.Required.Accepts.Single().Amount.ShouldBe("1000");
        McpSeller.Paid(JsonElement.Parse("""{"content":[]}"""), ReadSettlement(Settled), version: 1).GetProperty("_meta").GetProperty("x402/payment-response").GetProperty("network").GetString().ShouldBe("base-sepolia");
    }

    [Fact]
    public void What_version_1_cannot_say_is_said_in_version_2()
    {
        var permit2 = new PaymentRequired(null, null, [ReadRequired().Accepts[0] with { Verbatim = null, Extra = JsonElement.Parse("""{"assetTransferMethod":"permit2"}""") }]);
        McpSeller.PaymentRequired(permit2, version: 1).GetProperty("structuredContent").GetProperty("x402Version").GetInt32().ShouldBe(2);
    }

    public static TheoryData<string, string> Forms => new()
    {
        { "structured alone", """{"isError":true,"structuredContent":""" + Required + ""","content":[]}""" },
        { "text alone", """{"isError":true,"content":[{"type":"text","text":""" + JsonSerializer.Serialize(Required) + "}]}" },
        { "wrapped in structured", """{"isError":true,"structuredContent":{"x402/error":{"code":402,"message":"m","data":""" + Required + "}}}" },
        { "wrapped in text", """{"isError":true,"content":[{"type":"text","text":""" + JsonSerializer.Serialize("""{"x402/error":{"code":402,"message":"m","data":""" + Required + "}}") + "}]}" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_that_peers_send_is_read(string form, string result) =>
        McpPayer.ReadResult(JsonElement.Parse(result)).ShouldBeOfType<McpReply.PaymentRequired>(form).Required.Resource.ShouldNotBeNull().Url.ShouldBe("mcp://tool/weather");

    [Fact]
    public void A_payment_goes_into_the_calls_meta_and_out_again()
    {
        var call = JsonElement.Parse("""{"name":"weather","arguments":{"city":"Oslo"},"_meta":{"progressToken":1,"x402/payment":"an older one"}}""");
        var payment = new PaymentPayload(ReadRequired().Accepts[0], JsonElement.Parse("""{"signature":"0x12"}"""));
        var paid = McpPayer.WithPayment(call, payment);
        paid.GetProperty("name").GetString().ShouldBe("weather");
        paid.GetProperty("arguments").GetRawText().ShouldBe("""{"city":"Oslo"}""");
        paid.GetProperty("_meta").GetProperty("progressToken").GetInt32().ShouldBe(1);
        paid.GetProperty("_meta").EnumerateObject().Count().ShouldBe(2);

        var read = McpSeller.ReadPayment(paid, out var refusal).ShouldNotBeNull();
        refusal.ShouldBeNull();
        PaymentHeader.Json(read.Write).ShouldBe(PaymentHeader.Json(payment.Write));
    }

    [Theory]
    [InlineData("""{"name":"weather"}""")]
    [InlineData("""{"name":"weather","_meta":{}}""")]
    [InlineData("""{"name":"weather","_meta":null}""")]
    [InlineData("""{"name":"weather","_meta":{"x402/payment":null}}""")]
    [InlineData("[]")]
    public void A_call_without_a_payment_is_no_refusal(string call)
    {
        McpSeller.ReadPayment(JsonElement.Parse(call), out var refusal).ShouldBeNull();
        refusal.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"_meta":{"x402/payment":"text"}}""", JsonRefusalCodes.WrongType, "$")]
    [InlineData("""{"_meta":{"x402/payment":{"x402Version":2}}}""", JsonRefusalCodes.Missing, "$.accepted")]
    [InlineData("""{"_meta":{"x402/payment":{"x402Version":2,"x402Version":2}}}""", JsonRefusalCodes.DuplicateMember, "$.x402Version")]
    [InlineData("""{"_meta":{"x402/payment":{"x402Version":3}}}""", JsonRefusalCodes.BadValue, "$.x402Version")]
    public void A_payment_that_cannot_be_read_is_refused_and_the_member_named(string call, string code, string path)
    {
        McpSeller.ReadPayment(JsonElement.Parse(call), out var refusal).ShouldBeNull();
        refusal.ShouldNotBeNull().Code.ShouldBe(code);
        refusal.Path.ShouldBe(path);
    }

    [Fact]
    public void A_paid_result_carries_the_settlement_beside_what_the_tool_said()
    {
        var said = JsonElement.Parse("""{"content":[{"type":"text","text":"rain"}],"_meta":{"trace":"t"}}""");
        var result = McpSeller.Paid(said, ReadSettlement(Settled));
        result.GetRawText().ShouldBe("""{"content":[{"type":"text","text":"rain"}],"_meta":{"trace":"t","x402/payment-response":""" + Settled + "}}");
        var read = McpPayer.ReadResult(result).ShouldBeOfType<McpReply.Paid>();
        read.Settlement.ShouldBe(ReadSettlement(Settled));
        read.Result.GetProperty("content")[0].GetProperty("text").GetString().ShouldBe("rain");
    }

    [Fact]
    public void A_tools_own_error_after_a_payment_is_still_paid() =>
        McpPayer.ReadResult(McpSeller.Paid(JsonElement.Parse("""{"isError":true,"content":[{"type":"text","text":"no such city"}]}"""), ReadSettlement(Settled))).ShouldBeOfType<McpReply.Paid>();

    [Fact]
    public void A_failed_settlement_is_a_402_without_what_the_tool_said()
    {
        var result = McpSeller.SettlementFailed(ReadRequired(), ReadSettlement(Failed));
        result.GetProperty("isError").GetBoolean().ShouldBeTrue();
        result.GetProperty("_meta").GetRawText().ShouldBe("""{"x402/payment-response":""" + Failed + "}");
        McpPayer.ReadResult(result).ShouldBeOfType<McpReply.PaymentRequired>().Settlement.ShouldNotBeNull().ErrorReason.ShouldBe("insufficient_funds");
    }

    [Fact]
    public void A_failed_settlement_beside_the_402_is_read_too()
    {
        var beside = Required[..^1] + ""","x402/payment-response":""" + Failed + "}";
        McpPayer.ReadResult(JsonElement.Parse("""{"isError":true,"structuredContent":""" + beside + "}")).ShouldBeOfType<McpReply.PaymentRequired>()
            .Settlement.ShouldNotBeNull().Success.ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"content":[{"type":"text","text":"rain"}]}""")]
    [InlineData("""{"isError":true,"content":[{"type":"text","text":"no such city"}]}""")]
    [InlineData("""{"isError":true,"content":[{"type":"text","text":"{broken"}]}""")]
    [InlineData("""{"isError":true,"content":[{"type":"text","text":"{\"a\":1}"}]}""")]
    [InlineData("""{"isError":true,"content":[]}""")]
    [InlineData("""{"isError":true,"content":{}}""")]
    [InlineData("""{"isError":true,"content":[7]}""")]
    [InlineData("[]")]
    [InlineData("7")]
    public void A_result_that_does_not_speak_of_payment_is_plain(string result) => McpPayer.ReadResult(JsonElement.Parse(result)).ShouldBeOfType<McpReply.Plain>();

    [Fact]
    public void A_402_in_a_result_that_is_no_error_asks_for_nothing() =>
        McpPayer.ReadResult(JsonElement.Parse("""{"structuredContent":""" + Required + "}")).ShouldBeOfType<McpReply.Plain>();

    [Theory]
    [InlineData("""{"isError":true,"structuredContent":{"x402Version":2}}""", "$.accepts")]
    [InlineData("""{"isError":true,"structuredContent":{"x402Version":2,"accepts":[]}}""", "$.accepts")]
    [InlineData("""{"_meta":{"x402/payment-response":{"success":"yes"}}}""", "$.success")]
    [InlineData("""{"_meta":{"x402/payment-response":7}}""", "$")]
    public void A_word_on_payment_that_cannot_be_read_is_refused_and_the_member_named(string result, string path) =>
        McpPayer.ReadResult(JsonElement.Parse(result)).ShouldBeOfType<McpReply.Refused>().Reason.Path.ShouldBe(path);

    [Fact]
    public void Half_a_surrogate_pair_is_refused_and_does_not_throw()
    {
        McpPayer.ReadResult(JsonElement.Parse("""{"isError":true,"content":[{"type":"text","text":"\ud800"}]}""")).ShouldBeOfType<McpReply.Refused>().Reason.Code.ShouldBe(JsonRefusalCodes.NotUtf8);
        McpSeller.ReadPayment(JsonElement.Parse("""{"_meta":{"x402/payment":{"x402Version":2,"error":"\ud800"}}}"""), out var refusal).ShouldBeNull();
        refusal.ShouldNotBeNull().Code.ShouldBe(JsonRefusalCodes.NotUtf8);
    }

    private static PaymentRequired ReadRequired()
    {
        var shape = JsonShape.Of(JsonElement.Parse(Required));
        var read = PaymentRequired.Read(shape);
        shape.Refusal.ShouldBeNull();
        return read;
    }

    private static SettleResponse ReadSettlement(string json) => SettleResponse.Read(JsonShape.Of(JsonElement.Parse(json)));
}
