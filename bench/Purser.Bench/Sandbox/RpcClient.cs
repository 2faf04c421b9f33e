using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Purser.Bench.Sandbox;

/// <summary>
/// A JSON-RPC client as thin as it can be: one kept connection, requests as bytes made beforehand, no parsing of answers.
/// The same for all nodes, so that what is measured is the node.
/// </summary>
internal sealed class RpcClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
    private byte[] _buffer = new byte[64 * 1024];

    internal RpcClient(int port) => _socket.Connect(IPAddress.Loopback, port);

    /// <summary>The bytes of a request over HTTP.</summary>
    internal static byte[] Request(string method, string parameters)
    {
        var body = $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":[{{parameters}}]}""";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }

    /// <summary>Sends a request and gives the answer's body; it is valid until the next call.</summary>
    internal ReadOnlySpan<byte> Send(byte[] request)
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
                throw new IOException("The node closed the connection.");
            }
            have += got;
            var head = _buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8);
            if (head >= 0 && head + 4 + ContentLength(_buffer.AsSpan(0, head)) is var end && end <= have)
            {
                return _buffer.AsSpan((head + 4)..end);
            }
        }
    }

    /// <summary>Sends a request, and throws unless the answer is a result.</summary>
    internal ReadOnlySpan<byte> Result(byte[] request)
    {
        var body = Send(request);
        return body.IndexOf("\"result\":"u8) >= 0 ? body : throw new InvalidOperationException($"{Encoding.ASCII.GetString(request)}: {Encoding.UTF8.GetString(body)}");
    }

    /// <summary>The result of a request whose result is a string.</summary>
    internal string Text(byte[] request)
    {
        var body = Encoding.UTF8.GetString(Result(request));
        var start = body.IndexOf("\"result\":\"", StringComparison.Ordinal) + 10;
        return body[start..body.IndexOf('"', start)];
    }

    public void Dispose() => _socket.Dispose();

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        var name = "\r\ncontent-length:"u8;
        for (var i = 0; i + name.Length <= head.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(head.Slice(i, name.Length), name))
            {
                return Utf8Parser.TryParse(head[(i + name.Length)..].TrimStart((byte)' '), out int length, out _) ? length : throw new IOException("A bad Content-Length.");
            }
        }
        throw new IOException("An answer without Content-Length.");
    }
}
