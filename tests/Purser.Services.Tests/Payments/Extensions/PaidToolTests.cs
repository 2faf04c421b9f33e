using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Mcp;
using Purser.Services.Payments;
using Purser.Services.Payments.Mcp;

namespace Purser.Services.Tests.Payments.Extensions;

/// <summary>A paid tool by the messages of the MCP transport: the agent's side and the server's in one process, the gate, its claims, the facilitator and the chain behind it for real.</summary>
public sealed class PaidToolTests : IAsyncLifetime
{
    private static readonly UInt256 s_price = 1000;

    private MoneyWorld _world = null!;
    private Payer _payer = null!;
    private PaidTool _tool = null!;
    private Shop _shop = null!;
    private int _runs;

    public async ValueTask InitializeAsync()
    {
        _world = await MoneyWorld.OpenAsync();
        _shop = await _world.OpenShopAsync();
        _payer = new(_world.Clock, 11);
        await _world.MintAsync(_payer.Address, 10_000UL);
        _tool = Tool("weather", _ => JsonElement.Parse($$"""{"content":[{"type":"text","text":"rain {{Interlocked.Increment(ref _runs)}}"}],"_meta":{"trace":"t"} }"""));
    }

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task A_tool_is_asked_paid_and_answers_with_its_settlement()
    {
        var call = Call("oslo");
        var unpaid = (await AskAsync(call)).ShouldBeOfType<McpReply.PaymentRequired>();
        unpaid.Required.Error.ShouldBe("Payment required");
        unpaid.Required.Resource.ShouldNotBeNull().Url.ShouldBe("mcp://tool/weather");
        unpaid.Settlement.ShouldBeNull();
        _runs.ShouldBe(0);

        var paid = (await AskAsync(Pay(call, unpaid.Required))).ShouldBeOfType<McpReply.Paid>();
        paid.Settlement.Success.ShouldBeTrue();
        paid.Settlement.Payer.ShouldBe(_payer.Address.ToString());
        Hash32.TryParse(paid.Settlement.Transaction, out var transaction).ShouldBeTrue();
        (await _world.Chain.GetTransactionReceiptAsync(transaction)).ShouldNotBeNull().Succeeded.ShouldBeTrue();
        paid.Result.GetProperty("content")[0].GetProperty("text").GetString().ShouldBe("rain 1");
        paid.Result.GetProperty("_meta").GetProperty("trace").GetString().ShouldBe("t");
        await ShouldHaveBeenPaidAsync(1);
    }

    [Fact]
    public async Task A_repeat_gets_the_first_answer_and_pays_once()
    {
        var paid = Pay(Call("oslo"), await OfferAsync());
        var first = (await AskAsync(paid)).ShouldBeOfType<McpReply.Paid>();
        var second = (await AskAsync(paid)).ShouldBeOfType<McpReply.Paid>();
        second.Settlement.ShouldBe(first.Settlement);
        second.Result.GetProperty("content").GetRawText().ShouldBe(first.Result.GetProperty("content").GetRawText());
        _runs.ShouldBe(1);
        await ShouldHaveBeenPaidAsync(1);
    }

