using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Purser.Bench.Payments;

/// <summary>
/// One kept connection to a server of loopback, as thin as it can be: requests are bytes made beforehand, of an answer only its status and its
/// length are read. The same for all contenders, so that what is measured is the server.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
    private byte[] _buffer = new byte[16 * 1024];

    internal HttpConnection(Uri server) => _socket.Connect(IPAddress.Loopback, server.Port);

    /// <summary>Sends a request; gives the answer's status. Head and body stay readable until the next request.</summary>
    internal int Send(ReadOnlySpan<byte> request)
    {
        _socket.Send(request);
        var have = 0;
        while (true)
        {
            if (have == _buffer.Length)
            {
                Array.Resize(ref _buffer, 2 * have);
            }
            var got = _socket.Receive(_buffer, have, _buffer.Length - have, SocketFlags.None);
            if (got == 0)
            {
                throw new IOException("The server closed the connection.");
            }
            have += got;
            var head = _buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8);
            if (head >= 0 && IsWhole(_buffer.AsSpan(0, head), _buffer.AsSpan((head + 4)..have)))
            {
                (Head, Body) = (_buffer.AsMemory(0, head), _buffer.AsMemory((head + 4)..have));
                return Utf8Parser.TryParse(_buffer.AsSpan(9, 3), out int status, out _) ? status : throw new IOException("An answer without a status.");
            }
        }
    }

    internal ReadOnlyMemory<byte> Head { get; private set; }

    internal ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>A header's value.</summary>
    internal string Header(string name)
    {
        foreach (var line in Encoding.Latin1.GetString(Head.Span).Split("\r\n"))
        {
            if (line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            {
                return line[(name.Length + 1)..].Trim();
            }
        }
        throw new IOException($"An answer without {name}: {Encoding.UTF8.GetString(Body.Span)}");
    }

    public void Dispose() => _socket.Dispose();

    // One request is out at a time, so what came is the answer to it, whole or in part.
    private static bool IsWhole(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        var length = Value(head, "\r\ncontent-length:"u8);
        if (length.IsEmpty)
        {
            return Value(head, "\r\ntransfer-encoding:"u8).IsEmpty ? throw new IOException("An answer without a length.") : body.EndsWith("0\r\n\r\n"u8);
        }
        return Utf8Parser.TryParse(length, out int bytes, out _) ? body.Length >= bytes : throw new IOException("A bad Content-Length.");
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i + name.Length <= head.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(head.Slice(i, name.Length), name))
            {
                return head[(i + name.Length)..].TrimStart((byte)' ');
            }
        }
        return default;
    }
}
