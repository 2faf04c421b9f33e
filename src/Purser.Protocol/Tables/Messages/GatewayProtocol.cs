namespace Purser.Protocol.Tables.Messages;

/// <summary>Numbers of the gateway's protocol, which is A2G 1.0 with our additions (specs/signin.md 1.1 to 1.5).</summary>
public static class GatewayProtocol
{
    /// <summary>The only protocol version.</summary>
    public const string Version = "1.0";

    /// <summary>The largest message, in bytes of UTF-8, summed over its fragments; a larger one is refused on both sides (specs/signin.md 1.1).</summary>
    public const int MaxMessageBytes = 64 * 1024;

    /// <summary>The largest number of play credits, 2^53 - 1: what every JSON reader keeps exactly.</summary>
    public const long MaxCredits = (1L << 53) - 1;

    /// <summary>The longest <c>messageId</c>, session id, game or table name, in characters.</summary>
    public const int MaxNameLength = 64;

    /// <summary>The longest token that is read, in characters.</summary>
    public const int MaxTokenLength = 512;
}
