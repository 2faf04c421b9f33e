namespace Purser.Cli.Composition;

/// <summary>The HTTP clients of the process.</summary>
public static class HttpClients
{
    /// <summary>The one client: redirects are not followed, since a payment or sign-in header must not travel to another origin; proxies of the environment are not used for loopback.</summary>
    public static HttpClient Shared { get; } = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = System.Net.DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = TimeSpan.FromSeconds(100),
    };
}
