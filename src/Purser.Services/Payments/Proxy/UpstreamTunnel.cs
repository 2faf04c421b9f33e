using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Purser.Services.Payments.Proxy;

/// <summary>A WebSocket (RFC 6455) between client and upstream: both handshakes are theirs, the bytes after them are carried unread.</summary>
internal static class UpstreamTunnel
{
    /// <summary>Whether a request asks for one, on a connection that can become one.</summary>
    public static bool IsAsked(HttpContext context) => HttpMethods.IsGet(context.Request.Method)
        && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        && context.Request.Headers.Upgrade is [{ } protocol] && protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens the client's side, which a paid request does not survive unsettled, and carries bytes until either side ends.</summary>
    public static async Task RunAsync(HttpContext context, HttpResponseMessage reply, CancellationToken stopping)
    {
        // The upstream's side first: when it has broken off already, the client has paid nothing yet.
        await using var behind = await reply.Content.ReadAsStreamAsync(context.RequestAborted);
        context.Response.Headers.Upgrade = "websocket";
        await using var client = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var up = client.CopyToAsync(behind, over.Token);
        var down = behind.CopyToAsync(client, over.Token);
        await Task.WhenAny(up, down);
        await over.CancelAsync();
        await EndAsync(up);
        await EndAsync(down);
    }

    private static async Task EndAsync(Task copying)
    {
        try
        {
            await copying;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // One side has gone; the other is closed with it.
        }
    }
}
