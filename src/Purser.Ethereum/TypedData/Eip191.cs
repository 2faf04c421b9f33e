using System.Buffers;
using System.Globalization;
using System.Text;

namespace Purser.Ethereum;

/// <summary>The digests of EIP-191: what a key signs when it signs a message rather than a transaction.</summary>
public static class Eip191
{
    private const int StackLimit = 1024;

    /// <summary>
    /// The digest of <c>personal_sign</c> (EIP-191, version <c>0x45</c>): Keccak-256 of <c>"\x19Ethereum Signed Message:\n"</c>,
    /// the length of <paramref name="message"/> in decimal, and the message itself.
    /// </summary>
    /// <param name="message">The message's bytes; of text, its UTF-8 bytes.</param>
    public static Hash32 HashPersonalMessage(ReadOnlySpan<byte> message)
    {
        var prefix = "\u0019Ethereum Signed Message:\n"u8;
        var capacity = prefix.Length + 10 + message.Length;
        byte[]? rented = null;
        var buffer = capacity <= StackLimit ? stackalloc byte[StackLimit] : (rented = ArrayPool<byte>.Shared.Rent(capacity));
        prefix.CopyTo(buffer);
        message.Length.TryFormat(buffer[prefix.Length..], out var digits, default, CultureInfo.InvariantCulture);
        message.CopyTo(buffer[(prefix.Length + digits)..]);
        var hash = Keccak256.Hash(buffer[..(prefix.Length + digits + message.Length)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
        return hash;
    }

    /// <summary>The digest of <c>personal_sign</c> for text: of its UTF-8 bytes.</summary>
    /// <exception cref="EncoderFallbackException">The text holds half a surrogate pair, for which there is no UTF-8.</exception>
    public static Hash32 HashPersonalMessage(string message) => HashPersonalMessage(StrictUtf8.Encoding.GetBytes(message));

    /// <summary>
    /// The digest of version <c>0x00</c>, data with an intended validator: Keccak-256 of <c>0x19 0x00</c>, the validator's address and the data.
    /// </summary>
    public static Hash32 HashForValidator(in Address validator, ReadOnlySpan<byte> data)
    {
        var bytes = new byte[2 + Address.Size + data.Length];
        bytes[0] = 0x19;
        validator.CopyTo(bytes.AsSpan(2));
        data.CopyTo(bytes.AsSpan(2 + Address.Size));
        return Keccak256.Hash(bytes);
    }
}
