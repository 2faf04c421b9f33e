using System.Net.WebSockets;

namespace Purser.Ethereum.Rpc;

/// <summary>How a <see cref="JsonRpcSocket"/> connects, and its bounds beside those of every client.</summary>
public sealed record JsonRpcSocketOptions
{
    /// <summary>
    /// Opens the connection; by default a <see cref="ClientWebSocket"/> that pings every 20 seconds and gives a peer up that is silent for 60 more. Give another one for headers (a provider's key), a proxy or certificates,
    /// or in tests. The socket is disposed with the <see cref="JsonRpcSocket"/>.
    /// </summary>
    public Func<Uri, CancellationToken, Task<WebSocket>> Connect { get; init; } = ConnectAsync;

    /// <summary>The bounds of requests; <see cref="JsonRpcOptions.MaxResponseBytes"/> is the largest message, <see cref="JsonRpcOptions.Timeout"/> also that of connecting. Nothing is repeated.</summary>
    public JsonRpcOptions Requests { get; init; } = new();

    /// <summary>The most events of one subscription that wait for its reader; 1024. One more ends the subscription.</summary>
    public int MaxWaitingEvents { get; init; } = 1024;

    /// <summary>The most bytes of JSON of one subscription that wait for its reader; 16 MiB. More end the subscription.</summary>
    public int MaxWaitingBytes { get; init; } = 16 * 1024 * 1024;

    private static async Task<WebSocket> ConnectAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        // A peer that went away without a word (a cut cable, a proxy that forgot the connection) would leave a subscription waiting for ever:
        // the base library's default sends pings, but does not look for their answers.
        // Not at once: a node that answers one request after another (our sandbox) sees a ping only between two.
        socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(20);
        socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>Why a subscription ended without its reader having ended it.</summary>
public enum SubscriptionEnd
{
    /// <summary>The connection was lost or closed.</summary>
    ConnectionLost,

    /// <summary>The reader was too slow: more waited than <see cref="JsonRpcSocketOptions.MaxWaitingEvents"/> or <see cref="JsonRpcSocketOptions.MaxWaitingBytes"/> allow.</summary>
    TooSlow,
}

/// <summary>
/// A subscription ended. Everything that came before was read; what came after is missing, and how much that is nobody knows. To go on, subscribe again
/// (after a lost connection on another socket) and read the gap by <see cref="IChain.GetLogsAsync"/> from the last block that was seen.
/// </summary>
public sealed class SubscriptionEndedException : Exception
{
    /// <summary>Makes one without details.</summary>
    public SubscriptionEndedException()
        : this("The subscription ended.")
    {
    }

    /// <summary>Makes one.</summary>
    public SubscriptionEndedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with its cause.</summary>
    public SubscriptionEndedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Why.</summary>
    public SubscriptionEnd Reason { get; init; }

    /// <summary>Whether subscribing again may succeed: always, as far as this side can tell.</summary>
    public bool IsTransient => true;
}
