using Microsoft.AspNetCore.Http;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <summary>Lets WebSocket connections in, as many as the options say, from the origins that the options allow.</summary>
internal sealed class WebSocketDoor(RpcDispatcher dispatcher, SandboxNodeOptions options, SandboxChain chain, CancellationToken stopping)
{
    private int _open;

    /// <summary>Takes a connection and serves it until it ends.</summary>
    public async Task AcceptAsync(HttpContext context)
    {
        if (SandboxNode.IsForeign(context.Request, options))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        if (Interlocked.Increment(ref _open) > options.MaxSockets)
        {
            Interlocked.Decrement(ref _open);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        try
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            using var session = new WebSocketSession(socket, dispatcher, options, chain);
            await session.RunAsync(stopping);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
