using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>
/// A secp256k1 signature in the strict form that stands at every door: r and s in 1 to n - 1, s in the lower half (EIP-2),
/// v 27 or 28. Text and JSON form is <c>0x</c> and 130 digits (r, s, v: 65 bytes). <c>default</c> is no valid signature.
/// The raw form that the EVM's <c>ecrecover</c> accepts (high s) is <c>Secp256k1.TryRecoverRaw</c>.
/// </summary>
[JsonConverter(typeof(SpanParsableJsonConverter<Signature>))]
public readonly partial struct Signature : IEquatable<Signature>, ISpanParsable<Signature>, ISpanFormattable
{
    /// <summary>The number of bytes of the wire form r, s, v.</summary>
    public const int Size = 65;

    private static readonly UInt256 s_order = UInt256.Parse("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    private static readonly UInt256 s_halfOrder = s_order >> 1;

    private readonly byte _v;

    private Signature(in Hash32 r, in Hash32 s, byte v)
    {
        R = r;
        S = s;
        _v = v;
    }

    /// <summary>The order n of the group.</summary>
    public static UInt256 Order => s_order;

    /// <summary>The x coordinate of the nonce point, modulo n.</summary>
    public Hash32 R { get; }

    /// <summary>The proof, in the lower half of the order.</summary>
    public Hash32 S { get; }

    /// <summary>27 or 28.</summary>
    public byte V => _v;

    /// <summary>0 or 1: the parity of the nonce point (EIP-1559's <c>yParity</c>).</summary>
    public int YParity => _v - 27;

    /// <summary>Whether this is <c>default</c>, which no door lets in.</summary>
    public bool IsDefault => _v == 0;

    /// <summary>Makes a signature from its parts; false when r or s is out of range, s is in the upper half, or v is not 27 or 28.</summary>
    public static bool TryCreate(in Hash32 r, in Hash32 s, int v, out Signature signature)
    {
        signature = default;
        var rn = r.ToUInt256();
        var sn = s.ToUInt256();
        if (v is not (27 or 28) || rn.IsZero || rn >= s_order || sn.IsZero || sn > s_halfOrder)
        {
            return false;
        }
        signature = new(r, s, (byte)v);
        return true;
    }

    /// <summary>Reads exactly 65 bytes r, s, v with v 27 or 28; false otherwise, as the chain's own check would say.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Signature signature)
    {
        signature = default;
        return bytes.Length == Size && TryCreate(new Hash32(bytes[..32]), new Hash32(bytes[32..64]), bytes[64], out signature);
    }

    /// <summary>Writes the 65 bytes r, s, v.</summary>
    public void Write(Span<byte> destination)
    {
        R.CopyTo(destination);
        S.CopyTo(destination[32..]);
        destination[64] = _v;
    }

    /// <summary>The 65 bytes r, s, v.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary><c>0x</c> and 130 lower-case digits.</summary>
    public override string ToString() => Hex.Encode(ToArray());

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        if (destination.Length < 2 + (2 * Size))
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        charsWritten = 2 + (2 * Size);
        Hex.Encode(bytes, destination[..charsWritten]);
        return true;
    }

    /// <summary>Parses the 65-byte hex form.</summary>
    /// <exception cref="FormatException">The text has another form, or the signature is not strict.</exception>
    public static Signature Parse(string text) => Parse(text.AsSpan(), null);

    /// <inheritdoc/>
    public static Signature Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public static Signature Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var value) ? value : throw new FormatException("Expected a strict 65-byte signature as 0x hex.");

    /// <inheritdoc/>
    public static bool TryParse(string? s, IFormatProvider? provider, out Signature result) => TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Signature result)
    {
        Span<byte> bytes = stackalloc byte[Size];
        result = default;
        return Hex.TryDecode(s, bytes) && TryRead(bytes, out result);
    }

    /// <inheritdoc/>
    public bool Equals(Signature other) => _v == other._v && R == other.R && S == other.S;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Signature other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(R, S, _v);

    /// <summary>Whether all parts are equal.</summary>
    public static bool operator ==(in Signature left, in Signature right) => left.Equals(right);

    /// <summary>Whether any part differs.</summary>
    public static bool operator !=(in Signature left, in Signature right) => !left.Equals(right);
}
