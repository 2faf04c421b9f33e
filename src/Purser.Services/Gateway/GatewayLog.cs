using Microsoft.Extensions.Logging;

namespace Purser.Services.Gateway;

/// <summary>What the gateway logs. Sessions are named by their ids; tokens and messages never stand in a log.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(1, LogLevel.Warning, "The store could not be used.")]
    public static partial void StoreFailed(ILogger log, Exception exception);

    [LoggerMessage(2, LogLevel.Error, "A connection ended by a fault of the server.")]
    public static partial void Failed(ILogger log, Exception exception);

    [LoggerMessage(3, LogLevel.Information, "Session {SessionId}: its connection was held by a process that is gone; its reconnect window runs.")]
    public static partial void Orphaned(ILogger log, string sessionId);
}
