using System.Net;
using System.Net.Http.Headers;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

/// <summary>How long a node that is busy is left alone, and where nodes put a revert's data.</summary>
public sealed class RetryAndRevertTests
{
    private const string Words = "0x08c379a0" + "0000000000000000000000000000000000000000000000000000000000000020" + "0000000000000000000000000000000000000000000000000000000000000002"
        + "6e6f000000000000000000000000000000000000000000000000000000000000";

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public async Task What_a_busy_node_asks_for_is_waited(HttpStatusCode status)
    {
        var node = new ScriptedNode(r => r.Number == 1 ? Busy(status, new(TimeSpan.FromSeconds(7))) : ScriptedNode.ResultTo(r, "\"0x2a\""));
        (await node.Chain().GetBlockNumberAsync(TestContext.Current.CancellationToken)).ShouldBe(42UL);
        node.Time.Waits.ShouldBe([TimeSpan.FromSeconds(7)]);
    }

    [Fact]
    public async Task A_node_that_asks_for_more_than_the_longest_wait_is_not_asked_again()
    {
        var node = new ScriptedNode(static _ => Busy(HttpStatusCode.TooManyRequests, new(TimeSpan.FromHours(1))));
        var fault = await Should.ThrowAsync<ChainException>(() => node.Chain().GetBlockNumberAsync(TestContext.Current.CancellationToken));
        (fault.IsTransient, fault.RetryAfter).ShouldBe((true, TimeSpan.FromHours(1)));
        node.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_time_that_has_passed_asks_for_nothing_and_waits_do_not_grow_beyond_the_longest()
    {
        var node = new ScriptedNode(static _ => Busy(HttpStatusCode.BadGateway, new(DateTimeOffset.UnixEpoch)));
        await Should.ThrowAsync<ChainException>(() => node.Chain(new() { MaxAttempts = 5, MaxRetryDelay = TimeSpan.FromMilliseconds(500) }).GetBlockNumberAsync(TestContext.Current.CancellationToken));
        node.Time.Waits.Select(static w => (int)w.TotalMilliseconds).ShouldBe([200, 400, 500, 500]);
    }

    [Theory]
    [InlineData("{\"code\":3,\"message\":\"execution reverted: no\",\"data\":\"WORDS\"}")] // geth, anvil, our sandbox
    [InlineData("{\"code\":-32603,\"message\":\"VM Exception: reverted\",\"data\":{\"message\":\"no\",\"data\":\"WORDS\"}}")] // Hardhat
    [InlineData("{\"code\":-32000,\"message\":\"revert\",\"data\":{\"0x01\":{\"error\":\"revert\",\"return\":\"WORDS\"},\"stack\":\"x\"}}")] // Ganache
    [InlineData("{\"code\":-32000,\"message\":\"reverted\",\"data\":{\"originalError\":{\"code\":3,\"data\":\"WORDS\"}}}")] // a proxy in front of a node
    [InlineData("{\"code\":-32015,\"message\":\"VM execution error.\",\"data\":\"Reverted WORDS\"}")] // Parity
    public async Task A_reverts_data_is_found_wherever_the_node_puts_it(string error)
    {
        var chain = ScriptedNode.Error(error.Replace("WORDS", Words)).Chain();
        (await chain.CallAsync(new() { To = Address.Zero }, cancellationToken: TestContext.Current.CancellationToken)).ShouldBeOfType<CallResult.Reverted>().Reason.ShouldBe(new RevertReason.Message("no"));
        (await chain.EstimateGasAsync(new() { To = Address.Zero }, cancellationToken: TestContext.Current.CancellationToken)).ShouldBeOfType<GasEstimate.Reverts>().Reason.ShouldBe(new RevertReason.Message("no"));
    }

    [Fact]
    public void Custom_errors_are_found_by_selector_and_data_that_does_not_fit_is_unknown()
    {
        var errors = AbiErrors.Parse("error Short(uint8 a)", "error Two(uint256 a, string b)", "error Short(uint8 a)");
        var data = AbiError.Parse("error Two(uint256 a, string b)").Encode(7UL, "x");
        var reason = errors.Explain(data).ShouldBeOfType<RevertReason.Custom>();
        (reason.Error.Name, reason.ToString()).ShouldBe(("Two", "Two(a: 7, b: \"x\")"));
        errors.Explain([.. AbiError.Parse("error Short(uint8 a)").Encode(1UL).AsSpan(0, 20)]).ShouldBeOfType<RevertReason.Unknown>();
        errors.Explain([1, 2]).ShouldBeOfType<RevertReason.Unknown>();
        errors.Explain([]).ShouldBeOfType<RevertReason.NoData>();
    }

    private static HttpResponseMessage Busy(HttpStatusCode status, RetryConditionHeaderValue after)
    {
        var response = ScriptedNode.Status(status, "busy");
        response.Headers.RetryAfter = after;
        return response;
    }
}
