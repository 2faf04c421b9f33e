using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>Requests and subscriptions over a WebSocket.</summary>
public sealed class WebSocketTests
{
    // A bound for what would otherwise hang; nothing is timed by it.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static async Task<ClientWebSocket> ConnectAsync(NodeFixture node, string? origin = null)
    {
        var socket = new ClientWebSocket();
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }
        using var limit = new CancellationTokenSource(s_patience);
        await socket.ConnectAsync(new UriBuilder(node.Url) { Scheme = "ws" }.Uri, limit.Token);
        return socket;
    }

    private static async Task SendAsync(ClientWebSocket socket, string text) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

    private static async Task<JsonElement> ReceiveAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(s_patience);
        using var text = new MemoryStream();
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer, limit.Token);
            received.MessageType.ShouldBe(WebSocketMessageType.Text, socket.CloseStatusDescription);
            text.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return JsonDocument.Parse(text.ToArray()).RootElement;
    }

    private static async Task<JsonElement> AskAsync(ClientWebSocket socket, string method, string parameters = "[]")
    {
        await SendAsync(socket, $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\",\"params\":{parameters}}}");
        return await ReceiveAsync(socket);
    }

    private static async Task<string> SubscribeAsync(ClientWebSocket socket, string parameters) =>
        (await AskAsync(socket, "eth_subscribe", parameters)).GetProperty("result").GetString()!;

    private static (string? Id, JsonElement Result) Event(JsonElement message)
    {
        message.GetProperty("method").GetString().ShouldBe("eth_subscription");
        var parameters = message.GetProperty("params");
        return (parameters.GetProperty("subscription").GetString(), parameters.GetProperty("result"));
    }

    [Fact]
    public async Task requests_batches_and_errors_are_answered_as_over_HTTP()
    {
        await using var node = await NodeFixture.StartAsync();
        using var socket = await ConnectAsync(node);
        (await AskAsync(socket, "eth_chainId")).GetProperty("result").GetString().ShouldBe("0x7a69");
        (await AskAsync(socket, "eth_nothing")).GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32601);
        await SendAsync(socket, "{");
        (await ReceiveAsync(socket)).GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32700);
        await SendAsync(socket, """[{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"},{"jsonrpc":"2.0","method":"evm_mine"},{"jsonrpc":"2.0","id":2,"method":"eth_blockNumber"}]""");
        var batch = await ReceiveAsync(socket);
        batch.EnumerateArray().Select(a => a.GetProperty("result").GetString()).ShouldBe(["0x0", "0x1"]);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        (await node.TextAsync("eth_chainId")).ShouldBe("0x7a69");
    }

    [Fact]
    public async Task new_heads_come_in_order_and_end_with_the_subscription()
    {
        await using var node = await NodeFixture.StartAsync();
        using var socket = await ConnectAsync(node);
        var id = await SubscribeAsync(socket, "[\"newHeads\"]");
        await node.ResultAsync("anvil_mine", "[3]");
        for (var i = 1; i <= 3; i++)
        {
            var (of, head) = Event(await ReceiveAsync(socket));
            of.ShouldBe(id);
            head.GetProperty("number").GetString().ShouldBe($"0x{i}");
            head.TryGetProperty("transactions", out _).ShouldBeFalse();
            head.GetProperty("hash").GetString().ShouldBe(node.Sandbox.Block(Purser.Ethereum.Rpc.BlockTag.At((ulong)i)).Hash.ToString());
        }
        (await AskAsync(socket, "eth_unsubscribe", $"[\"{id}\"]")).GetProperty("result").GetBoolean().ShouldBeTrue();
        (await AskAsync(socket, "eth_unsubscribe", $"[\"{id}\"]")).GetProperty("result").GetBoolean().ShouldBeFalse();
        await node.ResultAsync("evm_mine");
        (await AskAsync(socket, "eth_blockNumber")).GetProperty("result").GetString().ShouldBe("0x4", "no event came before the answer");
    }

    [Fact]
    public async Task logs_come_by_filter_and_pending_transactions_by_hash_or_whole()
    {
        await using var node = await NodeFixture.StartAsync();
        // CALLDATASIZE as the one topic, no data.
        var logger = node.Sandbox.Deploy(SandboxFixture.Alice, Hex.Decode("0x365f5fa100"));
        using var socket = await ConnectAsync(node);
        var logs = await SubscribeAsync(socket, $"[\"logs\",{{\"address\":\"{logger}\",\"topics\":[\"{Hash32.FromUInt256(2UL)}\"]}}]");
        node.Sandbox.Send(SandboxFixture.Alice, logger, data: [1]);
        node.Sandbox.Send(SandboxFixture.Alice, logger, data: [1, 2]);
        var (of, log) = Event(await ReceiveAsync(socket));
        of.ShouldBe(logs);
        log.GetProperty("topics")[0].GetString().ShouldBe(Hash32.FromUInt256(2UL).ToString());
        log.GetProperty("transactionIndex").GetString().ShouldBe("0x0");
        await AskAsync(socket, "eth_unsubscribe", $"[\"{logs}\"]");
        var hashes = await SubscribeAsync(socket, "[\"newPendingTransactions\"]");
        var sent = node.Sandbox.Send(SandboxFixture.Bob, SandboxFixture.Miner, 1UL);
        var pending = Event(await ReceiveAsync(socket));
        (pending.Id, pending.Result.GetString()).ShouldBe((hashes, sent.TransactionHash.ToString()));
        await AskAsync(socket, "eth_unsubscribe", $"[\"{hashes}\"]");
        await SubscribeAsync(socket, "[\"newPendingTransactions\",true]");
        node.Sandbox.Send(SandboxFixture.Bob, SandboxFixture.Miner, 3UL);
        Event(await ReceiveAsync(socket)).Result.GetProperty("value").GetString().ShouldBe("0x3");
    }

    [Fact]
    public async Task what_cannot_be_subscribed_to_is_refused_and_so_is_too_much()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxSubscriptions = 1 });
        using var socket = await ConnectAsync(node);
        async Task<int> Code(string parameters) => (await AskAsync(socket, "eth_subscribe", parameters)).GetProperty("error").GetProperty("code").GetInt32();
        (await Code("[]")).ShouldBe(-32602);
        (await Code("[\"syncing2\"]")).ShouldBe(-32602);
        (await Code("[\"logs\",{\"topics\":7}]")).ShouldBe(-32602);
        await SubscribeAsync(socket, "[\"newHeads\"]");
        (await Code("[\"newHeads\"]")).ShouldBe(-32005);
        (await node.ErrorAsync("eth_subscribe", "[\"newHeads\"]")).Code.ShouldBe(-32601, "over HTTP there is nowhere to send events");
    }

    [Fact]
    public async Task a_reader_that_is_too_slow_is_disconnected_with_the_reason()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxWaitingEvents = 10 });
        using var socket = await ConnectAsync(node);
        await SubscribeAsync(socket, "[\"newHeads\"]");
        // Blocks come faster than one connection can be written to; that it does not read at all until then makes sure.
        await node.ResultAsync("anvil_mine", "[20000]");
        using var limit = new CancellationTokenSource(s_patience);
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult? received = null;
        try
        {
            do
            {
                received = await socket.ReceiveAsync(buffer, limit.Token);
            }
            while (received.MessageType != WebSocketMessageType.Close);
            received.CloseStatus.ShouldBe(WebSocketCloseStatus.PolicyViolation);
            received.CloseStatusDescription.ShouldBe("reads too slowly: more than 10 events wait");
        }
        catch (WebSocketException)
        {
            // Its buffers were full for longer than the node waits: then it is cut off, and the reason cannot reach it.
        }
        socket.State.ShouldBeOneOf(WebSocketState.CloseReceived, WebSocketState.Aborted, WebSocketState.Closed);
        limit.IsCancellationRequested.ShouldBeFalse();
        (await node.TextAsync("eth_blockNumber")).ShouldBe("0x4e20", "the node goes on");
    }

    [Fact]
    public async Task a_message_above_the_cap_ends_the_connection_with_the_reason()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxRequestSize = 1000 });
        using var socket = await ConnectAsync(node);
        await SendAsync(socket, new string(' ', 5001));
        using var limit = new CancellationTokenSource(s_patience);
        var received = await socket.ReceiveAsync(new byte[1000], limit.Token);
        received.CloseStatus.ShouldBe(WebSocketCloseStatus.MessageTooBig);
        (await node.TextAsync("eth_chainId")).ShouldBe("0x7a69");
    }

    [Fact]
    public async Task connections_are_bounded_and_a_foreign_origin_is_kept_out()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxSockets = 1, AllowedOrigin = "http://localhost:3000" });
        (await Should.ThrowAsync<WebSocketException>(() => ConnectAsync(node, "http://evil.example"))).Message.ShouldContain("403");
        using (var socket = await ConnectAsync(node, "http://localhost:3000"))
        {
            (await Should.ThrowAsync<WebSocketException>(() => ConnectAsync(node))).Message.ShouldContain("503");
            await AskAsync(socket, "eth_chainId");
        }
    }

    [Fact]
    public async Task stopping_the_node_says_good_bye()
    {
        var node = await NodeFixture.StartAsync();
        using var socket = await ConnectAsync(node);
        await AskAsync(socket, "eth_chainId");
        var stopping = node.DisposeAsync();
        using var limit = new CancellationTokenSource(s_patience);
        var received = await socket.ReceiveAsync(new byte[1000], limit.Token);
        received.CloseStatus.ShouldBe(WebSocketCloseStatus.EndpointUnavailable);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", limit.Token);
        await stopping;
    }
}
