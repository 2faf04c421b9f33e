using System.Numerics;

namespace Purser.Ethereum;

/// <content>
/// The same 256 bits read as a two's complement number, from -2^255 to 2^255 - 1, as Solidity's <c>int256</c> and the EVM's signed
/// opcodes read them. There is no second type: a value does not say how it is meant, the member does.
/// </content>
public readonly partial struct UInt256
{
    /// <summary>The least signed number, -2^255.</summary>
    public static UInt256 SignedMinValue => new(0, 0, 0, 1UL << 63);

    /// <summary>The greatest signed number, 2^255 - 1.</summary>
    public static UInt256 SignedMaxValue => new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue >> 1);

    /// <summary>The two's complement form of a signed number.</summary>
    /// <exception cref="OverflowException">The number is not in -2^255 to 2^255 - 1.</exception>
    public static UInt256 FromSigned(BigInteger value)
    {
        if (value.Sign >= 0)
        {
            var positive = (UInt256)value;
            return positive.IsNegative ? throw new OverflowException("The number is not in -2^255 to 2^255 - 1.") : positive;
        }
        var negative = NegateWrapping((UInt256)BigInteger.Negate(value));
        return negative.IsNegative ? negative : throw new OverflowException("The number is not in -2^255 to 2^255 - 1.");
    }

    /// <summary>The number that these bits are in two's complement.</summary>
    public BigInteger ToSigned() => IsNegative ? BigInteger.Negate(NegateWrapping(this)) : this;

    /// <summary>-1, 0 or 1: the sign of the two's complement number.</summary>
    public int SignedSign => IsNegative ? -1 : IsZero ? 0 : 1;

    /// <summary>The magnitude of the two's complement number, as an unsigned one: that of -2^255 is 2^255.</summary>
    public static UInt256 SignedMagnitude(in UInt256 value) => value.IsNegative ? NegateWrapping(value) : value;

    /// <summary>Signed division rounding towards zero (EVM <c>SDIV</c>); 0 for divisor 0; the most negative number by -1 is itself.</summary>
    public static UInt256 SignedDivide(in UInt256 left, in UInt256 right)
    {
        if (right.IsZero)
        {
            return default;
        }
        var quotient = SignedMagnitude(left) / SignedMagnitude(right);
        return left.IsNegative != right.IsNegative ? NegateWrapping(quotient) : quotient;
    }

    /// <summary>Signed remainder with the sign of the dividend (EVM <c>SMOD</c>); 0 for divisor 0.</summary>
    public static UInt256 SignedModulo(in UInt256 left, in UInt256 right)
    {
        if (right.IsZero)
        {
            return default;
        }
        var remainder = SignedMagnitude(left) % SignedMagnitude(right);
        return left.IsNegative ? NegateWrapping(remainder) : remainder;
    }

    /// <summary>Compares as two's complement numbers (EVM <c>SLT</c>, <c>SGT</c>).</summary>
    public static int SignedCompare(in UInt256 left, in UInt256 right) =>
        left.IsNegative != right.IsNegative ? (left.IsNegative ? -1 : 1) : left.CompareTo(right);

    /// <summary>Arithmetic shift right that fills with the sign bit (EVM <c>SAR</c>); 256 and more give 0 or -1.</summary>
    public static UInt256 ShiftRightArithmetic(in UInt256 value, int bits)
    {
        if (!value.IsNegative)
        {
            return value >> bits;
        }
        return (uint)bits >= 256 ? MaxValue : ~(~value >> bits);
    }

    /// <summary>Extends the sign of the two's complement number in the lowest <c>byteIndex + 1</c> bytes (EVM <c>SIGNEXTEND</c>); an index of 31 and more changes nothing.</summary>
    public static UInt256 SignExtend(in UInt256 byteIndex, in UInt256 value)
    {
        if (!byteIndex.FitsUInt64 || byteIndex._u0 >= 31)
        {
            return value;
        }
        var bits = ((int)byteIndex._u0 * 8) + 8;
        var mask = MaxValue << bits;
        return value.Bit(bits - 1) ? value | mask : value & ~mask;
    }
}
