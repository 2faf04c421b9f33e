using System.Numerics;

namespace Purser.Ethereum;

/// <summary>
/// Long division over 64-bit limbs (Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D), in which each quotient digit
/// comes of a reciprocal that is computed once, by multiplications (N. Möller and T. Granlund, "Improved Division by Invariant
/// Integers", 2011, algorithms 2 to 6): .NET has no division of 128 bits by 64 that is one instruction.
/// </summary>
internal static class LimbDivision
{
    /// <summary>Divides any number of limbs by one that is not 0; returns the remainder. <paramref name="quotient"/> is as long as <paramref name="dividend"/>.</summary>
    internal static ulong DivRem(ReadOnlySpan<ulong> dividend, ulong divisor, Span<ulong> quotient)
    {
        var shift = BitOperations.LeadingZeroCount(divisor);
        var d = divisor << shift;
        var reciprocal = Reciprocal(d);
        // A shift by 64 would be one by 0, so the bits that go over to the next limb are taken in two steps.
        var rest = dividend[^1] >> 1 >> (63 - shift);
        for (var i = dividend.Length - 1; i >= 0; i--)
        {
            var low = i > 0 ? dividend[i - 1] >> 1 >> (63 - shift) : 0;
            quotient[i] = DivideTwoByOne(rest, (dividend[i] << shift) | low, d, reciprocal, out rest);
        }
        return rest >> shift;
    }

    /// <summary>
    /// Divides <paramref name="limbs"/>, whose highest limb is under the divisor's, by two limbs or more of which the highest bit is
    /// set. The remainder stays in the lowest limbs; the quotient has as many limbs as there are more in the dividend.
    /// </summary>
    internal static void DivRem(Span<ulong> limbs, ReadOnlySpan<ulong> divisor, Span<ulong> quotient)
    {
        var n = divisor.Length;
        var (d1, d0) = (divisor[n - 1], divisor[n - 2]);
        var reciprocal = ReciprocalOfTwo(d1, d0);
        for (var j = limbs.Length - 1 - n; j >= 0; j--)
        {
            var part = limbs.Slice(j, n + 1);
            var (u2, u1) = (part[n], part[n - 1]);
            if (u2 == d1 && u1 == d0)
            {
                // The digit is the highest there is: what is left of part is under the divisor then.
                part[n] = unchecked(u2 - SubtractProduct(part[..n], divisor, ulong.MaxValue));
                quotient[j] = ulong.MaxValue;
                continue;
            }
            quotient[j] = Digit(part, divisor, reciprocal);
        }
    }

    private static ulong Digit(Span<ulong> part, ReadOnlySpan<ulong> divisor, ulong reciprocal)
    {
        var n = divisor.Length;
        var (d1, d0) = (divisor[n - 1], divisor[n - 2]);
        var digit = DivideThreeByTwo(part[n], part[n - 1], part[n - 2], d1, d0, reciprocal, out var r1, out var r0);
        ulong borrow = 0;
        r0 = Wide.Subtract(r0, SubtractProduct(part[..(n - 2)], divisor[..(n - 2)], digit), ref borrow);
        r1 = Wide.Subtract(r1, 0, ref borrow);
        (part[n], part[n - 1], part[n - 2]) = (0, r1, r0);
        if (borrow != 0)
        {
            // One too many, for what the two highest limbs do not show: about once in 2^64.
            digit--;
            ulong carry = 0;
            for (var i = 0; i < n; i++)
            {
                part[i] = Wide.Add(part[i], divisor[i], ref carry);
            }
        }
        return digit;
    }

    // part -= divisor * digit; returns what is to be taken from the next limb.
    private static ulong SubtractProduct(Span<ulong> part, ReadOnlySpan<ulong> divisor, ulong digit)
    {
        ulong over = 0;
        unchecked // borrows are taken by comparison
        {
            for (var i = 0; i < part.Length; i++)
            {
                var low = Wide.MultiplyAdd(divisor[i], digit, over, out over);
                over += part[i] < low ? 1UL : 0UL;
                part[i] -= low;
            }
        }
        return over;
    }

    // floor((2^128 - 1) / d) - 2^64 for a d with its highest bit set. Each step about doubles the right bits.
    private static ulong Reciprocal(ulong d)
    {
        unchecked // by the algorithm, modulo 2^64
        {
            var d40 = (d >> 24) + 1;
            var d63 = (d >> 1) + (d & 1);
            ulong v0 = (uint)0x7fd00 / (uint)(d >> 55);
            var v1 = (v0 << 11) - ((v0 * v0 * d40) >> 40) - 1;
            var v2 = (v1 << 13) + ((v1 * ((1UL << 60) - (v1 * d40))) >> 47);
            var e = ((v2 >> 1) & (0 - (d & 1))) - (v2 * d63);
            _ = Wide.Multiply(v2, e, out var high);
            var v3 = (high >> 1) + (v2 << 31);
            _ = Wide.MultiplyAdd(v3, d, d, out high);
            return v3 - high - d;
        }
    }

    private static ulong ReciprocalOfTwo(ulong d1, ulong d0)
    {
        unchecked // by the algorithm, modulo 2^64
        {
            var v = Reciprocal(d1);
            var p = (d1 * v) + d0;
            if (p < d0)
            {
                v--;
                if (p >= d1)
                {
                    v--;
                    p -= d1;
                }
                p -= d1;
            }
            var low = Wide.Multiply(v, d0, out var high);
            p += high;
            if (p < high)
            {
                v--;
                if (p > d1 || (p == d1 && low >= d0))
                {
                    v--;
                }
            }
            return v;
        }
    }

    private static ulong DivideTwoByOne(ulong u1, ulong u0, ulong d, ulong reciprocal, out ulong remainder)
    {
        unchecked // by the algorithm, modulo 2^64
        {
            var q0 = Wide.Multiply(reciprocal, u1, out var q1);
            q0 += u0;
            q1 += u1 + (q0 < u0 ? 1UL : 0UL) + 1;
            var r = u0 - (q1 * d);
            if (r > q0)
            {
                q1--;
                r += d;
            }
            if (r >= d)
            {
                q1++;
                r -= d;
            }
            remainder = r;
            return q1;
        }
    }

    private static ulong DivideThreeByTwo(ulong u2, ulong u1, ulong u0, ulong d1, ulong d0, ulong reciprocal, out ulong r1, out ulong r0)
    {
        unchecked // by the algorithm, modulo 2^128
        {
            var q0 = Wide.Multiply(reciprocal, u2, out var q1);
            q0 += u1;
            q1 += u2 + (q0 < u1 ? 1UL : 0UL);
            var low = Wide.Multiply(q1, d0, out var high);
            ulong borrow = 0;
            r0 = Wide.Subtract(u0, low, ref borrow);
            r1 = u1 - (q1 * d1) - high - borrow;
            borrow = 0;
            r0 = Wide.Subtract(r0, d0, ref borrow);
            r1 = r1 - d1 - borrow;
            q1++;
            if (r1 >= q0)
            {
                q1--;
                ulong carry = 0;
                r0 = Wide.Add(r0, d0, ref carry);
                r1 = r1 + d1 + carry;
            }
            if (r1 > d1 || (r1 == d1 && r0 >= d0))
            {
                q1++;
                borrow = 0;
                r0 = Wide.Subtract(r0, d0, ref borrow);
                r1 = r1 - d1 - borrow;
            }
            return q1;
        }
    }
}
