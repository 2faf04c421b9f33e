using System.Text.Json;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

/// <summary>Subscriptions and requests over one WebSocket, and nodes that lie on it, flood it or leave.</summary>
public sealed class SocketTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Heads_logs_and_pending_transactions_of_a_real_node_come_as_they_happen_beside_requests()
    {
        await using var world = await TokenChain.StartAsync();
        await using var socket = await JsonRpcSocket.ConnectAsync(new UriBuilder(world.Node.Url) { Scheme = "ws" }.Uri, TimeProvider.System, cancellationToken: Cancel);
        await using var heads = socket.NewHeadsAsync(Cancel).GetAsyncEnumerator(Cancel);
        await using var logs = socket.LogsAsync(new() { Addresses = [world.Token.Address], Topics = world.Token.Event("Transfer").FilterTopics(null, TokenChain.Bob) }, Cancel).GetAsyncEnumerator(Cancel);
        await using var pending = socket.NewPendingTransactionsAsync(Cancel).GetAsyncEnumerator(Cancel);
        var (head, log, hash) = (heads.MoveNextAsync().AsTask(), logs.MoveNextAsync().AsTask(), pending.MoveNextAsync().AsTask());
        (await socket.Chain.GetChainIdAsync(Cancel)).ShouldBe(world.Sandbox.ChainId);

        var receipt = await world.SendAsync(await world.Token.PrepareAsync(TokenChain.Alice.Address, "transfer(address,uint256)", TokenChain.Bob, 9UL));

        (await head).ShouldBeTrue();
        heads.Current.Hash.ShouldBe(receipt.BlockHash);
        heads.Current.ComputeHash().ShouldBe(receipt.BlockHash);
        (await log).ShouldBeTrue();
        world.Token.EventsIn([logs.Current]).ShouldHaveSingleItem().Get<UInt256>("value").ShouldBe((UInt256)9UL);
        (await hash).ShouldBeTrue();
        pending.Current.ShouldBe(receipt.TransactionHash);

        var batch = socket.Chain.CreateBatch();
        var (height, balance) = (batch.Add(Eth.BlockNumber()), batch.Add(Eth.Balance(TokenChain.Alice.Address)));
        await batch.SendAsync(Cancel);
        (height.Value, balance.Succeeded).ShouldBe((receipt.BlockNumber, true));
    }

    [Fact]
    public async Task Answers_in_another_order_and_an_event_right_behind_its_subscription_find_their_way()
    {
        JsonElement? waiting = null;
        var (client, node) = await ScriptedSocket.ConnectAsync(request =>
        {
            switch (request.GetProperty("method").GetString())
            {
                case "eth_chainId":
                    waiting = request;
                    return [];
                case "eth_blockNumber":
                    return [ScriptedSocket.Result(request, "\"0x7\""), ScriptedSocket.Result(waiting!.Value, "\"0x1\"")];
                case "eth_subscribe":
                    return [ScriptedSocket.Result(request, "\"0xa\""), ScriptedSocket.Event("0xa", Hash(1)), ScriptedSocket.Event("0xa", Hash(2))];
                default:
                    return [ScriptedSocket.Result(request, "true")];
            }
        });
        await using var _ = client;
        var chain = client.Chain.GetChainIdAsync(Cancel);
        (await client.Chain.GetBlockNumberAsync(Cancel)).ShouldBe(7UL);
        (await chain).Value.ShouldBe(1UL);
        var seen = new List<Hash32>();
        await foreach (var hash in client.NewPendingTransactionsAsync(Cancel))
        {
            seen.Add(hash);
            if (seen.Count == 2)
            {
                break;
            }
        }
        seen.Select(static h => (int)h.ToUInt256()).ShouldBe([1, 2]);
        node.Sent[^1].GetProperty("method").GetString().ShouldBe("eth_unsubscribe");
        node.Sent[^1].GetProperty("params")[0].GetString().ShouldBe("0xa");
        node.Say(ScriptedSocket.Event("0xa", Hash(3))); // late: nobody is interested
        (await client.Chain.GetBlockNumberAsync(Cancel)).ShouldBe(7UL);
    }

    [Theory]
    [InlineData(3, 1_000_000)]
    [InlineData(1_000_000, 400)]
    public async Task A_reader_who_is_too_slow_gets_what_waited_and_then_a_fault(int events, int bytes)
    {
        var (client, _) = await ScriptedSocket.ConnectAsync(
            r => r.GetProperty("method").GetString() == "eth_subscribe"
                ? [ScriptedSocket.Result(r, "\"0xa\""), .. Enumerable.Range(1, 50).Select(static i => ScriptedSocket.Event("0xa", Hash(i)))]
                : [ScriptedSocket.Result(r, "\"0x1\"")],
            new() { MaxWaitingEvents = events, MaxWaitingBytes = bytes });
        await using var open = client;
        await using var reader = client.NewPendingTransactionsAsync(Cancel).GetAsyncEnumerator(Cancel);
        var first = reader.MoveNextAsync().AsTask();
        await client.Chain.GetBlockNumberAsync(Cancel); // answered behind the flood
        (await first).ShouldBeTrue();
        var read = 1;
        var fault = await Should.ThrowAsync<SubscriptionEndedException>(async () =>
        {
            while (await reader.MoveNextAsync())
            {
                read++;
            }
        });
        fault.Reason.ShouldBe(SubscriptionEnd.TooSlow);
        fault.IsTransient.ShouldBeTrue();
        read.ShouldBeInRange(1, 49);
    }

    [Fact]
    public async Task A_lost_connection_ends_requests_and_subscriptions_with_transient_faults()
    {
        var (client, node) = await ScriptedSocket.ConnectAsync(static r => r.GetProperty("method").GetString() == "eth_subscribe"
            ? [ScriptedSocket.Result(r, "\"0xa\""), ScriptedSocket.Event("0xa", Hash(1))] : []);
        await using var open = client;
        await using var reader = client.NewPendingTransactionsAsync(Cancel).GetAsyncEnumerator(Cancel);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        var request = client.Chain.GetBlockNumberAsync(Cancel);
        node.HangUp();
        var fault = await Should.ThrowAsync<ChainException>(() => request);
        fault.IsTransient.ShouldBeTrue();
        fault.Message.ShouldNotContain("secret");
        (await Should.ThrowAsync<SubscriptionEndedException>(async () => await reader.MoveNextAsync())).Reason.ShouldBe(SubscriptionEnd.ConnectionLost);
        (await Should.ThrowAsync<ChainException>(() => client.Chain.GetBlockNumberAsync(Cancel))).IsTransient.ShouldBeTrue();
    }

    [Theory]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":\"0x1\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":\"0x1\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"?\"}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":[1]}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{\"subscription\":1,\"result\":1}}")]
    [InlineData("{\"jsonrpc\":\"1.0\",\"method\":\"eth_subscription\",\"params\":{\"subscription\":\"0xa\",\"result\":1}}")]
    [InlineData("[]")]
    [InlineData("[1,2]")]
    [InlineData("7")]
    [InlineData("nonsense")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"result\":\"0x1\"}")]
    public async Task A_message_that_nobody_asked_for_ends_the_connection(string message)
    {
        var (client, _) = await ScriptedSocket.ConnectAsync(_ => [message]);
        await using var open = client;
        (await Should.ThrowAsync<ChainException>(() => client.Chain.GetBlockNumberAsync(Cancel))).IsTransient.ShouldBeFalse();
    }

    [Fact]
    public async Task A_message_above_the_size_bound_or_of_bytes_ends_the_connection()
    {
        var options = new JsonRpcSocketOptions { Requests = new() { MaxResponseBytes = 1000 } };
        var (client, _) = await ScriptedSocket.ConnectAsync(r => [ScriptedSocket.Result(r, $"\"{new string('0', 5000)}\"")], options);
        (await Should.ThrowAsync<ChainException>(() => client.Chain.GetBlockNumberAsync(Cancel))).Message.ShouldContain("larger than 1000 bytes");
        await client.DisposeAsync();
        var (other, node) = await ScriptedSocket.ConnectAsync(static r => [ScriptedSocket.Result(r, "\"0x1\"")]);
        node.Type = System.Net.WebSockets.WebSocketMessageType.Binary;
        await Should.ThrowAsync<ChainException>(() => other.Chain.GetBlockNumberAsync(Cancel));
        await other.DisposeAsync();
        await other.DisposeAsync();
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("7")]
    public async Task A_subscription_without_an_id_or_an_event_of_another_form_is_refused(string id)
    {
        var (client, node) = await ScriptedSocket.ConnectAsync(r => [ScriptedSocket.Result(r, id)]);
        await Should.ThrowAsync<ChainException>(async () => await client.NewHeadsAsync(Cancel).GetAsyncEnumerator(Cancel).MoveNextAsync());
        await client.DisposeAsync();
        (client, node) = await ScriptedSocket.ConnectAsync(static r => [ScriptedSocket.Result(r, "\"0xa\""), ScriptedSocket.Event("0xa", "\"0x1\"")]);
        await Should.ThrowAsync<ChainException>(async () => await client.NewPendingTransactionsAsync(Cancel).GetAsyncEnumerator(Cancel).MoveNextAsync());
        node.Sent[^1].GetProperty("method").GetString().ShouldBe("eth_unsubscribe");
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_callers_cancellation_and_a_missing_answer_end_one_request_and_not_the_connection()
    {
        var silent = true;
        var (client, node) = await ScriptedSocket.ConnectAsync(r => silent ? [] : [ScriptedSocket.Result(r, "\"0x7\"")]);
        await using var open = client;
        using var stop = new CancellationTokenSource();
        var given = client.Chain.GetBlockNumberAsync(stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => given);
        silent = false;
        node.Say(ScriptedSocket.Result(node.Sent[0], "\"0x9\"")); // late: dropped
        (await client.Chain.GetBlockNumberAsync(Cancel)).ShouldBe(7UL);
    }

    [Fact]
    public async Task A_subscription_that_is_given_up_before_its_answer_is_ended_when_the_answer_comes()
    {
        var asked = new TaskCompletionSource<JsonElement>();
        var ended = new TaskCompletionSource<string?>();
        var (client, node) = await ScriptedSocket.ConnectAsync(r =>
        {
            switch (r.GetProperty("method").GetString())
            {
                case "eth_subscribe":
                    asked.SetResult(r);
                    return [];
                case "eth_unsubscribe":
                    ended.SetResult(r.GetProperty("params")[0].GetString());
                    return [ScriptedSocket.Result(r, "true")];
                default:
                    return [ScriptedSocket.Result(r, "\"0x7\"")];
            }
        });
        await using var open = client;
        using var stop = new CancellationTokenSource();
        await using var reader = client.NewPendingTransactionsAsync(stop.Token).GetAsyncEnumerator(Cancel);
        var first = reader.MoveNextAsync().AsTask();
        var request = await asked.Task;
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        node.Say(ScriptedSocket.Result(request, "\"0xa\""));
        (await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel)).ShouldBe("0xa");
        (await client.Chain.GetBlockNumberAsync(Cancel)).ShouldBe(7UL);
    }

    [Fact]
    public async Task Cancelling_a_subscription_does_not_wait_for_a_node_that_is_silent()
    {
        var (client, node) = await ScriptedSocket.ConnectAsync(static r => r.GetProperty("method").GetString() == "eth_subscribe" ? [ScriptedSocket.Result(r, "\"0xa\""), ScriptedSocket.Event("0xa", Hash(1))] : [],
            new() { Requests = new() { Timeout = TimeSpan.FromHours(1) } });
        await using var open = client;
        using var stop = new CancellationTokenSource();
        await using var reader = client.NewPendingTransactionsAsync(stop.Token).GetAsyncEnumerator(Cancel);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        var next = reader.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => next.WaitAsync(TimeSpan.FromMinutes(1), Cancel));
        node.Sent[^1].GetProperty("method").GetString().ShouldBe("eth_unsubscribe");
    }

    [Fact]
    public async Task A_node_that_cannot_be_reached_and_a_url_of_another_kind_are_told()
    {
        var options = new JsonRpcSocketOptions { Connect = static (_, _) => throw new System.Net.WebSockets.WebSocketException("no") };
        (await Should.ThrowAsync<ChainException>(() => JsonRpcSocket.ConnectAsync(new("ws://node.example"), TimeProvider.System, options, Cancel))).IsTransient.ShouldBeTrue();
        await Should.ThrowAsync<ArgumentException>(() => JsonRpcSocket.ConnectAsync(new("http://node.example"), TimeProvider.System, options, Cancel));
    }

    private static string Hash(int number) => $"\"0x{number:x64}\"";
}
