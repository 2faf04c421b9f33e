using Purser.Protocol.Tables.Messages;

namespace Purser.Agent.Tables;

/// <summary>What a connection tells its agent.</summary>
public abstract record GatewayEvent
{
    private GatewayEvent()
    {
    }

    /// <summary>A session is open, for the first time or anew.</summary>
    /// <param name="Session">What the server said of it.</param>
    /// <param name="Resumed">Whether the connection was lost before; the tables' states follow.</param>
    public sealed record Opened(GatewayMessage.Authenticated Session, bool Resumed) : GatewayEvent;

    /// <summary>A message, told once however often it came.</summary>
    /// <param name="Frame">The message.</param>
    public sealed record Heard(GatewayFrame Frame) : GatewayEvent;

    /// <summary>The session will end; it is extended where the options say so.</summary>
    /// <param name="Warning">What the server said.</param>
    public sealed record Expiring(GatewayMessage.SessionExpiring Warning) : GatewayEvent;

    /// <summary>The session has a new end.</summary>
    /// <param name="ExpiresAt">When.</param>
    public sealed record Extended(DateTimeOffset ExpiresAt) : GatewayEvent;

    /// <summary>The connection was lost; the client connects again after a pause.</summary>
    /// <param name="CloseCode">See <see cref="GatewayCloseCode"/>; 1006 when the network said nothing.</param>
    /// <param name="Pause">How long the pause is.</param>
    public sealed record Lost(int CloseCode, TimeSpan Pause) : GatewayEvent;

    /// <summary>It is over, and the last event.</summary>
    /// <param name="CloseCode">See <see cref="GatewayCloseCode"/>.</param>
    /// <param name="Code">The last error's code, such as <c>SESSION_REVOKED</c>; or null.</param>
    /// <param name="Reason">Why, for people; the server's words are cleaned.</param>
    public sealed record Ended(int CloseCode, string? Code, string Reason) : GatewayEvent;
}
