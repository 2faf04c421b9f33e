using System.Net;
using System.Text.Json.Nodes;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

public sealed class JsonRpcFaultTests
{
    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":999,"result":"0x1"}""", "another id")]
    [InlineData("""{"jsonrpc":"2.0","id":"ID","result":"0x1"}""", "another id")]
    [InlineData("""{"jsonrpc":"2.0","result":"0x1"}""", "another id")]
    [InlineData("""{"jsonrpc":"2.0","id":null,"result":"0x1"}""", "another id")]
    [InlineData("""{"jsonrpc":"1.0","id":ID,"result":"0x1"}""", "not JSON-RPC 2.0")]
    [InlineData("""{"id":ID,"result":"0x1"}""", "not JSON-RPC 2.0")]
    [InlineData("""[{"jsonrpc":"2.0","id":ID,"result":"0x1"}]""", "not JSON-RPC 2.0")]
    [InlineData("""{"jsonrpc":"2.0","id":ID}""", "without result")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"result":"0x1","error":{"code":1,"message":""}}""", "a result and an error")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"result":"0x1","result":"0x2"}""", "not strict JSON")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"result":"0x1"} x""", "not strict JSON")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"result":"0x1" """, "not strict JSON")]
    [InlineData("<html>", "not strict JSON")]
    [InlineData("""{"\ud800":1,"jsonrpc":"2.0","id":ID,"result":"0x1"}""", "not strict JSON")]
    [InlineData("""{"jsonrpc":"\ud800","id":ID,"result":"0x1"}""", "not JSON-RPC 2.0")]
    [InlineData("", "not strict JSON")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"error":{"message":"no code"}}""", "without a code")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"error":"text"}""", "without a code")]
    public async Task an_answer_that_is_not_ours_or_not_json_rpc_is_refused_once(string body, string reason)
    {
        var node = ScriptedNode.Body(body);
        var fault = await Should.ThrowAsync<ChainException>(() => node.Chain().GetBlockNumberAsync());
        fault.Message.ShouldContain(reason);
        fault.IsTransient.ShouldBeFalse();
        node.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("\"0x\"")]
    [InlineData("\"0x00\"")]
    [InlineData("\"0x01\"")]
    [InlineData("\"1\"")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("\"0X1\"")]
    [InlineData("\"0x1g\"")]
    [InlineData("\"-0x1\"")]
    [InlineData("\"0x10000000000000000\"")]
    [InlineData("{}")]
    [InlineData("\"\\ud800\"")]
    public async Task a_quantity_of_another_form_is_refused_by_name(string json)
    {
        var fault = await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(json).Chain().GetBlockNumberAsync());
        fault.Message.ShouldStartWith("eth_blockNumber: the node's answer has not a quantity");
        fault.IsTransient.ShouldBeFalse();
    }

    [Theory]
    [InlineData("\"0x123\"")]
    [InlineData("\"123\"")]
    [InlineData("\"0xzz\"")]
    [InlineData("null")]
    [InlineData("[]")]
    public async Task data_of_another_form_is_refused_by_name(string json) =>
        (await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(json).Chain().GetCodeAsync(Address.Zero))).Message.ShouldContain("has not data");

    [Fact]
    public async Task members_without_a_text_are_refused()
    {
        var chain = ScriptedNode.Result("""{"\ud800":1}""").Chain();
        await Should.ThrowAsync<ChainException>(() => chain.GetTransactionReceiptAsync(Hash32.Zero));
        await Should.ThrowAsync<ChainException>(() => chain.GetBlockAsync(BlockTag.Latest));
    }

    [Fact]
    public async Task an_answer_above_the_size_bound_is_refused_with_and_without_a_stated_length()
    {
        var options = new JsonRpcOptions { MaxResponseBytes = 100 };
        var stated = ScriptedNode.Result($"\"0x{new string('0', 200)}\"");
        (await Should.ThrowAsync<ChainException>(() => stated.Chain(options).GetCodeAsync(Address.Zero))).Message.ShouldContain("larger than 100 bytes");
        var unstated = new ScriptedNode(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new EndlessStream()) });
        (await Should.ThrowAsync<ChainException>(() => unstated.Chain(options).GetCodeAsync(Address.Zero))).Message.ShouldContain("larger than 100 bytes");
    }

    [Fact]
    public async Task a_lost_connection_is_tried_again_for_reads_with_growing_waits()
    {
        var node = new ScriptedNode(r => r.Number < 3 ? throw new HttpRequestException(HttpRequestError.ConnectionError) : ScriptedNode.ResultTo(r, "\"0x2a\""));
        (await node.Chain().GetBlockNumberAsync()).ShouldBe(42UL);
        node.Time.Waits.ShouldBe([TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(400)]);
        node.Requests.Select(static r => r.Id).ShouldBeUnique();
    }

    [Fact]
    public async Task a_node_that_stays_away_is_a_transient_fault_after_the_last_attempt_and_its_key_is_not_printed()
    {
        var node = new ScriptedNode(_ => throw new HttpRequestException(HttpRequestError.ConnectionError));
        var fault = await Should.ThrowAsync<ChainException>(() => node.Chain().GetBlockNumberAsync());
        fault.IsTransient.ShouldBeTrue();
        fault.Message.ShouldContain("http://node.example:8545");
        fault.Message.ShouldNotContain("secret");
        node.Requests.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, true)]
    [InlineData(HttpStatusCode.BadGateway, true)]
    [InlineData(HttpStatusCode.Unauthorized, false)]
    [InlineData(HttpStatusCode.NotFound, false)]
    public async Task a_status_tells_whether_to_try_again(HttpStatusCode status, bool transient)
    {
        var node = new ScriptedNode(_ => ScriptedNode.Status(status, "busy"));
        var fault = await Should.ThrowAsync<ChainException>(() => node.Chain().GetBlockNumberAsync());
        fault.IsTransient.ShouldBe(transient);
        node.Requests.Count.ShouldBe(transient ? 3 : 1);
    }

    [Fact]
    public async Task an_error_under_an_http_error_status_is_still_the_nodes_answer()
    {
        var node = new ScriptedNode(r => ScriptedNode.ErrorTo(r, """{"code":-32601,"message":"no such method"}""", HttpStatusCode.InternalServerError));
        var fault = await Should.ThrowAsync<ChainException>(() => node.Chain().GetBlockNumberAsync());
        fault.Code.ShouldBe(-32601);
        fault.Message.ShouldContain("no such method");
        node.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task a_node_that_does_not_answer_in_time_is_a_transient_fault()
    {
        var node = new ScriptedNode(static _ => new HttpResponseMessage(HttpStatusCode.Continue));
        var fault = await Should.ThrowAsync<ChainException>(() => node.Chain(new() { MaxAttempts = 1 }).GetBlockNumberAsync());
        fault.IsTransient.ShouldBeTrue();
        fault.Message.ShouldContain("within 30 s");
    }

    [Fact]
    public async Task a_callers_cancellation_is_a_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        var node = new ScriptedNode(_ =>
        {
            cancel.Cancel();
            throw new OperationCanceledException(cancel.Token);
        });
        await Should.ThrowAsync<OperationCanceledException>(() => node.Chain().GetBlockNumberAsync(cancel.Token));
        node.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task a_method_of_unknown_effect_is_not_repeated()
    {
        var node = new ScriptedNode(_ => throw new HttpRequestException(HttpRequestError.ConnectionError));
        await Should.ThrowAsync<ChainException>(() => node.Chain().RequestAsync("evm_mine", new JsonArray(1)));
        node.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task a_nodes_message_cannot_steer_the_terminal()
    {
        var fault = await Should.ThrowAsync<ChainException>(() => ScriptedNode.Error($$"""{"code":-32000,"message":"bad\u001b[31m\r\nnews\u202e{{new string('x', 900)}}"}""").Chain().GetBlockNumberAsync());
        fault.Message.ShouldNotContain("\u001b");
        fault.Message.ShouldNotContain("\n");
        fault.Message.ShouldNotContain("\u202e");
        fault.Message.Length.ShouldBeLessThan(600);
    }

    private sealed class EndlessStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)' ');
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
