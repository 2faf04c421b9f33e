using System.Net.WebSockets;
using System.Threading.Channels;

namespace Purser.Services.Gateway;

/// <summary>
/// What waits to be sent on one connection, bounded by number and bytes, and the only writer of its socket. Adding never waits: when the reader is too slow
/// the queue is full, which its owner is told, and nobody else feels it.
/// </summary>
internal sealed class OutboundQueue(WebSocket socket, int maxMessages, int maxBytes)
{
    private readonly Channel<byte[]> _waiting = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(maxMessages) { SingleReader = true });
    private long _bytes;
    private volatile Leave? _leave;

    /// <summary>Adds a message. False when it does not fit, or when the leave is said already.</summary>
    public bool TryAdd(byte[] wire)
    {
        if (_leave is not null)
        {
            return false;
        }

        if (Interlocked.Add(ref _bytes, wire.Length) <= maxBytes && _waiting.Writer.TryWrite(wire))
        {
            return true;
        }

        Interlocked.Add(ref _bytes, -wire.Length);
        return false;
    }

    /// <summary>Takes no more, and closes with this code after what waits; at once when <paramref name="flush"/> is false. Only the first call counts.</summary>
    public bool Close(int code, string reason, bool flush)
    {
        if (Interlocked.CompareExchange(ref _leave, new(code, reason, flush), null) is not null)
        {
            return false;
        }

        _waiting.Writer.TryComplete();
        return true;
    }

    /// <summary>The code with which this side closed, once it did.</summary>
    public int? ClosedWith => _leave?.Code;

    /// <summary>Sends until closed. Never throws: a peer that is gone ends the socket, and so its reader.</summary>
    public async Task RunAsync(CancellationToken abort)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(abort))
            {
                while (_leave is not { Flush: false } && _waiting.Reader.TryRead(out var wire))
                {
                    await socket.SendAsync(wire.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, abort);
                    Interlocked.Add(ref _bytes, -wire.Length);
                }

                if (_leave is { Flush: false })
                {
                    break;
                }
            }

            if (_leave is { } leave && socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync((WebSocketCloseStatus)leave.Code, leave.Reason, abort);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            socket.Abort();
        }
    }

    private sealed record Leave(int Code, string Reason, bool Flush);
}
