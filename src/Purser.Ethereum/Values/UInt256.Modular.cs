namespace Purser.Ethereum;

/// <content>Arithmetic modulo a number of up to 256 bits.</content>
public readonly partial struct UInt256
{
    /// <summary><c>(left + right) mod modulus</c> over the unreduced sum (EVM <c>ADDMOD</c>); 0 for modulus 0.</summary>
    public static UInt256 AddMod(in UInt256 left, in UInt256 right, in UInt256 modulus)
    {
        if (modulus.IsZero)
        {
            return default;
        }
        if (modulus._u3 != 0 && left < modulus && right < modulus)
        {
            // Both reduced: one subtraction does.
            var carried = AddWithCarry(left, right, out var reduced);
            return carried || reduced >= modulus ? SubtractWrapping(reduced, modulus) : reduced;
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

    /// <summary>
    /// <c>value ^ exponent mod modulus</c>; 0 for modulus 0 or 1, and else 1 for exponent 0. The time depends on the numbers: for
    /// public ones only.
    /// </summary>
    public static UInt256 ModPow(in UInt256 value, in UInt256 exponent, in UInt256 modulus)
    {
        if (modulus.IsZero || modulus == One)
        {
            return default;
        }
        if (exponent.IsZero)
        {
            return One;
        }
        var reduced = value % modulus;
        return (modulus._u0 & 1) != 0 ? new Montgomery(modulus).Pow(reduced, exponent) : PowByProducts(reduced, exponent, modulus);
    }

    private static UInt256 PowByProducts(in UInt256 value, in UInt256 exponent, in UInt256 modulus)
    {
        var result = value;
        for (var i = exponent.BitLength - 2; i >= 0; i--)
        {
            result = MultiplyMod(result, result, modulus);
            if (exponent.Bit(i))
            {
                result = MultiplyMod(result, value, modulus);
            }
        }
        return result;
    }

    /// <summary>
    /// Products modulo an odd number without a division (P. Montgomery, "Modular Multiplication Without Trial Division", 1985):
    /// a value x stands as x·2^256 mod m.
    /// </summary>
    private readonly struct Montgomery
    {
        private readonly UInt256 _modulus;
        private readonly ulong _negativeInverse; // -1/m modulo 2^64

        internal Montgomery(in UInt256 modulus)
        {
            _modulus = modulus;
            unchecked // Newton's step doubles the right bits, modulo 2^64: 5, 10, 20, 40, 80
            {
                var m = modulus._u0;
                var inverse = (3 * m) ^ 2;
                for (var i = 0; i < 4; i++)
                {
                    inverse *= 2 - (m * inverse);
                }
                _negativeInverse = 0 - inverse;
            }
        }

        internal UInt256 Pow(in UInt256 value, in UInt256 exponent)
        {
            const int window = 4;
            var one = Reduce512(default, UInt256.One, _modulus);
            Span<UInt256> powers = stackalloc UInt256[1 << window];
            powers[0] = one;
            powers[1] = MultiplyMod(value, one, _modulus);
            for (var i = 2; i < powers.Length; i++)
            {
                powers[i] = Multiply(powers[i - 1], powers[1]);
            }
            var top = (exponent.BitLength - 1) / window;
            var result = powers[Digit(exponent, top)];
            for (var i = top - 1; i >= 0; i--)
            {
                for (var square = 0; square < window; square++)
                {
                    result = Multiply(result, result);
                }
                var digit = Digit(exponent, i);
                if (digit != 0)
                {
                    result = Multiply(result, powers[digit]);
                }
            }
            return Multiply(result, UInt256.One);
        }

        private static int Digit(in UInt256 exponent, int index)
        {
            var limb = (index >> 4) switch { 0 => exponent._u0, 1 => exponent._u1, 2 => exponent._u2, _ => exponent._u3 };
            return (int)((limb >> (4 * (index & 15))) & 15);
        }

        // left·right/2^256 mod m, one limb of the quotient after the other.
        private UInt256 Multiply(in UInt256 left, in UInt256 right)
        {
            ulong t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0;
            Row(left._u0, right, ref t0, ref t1, ref t2, ref t3, ref t4);
            Row(left._u1, right, ref t0, ref t1, ref t2, ref t3, ref t4);
            Row(left._u2, right, ref t0, ref t1, ref t2, ref t3, ref t4);
            Row(left._u3, right, ref t0, ref t1, ref t2, ref t3, ref t4);
            var result = new UInt256(t0, t1, t2, t3);
            return t4 != 0 || result >= _modulus ? SubtractWrapping(result, _modulus) : result;
        }

        // t = (t + a·b + q·m) / 2^64, with q such that the lowest limb becomes 0. t stays under 2m, so t4 is 0 or 1.
        private void Row(ulong a, in UInt256 b, ref ulong t0, ref ulong t1, ref ulong t2, ref ulong t3, ref ulong t4)
        {
            unchecked // carries are taken from the wrap itself
            {
                t0 = Wide.MultiplyAdd(a, b._u0, t0, out var c);
                t1 = Wide.MultiplyAdd(a, b._u1, t1, c, out c);
                t2 = Wide.MultiplyAdd(a, b._u2, t2, c, out c);
                t3 = Wide.MultiplyAdd(a, b._u3, t3, c, out c);
                ulong carry = 0;
                t4 = Wide.Add(t4, c, ref carry);
                var t5 = carry;

                var q = t0 * _negativeInverse;
                _ = Wide.MultiplyAdd(q, _modulus._u0, t0, out c);
                t0 = Wide.MultiplyAdd(q, _modulus._u1, t1, c, out c);
                t1 = Wide.MultiplyAdd(q, _modulus._u2, t2, c, out c);
                t2 = Wide.MultiplyAdd(q, _modulus._u3, t3, c, out c);
                carry = 0;
                t3 = Wide.Add(t4, c, ref carry);
                t4 = t5 + carry;
            }
        }
    }
}
