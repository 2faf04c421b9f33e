using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Purser.Wallet.Vault;

/// <summary>Where a vault listens: <c>http://127.0.0.1:4025</c> (loopback), <c>https://…</c>, or <c>unix:/path/to/socket</c>.</summary>
public sealed record VaultAddress
{
    private const int MaxSocketPath = 107; // sun_path less its ending zero

    private VaultAddress(Uri baseUrl, string? socketPath, string text) => (BaseUrl, SocketPath, _text) = (baseUrl, socketPath, text);

    private readonly string _text;

    /// <summary>The URL under which requests are made; of a Unix socket <c>http://localhost/</c>.</summary>
    public Uri BaseUrl { get; }

    /// <summary>The socket's absolute path, or null for TCP.</summary>
    public string? SocketPath { get; }

    /// <summary>Reads an address. Plain http is taken for loopback only: a token must not cross a network in clear text.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out VaultAddress? address)
    {
        address = null;
        if (text is null || text.Length > 2048)
        {
            return false;
        }

        var path = text.StartsWith("unix:", StringComparison.Ordinal) ? text[5..] : text.StartsWith("http+unix:", StringComparison.Ordinal) ? text[10..] : null;
        if (path is not null)
        {
            if (!Path.IsPathFullyQualified(path) || System.Text.Encoding.UTF8.GetByteCount(path) > MaxSocketPath || path.Contains('\0', StringComparison.Ordinal))
            {
                return false;
            }

            address = new(new Uri("http://localhost/"), path, $"unix:{path}");
            return true;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.UserInfo.Length > 0 || url.PathAndQuery != "/" || url.Fragment.Length > 0
            || !(url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
        {
            return false;
        }

        address = new(url, null, url.GetLeftPart(UriPartial.Authority));
        return true;
    }

    /// <summary>A handler that connects there: no redirects are followed, no cookies kept, no proxy of the environment asked, and reply headers are capped.</summary>
    public SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 16,
            MaxConnectionsPerServer = 64,
        };
        if (SocketPath is { } path)
        {
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return handler;
    }

    /// <summary>The address as it is written in files and shown to people.</summary>
    public override string ToString() => _text;
}
