using System.Runtime.CompilerServices;

namespace Purser.Ethereum;

/// <content>Division, by limbs of 64 bits (see LimbDivision).</content>
public readonly partial struct UInt256
{
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

    /// <summary>Divides and gives the remainder.</summary>
    /// <exception cref="DivideByZeroException">The divisor is 0.</exception>
    [SkipLocalsInit]
    public static UInt256 DivRem(in UInt256 dividend, in UInt256 divisor, out UInt256 remainder)
    {
        if (divisor.FitsUInt64)
        {
            if (divisor._u0 == 0)
            {
                throw new DivideByZeroException();
            }
            var small = DivRemSmall(dividend, divisor._u0, out var rest);
            remainder = rest;
            return small;
        }
        if (dividend < divisor)
        {
            remainder = dividend;
            return default;
        }
        Span<ulong> limbs = [dividend._u0, dividend._u1, dividend._u2, dividend._u3, 0];
        Span<ulong> quotient = stackalloc ulong[4];
        quotient.Clear();
        Divide(limbs, divisor, quotient, out remainder);
        return new(quotient[0], quotient[1], quotient[2], quotient[3]);
    }

    // (high * 2^256 + low) / divisor for a high under the divisor, so that the quotient has its place.
    private static UInt256 DivRem512(in UInt256 low, in UInt256 high, in UInt256 divisor, out UInt256 remainder)
    {
        Span<ulong> limbs = [low._u0, low._u1, low._u2, low._u3, high._u0, high._u1, high._u2, high._u3, 0];
        Span<ulong> quotient = stackalloc ulong[8];
        quotient.Clear();
        if (divisor.FitsUInt64)
        {
            remainder = LimbDivision.DivRem(limbs[..8], divisor._u0, quotient);
        }
        else
        {
            Divide(limbs, divisor, quotient, out remainder);
        }
        return new(quotient[0], quotient[1], quotient[2], quotient[3]);
    }

    // (high * 2^256 + low) mod modulus
    [SkipLocalsInit]
    private static UInt256 Reduce512(in UInt256 low, in UInt256 high, in UInt256 modulus)
    {
        Span<ulong> limbs = [low._u0, low._u1, low._u2, low._u3, high._u0, high._u1, high._u2, high._u3, 0];
        Span<ulong> quotient = stackalloc ulong[8];
        if (modulus.FitsUInt64)
        {
            return LimbDivision.DivRem(limbs[..8], modulus._u0, quotient);
        }
        Divide(limbs, modulus, quotient, out var remainder);
        return remainder;
    }

    [SkipLocalsInit]
    private static UInt256 DivRemSmall(in UInt256 dividend, ulong divisor, out ulong remainder)
    {
        if (dividend.FitsUInt64)
        {
            (var small, remainder) = Math.DivRem(dividend._u0, divisor);
            return small;
        }
        Span<ulong> limbs = [dividend._u0, dividend._u1, dividend._u2, dividend._u3];
        Span<ulong> quotient = stackalloc ulong[4];
        remainder = LimbDivision.DivRem(limbs, divisor, quotient);
        return new(quotient[0], quotient[1], quotient[2], quotient[3]);
    }

    private static ulong MulAddSmall(ref UInt256 value, ulong factor, ulong addend)
    {
        var r0 = Wide.MultiplyAdd(value._u0, factor, addend, out var c);
        var r1 = Wide.MultiplyAdd(value._u1, factor, c, out c);
        var r2 = Wide.MultiplyAdd(value._u2, factor, c, out c);
        var r3 = Wide.MultiplyAdd(value._u3, factor, c, out c);
        value = new(r0, r1, r2, r3);
        return c;
    }

    // limbs has a place more than its number needs, divisor more than one limb.
    [SkipLocalsInit]
    private static void Divide(Span<ulong> limbs, in UInt256 divisor, Span<ulong> quotient, out UInt256 remainder)
    {
        var shift = LeadingZeroCount(divisor) & 63;
        var shifted = divisor << shift;
        ReadOnlySpan<ulong> d = [shifted._u0, shifted._u1, shifted._u2, shifted._u3];
        var n = shifted._u3 != 0 ? 4 : shifted._u2 != 0 ? 3 : 2;
        if (shift != 0)
        {
            for (var i = limbs.Length - 1; i > 0; i--)
            {
                limbs[i] = (limbs[i] << shift) | (limbs[i - 1] >> (64 - shift));
            }
            limbs[0] <<= shift;
        }
        LimbDivision.DivRem(limbs, d[..n], quotient);
        remainder = new UInt256(limbs[0], limbs[1], n > 2 ? limbs[2] : 0, n > 3 ? limbs[3] : 0) >> shift;
    }
}
