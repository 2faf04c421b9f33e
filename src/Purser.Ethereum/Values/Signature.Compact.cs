namespace Purser.Ethereum;

/// <content>
/// The compact form of EIP-2098: 64 bytes r ‖ yParityAndS, where the parity of the nonce point takes the highest bit of s, which
/// a low s leaves free. It is another spelling of the same signature: a claim that counts once must not go by the bytes.
/// </content>
public readonly partial struct Signature
{
    /// <summary>The number of bytes of the compact form.</summary>
    public const int CompactSize = 64;

    /// <summary>Reads exactly 64 bytes r ‖ yParityAndS; false for another length, and when r or s is out of range or s in the upper half.</summary>
    public static bool TryReadCompact(ReadOnlySpan<byte> bytes, out Signature signature)
    {
        signature = default;
        if (bytes.Length != CompactSize)
        {
            return false;
        }
        Span<byte> s = stackalloc byte[32];
        bytes[32..].CopyTo(s);
        var parity = s[0] >> 7;
        s[0] &= 0x7f;
        return TryCreate(new Hash32(bytes[..32]), new Hash32(s), 27 + parity, out signature);
    }

    /// <summary>Writes the 64 bytes r ‖ yParityAndS to the start of <paramref name="destination"/>.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, which is no signature.</exception>
    /// <exception cref="ArgumentException">The destination is shorter than 64 bytes.</exception>
    public void WriteCompact(Span<byte> destination)
    {
        if (IsDefault)
        {
            throw new InvalidOperationException("The default value is no signature.");
        }
        if (destination.Length < CompactSize)
        {
            throw new ArgumentException($"Expected {CompactSize} bytes, not {destination.Length}.", nameof(destination));
        }
        R.CopyTo(destination);
        S.CopyTo(destination[32..]);
        destination[32] |= (byte)(YParity << 7);
    }

    /// <summary>The 64 bytes r ‖ yParityAndS.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, which is no signature.</exception>
    public byte[] ToCompact()
    {
        var bytes = new byte[CompactSize];
        WriteCompact(bytes);
        return bytes;
    }
}
