using Purser.Protocol.Tables.Messages;
using Purser.Services.Gate;

namespace Purser.Services.Gateway;

/// <summary>How the gateway serves. Set once, before it starts; the defaults are those of specs/signin.md 1.1, 1.6 and 1.7.</summary>
public sealed class GatewayOptions
{
    /// <summary>The server's name in <c>hello</c>; 1 to 64 characters.</summary>
    public string ServerId { get; set; } = "purser";

    /// <summary>
    /// Origins (<c>https://game.example</c>) whose pages may connect. A browser always says whose script connects; agents are no browsers and send no
    /// <c>Origin</c>, which is let through. Empty: no page may.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; set; } = [];

    /// <summary>Whether a connection without TLS is refused unless it comes from this machine. Behind a balancer that ends TLS the host has to let the framework's forwarded headers say so.</summary>
    public bool RequireTls { get; set; } = true;

    /// <summary>Whether rounds are committed to and revealed, for <c>hello</c>.</summary>
    public bool ProvablyFair { get; set; } = true;

    /// <summary>How long after <c>hello</c> a session has to be opened.</summary>
    public TimeSpan AuthTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the server gives a sign of life.</summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the answer to a WebSocket ping may take before the connection counts as dead (by the socket's own clock).</summary>
    public TimeSpan PongTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A session whose client sends nothing of its own for so long ends. Answers to pings are not of its own.</summary>
    public TimeSpan InactivityLimit { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long before an end <c>session_expiring</c> is sent; at least 5 minutes.</summary>
    public TimeSpan ExpiryWarning { get; set; } = TimeSpan.FromSeconds(330);

    /// <summary>How long a session that lost its connection may come back.</summary>
    public TimeSpan ReconnectWindow { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Messages of one session: so many a minute in the long run, and so many at once.</summary>
    public CallerRate Messages { get; set; } = new(PerMinute: 60, Burst: 60);

    /// <summary>Bytes of one session: so many a minute in the long run, and so many at once; at least one largest message.</summary>
    public CallerRate Bytes { get; set; } = new(PerMinute: 512 * 1024, Burst: 512 * 1024);

    /// <summary>After so many refused messages in a row the connection is closed.</summary>
    public int MaxRefusedInARow { get; set; } = 60;

    /// <summary>How many messages may wait for a slow reader; more, and he is dropped.</summary>
    public int MaxQueuedMessages { get; set; } = 256;

    /// <summary>How many bytes may wait for a slow reader, at least one largest message; more, and he is dropped.</summary>
    public int MaxQueuedBytes { get; set; } = 1 << 20;

    /// <summary>How many messages of one table are kept for resuming, 1 to 256.</summary>
    public int KeptMessages { get; set; } = 256;

    /// <summary>How many bytes of one table's messages are kept for resuming.</summary>
    public int KeptBytes { get; set; } = 256 * 1024;

    /// <summary>How many message ids of a session are remembered.</summary>
    public int RememberedIds { get; set; } = 10_000;

    /// <summary>The most connections of this process; more are refused with 503.</summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>The most connections of this process that have not opened a session yet.</summary>
    public int MaxUnauthenticated { get; set; } = 1_000;

    /// <summary>New connections by network address; null does not limit.</summary>
    public CallerRate? PerAddress { get; set; } = new(PerMinute: 60, Burst: 30);

    /// <summary>How long a peer that is told to go may take over it.</summary>
    public TimeSpan Farewell { get; set; } = TimeSpan.FromSeconds(2);

    internal void Validate()
    {
        if (ServerId.Length is < 1 or > 64)
        {
            throw new InvalidOperationException("GatewayOptions.ServerId is 1 to 64 characters.");
        }

        if (ExpiryWarning < TimeSpan.FromMinutes(5) || InactivityLimit <= ExpiryWarning)
        {
            throw new InvalidOperationException("GatewayOptions.ExpiryWarning is at least 5 minutes and shorter than InactivityLimit.");
        }

        if (AuthTimeout <= TimeSpan.Zero || PingInterval <= TimeSpan.Zero || PongTimeout <= TimeSpan.Zero || ReconnectWindow <= TimeSpan.Zero || Farewell <= TimeSpan.Zero)
        {
            throw new InvalidOperationException("A time in GatewayOptions is not positive.");
        }

        if (Bytes.Burst < GatewayProtocol.MaxMessageBytes || MaxQueuedBytes < GatewayProtocol.MaxMessageBytes || KeptBytes < 0 || KeptMessages is < 1 or > 256
            || MaxQueuedMessages < 1 || RememberedIds < 1 || MaxConnections < 1 || MaxUnauthenticated < 1 || MaxRefusedInARow < 1)
        {
            throw new InvalidOperationException("A bound in GatewayOptions is out of its range.");
        }
    }
}
