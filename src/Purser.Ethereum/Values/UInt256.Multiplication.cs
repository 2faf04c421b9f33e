using System.Runtime.CompilerServices;

namespace Purser.Ethereum;

/// <content>Products and powers.</content>
public readonly partial struct UInt256
{
    /// <summary>Multiplies.</summary>
    /// <exception cref="OverflowException">The product needs more than 256 bits.</exception>
    public static UInt256 operator *(in UInt256 left, in UInt256 right)
    {
        if (left.FitsUInt64 && right.FitsUInt64)
        {
            var small = Wide.Multiply(left._u0, right._u0, out var top);
            return new(small, top, 0, 0);
        }
        Multiply(left, right, out var low, out var high);
        return high.IsZero ? low : throw new OverflowException("256-bit multiplication overflowed.");
    }

    /// <summary>Multiplies modulo 2^256 (EVM <c>MUL</c>).</summary>
    public static UInt256 MultiplyWrapping(in UInt256 left, in UInt256 right)
    {
        ulong a0 = left._u0, a1 = left._u1, a2 = left._u2, a3 = left._u3;
        ulong b0 = right._u0, b1 = right._u1, b2 = right._u2, b3 = right._u3;
        unchecked // only the low 256 bits are kept
        {
            var r0 = Wide.Multiply(a0, b0, out var c);
            if ((a1 | a2 | a3 | b1 | b2 | b3) == 0)
            {
                return new(r0, c, 0, 0);
            }
            var r1 = Wide.MultiplyAdd(a0, b1, c, out c);
            var r2 = Wide.MultiplyAdd(a0, b2, c, out c);
            var r3 = (a0 * b3) + c;
            r1 = Wide.MultiplyAdd(a1, b0, r1, out c);
            r2 = Wide.MultiplyAdd(a1, b1, r2, c, out c);
            r3 += (a1 * b2) + c;
            r2 = Wide.MultiplyAdd(a2, b0, r2, out c);
            r3 += (a2 * b1) + c + (a3 * b0);
            return new(r0, r1, r2, r3);
        }
    }

    /// <summary>The full 512-bit product.</summary>
    /// <param name="left">One factor.</param>
    /// <param name="right">The other factor.</param>
    /// <param name="low">Bits 0 to 255.</param>
    /// <param name="high">Bits 256 to 511.</param>
    [SkipLocalsInit]
    public static void Multiply(in UInt256 left, in UInt256 right, out UInt256 low, out UInt256 high)
    {
        ulong a0 = left._u0, a1 = left._u1, a2 = left._u2, a3 = left._u3;
        ulong b0 = right._u0, b1 = right._u1, b2 = right._u2, b3 = right._u3;

        var r0 = Wide.Multiply(a0, b0, out var c);
        var r1 = Wide.MultiplyAdd(a0, b1, c, out c);
        var r2 = Wide.MultiplyAdd(a0, b2, c, out c);
        var r3 = Wide.MultiplyAdd(a0, b3, c, out var r4);
        r1 = Wide.MultiplyAdd(a1, b0, r1, out c);
        r2 = Wide.MultiplyAdd(a1, b1, r2, c, out c);
        r3 = Wide.MultiplyAdd(a1, b2, r3, c, out c);
        r4 = Wide.MultiplyAdd(a1, b3, r4, c, out var r5);
        r2 = Wide.MultiplyAdd(a2, b0, r2, out c);
        r3 = Wide.MultiplyAdd(a2, b1, r3, c, out c);
        r4 = Wide.MultiplyAdd(a2, b2, r4, c, out c);
        r5 = Wide.MultiplyAdd(a2, b3, r5, c, out var r6);
        r3 = Wide.MultiplyAdd(a3, b0, r3, out c);
        r4 = Wide.MultiplyAdd(a3, b1, r4, c, out c);
        r5 = Wide.MultiplyAdd(a3, b2, r5, c, out c);
        r6 = Wide.MultiplyAdd(a3, b3, r6, c, out var r7);
        low = new(r0, r1, r2, r3);
        high = new(r4, r5, r6, r7);
    }

    /// <summary>Bits 256 to 511 of the full product.</summary>
    public static UInt256 MultiplyHigh(in UInt256 left, in UInt256 right)
    {
        Multiply(left, right, out _, out var high);
        return high;
    }

    /// <summary><c>left * right / divisor</c> over the full 512-bit product, rounding down: a share of an amount without an overflow in between.</summary>
    /// <exception cref="DivideByZeroException">The divisor is 0.</exception>
    /// <exception cref="OverflowException">The quotient needs more than 256 bits.</exception>
    public static UInt256 MultiplyDivide(in UInt256 left, in UInt256 right, in UInt256 divisor) => MultiplyDivide(left, right, divisor, out _);

    /// <summary>As <see cref="MultiplyDivide(in UInt256, in UInt256, in UInt256)"/>, with the remainder, by which a caller rounds as he must.</summary>
    /// <exception cref="DivideByZeroException">The divisor is 0.</exception>
    /// <exception cref="OverflowException">The quotient needs more than 256 bits.</exception>
    public static UInt256 MultiplyDivide(in UInt256 left, in UInt256 right, in UInt256 divisor, out UInt256 remainder)
    {
        Multiply(left, right, out var low, out var high);
        if (high.IsZero)
        {
            return DivRem(low, divisor, out remainder);
        }
        return divisor.IsZero ? throw new DivideByZeroException()
            : high >= divisor ? throw new OverflowException("The quotient needs more than 256 bits.")
            : DivRem512(low, high, divisor, out remainder);
    }

    /// <summary><c>value ^ exponent</c>; <c>0 ^ 0</c> is 1.</summary>
    /// <exception cref="OverflowException">The power needs more than 256 bits.</exception>
    public static UInt256 Pow(in UInt256 value, int exponent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(exponent);
        var result = One;
        var factor = value;
        while (true)
        {
            if ((exponent & 1) != 0)
            {
                result *= factor;
            }
            exponent >>= 1;
            if (exponent == 0 || result.IsZero)
            {
                return result;
            }
            // A square that overflows is of no matter only where nothing more is multiplied, and here something is.
            factor *= factor;
        }
    }

    /// <summary><c>value ^ exponent</c> modulo 2^256 (EVM <c>EXP</c>); <c>0 ^ 0</c> is 1.</summary>
    public static UInt256 PowWrapping(in UInt256 value, in UInt256 exponent)
    {
        if (IsPow2(value))
        {
            // 2^k to the n is 2^(k·n), and 0 from 2^256 on.
            var shift = (ulong)TrailingZeroCount(value);
            return shift == 0 ? One : exponent.FitsUInt64 && exponent._u0 < 256 ? One << (int)(shift * exponent._u0) : default;
        }
        var result = One;
        for (var i = exponent.BitLength - 1; i >= 0; i--)
        {
            result = MultiplyWrapping(result, result);
            if (exponent.Bit(i))
            {
                result = MultiplyWrapping(result, value);
            }
        }
        return result;
    }
}
