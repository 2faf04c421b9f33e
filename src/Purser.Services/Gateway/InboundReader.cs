using System.Buffers;
using System.Net.WebSockets;
using Purser.Protocol.Tables.Messages;

namespace Purser.Services.Gateway;

/// <summary>What came in.</summary>
internal abstract record Inbound
{
    private Inbound()
    {
    }

    /// <summary>A whole text message; its bytes are valid until the next read.</summary>
    public sealed record Text(ReadOnlyMemory<byte> Utf8) : Inbound;

    /// <summary>A message that ends the connection.</summary>
    public sealed record Unfit(int CloseCode, string Code, string Reason) : Inbound;

    /// <summary>The peer took his leave, or is gone.</summary>
    public sealed record Gone(bool InOrder) : Inbound;
}

/// <summary>
/// Reads whole messages from a socket: text only, the size summed over the fragments. While nothing comes it holds no buffer, since most sessions are idle
/// most of the time.
/// </summary>
internal sealed class InboundReader(WebSocket socket) : IDisposable
{
    private const int FirstBuffer = 2048;
    private const int MaxFragments = 1024; // empty fragments add nothing to the size and could go on for ever

    private byte[]? _buffer;

    /// <summary>The next message.</summary>
    public async Task<Inbound> ReadAsync(CancellationToken abort)
    {
        Release();
        try
        {
            return await ReadMessageAsync(abort);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // InvalidOperationException: the socket was aborted between two reads.
            return new Inbound.Gone(InOrder: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private async Task<Inbound> ReadMessageAsync(CancellationToken abort)
    {
        // Waits without a buffer; the length of what waits is not told, so a second read fetches it.
        var first = await socket.ReceiveAsync(Memory<byte>.Empty, abort);
        if (Check(first) is { } unfit)
        {
            return unfit;
        }

        if (first.EndOfMessage)
        {
            return new Inbound.Text(ReadOnlyMemory<byte>.Empty);
        }

        _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        var length = 0;
        for (var fragments = 1; ; fragments++)
        {
            if (length == _buffer.Length)
            {
                Grow(length);
            }

            var received = await socket.ReceiveAsync(_buffer.AsMemory(length), abort);
            if (Check(received) is { } wrong)
            {
                return wrong;
            }

            length += received.Count;
            if (length > GatewayProtocol.MaxMessageBytes || fragments > MaxFragments)
            {
                return new Inbound.Unfit(GatewayCloseCode.TooLarge, GatewayErrorCodes.MessageTooLarge, $"A message has at most {GatewayProtocol.MaxMessageBytes} bytes in {MaxFragments} pieces");
            }

            if (received.EndOfMessage)
            {
                return new Inbound.Text(_buffer.AsMemory(0, length));
            }
        }
    }

    private Inbound? Check(ValueWebSocketReceiveResult received) => received.MessageType switch
    {
        WebSocketMessageType.Close => new Inbound.Gone(socket.CloseStatus is WebSocketCloseStatus.NormalClosure),
        WebSocketMessageType.Binary => new Inbound.Unfit(GatewayCloseCode.Binary, GatewayErrorCodes.MalformedMessage, "Messages are text frames"),
        _ => null,
    };

    private void Grow(int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(length * 2);
        _buffer.AsSpan(0, length).CopyTo(larger);
        Release();
        _buffer = larger;
    }

    private void Release()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer, clearArray: true); // tokens pass through it
            _buffer = null;
        }
    }
}
