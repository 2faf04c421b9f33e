using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// A node behind a WebSocket: what happens on its chain as it happens (<c>eth_subscribe</c>), and every request of <see cref="JsonRpcChain"/> over the same connection.
/// <para>
/// It does not connect again by itself. When the connection is lost every request and every subscription ends with a transient fault, because only the caller knows
/// what he has missed: he connects anew, subscribes, and reads the gap from the last block that he has seen. Safe for use by several callers at once.
/// </para>
/// </summary>
public sealed class JsonRpcSocket : IAsyncDisposable
{
    private readonly SocketConnection _connection;
    private readonly JsonRpcSocketOptions _options;
    private readonly ConcurrentDictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);

    private JsonRpcSocket(WebSocket socket, string node, TimeProvider time, JsonRpcSocketOptions options)
    {
        _options = options;
        _connection = new(socket, node, time, options.Requests, Notify, End);
        Chain = new(_connection);
    }

    /// <summary>Requests over this connection.</summary>
    public JsonRpcChain Chain { get; }

    /// <summary>Connects.</summary>
    /// <param name="endpoint">The node's URL (ws or wss). Its path and query, where providers put keys, stand in no message.</param>
    /// <param name="time">Drives timeouts.</param>
    /// <param name="options">The bounds; the defaults when null.</param>
    /// <param name="cancellationToken">Stops connecting.</param>
    /// <exception cref="ArgumentException">The URL is not absolute ws or wss.</exception>
    /// <exception cref="ChainException">The node could not be reached in time (transient).</exception>
    public static async Task<JsonRpcSocket> ConnectAsync(Uri endpoint, TimeProvider time, JsonRpcSocketOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(time);
        if (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("ws" or "wss"))
        {
            throw new ArgumentException("Expected a ws or wss URL.", nameof(endpoint));
        }
        options ??= new();
        var node = endpoint.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        using var timeout = new CancellationTokenSource(options.Requests.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return new(await options.Connect(endpoint, either.Token), node, time, options);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ChainException($"The node at {node} could not be reached.", e) { IsTransient = true };
        }
    }

    /// <summary>New blocks' headers. After a reorganisation the new branch's headers come, with numbers that came before.</summary>
    /// <param name="cancellationToken">Ends the subscription.</param>
    /// <returns>One subscription for each enumeration; leaving it unsubscribes.</returns>
    /// <exception cref="ChainException">The node refused, or sent something else.</exception>
    /// <exception cref="SubscriptionEndedException">The connection was lost, or the reader was too slow.</exception>
    public IAsyncEnumerable<ChainHeader> NewHeadsAsync(CancellationToken cancellationToken = default) =>
        SubscribeAsync(["newHeads"], static json => RpcShapes.Header(json, isPending: false), cancellationToken);

    /// <summary>Logs of new blocks that match. A log of a block that is reorganised away comes again with <see cref="LogEntry.IsRemoved"/>.</summary>
    /// <param name="filter">Addresses and topics; its blocks count for nothing.</param>
    /// <param name="cancellationToken">Ends the subscription.</param>
    /// <returns>One subscription for each enumeration; leaving it unsubscribes.</returns>
    /// <exception cref="ChainException">The node refused, or sent something else, such as a log that was not asked for.</exception>
    /// <exception cref="SubscriptionEndedException">The connection was lost, or the reader was too slow.</exception>
    public IAsyncEnumerable<LogEntry> LogsAsync(LogFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var asked = new LogFilter { FromBlock = BlockTag.Earliest, Addresses = filter.Addresses, Topics = filter.Topics };
        var json = RpcShapes.Write(asked);
        json.Remove("fromBlock");
        json.Remove("toBlock");
        return SubscribeAsync(["logs", json], item =>
        {
            var log = RpcShapes.Log(item);
            return RpcShapes.Matches(asked, log) ? log : throw item.Refuse("a log that the filter asked for");
        }, cancellationToken);
    }

    /// <summary>The hashes of transactions that enter the node's pool.</summary>
    /// <param name="cancellationToken">Ends the subscription.</param>
    /// <returns>One subscription for each enumeration; leaving it unsubscribes.</returns>
    /// <exception cref="ChainException">The node refused, or sent something else.</exception>
    /// <exception cref="SubscriptionEndedException">The connection was lost, or the reader was too slow.</exception>
    public IAsyncEnumerable<Hash32> NewPendingTransactionsAsync(CancellationToken cancellationToken = default) =>
        SubscribeAsync(["newPendingTransactions"], static json => json.Hash(), cancellationToken);

    /// <summary>Closes the connection; what still waits ends with a fault.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async IAsyncEnumerable<T> SubscribeAsync<T>(JsonArray parameters, Func<RpcJson, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string method = "eth_subscribe";
        var subscription = new Subscription(_options.MaxWaitingEvents, _options.MaxWaitingBytes);
        string? id = null;
        JsonRpcReply reply;
        try
        {
            // The node may notify at once: the subscription is entered before the next message is read. The answer is waited for even when nobody
            // wants it any more (within the time limit), because a subscription whose id is not known could not be ended.
            reply = await _connection.SendAsync(new RpcCall(method, parameters.DeepClone(), mayRepeat: false), first => id = Enter(first, subscription), CancellationToken.None).WaitAsync(cancellationToken);
        }
        catch
        {
            // The race: the answer may be under way to Enter just now. It looks after it has entered, this after it was abandoned.
            subscription.IsAbandoned = true;
            Leave(subscription);
            throw;
        }
        _ = reply.ResultOf(method);
        if (id is null)
        {
            throw new ChainException($"{method}: the node gave no id of its own to the subscription.");
        }
        try
        {
            await foreach (var item in subscription.ReadAsync(cancellationToken))
            {
                yield return read(new("eth_subscription", "", item));
            }
        }
        finally
        {
            _subscriptions.TryRemove(id, out _);
            var leaving = UnsubscribeAsync(id);
            // Who cancels waits for nobody: a node that is silent would hold him for the time of a request.
            if (!cancellationToken.IsCancellationRequested)
            {
                await leaving;
            }
        }
    }

    private string? Enter(JsonRpcReply reply, Subscription subscription)
    {
        if (reply is not JsonRpcReply.Result { Value.ValueKind: JsonValueKind.String } result || RpcJson.Text(result.Value) is not { Length: > 0 and <= 100 } id || !_subscriptions.TryAdd(id, subscription))
        {
            return null;
        }
        if (subscription.IsAbandoned)
        {
            Leave(subscription);
        }
        return id;
    }

    // Whichever side takes the entry out tells the node.
    private void Leave(Subscription subscription)
    {
        foreach (var entry in _subscriptions.Where(e => ReferenceEquals(e.Value, subscription)))
        {
            if (_subscriptions.TryRemove(entry))
            {
                _ = UnsubscribeAsync(entry.Key);
            }
        }
    }

    private async Task UnsubscribeAsync(string id)
    {
        try
        {
            await _connection.SendAsync(new RpcCall("eth_unsubscribe", new JsonArray(id), mayRepeat: false), CancellationToken.None);
        }
        catch (ChainException)
        {
            // The connection is gone, and the subscription with it; or the node does not answer, which the next request tells.
        }
    }

    // On the reading loop: never waits.
    private bool Notify(JsonElement parameters, int size)
    {
        if (parameters.ValueKind != JsonValueKind.Object || !parameters.TryGetProperty("subscription", out var id) || id.ValueKind != JsonValueKind.String || !parameters.TryGetProperty("result", out var result))
        {
            return false;
        }
        // One that is not known was left a moment ago.
        if (_subscriptions.TryGetValue(RpcJson.Text(id), out var subscription))
        {
            subscription.Add(result, size);
        }
        return true;
    }

    private void End(ChainException fault)
    {
        foreach (var subscription in _subscriptions.Values)
        {
            subscription.End(new(fault.Message, fault) { Reason = SubscriptionEnd.ConnectionLost });
        }
    }

    // What waits for a reader, bounded in number and in bytes.
    private sealed class Subscription(int maxEvents, int maxBytes)
    {
        private readonly Channel<(JsonElement Item, int Size)> _waiting = Channel.CreateBounded<(JsonElement, int)>(new BoundedChannelOptions(maxEvents) { SingleWriter = false, SingleReader = true });
        private long _bytes;
        private volatile bool _isAbandoned;

        internal bool IsAbandoned { get => _isAbandoned; set => _isAbandoned = value; }

        internal void Add(JsonElement item, int size)
        {
            if (Interlocked.Add(ref _bytes, size) > maxBytes || !_waiting.Writer.TryWrite((item, size)))
            {
                End(new($"The subscription's reader was too slow: more than {maxEvents} events or {maxBytes} bytes waited.") { Reason = SubscriptionEnd.TooSlow });
            }
        }

        internal void End(SubscriptionEndedException why) => _waiting.Writer.TryComplete(why);

        internal async IAsyncEnumerable<JsonElement> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var (item, size) in _waiting.Reader.ReadAllAsync(cancellationToken))
            {
                Interlocked.Add(ref _bytes, -size);
                yield return item;
            }
        }
    }
}
