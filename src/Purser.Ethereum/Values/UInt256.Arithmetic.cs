using System.Numerics;
using System.Runtime.CompilerServices;

namespace Purser.Ethereum;

/// <content>Sums, differences, bits and shifts: checked operators, and the EVM's forms modulo 2^256.</content>
public readonly partial struct UInt256
{
    /// <summary>Adds.</summary>
    /// <exception cref="OverflowException">The sum needs more than 256 bits.</exception>
    public static UInt256 operator +(in UInt256 left, in UInt256 right) =>
        AddWithCarry(left, right, out var sum) ? throw new OverflowException("256-bit addition overflowed.") : sum;

    /// <summary>Subtracts.</summary>
    /// <exception cref="OverflowException">The difference would be negative.</exception>
    public static UInt256 operator -(in UInt256 left, in UInt256 right) =>
        SubtractWithBorrow(left, right, out var difference) ? throw new OverflowException("256-bit subtraction went below zero.") : difference;

    /// <summary>Bitwise and.</summary>
    public static UInt256 operator &(in UInt256 left, in UInt256 right) =>
        new(left._u0 & right._u0, left._u1 & right._u1, left._u2 & right._u2, left._u3 & right._u3);

    /// <summary>Bitwise or.</summary>
    public static UInt256 operator |(in UInt256 left, in UInt256 right) =>
        new(left._u0 | right._u0, left._u1 | right._u1, left._u2 | right._u2, left._u3 | right._u3);

    /// <summary>Bitwise exclusive or.</summary>
    public static UInt256 operator ^(in UInt256 left, in UInt256 right) =>
        new(left._u0 ^ right._u0, left._u1 ^ right._u1, left._u2 ^ right._u2, left._u3 ^ right._u3);

    /// <summary>Bitwise not.</summary>
    public static UInt256 operator ~(in UInt256 value) => new(~value._u0, ~value._u1, ~value._u2, ~value._u3);

    /// <summary>Shifts left by 0 or more bits; 256 and more give 0. Bits shifted out are lost.</summary>
    public static UInt256 operator <<(in UInt256 value, int bits)
    {
        if ((uint)bits >= 256)
        {
            return default;
        }
        var limbs = bits >> 6;
        var shifted = limbs switch
        {
            0 => value,
            1 => new UInt256(0, value._u0, value._u1, value._u2),
            2 => new UInt256(0, 0, value._u0, value._u1),
            _ => new UInt256(0, 0, 0, value._u0),
        };
        bits &= 63;
        if (bits == 0)
        {
            return shifted;
        }
        var back = 64 - bits;
        return new(
            shifted._u0 << bits,
            (shifted._u1 << bits) | (shifted._u0 >> back),
            (shifted._u2 << bits) | (shifted._u1 >> back),
            (shifted._u3 << bits) | (shifted._u2 >> back));
    }

    /// <summary>Shifts right by 0 or more bits, filling with zeros; 256 and more give 0.</summary>
    public static UInt256 operator >>(in UInt256 value, int bits)
    {
        if ((uint)bits >= 256)
        {
            return default;
        }
        var limbs = bits >> 6;
        var shifted = limbs switch
        {
            0 => value,
            1 => new UInt256(value._u1, value._u2, value._u3, 0),
            2 => new UInt256(value._u2, value._u3, 0, 0),
            _ => new UInt256(value._u3, 0, 0, 0),
        };
        bits &= 63;
        if (bits == 0)
        {
            return shifted;
        }
        var back = 64 - bits;
        return new(
            (shifted._u0 >> bits) | (shifted._u1 << back),
            (shifted._u1 >> bits) | (shifted._u2 << back),
            (shifted._u2 >> bits) | (shifted._u3 << back),
            shifted._u3 >> bits);
    }

    /// <summary>Adds and tells whether a bit was carried out of 256.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AddWithCarry(in UInt256 left, in UInt256 right, out UInt256 sum)
    {
        unchecked // carries are taken by comparison
        {
            var r0 = left._u0 + right._u0;
            ulong c = r0 < left._u0 ? 1u : 0u;
            var t1 = left._u1 + right._u1;
            var r1 = t1 + c;
            c = (t1 < left._u1 ? 1u : 0u) | (r1 < t1 ? 1u : 0u);
            var t2 = left._u2 + right._u2;
            var r2 = t2 + c;
            c = (t2 < left._u2 ? 1u : 0u) | (r2 < t2 ? 1u : 0u);
            var t3 = left._u3 + right._u3;
            var r3 = t3 + c;
            c = (t3 < left._u3 ? 1u : 0u) | (r3 < t3 ? 1u : 0u);
            sum = new(r0, r1, r2, r3);
            return c != 0;
        }
    }

    /// <summary>Subtracts and tells whether a bit was borrowed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool SubtractWithBorrow(in UInt256 left, in UInt256 right, out UInt256 difference)
    {
        unchecked // borrows are taken by comparison
        {
            var r0 = left._u0 - right._u0;
            ulong b = left._u0 < right._u0 ? 1u : 0u;
            var t1 = left._u1 - right._u1;
            var r1 = t1 - b;
            b = (left._u1 < right._u1 ? 1u : 0u) | (t1 < b ? 1u : 0u);
            var t2 = left._u2 - right._u2;
            var r2 = t2 - b;
            b = (left._u2 < right._u2 ? 1u : 0u) | (t2 < b ? 1u : 0u);
            var t3 = left._u3 - right._u3;
            var r3 = t3 - b;
            b = (left._u3 < right._u3 ? 1u : 0u) | (t3 < b ? 1u : 0u);
            difference = new(r0, r1, r2, r3);
            return b != 0;
        }
    }

    /// <summary>Adds modulo 2^256 (EVM <c>ADD</c>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt256 AddWrapping(in UInt256 left, in UInt256 right)
    {
        AddWithCarry(left, right, out var sum);
        return sum;
    }

    /// <summary>Subtracts modulo 2^256 (EVM <c>SUB</c>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt256 SubtractWrapping(in UInt256 left, in UInt256 right)
    {
        SubtractWithBorrow(left, right, out var difference);
        return difference;
    }

    /// <summary>The negative modulo 2^256 (two's complement).</summary>
    public static UInt256 NegateWrapping(in UInt256 value) => SubtractWrapping(default, value);

    /// <summary>Whether bit <paramref name="index"/> (0 to 255, 0 is the lowest) is set.</summary>
    public bool Bit(int index)
    {
        var limb = (index >> 6) switch { 0 => _u0, 1 => _u1, 2 => _u2, _ => _u3 };
        return ((limb >> (index & 63)) & 1) != 0;
    }

    /// <summary>The number of zero bits above the highest one set: 0 to 256.</summary>
    public static int LeadingZeroCount(in UInt256 value) => 256 - value.BitLength;

    /// <summary>The number of zero bits below the lowest one set: 0 to 256.</summary>
    public static int TrailingZeroCount(in UInt256 value) =>
        value._u0 != 0 ? BitOperations.TrailingZeroCount(value._u0) :
        value._u1 != 0 ? 64 + BitOperations.TrailingZeroCount(value._u1) :
        value._u2 != 0 ? 128 + BitOperations.TrailingZeroCount(value._u2) :
        192 + BitOperations.TrailingZeroCount(value._u3);

    /// <summary>The number of bits set.</summary>
    public static int PopCount(in UInt256 value) =>
        BitOperations.PopCount(value._u0) + BitOperations.PopCount(value._u1) + BitOperations.PopCount(value._u2) + BitOperations.PopCount(value._u3);

    /// <summary>Whether exactly one bit is set.</summary>
    public static bool IsPow2(in UInt256 value) => PopCount(value) == 1;
}
