using System.Runtime.CompilerServices;

namespace Purser.Ethereum;

/// <content>Arithmetic: checked operators, and the EVM's forms modulo 2^256.</content>
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

    /// <summary>Multiplies.</summary>
    /// <exception cref="OverflowException">The product needs more than 256 bits.</exception>
    public static UInt256 operator *(in UInt256 left, in UInt256 right)
    {
        Multiply(left, right, out var low, out var high);
        return high.IsZero ? low : throw new OverflowException("256-bit multiplication overflowed.");
    }

    /// <summary>Divides, rounding down.</summary>
    /// <exception cref="DivideByZeroException">The divisor is 0.</exception>
    public static UInt256 operator /(in UInt256 left, in UInt256 right) => DivRem(left, right, out _);

    /// <summary>The remainder of the unsigned division.</summary>
    /// <exception cref="DivideByZeroException">The divisor is 0.</exception>
    public static UInt256 operator %(in UInt256 left, in UInt256 right)
    {
        DivRem(left, right, out var remainder);
        return remainder;
    }

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

    /// <summary>Multiplies modulo 2^256 (EVM <c>MUL</c>).</summary>
    public static UInt256 MultiplyWrapping(in UInt256 left, in UInt256 right)
    {
        unchecked // schoolbook over 64-bit limbs; only the low 256 bits are kept
        {
            if ((left._u1 | left._u2 | left._u3 | right._u1 | right._u2 | right._u3) == 0)
            {
                var high = Math.BigMul(left._u0, right._u0, out var low);
                return new(low, high, 0, 0);
            }
            var r0 = (UInt128)left._u0 * right._u0;
            var r1a = (UInt128)left._u0 * right._u1;
            var r1b = (UInt128)left._u1 * right._u0;
            var acc1 = (UInt128)(ulong)(r0 >> 64) + (ulong)r1a + (ulong)r1b;
            var r2a = (UInt128)left._u0 * right._u2;
            var r2b = (UInt128)left._u1 * right._u1;
            var r2c = (UInt128)left._u2 * right._u0;
            var acc2 = (acc1 >> 64) + (ulong)(r1a >> 64) + (ulong)(r1b >> 64) + (ulong)r2a + (ulong)r2b + (ulong)r2c;
            var acc3 = (ulong)(acc2 >> 64) + (ulong)(r2a >> 64) + (ulong)(r2b >> 64) + (ulong)(r2c >> 64)
                + (left._u0 * right._u3) + (left._u1 * right._u2) + (left._u2 * right._u1) + (left._u3 * right._u0);
            return new((ulong)r0, (ulong)acc1, (ulong)acc2, acc3);
        }
    }

    /// <summary>The negative modulo 2^256 (two's complement).</summary>
    public static UInt256 NegateWrapping(in UInt256 value) => SubtractWrapping(default, value);

    /// <summary>The full 512-bit product.</summary>
    /// <param name="left">One factor.</param>
    /// <param name="right">The other factor.</param>
    /// <param name="low">Bits 0 to 255.</param>
    /// <param name="high">Bits 256 to 511.</param>
    public static void Multiply(in UInt256 left, in UInt256 right, out UInt256 low, out UInt256 high)
    {
        Span<ulong> product = stackalloc ulong[8];
        product.Clear();
        Span<ulong> a = [left._u0, left._u1, left._u2, left._u3];
        Span<ulong> b = [right._u0, right._u1, right._u2, right._u3];
        unchecked // each step is at most (2^64-1)^2 + 2*(2^64-1), which fits 128 bits
        {
            for (var i = 0; i < 4; i++)
            {
                ulong carry = 0;
                for (var j = 0; j < 4; j++)
                {
                    var t = ((UInt128)a[i] * b[j]) + product[i + j] + carry;
                    product[i + j] = (ulong)t;
                    carry = (ulong)(t >> 64);
                }
                product[i + 4] = carry;
            }
        }
        low = new(product[0], product[1], product[2], product[3]);
        high = new(product[4], product[5], product[6], product[7]);
    }

    /// <summary><c>(left + right) mod modulus</c> over the unreduced sum (EVM <c>ADDMOD</c>); 0 for modulus 0.</summary>
    public static UInt256 AddMod(in UInt256 left, in UInt256 right, in UInt256 modulus)
    {
        if (modulus.IsZero)
        {
            return default;
        }
        return AddWithCarry(left, right, out var sum) ? Reduce512(sum, One, modulus) : sum % modulus;
    }

    /// <summary><c>(left * right) mod modulus</c> over the full product (EVM <c>MULMOD</c>); 0 for modulus 0.</summary>
    public static UInt256 MultiplyMod(in UInt256 left, in UInt256 right, in UInt256 modulus)
    {
        if (modulus.IsZero)
        {
            return default;
        }
        Multiply(left, right, out var low, out var high);
        return high.IsZero ? low % modulus : Reduce512(low, high, modulus);
    }

    /// <summary><c>value ^ exponent</c> modulo 2^256 (EVM <c>EXP</c>); <c>0 ^ 0</c> is 1.</summary>
    public static UInt256 PowWrapping(in UInt256 value, in UInt256 exponent)
    {
        var result = One;
        var factor = value;
        var bits = exponent.BitLength;
        for (var i = 0; i < bits; i++)
        {
            if (exponent.Bit(i))
            {
                result = MultiplyWrapping(result, factor);
            }
            factor = MultiplyWrapping(factor, factor);
        }
        return result;
    }

    /// <summary>Whether bit <paramref name="index"/> (0 to 255, 0 is the lowest) is set.</summary>
    public bool Bit(int index)
    {
        var limb = (index >> 6) switch { 0 => _u0, 1 => _u1, 2 => _u2, _ => _u3 };
        return ((limb >> (index & 63)) & 1) != 0;
    }

    /// <summary>Signed division rounding towards zero (EVM <c>SDIV</c>); 0 for divisor 0; the most negative number by -1 is itself.</summary>
    public static UInt256 SignedDivide(in UInt256 left, in UInt256 right)
    {
        if (right.IsZero)
        {
            return default;
        }
        var a = left.IsNegative ? NegateWrapping(left) : left;
        var b = right.IsNegative ? NegateWrapping(right) : right;
        var q = a / b;
        return left.IsNegative != right.IsNegative ? NegateWrapping(q) : q;
    }

    /// <summary>Signed remainder with the sign of the dividend (EVM <c>SMOD</c>); 0 for divisor 0.</summary>
    public static UInt256 SignedModulo(in UInt256 left, in UInt256 right)
    {
        if (right.IsZero)
        {
            return default;
        }
        var a = left.IsNegative ? NegateWrapping(left) : left;
        var b = right.IsNegative ? NegateWrapping(right) : right;
        var r = a % b;
        return left.IsNegative ? NegateWrapping(r) : r;
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
