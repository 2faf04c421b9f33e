using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// JSON-RPC 2.0 over one WebSocket: requests with their answers in any order, and notifications. One loop reads; messages are sent one after another.
/// An answer that no request waits for any more is dropped; one to a request that was never made, or that is no JSON-RPC, ends the connection.
/// </summary>
internal sealed class SocketConnection : IJsonRpcTransport, IAsyncDisposable
{
    private readonly WebSocket _socket;
    private readonly string _node;
    private readonly TimeProvider _time;
    private readonly Func<JsonElement, int, bool> _notify;
    private readonly Action<ChainException> _lost;
    private readonly ConcurrentDictionary<long, Pending> _pending = [];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _reading;
    private ChainException? _fault;
    private long _lastId;
    private int _isDisposed;

    /// <param name="socket">An open socket, which is disposed with this.</param>
    /// <param name="node">The node, for messages.</param>
    /// <param name="time">Drives timeouts.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="notify">Takes a notification's params and size; false ends the connection.</param>
    /// <param name="lost">Told once when the connection has ended, by whomever.</param>
    internal SocketConnection(WebSocket socket, string node, TimeProvider time, JsonRpcOptions options, Func<JsonElement, int, bool> notify, Action<ChainException> lost)
    {
        (_socket, _node, _time, Options, _notify, _lost) = (socket, node, time, options, notify, lost);
        _reading = ReadAsync();
    }

    public JsonRpcOptions Options { get; }

    public Task<JsonRpcReply> SendAsync(RpcCall call, CancellationToken cancellationToken) => SendAsync(call, null, cancellationToken);

    /// <summary>Sends one request; <paramref name="first"/> sees the answer before any later message is read.</summary>
    internal async Task<JsonRpcReply> SendAsync(RpcCall call, Action<JsonRpcReply>? first, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        var root = await ExchangeAsync(call.Method, id, 1, w => call.Write(w, id), root =>
        {
            var reply = JsonRpcAnswers.Read(call.Method, _node, id, root);
            first?.Invoke(reply);
            return reply;
        }, cancellationToken);
        return (JsonRpcReply)root;
    }

    public async Task<IReadOnlyList<JsonRpcReply>> SendBatchAsync(IReadOnlyList<RpcCall> calls, CancellationToken cancellationToken)
    {
        var first = Interlocked.Add(ref _lastId, calls.Count) - calls.Count + 1;
        return (IReadOnlyList<JsonRpcReply>)await ExchangeAsync("batch", first, calls.Count, w => JsonRpcTransport.WriteBatch(w, calls, first),
            root => JsonRpcAnswers.ReadBatch(calls, _node, first, root), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }
        if (_socket.State == WebSocketState.Open)
        {
            try
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), _time);
                await _sending.WaitAsync(patience.Token);
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // The peer is gone already; leaving politely is all that was tried.
            }
        }
        await _end.CancelAsync();
        await _reading;
        _socket.Dispose();
        _sending.Dispose();
        _end.Dispose();
    }

    private async Task<object> ExchangeAsync(string what, long firstId, int count, Action<Utf8JsonWriter> write, Func<JsonElement, object> read, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var pending = new Pending(firstId, count, read);
        _pending[firstId] = pending;
        try
        {
            // The race: the loop ends between this look and the entry above. It looks at the entries after it has set the fault, so that one of both sees the other.
            if (Volatile.Read(ref _fault) is { } fault)
            {
                throw Lost(fault);
            }
            await WriteAsync(JsonRpcTransport.Write(write), either.Token);
            return await pending.Answer.Task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChainException($"{what}: the node at {_node} did not answer within {Options.Timeout.TotalSeconds} s.", e) { IsTransient = true };
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException)
        {
            throw new ChainException($"{what}: the connection to the node at {_node} was lost.", e) { IsTransient = true };
        }
        finally
        {
            _pending.TryRemove(firstId, out _);
        }
    }

    private async Task WriteAsync(byte[] message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        // A message that is cut off in the middle would break the connection for all: once begun it is only given up with the connection,
        // and nobody else sends until it is out.
        await WriteWholeAsync(message).WaitAsync(cancellationToken);
    }

    private async Task WriteWholeAsync(byte[] message)
    {
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _end.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReadAsync()
    {
        // What has come already must not be read on the caller's way.
        await Task.Yield();
        ChainException fault;
        var message = new ArrayBufferWriter<byte>(4096);
        try
        {
            while (await ReceiveAsync(message))
            {
                Dispatch(message.WrittenMemory);
            }
            fault = new($"The node at {_node} closed the connection.") { IsTransient = true };
        }
        catch (ChainException e)
        {
            fault = e;
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            fault = new($"The connection to the node at {_node} was lost.", e) { IsTransient = true };
        }
        Volatile.Write(ref _fault, fault);
        foreach (var pending in _pending.Values)
        {
            pending.Answer.TrySetException(Lost(fault));
        }
        _lost(fault);
        _socket.Abort();
    }

    // False when the peer closed.
    private async Task<bool> ReceiveAsync(ArrayBufferWriter<byte> message)
    {
        message.ResetWrittenCount();
        while (true)
        {
            var received = await _socket.ReceiveAsync(message.GetMemory(4096), _end.Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return false;
            }
            if (received.MessageType != WebSocketMessageType.Text || message.WrittenCount + received.Count > Options.MaxResponseBytes)
            {
                throw new ChainException($"The node at {_node} sent a message that is not text, or larger than {Options.MaxResponseBytes} bytes.");
            }
            message.Advance(received.Count);
            if (received.EndOfMessage)
            {
                return true;
            }
        }
    }

    private void Dispatch(ReadOnlyMemory<byte> message)
    {
        const string what = "message";
        var root = JsonRpcAnswers.Parse(what, _node, message);
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("method", out _))
        {
            JsonRpcAnswers.CheckVersion(what, _node, root);
            if (!root.TryGetProperty("params", out var parameters) || !_notify(parameters, message.Length))
            {
                throw new ChainException($"The node at {_node} sent a notification of another form.");
            }
            return;
        }
        // Of a batch any known id will do: whether all are there is looked at with its requests.
        var known = root.ValueKind == JsonValueKind.Array ? root.EnumerateArray().Select(static e => e.ValueKind == JsonValueKind.Object ? JsonRpcAnswers.Id(e) : null).FirstOrDefault(static id => id is not null)
            : root.ValueKind == JsonValueKind.Object ? JsonRpcAnswers.Id(root) : null;
        if (known is not { } id || id < 1 || id > Interlocked.Read(ref _lastId))
        {
            throw new ChainException($"The node at {_node} answered a request that was not made.");
        }
        var pending = _pending.Values.FirstOrDefault(p => id >= p.FirstId && id < p.FirstId + p.Count);
        // None: the answer comes after its request was given up.
        pending?.Settle(root);
    }

    private ChainException Lost(ChainException fault) => new(fault.Message, fault) { IsTransient = fault.IsTransient };

    private sealed record Pending(long FirstId, int Count, Func<JsonElement, object> Read)
    {
        // Whoever waits must not run on the reading loop.
        internal TaskCompletionSource<object> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void Settle(JsonElement root)
        {
            try
            {
                Answer.TrySetResult(Read(root));
            }
            catch (ChainException e)
            {
                Answer.TrySetException(e);
            }
        }
    }
}
