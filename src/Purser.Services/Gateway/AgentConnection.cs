using System.Net.WebSockets;
using Purser.Protocol.Tables.Messages;
using Purser.Storage;

namespace Purser.Services.Gateway;

/// <summary>
/// One WebSocket of an agent: New, Hello (said), Authenticated, Closing. One reader acts on message after message, one writer sends from a bounded queue,
/// one watch keeps the times. Whoever wants it gone closes it by <see cref="Close"/>; it then takes its leave within <see cref="GatewayOptions.Farewell"/>
/// or is cut off.
/// </summary>
internal sealed partial class AgentConnection : IDisposable
{
    private readonly GatewayParts _parts;
    private readonly OutboundQueue _queue;
    private readonly InboundReader _reader;
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Action _authenticated;
    private readonly long _startedAt;
    private ITimer? _farewell;
    private SessionSlot? _slot;
    private long _pingedAt;
    private long _warnedLifetime;
    private bool _warnedIdle;
    private volatile bool _opened;
    private volatile bool _resuming;
    private volatile bool _sessionOver;

    /// <summary>A connection that has just been accepted.</summary>
    /// <param name="socket">The socket; the caller disposes it.</param>
    /// <param name="parts">What it needs.</param>
    /// <param name="authenticated">Called once, when a session has been opened on it.</param>
    public AgentConnection(WebSocket socket, GatewayParts parts, Action authenticated)
    {
        _parts = parts;
        _authenticated = authenticated;
        _queue = new(socket, parts.Options.MaxQueuedMessages, parts.Options.MaxQueuedBytes);
        _reader = new(socket);
        _startedAt = _pingedAt = parts.Time.GetTimestamp();
    }

    private GatewayOptions Options => _parts.Options;

    private TimeProvider Time => _parts.Time;

    /// <summary>Serves the connection until it ends.</summary>
    /// <param name="draining">The process stops.</param>
    public async Task RunAsync(CancellationToken draining)
    {
        await using var registration = draining.Register(() => Close(GatewayCloseCode.Draining, "the server stops; connect again"));
        var writing = _queue.RunAsync(_abort.Token);
        Enqueue(Encode(new GatewayMessage.Hello(Options.ServerId, _parts.Tables.Games, Options.ProvablyFair, MultiTable: true)));
        var watching = WatchAsync(_ended.Token);
        var peerLeft = false;
        try
        {
            peerLeft = await ReadAsync();
        }
        finally
        {
            await _ended.CancelAsync();
            var closedWith = _queue.ClosedWith;
            Close(GatewayCloseCode.Normal, "");
            await watching;
            await writing;
            _parts.Telemetry.CountClosed(closedWith ?? (peerLeft ? GatewayCloseCode.Normal : 1006));
            await LeaveAsync(peerLeft && closedWith is null);
        }
    }

    /// <summary>Queues a message; a peer that reads too slowly is dropped, and nobody else waits for him.</summary>
    public void Enqueue(byte[] wire)
    {
        if (!_queue.TryAdd(wire) && _queue.ClosedWith is null)
        {
            Close(GatewayCloseCode.SlowConsumer, "reads too slowly; connect again and resume", flush: false);
        }
    }

    /// <summary>Ends the connection because a newer one holds its session.</summary>
    public void Replace()
    {
        Enqueue(Encode(new GatewayMessage.ProtocolError(GatewayErrorCodes.SessionReplaced, "A newer connection holds this session")));
        Close(GatewayCloseCode.SessionReplaced, "a newer connection holds the session");
    }

    /// <summary>Ends the connection because its session has ended.</summary>
    /// <param name="code">The error.</param>
    /// <param name="hint">What to do, for people.</param>
    /// <param name="closeCode">The close code; that of the error when null.</param>
    public void EndSession(string code, string hint, int? closeCode = null)
    {
        _sessionOver = true;
        Say(new GatewayMessage.ProtocolError(code, hint));
        Close(closeCode ?? GatewayCloseCode.OfError(code), code);
    }

    /// <summary>Says good-bye after what waits to be sent, or at once. Never waits; only the first call counts.</summary>
    public void Close(int code, string reason, bool flush = true)
    {
        if (_queue.Close(code, reason, flush))
        {
            _farewell = Time.CreateTimer(_ => Abort(), null, Options.Farewell, Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _farewell?.Dispose();
        _reader.Dispose();
        _ended.Dispose();
        _abort.Dispose();
    }

    // Says something on this connection: numbered and kept with the session's messages once there is a session.
    private void Say(GatewayMessage message)
    {
        if (_opened)
        {
            _slot!.Answer(this, message);
        }
        else
        {
            Enqueue(Encode(message));
        }
    }

    private byte[] Encode(GatewayMessage message)
    {
        Span<byte> random = stackalloc byte[16];
        _parts.Random.Fill(random);
        return GatewayWriter.Write(new(new(MessageIds.Of(random), Time.GetUtcNow().ToUnixTimeMilliseconds()), message));
    }

    private void Abort()
    {
        try
        {
            _abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection ended while its farewell was running out.
        }
    }

    // True when the peer took his leave in order.
    private async Task<bool> ReadAsync()
    {
        while (true)
        {
            switch (await _reader.ReadAsync(_abort.Token))
            {
                case Inbound.Gone gone:
                    return gone.InOrder;
                case Inbound.Unfit unfit when _queue.ClosedWith is null:
                    Say(new GatewayMessage.ProtocolError(unfit.Code, unfit.Reason));
                    Close(unfit.CloseCode, unfit.Code);
                    break;
                case Inbound.Text text when _queue.ClosedWith is null:
                    await TakeAsync(text.Utf8);
                    break;
                default:
                    break; // what comes after the good-bye is read, so that the peer can read it, and not looked at
            }
        }
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            await (_opened ? ActAsync(_slot!, utf8) : OpenAsync(utf8));
        }
        catch (StorageException e) when (e.IsTransient)
        {
            GatewayLog.StoreFailed(_parts.Log, e);
            Say(new GatewayMessage.ProtocolError(GatewayErrorCodes.InternalError, "The server cannot do this at the moment; try again"));
            if (!_opened)
            {
                Close(GatewayCloseCode.Internal, GatewayErrorCodes.InternalError);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A bug of ours ends this connection and no other; its trace is for the log alone.
            GatewayLog.Failed(_parts.Log, e);
            Say(new GatewayMessage.ProtocolError(GatewayErrorCodes.InternalError, "The server failed"));
            Close(GatewayCloseCode.Internal, GatewayErrorCodes.InternalError);
        }
    }

    // The session's seats: kept for the window, or given up at once when the session has ended.
    private async Task LeaveAsync(bool inOrder)
    {
        if (_slot is not { } slot)
        {
            return;
        }

        var now = Time.GetUtcNow();
        var until = _sessionOver ? now : now + Options.ReconnectWindow;
        if (!slot.Detach(this, until, out var generation) || generation == 0)
        {
            return;
        }

        try
        {
            if (_sessionOver)
            {
                _parts.Slots.Forget(slot);
                await _parts.Book.ForgetAsync(slot.Id, generation);
                await _parts.Tables.DroppedAsync(slot.Session, until);
            }
            else if (await _parts.Book.DropAsync(slot.Id, generation, until, endsSession: !inOrder))
            {
                await _parts.Tables.DroppedAsync(slot.Session, until);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The store is away: once it is back, the worker finds the connection among those that this process no longer has.
            GatewayLog.Failed(_parts.Log, e);
        }
    }
}
