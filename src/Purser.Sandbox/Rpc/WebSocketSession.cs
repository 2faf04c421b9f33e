using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Purser.Ethereum;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <summary>
/// One WebSocket: requests one after another, and what it subscribed to. Only one reply is under way at a time, and events wait in a
/// queue of bounded length: who does not read keeps nothing of ours but that, and is disconnected with a reason when it is full.
/// </summary>
internal sealed class WebSocketSession(WebSocket socket, RpcDispatcher dispatcher, SandboxNodeOptions options, SandboxChain chain) : IChainObserver, IDisposable
{
    // How long a peer that is told to go may take over it.
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly Channel<Outgoing> _outgoing = Channel.CreateBounded<Outgoing>(new BoundedChannelOptions(options.MaxWaitingEvents + 1) { SingleReader = true });
    private readonly List<Subscription> _fresh = [];
    private readonly CancellationTokenSource _end = new();
    private int _waitingEvents;
    private volatile Ending? _ending;

    /// <summary>Serves the connection until it ends.</summary>
    /// <param name="stopping">Ends it: the node stops.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var registration = stopping.Register(() => Finish(WebSocketCloseStatus.EndpointUnavailable, "the node stops"));
        chain.AddObserver(this);
        var writing = WriteAsync(_end.Token);
        try
        {
            await ReadAsync(_end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ChannelClosedException)
        {
            // The peer is gone, or did not take his leave in time.
        }
        finally
        {
            chain.RemoveObserver(this);
            Finish(WebSocketCloseStatus.NormalClosure, "");
            await writing;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();

    /// <summary>Begins a subscription (eth_subscribe). Nothing of it is sent before the reply that names it.</summary>
    public string Subscribe(RpcParameters parameters)
    {
        var kind = parameters[0].ValueKind == JsonValueKind.String ? parameters[0].GetString()! : throw RpcParameters.Invalid(RpcParameters.Name(0), "expected the kind of subscription");
        var subscription = kind switch
        {
            "newHeads" => new Subscription(kind, null, false),
            "logs" => new(kind, parameters.Has(1) ? LogQuery.Read(parameters[1], RpcParameters.Name(1)) : LogQuery.Everything, false),
            "newPendingTransactions" => new(kind, null, parameters.Flag(1, false)),
            _ => throw RpcParameters.Invalid(RpcParameters.Name(0), $"no \"{(kind.Length <= 40 ? kind : kind[..40])}\" subscription: there are newHeads, logs and newPendingTransactions"),
        };
        if (_subscriptions.Count >= options.MaxSubscriptions)
        {
            throw new RpcException(RpcException.LimitExceeded, $"limit exceeded: {options.MaxSubscriptions} subscriptions on one connection");
        }
        _subscriptions.TryAdd(subscription.Id, subscription);
        _fresh.Add(subscription);
        return subscription.Id;
    }

    /// <summary>Ends a subscription (eth_unsubscribe).</summary>
    /// <returns>False when there is none.</returns>
    public bool Unsubscribe(RpcParameters parameters) => parameters[0].ValueKind == JsonValueKind.String
        ? _subscriptions.TryRemove(parameters[0].GetString()!, out _) : throw RpcParameters.Invalid(RpcParameters.Name(0), "expected a subscription's id");

    /// <inheritdoc/>
    public void OnBlock(Block block) => Enqueue(new Outgoing.Mined(block));

    /// <inheritdoc/>
    public void OnPooled(SignedTransaction transaction) => Enqueue(new Outgoing.Pooled(transaction));

    private void Enqueue(Outgoing happened)
    {
        if (_subscriptions.IsEmpty || _ending is not null)
        {
            return;
        }
        if (Interlocked.Increment(ref _waitingEvents) > options.MaxWaitingEvents || !_outgoing.Writer.TryWrite(happened))
        {
            Finish(WebSocketCloseStatus.PolicyViolation, string.Create(CultureInfo.InvariantCulture, $"reads too slowly: more than {options.MaxWaitingEvents} events wait"));
        }
    }

    // Nothing more is queued; the writer says good-bye after what it is just sending, and who does not take his leave is cut off. Never waits.
    private void Finish(WebSocketCloseStatus status, string reason)
    {
        if (Interlocked.CompareExchange(ref _ending, new(status, reason), null) is null)
        {
            _outgoing.Writer.TryComplete();
            _end.CancelAfter(s_farewell);
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        var message = new ArrayBufferWriter<byte>(4096);
        while (true)
        {
            message.ResetWrittenCount();
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(message.GetMemory(4096), cancellation);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }
                message.Advance(received.Count);
                if (message.WrittenCount > options.MaxRequestSize)
                {
                    Finish(WebSocketCloseStatus.MessageTooBig, string.Create(CultureInfo.InvariantCulture, $"the request has more than {options.MaxRequestSize} bytes"));
                    return;
                }
            }
            while (!received.EndOfMessage);
            var reply = await dispatcher.AnswerAsync(message.WrittenMemory, this, cancellation);
            Subscription[] fresh = [.. _fresh];
            _fresh.Clear();
            if (reply is not null)
            {
                var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await _outgoing.Writer.WriteAsync(new Outgoing.Reply(reply, fresh, sent), cancellation);
                await sent.Task.WaitAsync(cancellation);
            }
        }
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        try
        {
            while (_ending is null && await _outgoing.Reader.WaitToReadAsync(cancellation))
            {
                while (_ending is null && _outgoing.Reader.TryRead(out var outgoing))
                {
                    await SendAsync(outgoing, cancellation);
                }
            }
            if (_ending is { } ending && socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(ending.Status, ending.Reason, cancellation);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // The peer is gone, or does not read: the socket is aborted, which ends the reader.
            socket.Abort();
        }
    }

    private async Task SendAsync(Outgoing outgoing, CancellationToken cancellation)
    {
        if (outgoing is Outgoing.Reply reply)
        {
            await socket.SendAsync(reply.Body, WebSocketMessageType.Text, endOfMessage: true, cancellation);
            foreach (var subscription in reply.Fresh)
            {
                subscription.IsActive = true;
            }
            reply.Sent.SetResult();
            return;
        }
        foreach (var subscription in _subscriptions.Values.Where(s => s.IsActive))
        {
            foreach (var notification in SubscriptionEvents.Of(subscription, outgoing))
            {
                await socket.SendAsync(notification, WebSocketMessageType.Text, endOfMessage: true, cancellation);
            }
        }
        Interlocked.Decrement(ref _waitingEvents);
    }

    private sealed record Ending(WebSocketCloseStatus Status, string Reason);
}
