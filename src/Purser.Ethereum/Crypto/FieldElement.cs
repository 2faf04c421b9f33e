using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Purser.Ethereum;

/// <summary>
/// A number modulo secp256k1's field prime p = 2^256 − 2^32 − 977 (SEC 2, 2.4.1), in four 64-bit limbs, lowest first.
/// Between operations the value may lie anywhere in 0..2^256−1; <see cref="Normalize"/> brings it under p.
/// Not constant time: for public data (signatures, public keys) only, never for a secret.
/// </summary>
internal readonly struct FieldElement
{
    /// <summary>2^256 − p.</summary>
    private const ulong Fold = 0x1000003D1;

    private const ulong Prime0 = 0xFFFFFFFEFFFFFC2F;

    private readonly ulong _0;
    private readonly ulong _1;
    private readonly ulong _2;
    private readonly ulong _3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal FieldElement(ulong limb0, ulong limb1, ulong limb2, ulong limb3)
    {
        _0 = limb0;
        _1 = limb1;
        _2 = limb2;
        _3 = limb3;
    }

    internal static FieldElement One => new(1, 0, 0, 0);

    internal static FieldElement Seven => new(7, 0, 0, 0);

    /// <summary>True when the value is 0 modulo p.</summary>
    internal bool IsZero =>
        (_0 | _1 | _2 | _3) == 0 || (_0 == Prime0 && (_1 & _2 & _3) == ulong.MaxValue);

    /// <summary>The lowest bit of the normalized value.</summary>
    internal bool IsOdd => (Normalize()._0 & 1) == 1;

    /// <summary>Reads 32 big-endian bytes; false when they are p or more.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes32, out FieldElement value)
    {
        value = new FieldElement(
            BinaryPrimitives.ReadUInt64BigEndian(bytes32[24..32]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes32[16..24]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes32[8..16]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes32[..8]));
        return !value.IsNotReduced;
    }

    /// <summary>Writes the normalized value as 32 big-endian bytes.</summary>
    internal void Write(Span<byte> bytes32)
    {
        FieldElement value = Normalize();
        BinaryPrimitives.WriteUInt64BigEndian(bytes32[24..32], value._0);
        BinaryPrimitives.WriteUInt64BigEndian(bytes32[16..24], value._1);
        BinaryPrimitives.WriteUInt64BigEndian(bytes32[8..16], value._2);
        BinaryPrimitives.WriteUInt64BigEndian(bytes32[..8], value._3);
    }

    internal FieldElement Normalize()
    {
        if (!IsNotReduced)
        {
            return this;
        }

        // Under 2^256 and at least p: what lies above p sits in the lowest limb alone.
        return new FieldElement(unchecked(_0 - Prime0), 0, 0, 0);
    }

    internal static bool AreEqual(in FieldElement a, in FieldElement b)
    {
        FieldElement x = a.Normalize();
        FieldElement y = b.Normalize();
        return ((x._0 ^ y._0) | (x._1 ^ y._1) | (x._2 ^ y._2) | (x._3 ^ y._3)) == 0;
    }

    internal static FieldElement Add(in FieldElement a, in FieldElement b)
    {
        unchecked // modular arithmetic: a carry out of the top is folded back as 2^256 − p
        {
            ulong carry = 0;
            ulong r0 = Wide.Add(a._0, b._0, ref carry);
            ulong r1 = Wide.Add(a._1, b._1, ref carry);
            ulong r2 = Wide.Add(a._2, b._2, ref carry);
            ulong r3 = Wide.Add(a._3, b._3, ref carry);
            return FoldCarry(r0, r1, r2, r3, carry * Fold);
        }
    }

    internal static FieldElement Subtract(in FieldElement a, in FieldElement b)
    {
        unchecked // modular arithmetic: a borrow out of the top is taken back as 2^256 − p
        {
            ulong borrow = 0;
            ulong r0 = Wide.Subtract(a._0, b._0, ref borrow);
            ulong r1 = Wide.Subtract(a._1, b._1, ref borrow);
            ulong r2 = Wide.Subtract(a._2, b._2, ref borrow);
            ulong r3 = Wide.Subtract(a._3, b._3, ref borrow);
            ulong take = borrow * Fold;
            ulong low = r0 - take;
            if (r0 >= take)
            {
                return new FieldElement(low, r1, r2, r3);
            }

            borrow = 1;
            r1 = Wide.Subtract(r1, 0, ref borrow);
            r2 = Wide.Subtract(r2, 0, ref borrow);
            r3 = Wide.Subtract(r3, 0, ref borrow);
            // A second borrow means that the value wrapped to 2^256 − something small: once more under it.
            return borrow == 0 ? new FieldElement(low, r1, r2, r3) : new FieldElement(low - Fold, r1, r2, r3);
        }
    }

    internal static FieldElement Negate(in FieldElement a) => Subtract(default, a);

    internal static FieldElement Double(in FieldElement a) => Add(a, a);

    internal static FieldElement Multiply(in FieldElement a, in FieldElement b)
    {
        unchecked // schoolbook product in 64-bit limbs
        {
            ulong a0 = a._0, a1 = a._1, a2 = a._2, a3 = a._3;
            ulong b0 = b._0, b1 = b._1, b2 = b._2, b3 = b._3;

            ulong r0 = Wide.Multiply(a0, b0, out ulong c);
            ulong r1 = Wide.MultiplyAdd(a0, b1, c, out c);
            ulong r2 = Wide.MultiplyAdd(a0, b2, c, out c);
            ulong r3 = Wide.MultiplyAdd(a0, b3, c, out ulong r4);

            r1 = Wide.MultiplyAdd(a1, b0, r1, out c);
            r2 = Wide.MultiplyAdd(a1, b1, r2, c, out c);
            r3 = Wide.MultiplyAdd(a1, b2, r3, c, out c);
            r4 = Wide.MultiplyAdd(a1, b3, r4, c, out ulong r5);

            r2 = Wide.MultiplyAdd(a2, b0, r2, out c);
            r3 = Wide.MultiplyAdd(a2, b1, r3, c, out c);
            r4 = Wide.MultiplyAdd(a2, b2, r4, c, out c);
            r5 = Wide.MultiplyAdd(a2, b3, r5, c, out ulong r6);

            r3 = Wide.MultiplyAdd(a3, b0, r3, out c);
            r4 = Wide.MultiplyAdd(a3, b1, r4, c, out c);
            r5 = Wide.MultiplyAdd(a3, b2, r5, c, out c);
            r6 = Wide.MultiplyAdd(a3, b3, r6, c, out ulong r7);

            return Reduce(r0, r1, r2, r3, r4, r5, r6, r7);
        }
    }

    internal static FieldElement Square(in FieldElement a)
    {
        unchecked // the off-diagonal products once, doubled, then the squares
        {
            ulong a0 = a._0, a1 = a._1, a2 = a._2, a3 = a._3;

            ulong r1 = Wide.Multiply(a0, a1, out ulong c);
            ulong r2 = Wide.MultiplyAdd(a0, a2, c, out c);
            ulong r3 = Wide.MultiplyAdd(a0, a3, c, out ulong r4);
            r3 = Wide.MultiplyAdd(a1, a2, r3, out c);
            r4 = Wide.MultiplyAdd(a1, a3, r4, c, out ulong r5);
            r5 = Wide.MultiplyAdd(a2, a3, r5, out ulong r6);

            ulong r7 = r6 >> 63;
            r6 = (r6 << 1) | (r5 >> 63);
            r5 = (r5 << 1) | (r4 >> 63);
            r4 = (r4 << 1) | (r3 >> 63);
            r3 = (r3 << 1) | (r2 >> 63);
            r2 = (r2 << 1) | (r1 >> 63);
            r1 <<= 1;

            ulong carry = 0;
            ulong r0 = Wide.Multiply(a0, a0, out ulong h);
            r1 = Wide.Add(r1, h, ref carry);
            ulong l = Wide.Multiply(a1, a1, out h);
            r2 = Wide.Add(r2, l, ref carry);
            r3 = Wide.Add(r3, h, ref carry);
            l = Wide.Multiply(a2, a2, out h);
            r4 = Wide.Add(r4, l, ref carry);
            r5 = Wide.Add(r5, h, ref carry);
            l = Wide.Multiply(a3, a3, out h);
            r6 = Wide.Add(r6, l, ref carry);
            r7 = r7 + h + carry;

            return Reduce(r0, r1, r2, r3, r4, r5, r6, r7);
        }
    }

    /// <summary>a^(p−2): the inverse, or 0 of 0.</summary>
    internal static FieldElement Invert(in FieldElement a)
    {
        FieldElement run = PowerOfOnes(a, out FieldElement ones2, out FieldElement ones22);
        FieldElement t = Multiply(SquareTimes(run, 23), ones22);
        t = Multiply(SquareTimes(t, 5), a);
        t = Multiply(SquareTimes(t, 3), ones2);
        return Multiply(SquareTimes(t, 2), a);
    }

    /// <summary>a^((p+1)/4), which is a square root of <paramref name="a"/> where there is one; false where there is none.</summary>
    internal static bool TrySquareRoot(in FieldElement a, out FieldElement root)
    {
        FieldElement run = PowerOfOnes(a, out FieldElement ones2, out FieldElement ones22);
        FieldElement t = Multiply(SquareTimes(run, 23), ones22);
        t = Multiply(SquareTimes(t, 6), ones2);
        root = SquareTimes(t, 2);
        return AreEqual(Square(root), a);
    }

    /// <summary>a^(2^223 − 1), the long run of ones with which both exponents p−2 and (p+1)/4 begin.</summary>
    private static FieldElement PowerOfOnes(in FieldElement a, out FieldElement ones2, out FieldElement ones22)
    {
        ones2 = Multiply(Square(a), a);
        FieldElement ones3 = Multiply(Square(ones2), a);
        FieldElement ones6 = Multiply(SquareTimes(ones3, 3), ones3);
        FieldElement ones9 = Multiply(SquareTimes(ones6, 3), ones3);
        FieldElement ones11 = Multiply(SquareTimes(ones9, 2), ones2);
        ones22 = Multiply(SquareTimes(ones11, 11), ones11);
        FieldElement ones44 = Multiply(SquareTimes(ones22, 22), ones22);
        FieldElement ones88 = Multiply(SquareTimes(ones44, 44), ones44);
        FieldElement ones176 = Multiply(SquareTimes(ones88, 88), ones88);
        FieldElement ones220 = Multiply(SquareTimes(ones176, 44), ones44);
        return Multiply(SquareTimes(ones220, 3), ones3);
    }

    private static FieldElement SquareTimes(FieldElement a, int times)
    {
        for (int i = 0; i < times; i++)
        {
            a = Square(a);
        }

        return a;
    }

    private bool IsNotReduced => _0 >= Prime0 && (_1 & _2 & _3) == ulong.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FieldElement Reduce(ulong r0, ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, ulong r6, ulong r7)
    {
        unchecked // 2^256 is congruent to Fold: the upper half comes down multiplied by it
        {
            r0 = Wide.MultiplyAdd(r4, Fold, r0, out ulong c);
            r1 = Wide.MultiplyAdd(r5, Fold, r1, c, out c);
            r2 = Wide.MultiplyAdd(r6, Fold, r2, c, out c);
            r3 = Wide.MultiplyAdd(r7, Fold, r3, c, out c);

            // c is under 2^34, so c·Fold takes two limbs.
            r0 = Wide.MultiplyAdd(c, Fold, r0, out c);
            r1 += c;
            if (r1 >= c)
            {
                return new FieldElement(r0, r1, r2, r3);
            }

            ulong carry = 1;
            r2 = Wide.Add(r2, 0, ref carry);
            r3 = Wide.Add(r3, 0, ref carry);
            // After a wrap the value is small, so this last carry cannot run on.
            return FoldCarry(r0, r1, r2, r3, carry * Fold);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FieldElement FoldCarry(ulong r0, ulong r1, ulong r2, ulong r3, ulong add)
    {
        unchecked // see Reduce
        {
            ulong low = r0 + add;
            if (low >= add)
            {
                return new FieldElement(low, r1, r2, r3);
            }

            ulong carry = 1;
            r1 = Wide.Add(r1, 0, ref carry);
            r2 = Wide.Add(r2, 0, ref carry);
            r3 = Wide.Add(r3, 0, ref carry);
            // Only values just under 2^256 wrap here; what is left is small and takes Fold without a carry.
            return carry == 0 ? new FieldElement(low, r1, r2, r3) : new FieldElement(low + Fold, r1, r2, r3);
        }
    }
}
