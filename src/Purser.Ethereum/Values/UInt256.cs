using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>
/// An unsigned 256-bit integer: wei, token units in minimal units, and the EVM's word.
/// Operators are checked and throw <see cref="OverflowException"/>, since they stand where money is counted;
/// the forms that wrap modulo 2^256, as the EVM's do, are the named methods that end in <c>Wrapping</c>.
/// <c>default</c> is zero. Text and JSON form is decimal without leading zeros; parsing takes <c>0x</c> hex as well.
/// </summary>
[JsonConverter(typeof(SpanParsableJsonConverter<UInt256>))]
public readonly partial struct UInt256 : IEquatable<UInt256>, IComparable<UInt256>, ISpanParsable<UInt256>, ISpanFormattable
{
    // Little-endian limbs: _u0 holds the lowest 64 bits.
    private readonly ulong _u0;
    private readonly ulong _u1;
    private readonly ulong _u2;
    private readonly ulong _u3;

    /// <summary>The number of bytes of the big-endian form.</summary>
    public const int Size = 32;

    /// <summary>Makes a value from four 64-bit limbs.</summary>
    /// <param name="u0">Bits 0 to 63.</param>
    /// <param name="u1">Bits 64 to 127.</param>
    /// <param name="u2">Bits 128 to 191.</param>
    /// <param name="u3">Bits 192 to 255.</param>
    public UInt256(ulong u0, ulong u1, ulong u2, ulong u3)
    {
        _u0 = u0;
        _u1 = u1;
        _u2 = u2;
        _u3 = u3;
    }

    /// <summary>0.</summary>
    public static UInt256 Zero => default;

    /// <summary>1.</summary>
    public static UInt256 One => new(1, 0, 0, 0);

    /// <summary>2^256 - 1.</summary>
    public static UInt256 MaxValue => new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    /// <summary>Bits 0 to 63.</summary>
    public ulong U0 => _u0;

    /// <summary>Bits 64 to 127.</summary>
    public ulong U1 => _u1;

    /// <summary>Bits 128 to 191.</summary>
    public ulong U2 => _u2;

    /// <summary>Bits 192 to 255.</summary>
    public ulong U3 => _u3;

    /// <summary>Whether the value is 0.</summary>
    public bool IsZero => (_u0 | _u1 | _u2 | _u3) == 0;

    /// <summary>Whether the value fits 64 bits.</summary>
    public bool FitsUInt64 => (_u1 | _u2 | _u3) == 0;

    /// <summary>Whether bit 255 is set: the value is negative when read as two's complement.</summary>
    public bool IsNegative => (_u3 >> 63) != 0;

    /// <summary>The number of bits up to and including the highest one set; 0 for 0.</summary>
    public int BitLength =>
        _u3 != 0 ? 256 - BitOperations.LeadingZeroCount(_u3) :
        _u2 != 0 ? 192 - BitOperations.LeadingZeroCount(_u2) :
        _u1 != 0 ? 128 - BitOperations.LeadingZeroCount(_u1) :
        64 - BitOperations.LeadingZeroCount(_u0);

    /// <summary>The number of bytes of the shortest big-endian form; 0 for 0.</summary>
    public int ByteLength => (BitLength + 7) / 8;

    /// <summary>Reads a big-endian number of 0 to 32 bytes.</summary>
    /// <exception cref="ArgumentException">More than 32 bytes.</exception>
    public static UInt256 FromBigEndian(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == Size)
        {
            return new(
                BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]),
                BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
                BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
                BinaryPrimitives.ReadUInt64BigEndian(bytes));
        }
        if (bytes.Length > Size)
        {
            throw new ArgumentException($"A 256-bit number has at most 32 bytes, not {bytes.Length}.", nameof(bytes));
        }
        Span<byte> padded = stackalloc byte[Size];
        padded.Clear();
        bytes.CopyTo(padded[(Size - bytes.Length)..]);
        return FromBigEndian(padded);
    }

    /// <summary>Writes the 32-byte big-endian form to the start of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter than 32 bytes.</exception>
    public void WriteBigEndian(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _u0);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _u1);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _u2);
        BinaryPrimitives.WriteUInt64BigEndian(destination, _u3);
    }

    /// <summary>The 32-byte big-endian form, as stored in databases: blobs of it compare as the numbers do.</summary>
    public byte[] ToBigEndian()
    {
        var bytes = new byte[Size];
        WriteBigEndian(bytes);
        return bytes;
    }

    /// <summary>Widens a 64-bit number.</summary>
    public static implicit operator UInt256(ulong value) => new(value, 0, 0, 0);

    /// <summary>Narrows to 64 bits.</summary>
    /// <exception cref="OverflowException">The value does not fit.</exception>
    public static explicit operator ulong(in UInt256 value) =>
        value.FitsUInt64 ? value._u0 : throw new OverflowException("The value does not fit 64 bits.");

    /// <summary>Narrows to a non-negative 32-bit number.</summary>
    /// <exception cref="OverflowException">The value does not fit.</exception>
    public static explicit operator int(in UInt256 value) =>
        value.FitsUInt64 && value._u0 <= int.MaxValue ? (int)value._u0 : throw new OverflowException("The value does not fit 32 bits.");

    /// <summary>Takes over an arbitrary-size integer.</summary>
    /// <exception cref="OverflowException">The value is negative or needs more than 256 bits.</exception>
    public static explicit operator UInt256(BigInteger value)
    {
        if (value.Sign < 0 || value.GetByteCount(isUnsigned: true) > Size)
        {
            throw new OverflowException("The value is not in 0 to 2^256 - 1.");
        }
        Span<byte> bytes = stackalloc byte[Size];
        value.TryWriteBytes(bytes, out var written, isUnsigned: true, isBigEndian: true);
        return FromBigEndian(bytes[..written]);
    }

    /// <summary>Widens to an arbitrary-size integer.</summary>
    public static implicit operator BigInteger(in UInt256 value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        value.WriteBigEndian(bytes);
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }

    /// <inheritdoc/>
    public bool Equals(UInt256 other) => _u0 == other._u0 && _u1 == other._u1 && _u2 == other._u2 && _u3 == other._u3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UInt256 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_u0, _u1, _u2, _u3);

    /// <inheritdoc/>
    public int CompareTo(UInt256 other)
    {
        var c = _u3.CompareTo(other._u3);
        if (c != 0)
        {
            return c;
        }
        c = _u2.CompareTo(other._u2);
        if (c != 0)
        {
            return c;
        }
        c = _u1.CompareTo(other._u1);
        return c != 0 ? c : _u0.CompareTo(other._u0);
    }

    /// <summary>Whether both are the same number.</summary>
    public static bool operator ==(in UInt256 left, in UInt256 right) => left.Equals(right);

    /// <summary>Whether the numbers differ.</summary>
    public static bool operator !=(in UInt256 left, in UInt256 right) => !left.Equals(right);

    /// <summary>Unsigned less than.</summary>
    public static bool operator <(in UInt256 left, in UInt256 right)
    {
        if (left._u3 != right._u3)
        {
            return left._u3 < right._u3;
        }
        if (left._u2 != right._u2)
        {
            return left._u2 < right._u2;
        }
        return left._u1 != right._u1 ? left._u1 < right._u1 : left._u0 < right._u0;
    }

    /// <summary>Unsigned greater than.</summary>
    public static bool operator >(in UInt256 left, in UInt256 right) => right < left;

    /// <summary>Unsigned less than or equal.</summary>
    public static bool operator <=(in UInt256 left, in UInt256 right) => !(right < left);

    /// <summary>Unsigned greater than or equal.</summary>
    public static bool operator >=(in UInt256 left, in UInt256 right) => !(left < right);

    /// <summary>The smaller of two numbers.</summary>
    public static UInt256 Min(in UInt256 left, in UInt256 right) => left < right ? left : right;

    /// <summary>The larger of two numbers.</summary>
    public static UInt256 Max(in UInt256 left, in UInt256 right) => left > right ? left : right;
}