    [Fact]
    public async Task Twenty_calls_at_once_with_one_payment_run_the_tool_once()
    {
        var paid = Pay(Call("oslo"), await OfferAsync());
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AskAsync(paid)));
        replies.ShouldAllBe(reply => reply is McpReply.Paid);
        _runs.ShouldBe(1);
        await ShouldHaveBeenPaidAsync(1);
    }

    [Fact]
    public async Task A_payment_for_one_call_buys_no_other()
    {
        var required = await OfferAsync();
        var paid = Pay(Call("oslo"), required);
        (await AskAsync(paid)).ShouldBeOfType<McpReply.Paid>();
        var payment = McpSeller.ReadPayment(paid, out _).ShouldNotBeNull();
        var other = (await AskAsync(McpPayer.WithPayment(Call("bergen"), payment))).ShouldBeOfType<McpReply.PaymentRequired>();
        PaymentReasons.FromWire(other.Required.Error).ShouldBe(PaymentReason.NonceUsed);

        var tides = Tool("tides", _ => throw new InvalidOperationException("It is not to run."));
        McpPayer.ReadResult(await tides.CallAsync(McpPayer.WithPayment(Call("oslo"), payment))).ShouldBeOfType<McpReply.PaymentRequired>();
        _runs.ShouldBe(1);
        await ShouldHaveBeenPaidAsync(1);
    }

    [Fact]
    public async Task A_settlement_that_fails_withholds_what_the_tool_said()
    {
        var poor = new Payer(_world.Clock, 12);
        await _world.MintAsync(poor.Address, 1000UL);
        var required = await OfferAsync();
        var paid = Pay(Call("oslo"), required, poor);

        // The money goes elsewhere while the tool works.
        var elsewhere = await _world.OpenShopAsync();
        var thief = Tool("weather", _ => JsonElement.Parse("""{"content":[{"type":"text","text":"secret"}]}"""), async () =>
        {
            using var client = elsewhere.Client();
            (await client.SendAsync(Shop.Get("/report", poor.Pay(await elsewhere.TermsAsync("/report"))))).EnsureSuccessStatusCode();
        });
        var result = await thief.CallAsync(paid);
        result.GetRawText().ShouldNotContain("secret");
        var failed = McpPayer.ReadResult(result).ShouldBeOfType<McpReply.PaymentRequired>();
        failed.Settlement.ShouldNotBeNull().Success.ShouldBeFalse();
        PaymentReasons.FromWire(failed.Required.Error).ShouldBe(PaymentReason.InsufficientBalance);
        await ShouldHaveBeenPaidAsync(1);
    }

    [Fact]
    public async Task A_tools_own_error_is_not_charged_and_may_be_tried_again()
    {
        var fails = true;
        var tool = Tool("weather", _ => JsonElement.Parse($$"""{"isError":{{(fails ? "true" : "false")}},"content":[{"type":"text","text":"no such city"}]}"""));
        var paid = Pay(Call("atlantis"), await OfferAsync());
        McpPayer.ReadResult(await tool.CallAsync(paid)).ShouldBeOfType<McpReply.Plain>().Result.GetProperty("content")[0].GetProperty("text").GetString().ShouldBe("no such city");
        await ShouldHaveBeenPaidAsync(0);
        fails = false;
        McpPayer.ReadResult(await tool.CallAsync(paid)).ShouldBeOfType<McpReply.Paid>();
        await ShouldHaveBeenPaidAsync(1);
    }

    [Theory]
    [InlineData("""{"x402Version":2}""", "$.accepted")]
    [InlineData("\"text\"", "$")]
    [InlineData("""{"x402Version":2,"x402Version":2}""", "$.x402Version")]
    public async Task A_payment_that_cannot_be_read_is_answered_with_the_402_and_the_place(string payment, string path)
    {
        var call = JsonElement.Parse("""{"name":"weather","arguments":{},"_meta":{"x402/payment":""" + payment + "}}");
        var reply = (await AskAsync(call)).ShouldBeOfType<McpReply.PaymentRequired>();
        reply.Required.Error.ShouldNotBeNull().ShouldStartWith("invalid_payload");
        reply.Required.Error.ShouldContain(path);
        _runs.ShouldBe(0);
    }

    [Fact]
    public async Task A_payment_of_other_terms_is_answered_with_the_402_and_the_reason()
    {
        var required = await OfferAsync();
        var cheap = required.Accepts[0] with { Amount = "1", Verbatim = null };
        var payload = PaymentPayload.Read(PaymentHeader.Decode(_payer.Pay(cheap)));
        (await AskAsync(McpPayer.WithPayment(Call("oslo"), payload))).ShouldBeOfType<McpReply.PaymentRequired>().Required.Error.ShouldBe("No matching payment requirements");
        _runs.ShouldBe(0);
    }

    [Fact]
    public async Task A_caller_of_version_1_is_asked_and_answered_in_version_1()
    {
        var options = _shop.Services.GetRequiredService<PaymentsOptions>();
        var tool = new PaidTool(_shop.Services.GetRequiredService<PaymentGate>(), "weather", PaidOffer.Exact("0.001 TUSD", options), (_, _) => Task.FromResult(JsonElement.Parse("""{"content":[]}"""))) { Version = 1 };
        var asked = await tool.CallAsync(Call("oslo"));
        var first = asked.GetProperty("structuredContent");
        first.GetProperty("x402Version").GetInt32().ShouldBe(1);
        first.GetProperty("accepts")[0].GetProperty("network").GetString().ShouldBe("base-sepolia");
        first.GetProperty("accepts")[0].GetProperty("resource").GetString().ShouldBe("mcp://tool/weather");
        var required = McpPayer.ReadResult(asked).ShouldBeOfType<McpReply.PaymentRequired>().Required;

        var paid = PaymentPayload.Read(PaymentHeader.Decode(_payer.Pay(required.Accepts[0] with { Version = 2, Verbatim = null }))) with { Version = 1, Accepted = required.Accepts[0] };
        var result = await tool.CallAsync(McpPayer.WithPayment(Call("oslo"), paid));
        result.GetProperty("_meta").GetProperty("x402/payment-response").GetProperty("network").GetString().ShouldBe("base-sepolia");
        McpPayer.ReadResult(result).ShouldBeOfType<McpReply.Paid>().Settlement.Success.ShouldBeTrue();
        await ShouldHaveBeenPaidAsync(1);
    }

    private static JsonElement Call(string city) => JsonElement.Parse($$"""{"name":"weather","arguments":{"city":"{{city}}"},"_meta":{"progressToken":1} }""");

    private PaidTool Tool(string name, Func<JsonElement, JsonElement> tool, Func<Task>? before = null)
    {
        var options = _shop.Services.GetRequiredService<PaymentsOptions>();
        return new(_shop.Services.GetRequiredService<PaymentGate>(), name, PaidOffer.Exact("0.001 TUSD", options, description: "The weather"), async (call, _) =>
        {
            await (before?.Invoke() ?? Task.CompletedTask);
            return tool(call);
        });
    }

    private async Task<McpReply> AskAsync(JsonElement call) => McpPayer.ReadResult(await _tool.CallAsync(call));

    private async Task<PaymentRequired> OfferAsync() => (await AskAsync(Call("oslo"))).ShouldBeOfType<McpReply.PaymentRequired>().Required;

    private JsonElement Pay(JsonElement call, PaymentRequired required, Payer? payer = null) =>
        McpPayer.WithPayment(call, PaymentPayload.Read(PaymentHeader.Decode((payer ?? _payer).Pay(required.Accepts[0]))) with { Resource = required.Resource });

    private async Task ShouldHaveBeenPaidAsync(int times) => (await _world.BalanceAsync(Shop.Seller)).ShouldBe(s_price * (ulong)times);
}
