namespace Purser.Protocol.Tables.Messages;

/// <summary>
/// What a message says, without its envelope: a closed family, one record for each type of specs/signin.md 1.4. Types with a table
/// (<see cref="GatewayMessage.TableId"/>) are play messages, which the server keeps for resuming.
/// </summary>
public abstract partial record GatewayMessage
{
    private GatewayMessage(string type) => Type = type;

    /// <summary>The <c>type</c> on the wire.</summary>
    public string Type { get; }

    /// <summary>The game, of play messages.</summary>
    public virtual string? GameType => null;

    /// <summary>The table, of play messages.</summary>
    public virtual string? TableId => null;
}

/// <summary>What every message carries.</summary>
/// <param name="MessageId">
/// Names the message within its session: 1 to 64 characters of <c>A-Z a-z 0-9 . _ : -</c>. A2G asks for a UUID of version 4, its own examples use
/// <c>msg-123</c>: we write the former and read both.
/// </param>
/// <param name="TimestampMs">The sender's clock in Unix milliseconds; null when he gave none. Nothing is decided by it.</param>
/// <param name="Sequence">Rises by one with every message of the sender; null when he does not count. A hole is no proof of loss.</param>
public sealed record GatewayEnvelope(string MessageId, long? TimestampMs = null, ulong? Sequence = null);

/// <summary>A message with its envelope.</summary>
/// <param name="Envelope">Who it is.</param>
/// <param name="Message">What it says.</param>
public sealed record GatewayFrame(GatewayEnvelope Envelope, GatewayMessage Message);
