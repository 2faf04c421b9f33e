using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

/// <summary>Several questions in one message, and servers that answer such a message wrongly.</summary>
public sealed class BatchTests
{
    [Fact]
    public async Task Each_member_gets_its_own_answer_in_whatever_order_they_come()
    {
        var node = Answering(ids => $"[{Error(ids[2], 3, "execution reverted")},{Result(ids[1], "\"0x2a\"")},{Result(ids[0], "\"0x7\"")},{Error(ids[3], -32601, "no such method")}]");
        var batch = node.Chain().CreateBatch();
        var (balance, height, call, own) = (batch.Add(Eth.Balance(Address.Zero)), batch.Add(Eth.BlockNumber()),
            batch.Add(Eth.Call(new() { To = Address.Zero })), batch.Add(new RpcRequest<string>("own_method", null, static r => r.GetString()!, mayRepeat: true)));
        await batch.SendAsync(TestContext.Current.CancellationToken);
        balance.Value.ShouldBe((UInt256)7UL);
        height.Value.ShouldBe(42UL);
        call.Value.ShouldBeOfType<CallResult.Reverted>().Reason.ShouldBeOfType<RevertReason.NoData>();
        own.Succeeded.ShouldBeFalse();
        own.Error.ShouldNotBeNull().Code.ShouldBe(-32601);
        Should.Throw<ChainException>(() => own.Value).Code.ShouldBe(-32601);
        node.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_member_that_is_answered_in_another_form_fails_by_itself()
    {
        var node = Answering(ids => $"[{Result(ids[0], "\"0x07\"")},{Result(ids[1], "\"0x2a\"")}]");
        var batch = node.Chain().CreateBatch();
        var (wrong, right) = (batch.Add(Eth.Balance(Address.Zero)), batch.Add(Eth.BlockNumber()));
        await batch.SendAsync(TestContext.Current.CancellationToken);
        wrong.Error.ShouldNotBeNull().Message.ShouldContain("eth_getBalance");
        right.Value.ShouldBe(42UL);
    }

    public static TheoryData<string, string> Lies => new()
    {
        { "[{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x1\"}]", "gave 1 answers to 2" },
        { "[]", "gave 0 answers" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x1\"},{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x2\"}]", "answered twice" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x1\"},{\"jsonrpc\":\"2.0\",\"id\":99999,\"result\":\"0x2\"}]", "not asked" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x1\"},{\"jsonrpc\":\"2.0\",\"id\":-1,\"result\":\"0x2\"}]", "not asked" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x1\"},{\"jsonrpc\":\"2.0\",\"id\":\"ID1\",\"result\":\"0x2\"}]", "not asked" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x1\"},{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"x\"}}]", "not asked" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x1\"},7]", "not JSON-RPC 2.0" },
        { "[{\"jsonrpc\":\"1.0\",\"id\":ID0,\"result\":\"0x1\"},{\"jsonrpc\":\"2.0\",\"id\":ID1,\"result\":\"0x2\"}]", "not JSON-RPC 2.0" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x1\",\"error\":{\"code\":1,\"message\":\"\"}},{\"jsonrpc\":\"2.0\",\"id\":ID1,\"result\":\"0x2\"}]", "a result and an error" },
        { "{\"jsonrpc\":\"2.0\",\"id\":ID0,\"result\":\"0x1\"}", "something else than one array" },
        { "\"0x1\"", "not JSON-RPC 2.0" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Answers_that_are_missing_repeated_or_invented_are_refused_as_a_whole(string body, string reason)
    {
        var node = Answering(ids => body.Replace("ID0", ids[0].ToString()).Replace("ID1", ids[1].ToString()));
        var batch = node.Chain().CreateBatch();
        var first = batch.Add(Eth.BlockNumber());
        batch.Add(Eth.BlockNumber());
        (await Should.ThrowAsync<ChainException>(() => batch.SendAsync(TestContext.Current.CancellationToken))).Message.ShouldContain(reason);
        Should.Throw<InvalidOperationException>(() => first.Value);
        first.Succeeded.ShouldBeFalse();
    }

    [Fact]
    public async Task A_single_error_for_the_whole_batch_is_the_nodes_refusal()
    {
        var node = Answering(_ => """{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"batch too large"}}""");
        var batch = node.Chain().CreateBatch();
        batch.Add(Eth.BlockNumber());
        var fault = await Should.ThrowAsync<ChainException>(() => batch.SendAsync(TestContext.Current.CancellationToken));
        fault.Code.ShouldBe(-32005);
        fault.IsTransient.ShouldBeTrue();
        fault.Message.ShouldContain("batch too large");
        node.Requests.Count.ShouldBe(1); // a node's own word is not repeated
    }

    [Fact]
    public async Task The_reason_of_a_batch_that_is_refused_under_its_first_id_is_told()
    {
        var batch = Answering(ids => $"[{Error(ids[0], -32600, "batch too large")}]").Chain().CreateBatch();
        var members = new[] { batch.Add(Eth.BlockNumber()), batch.Add(Eth.BlockNumber()) };
        var fault = await Should.ThrowAsync<ChainException>(() => batch.SendAsync(TestContext.Current.CancellationToken));
        (fault.Code, fault.Message.Contains("batch too large")).ShouldBe((-32600, true));
        members.ShouldAllBe(static m => !m.Succeeded);
    }

    [Fact]
    public async Task A_lost_batch_is_sent_again_only_when_every_member_may_be()
    {
        var reads = new ScriptedNode(_ => throw new HttpRequestException("gone"));
        var batch = reads.Chain().CreateBatch();
        batch.Add(Eth.BlockNumber());
        batch.Add(Eth.SendRawTransaction(new byte[] { 1 }));
        await Should.ThrowAsync<ChainException>(() => batch.SendAsync(TestContext.Current.CancellationToken));
        reads.Requests.Count.ShouldBe(6);
        var writes = new ScriptedNode(_ => throw new HttpRequestException("gone"));
        batch = writes.Chain().CreateBatch();
        batch.Add(Eth.BlockNumber());
        batch.Add(new RpcRequest<int>("evm_mine", null, static _ => 0, mayRepeat: false));
        await Should.ThrowAsync<ChainException>(() => batch.SendAsync(TestContext.Current.CancellationToken));
        writes.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_batch_has_a_bound_is_sent_once_and_empty_asks_nothing()
    {
        var node = Answering(ids => $"[{Result(ids[0], "\"0x1\"")}]");
        var batch = node.Chain(new() { MaxBatchSize = 1 }).CreateBatch();
        batch.Add(Eth.BlockNumber());
        Should.Throw<InvalidOperationException>(() => batch.Add(Eth.BlockNumber()));
        await batch.SendAsync(TestContext.Current.CancellationToken);
        await Should.ThrowAsync<InvalidOperationException>(() => batch.SendAsync(TestContext.Current.CancellationToken));
        await node.Chain().CreateBatch().SendAsync(TestContext.Current.CancellationToken);
        node.Requests.Count.ShouldBe(1);
    }

    private static string Result(long id, string json) => $$"""{"jsonrpc":"2.0","id":{{id}},"result":{{json}}}""";

    private static string Error(long id, int code, string message) => "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":{\"code\":" + code + ",\"message\":\"" + message + "\"}}";

    private static ScriptedNode Answering(Func<long[], string> body) => ScriptedNode.OfBatches(ids => ScriptedNode.Ok(body(ids)));
}
