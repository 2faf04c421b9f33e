using System.Numerics;

namespace Purser.Ethereum;

/// <content>Division: by one limb, and Knuth's algorithm D over 32-bit digits for the rest.</content>
public readonly partial struct UInt256
{
    /// <summary>Divides and gives the remainder.</summary>
    /// <exception cref="DivideByZeroException">The divisor is 0.</exception>
    public static UInt256 DivRem(in UInt256 dividend, in UInt256 divisor, out UInt256 remainder)
    {
        if (divisor.FitsUInt64)
        {
            if (divisor._u0 == 0)
            {
                throw new DivideByZeroException();
            }
            var quotient = DivRemSmall(dividend, divisor._u0, out var small);
            remainder = small;
            return quotient;
        }
        if (dividend < divisor)
        {
            remainder = dividend;
            return default;
        }
        Span<uint> digits = stackalloc uint[9];
        Span<uint> quotientDigits = stackalloc uint[8];
        quotientDigits.Clear();
        Write(dividend, digits);
        DivRemDigits(digits, 8, divisor, quotientDigits, out remainder);
        return Read(quotientDigits);
    }

    // (high * 2^256 + low) mod modulus
    private static UInt256 Reduce512(in UInt256 low, in UInt256 high, in UInt256 modulus)
    {
        Span<uint> digits = stackalloc uint[17];
        Write(low, digits);
        Write(high, digits[8..]);
        if (modulus.FitsUInt64)
        {
            UInt128 rest = 0;
            for (var i = 15; i >= 0; i--)
            {
                rest = ((rest << 32) | digits[i]) % modulus._u0;
            }
            return (ulong)rest;
        }
        Span<uint> quotient = stackalloc uint[16];
        DivRemDigits(digits, 16, modulus, quotient, out var remainder);
        return remainder;
    }

    private static UInt256 DivRemSmall(in UInt256 dividend, ulong divisor, out ulong remainder)
    {
        if (dividend.FitsUInt64)
        {
            remainder = dividend._u0 % divisor;
            return dividend._u0 / divisor;
        }
        var q3 = Divide(0, dividend._u3, divisor, out var r);
        var q2 = Divide(r, dividend._u2, divisor, out r);
        var q1 = Divide(r, dividend._u1, divisor, out r);
        var q0 = Divide(r, dividend._u0, divisor, out r);
        remainder = r;
        return new(q0, q1, q2, q3);
    }

    private static ulong Divide(ulong high, ulong low, ulong divisor, out ulong remainder)
    {
        if (high == 0)
        {
            remainder = low % divisor;
            return low / divisor;
        }
        var n = new UInt128(high, low);
        var q = (ulong)(n / divisor); // high < divisor, so the quotient fits 64 bits
        remainder = (ulong)(n - ((UInt128)q * divisor));
        return q;
    }

    private static ulong MulAddSmall(ref UInt256 value, ulong factor, ulong addend)
    {
        var t0 = ((UInt128)value._u0 * factor) + addend;
        var t1 = ((UInt128)value._u1 * factor) + (ulong)(t0 >> 64);
        var t2 = ((UInt128)value._u2 * factor) + (ulong)(t1 >> 64);
        var t3 = ((UInt128)value._u3 * factor) + (ulong)(t2 >> 64);
        unchecked // the casts take the low limb
        {
            value = new((ulong)t0, (ulong)t1, (ulong)t2, (ulong)t3);
            return (ulong)(t3 >> 64);
        }
    }

    private static void Write(in UInt256 value, Span<uint> digits)
    {
        unchecked // the casts take the low digit
        {
            digits[0] = (uint)value._u0;
            digits[1] = (uint)(value._u0 >> 32);
            digits[2] = (uint)value._u1;
            digits[3] = (uint)(value._u1 >> 32);
            digits[4] = (uint)value._u2;
            digits[5] = (uint)(value._u2 >> 32);
            digits[6] = (uint)value._u3;
            digits[7] = (uint)(value._u3 >> 32);
        }
    }

    private static UInt256 Read(ReadOnlySpan<uint> digits) => new(
        digits[0] | ((ulong)digits[1] << 32),
        digits[2] | ((ulong)digits[3] << 32),
        digits[4] | ((ulong)digits[5] << 32),
        digits[6] | ((ulong)digits[7] << 32));

    // Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D. digits has one place more than count.
    private static void DivRemDigits(Span<uint> digits, int count, in UInt256 divisor, Span<uint> quotient, out UInt256 remainder)
    {
        Span<uint> v = stackalloc uint[8];
        Write(divisor, v);
        var n = 8;
        while (v[n - 1] == 0)
        {
            n--;
        }
        var shift = BitOperations.LeadingZeroCount(v[n - 1]);
        Write(divisor << shift, v);
        digits[count] = 0;
        if (shift > 0)
        {
            for (var i = count; i > 0; i--)
            {
                digits[i] = (digits[i] << shift) | (digits[i - 1] >> (32 - shift));
            }
            digits[0] <<= shift;
        }
        unchecked // digit products and borrows are handled in 64 bits
        {
            for (var j = count - n; j >= 0; j--)
            {
                var top = ((ulong)digits[j + n] << 32) | digits[j + n - 1];
                var guess = top / v[n - 1];
                var rest = top % v[n - 1];
                while (guess > uint.MaxValue || guess * v[n - 2] > ((rest << 32) | digits[j + n - 2]))
                {
                    guess--;
                    rest += v[n - 1];
                    if (rest > uint.MaxValue)
                    {
                        break;
                    }
                }
                long borrow = 0;
                ulong carry = 0;
                for (var i = 0; i < n; i++)
                {
                    var p = (guess * v[i]) + carry;
                    carry = p >> 32;
                    var t = digits[i + j] - borrow - (long)(uint)p;
                    digits[i + j] = (uint)t;
                    borrow = t < 0 ? 1 : 0;
                }
                var last = digits[j + n] - borrow - (long)carry;
                digits[j + n] = (uint)last;
                if (last < 0)
                {
                    guess--;
                    ulong c = 0;
                    for (var i = 0; i < n; i++)
                    {
                        c += (ulong)digits[i + j] + v[i];
                        digits[i + j] = (uint)c;
                        c >>= 32;
                    }
                    digits[j + n] += (uint)c;
                }
                quotient[j] = (uint)guess;
            }
        }
        Span<uint> r = stackalloc uint[8];
        r.Clear();
        digits[..n].CopyTo(r);
        remainder = Read(r) >> shift;
    }
}
