using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>
/// Thirty-two bytes: a Keccak-256 digest, a transaction hash, an EIP-712 digest, a storage key, or a <c>bytes32</c> nonce.
/// <c>default</c> is all zeros. Text and JSON form is <c>0x</c> and 64 lower-case digits; parsing takes either case.
/// </summary>
[JsonConverter(typeof(SpanParsableJsonConverter<Hash32>))]
public readonly partial struct Hash32 : IEquatable<Hash32>, IComparable<Hash32>, ISpanParsable<Hash32>, ISpanFormattable
{
    [InlineArray(Size)]
    private struct Buffer
    {
        private byte _first;
    }

    private readonly Buffer _bytes;

    /// <summary>The number of bytes.</summary>
    public const int Size = 32;

    /// <summary>Takes exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">Another number of bytes.</exception>
    public Hash32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"Expected 32 bytes, not {bytes.Length}.", nameof(bytes));
        }
        bytes.CopyTo(_bytes);
    }

    /// <summary>All bytes zero.</summary>
    public static Hash32 Zero => default;

    /// <summary>Whether all bytes are zero.</summary>
    public bool IsZero => Equals(default);

    /// <summary>The bytes, without a copy; valid as long as the variable that holds this value.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray() => Bytes.ToArray();

    /// <summary>Writes the 32 bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination) => Bytes.CopyTo(destination);

    /// <inheritdoc/>
    public bool Equals(Hash32 other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Hash32 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var h = default(HashCode);
        h.AddBytes(Bytes);
        return h.ToHashCode();
    }

    /// <summary>Orders byte by byte, as numbers in big-endian form.</summary>
    public int CompareTo(Hash32 other) => Bytes.SequenceCompareTo(other.Bytes);

    /// <summary>Whether all bytes are equal.</summary>
    public static bool operator ==(in Hash32 left, in Hash32 right) => left.Equals(right);

    /// <summary>Whether any byte differs.</summary>
    public static bool operator !=(in Hash32 left, in Hash32 right) => !left.Equals(right);

    /// <summary>Orders byte by byte.</summary>
    public static bool operator <(in Hash32 left, in Hash32 right) => left.CompareTo(right) < 0;

    /// <summary>Orders byte by byte.</summary>
    public static bool operator >(in Hash32 left, in Hash32 right) => left.CompareTo(right) > 0;

    /// <summary>Orders byte by byte.</summary>
    public static bool operator <=(in Hash32 left, in Hash32 right) => left.CompareTo(right) <= 0;

    /// <summary>Orders byte by byte.</summary>
    public static bool operator >=(in Hash32 left, in Hash32 right) => left.CompareTo(right) >= 0;

    /// <summary>The bytes as a big-endian number.</summary>
    public UInt256 ToUInt256() => UInt256.FromBigEndian(Bytes);

    /// <summary>The 32-byte big-endian form of a number.</summary>
    public static Hash32 FromUInt256(in UInt256 value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        value.WriteBigEndian(bytes);
        return new(bytes);
    }

    /// <summary><c>0x</c> and 64 lower-case digits.</summary>
    public override string ToString() => Hex.Encode(Bytes);

    /// <summary>Parses <c>0x</c> and 64 hex digits.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static Hash32 Parse(string text) => Parse(text.AsSpan(), null);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        if (destination.Length < 66)
        {
            return false;
        }
        charsWritten = 66;
        Hex.Encode(Bytes, destination[..66]);
        return true;
    }

    /// <inheritdoc/>
    public static Hash32 Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public static Hash32 Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var value) ? value : throw new FormatException("Expected 0x and 64 hex digits.");

    /// <inheritdoc/>
    public static bool TryParse(string? s, IFormatProvider? provider, out Hash32 result) => TryParse(s.AsSpan(), provider, out result);

    /// <summary>Parses; false for any other form.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Hash32 value) => TryParse(text, null, out value);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Hash32 result)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var ok = Hex.TryDecode(s, bytes);
        result = ok ? new(bytes) : default;
        return ok;
    }
}
