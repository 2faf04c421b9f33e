using Purser.Protocol.Json;

namespace Purser.Protocol.Tables.Messages;

/// <summary>What came of reading a message.</summary>
public abstract record GatewayReading
{
    private GatewayReading()
    {
    }

    /// <summary>It is this one.</summary>
    /// <param name="Frame">The message.</param>
    public sealed record Read(GatewayFrame Frame) : GatewayReading;

    /// <summary>An envelope of a type that this version does not know: it is ignored (specs/signin.md 1.3).</summary>
    /// <param name="Envelope">The envelope.</param>
    /// <param name="UnknownType">The type, cleaned for a log.</param>
    public sealed record Unknown(GatewayEnvelope Envelope, string UnknownType) : GatewayReading;

    /// <summary>It is no message of the protocol.</summary>
    /// <param name="Reason">Which member, and why.</param>
    /// <param name="MessageId">The id that it gives itself, where that much could be read.</param>
    public sealed record Refused(JsonRefusal Reason, string? MessageId) : GatewayReading;
}
