using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;
using Purser.Services.Gate;

namespace Purser.Services.Gateway;

/// <summary>Lets connections in: TLS, origin, no query (a token never stands in a URL, specs/signin.md 1.1), and no more than the process can hold. Everything is refused before the upgrade.</summary>
internal sealed class GatewayDoor(GatewayParts parts, IHostApplicationLifetime lifetime)
{
    private readonly GatewayOptions _options = parts.Options;
    private readonly CallerLimit? _perAddress = parts.Options.PerAddress is { } rate ? new CallerLimit(rate, parts.Time) : null;
    private int _open;
    private int _unauthenticated;

    /// <summary>Serves one request.</summary>
    public async Task AcceptAsync(HttpContext context)
    {
        if (Check(context) is { } refusal)
        {
            await refusal.WriteAsync(context);
            return;
        }

        var counted = Interlocked.Increment(ref _open);
        var waiting = Interlocked.Increment(ref _unauthenticated);
        var once = new Once(() => Interlocked.Decrement(ref _unauthenticated));
        try
        {
            if (counted > _options.MaxConnections || waiting > _options.MaxUnauthenticated)
            {
                await Busy("gateway_full", "The gateway holds as many connections as it can").WriteAsync(context);
                return;
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = _options.PingInterval, KeepAliveTimeout = _options.PongTimeout });
            using var connection = new AgentConnection(socket, parts, once.Run);
            parts.Telemetry.CountOpened();
            await connection.RunAsync(lifetime.ApplicationStopping);
        }
        finally
        {
            once.Run();
            Interlocked.Decrement(ref _open);
        }
    }

    private GateRefusal? Check(HttpContext context)
    {
        var request = context.Request;
        if (!request.IsHttps && _options.RequireTls && !IsLocal(context))
        {
            return new(StatusCodes.Status403Forbidden, "tls_required", "The gateway is reached over TLS only", "connect to wss://");
        }

        if (request.QueryString.HasValue)
        {
            return new(StatusCodes.Status400BadRequest, "query_refused", "The gateway's address takes no query, and a token least of all: URLs are logged", "send the token in the authenticate message; if it stood in this URL, log out and sign in again");
        }

        if (!OriginIsAllowed(request.Headers.Origin))
        {
            return new(StatusCodes.Status403Forbidden, "origin_refused", "Pages of this origin may not connect", "the operator lists the origins that may");
        }

        if (!context.WebSockets.IsWebSocketRequest)
        {
            return new(StatusCodes.Status426UpgradeRequired, "websocket_required", "This is a WebSocket endpoint (RFC 6455)", "connect with a WebSocket client");
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Busy("draining", "The server is about to stop");
        }

        return _perAddress?.TryTake(CallerAddress.Of(context)) is { } wait
            ? new(StatusCodes.Status429TooManyRequests, "rate_limited", "Too many connections from this address", "wait, and connect again") { RetryAfter = wait }
            : null;
    }

    private static GateRefusal Busy(string code, string message) => new(StatusCodes.Status503ServiceUnavailable, code, message, "connect again in a moment") { RetryAfter = TimeSpan.FromSeconds(2) };

    private static bool IsLocal(HttpContext context) => context.Connection.RemoteIpAddress is not { } address || IPAddress.IsLoopback(address);

    // Origins are compared as browsers write them (RFC 6454 6.2): scheme, host in small letters, port unless it is the scheme's own.
    private bool OriginIsAllowed(StringValues origin) =>
        origin.Count == 0 || (origin.Count == 1 && _options.AllowedOrigins.Contains(origin[0], StringComparer.Ordinal));

    private sealed class Once(Action action)
    {
        private int _done;

        public void Run()
        {
            if (Interlocked.Exchange(ref _done, 1) == 0)
            {
                action();
            }
        }
    }
}
