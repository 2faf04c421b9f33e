using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>
/// An account of the EVM: 20 bytes. <c>default</c> is the zero address.
/// Text and JSON form carries the EIP-55 checksum; parsing takes all lower case, all upper case, or a right checksum,
/// and refuses a wrong one (a mixed-case address with one wrong letter is a typing error that would lose money).
/// </summary>
[JsonConverter(typeof(SpanParsableJsonConverter<Address>))]
public readonly partial struct Address : IEquatable<Address>, IComparable<Address>, ISpanParsable<Address>, ISpanFormattable
{
    [InlineArray(Size)]
    private struct Buffer
    {
        private byte _first;
    }

    private readonly Buffer _bytes;

    /// <summary>The number of bytes.</summary>
    public const int Size = 20;

    /// <summary>Takes exactly 20 bytes.</summary>
    /// <exception cref="ArgumentException">Another number of bytes.</exception>
    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"Expected 20 bytes, not {bytes.Length}.", nameof(bytes));
        }
        bytes.CopyTo(_bytes);
    }

    /// <summary>All bytes zero.</summary>
    public static Address Zero => default;

    /// <summary>Whether all bytes are zero.</summary>
    public bool IsZero => Equals(default);

    /// <summary>The bytes, without a copy; valid as long as the variable that holds this value.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray() => Bytes.ToArray();

    /// <summary>Writes the 20 bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination) => Bytes.CopyTo(destination);

    /// <inheritdoc/>
    public bool Equals(Address other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Address other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var h = default(HashCode);
        h.AddBytes(Bytes);
        return h.ToHashCode();
    }

    /// <summary>Orders byte by byte, as numbers in big-endian form.</summary>
    public int CompareTo(Address other) => Bytes.SequenceCompareTo(other.Bytes);

    /// <summary>Whether all bytes are equal.</summary>
    public static bool operator ==(in Address left, in Address right) => left.Equals(right);

    /// <summary>Whether any byte differs.</summary>
    public static bool operator !=(in Address left, in Address right) => !left.Equals(right);

    /// <summary>Orders byte by byte.</summary>
    public static bool operator <(in Address left, in Address right) => left.CompareTo(right) < 0;

    /// <summary>Orders byte by byte.</summary>
    public static bool operator >(in Address left, in Address right) => left.CompareTo(right) > 0;

    /// <summary>Orders byte by byte.</summary>
    public static bool operator <=(in Address left, in Address right) => left.CompareTo(right) <= 0;

    /// <summary>Orders byte by byte.</summary>
    public static bool operator >=(in Address left, in Address right) => left.CompareTo(right) >= 0;

    /// <summary><c>0x</c> and 40 digits with the EIP-55 checksum.</summary>
    public override string ToString() => ChecksummedText.Of(this);

    /// <summary><c>0x</c> and 40 lower-case digits.</summary>
    public string ToLowerHex() => Hex.Encode(Bytes);

    /// <summary>The address of a contract made by <c>CREATE</c>: the last 20 bytes of Keccak-256 of the RLP list of sender and nonce.</summary>
    public static Address ForCreate(in Address sender, ulong nonce)
    {
        // RLP by hand: the list is at most 31 bytes long, so its header is one byte.
        Span<byte> rlp = stackalloc byte[31];
        var length = 22;
        rlp[1] = 0x94;
        sender.CopyTo(rlp[2..]);
        if (nonce == 0)
        {
            rlp[length++] = 0x80;
        }
        else if (nonce < 0x80)
        {
            rlp[length++] = (byte)nonce;
        }
        else
        {
            var bytes = 8 - (System.Numerics.BitOperations.LeadingZeroCount(nonce) / 8);
            rlp[length++] = (byte)(0x80 + bytes);
            for (var i = bytes - 1; i >= 0; i--)
            {
                rlp[length++] = (byte)((nonce >> (8 * i)) & 0xff);
            }
        }
        rlp[0] = (byte)(0xc0 + length - 1);
        var hash = Keccak256.Hash(rlp[..length]);
        return new(hash.Bytes[12..]);
    }

    /// <summary>The address of a contract made by <c>CREATE2</c> (EIP-1014).</summary>
    public static Address ForCreate2(in Address sender, in Hash32 salt, in Hash32 initCodeHash)
    {
        Span<byte> bytes = stackalloc byte[85];
        bytes[0] = 0xff;
        sender.CopyTo(bytes[1..]);
        salt.CopyTo(bytes[21..]);
        initCodeHash.CopyTo(bytes[53..]);
        var hash = Keccak256.Hash(bytes);
        return new(hash.Bytes[12..]);
    }

    /// <summary>Parses <c>0x</c> and 40 hex digits, checking the EIP-55 checksum of a mixed-case form.</summary>
    /// <exception cref="FormatException">The text has another form or a wrong checksum.</exception>
    public static Address Parse(string text) => Parse(text.AsSpan(), null);

    private static bool IsMixedCase(ReadOnlySpan<char> digits)
    {
        var (upper, lower) = (false, false);
        foreach (var c in digits)
        {
            upper |= char.IsAsciiLetterUpper(c);
            lower |= char.IsAsciiLetterLower(c);
        }
        return upper && lower;
    }

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        if (destination.Length < 42)
        {
            return false;
        }
        charsWritten = 42;
        ToString().CopyTo(destination);
        return true;
    }

    /// <inheritdoc/>
    public static Address Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public static Address Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var value) ? value : throw new FormatException("Expected 0x and 40 hex digits, in one case or with a right EIP-55 checksum.");

    /// <inheritdoc/>
    public static bool TryParse(string? s, IFormatProvider? provider, out Address result) => TryParse(s.AsSpan(), provider, out result);

    /// <summary>Parses; false for any other form.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Address value) => TryParse(text, null, out value);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Address result)
    {
        result = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (!Hex.TryDecode(s, bytes))
        {
            return false;
        }
        var value = new Address(bytes);
        if (IsMixedCase(s[2..]) && !s.SequenceEqual(ChecksummedText.Of(value)))
        {
            return false;
        }
        result = value;
        return true;
    }
}
