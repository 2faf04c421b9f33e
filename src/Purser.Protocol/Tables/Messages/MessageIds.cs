namespace Purser.Protocol.Tables.Messages;

/// <summary>Ids that we give our messages: UUIDs of version 4 (RFC 9562, section 5.4).</summary>
public static class MessageIds
{
    /// <summary>The UUID made of these random bytes, in its lower-case text form.</summary>
    /// <param name="random">16 random bytes; six bits are overwritten with version and variant.</param>
    /// <exception cref="ArgumentException">They are not 16.</exception>
    public static string Of(ReadOnlySpan<byte> random)
    {
        if (random.Length != 16)
        {
            throw new ArgumentException("a UUID takes 16 bytes", nameof(random));
        }

        Span<byte> bytes = stackalloc byte[16];
        random.CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D");
    }
}
