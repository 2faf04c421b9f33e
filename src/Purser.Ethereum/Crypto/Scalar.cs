using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Purser.Ethereum;

/// <summary>
/// A number modulo the order n of secp256k1's group (SEC 2, 2.4.1), in four 64-bit limbs, lowest first, always under n.
/// Not constant time: for public data only, never for a secret.
/// </summary>
internal readonly struct Scalar
{
    private const ulong Order0 = 0xBFD25E8CD0364141;
    private const ulong Order1 = 0xBAAEDCE6AF48A03B;
    private const ulong Order2 = 0xFFFFFFFFFFFFFFFE;
    private const ulong Order3 = 0xFFFFFFFFFFFFFFFF;

    // 2^256 − n, whose third limb is 1.
    private const ulong Fold0 = 0x402DA1732FC9BEBF;
    private const ulong Fold1 = 0x4551231950B75FC4;

    private readonly ulong _0;
    private readonly ulong _1;
    private readonly ulong _2;
    private readonly ulong _3;

    internal Scalar(ulong limb0, ulong limb1, ulong limb2, ulong limb3)
    {
        _0 = limb0;
        _1 = limb1;
        _2 = limb2;
        _3 = limb3;
    }

    internal bool IsZero => (_0 | _1 | _2 | _3) == 0;

    /// <summary>True when the value is above n/2: the s that EIP-2 refuses.</summary>
    internal bool IsHigh
    {
        get
        {
            Scalar negated = Negate(this);
            return !IsZero && Compare(this, negated) > 0;
        }
    }

    /// <summary>Reads 32 big-endian bytes; false when they are n or more.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes32, out Scalar value)
    {
        value = ReadRaw(bytes32);
        return !IsNotReduced(value._0, value._1, value._2, value._3);
    }

    /// <summary>Reads 32 big-endian bytes modulo n: a message digest (SEC 1, 4.1.3 step 5).</summary>
    internal static Scalar ReadReduced(ReadOnlySpan<byte> bytes32)
    {
        Scalar raw = ReadRaw(bytes32);
        return SubtractOrderOnce(raw._0, raw._1, raw._2, raw._3, 0);
    }

    /// <summary>Writes 32 big-endian bytes.</summary>
    internal void Write(Span<byte> bytes32)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes32[24..32], _0);
        BinaryPrimitives.WriteUInt64BigEndian(bytes32[16..24], _1);
        BinaryPrimitives.WriteUInt64BigEndian(bytes32[8..16], _2);
        BinaryPrimitives.WriteUInt64BigEndian(bytes32[..8], _3);
    }

    /// <summary>The <paramref name="count"/> bits (at most 31) from bit <paramref name="offset"/> up.</summary>
    internal uint Bits(int offset, int count)
    {
        unchecked // masks and shifts
        {
            int limb = offset >> 6;
            int shift = offset & 63;
            ulong low = Limb(limb) >> shift;
            if (shift + count > 64)
            {
                low |= Limb(limb + 1) << (64 - shift);
            }

            return (uint)(low & ((1UL << count) - 1));
        }
    }

    /// <summary>The lower and the upper 128 bits, each as a number of its own.</summary>
    internal void SplitHalves(out Scalar low, out Scalar high)
    {
        low = new Scalar(_0, _1, 0, 0);
        high = new Scalar(_2, _3, 0, 0);
    }

    internal static Scalar Add(in Scalar a, in Scalar b)
    {
        ulong carry = 0;
        ulong r0 = Wide.Add(a._0, b._0, ref carry);
        ulong r1 = Wide.Add(a._1, b._1, ref carry);
        ulong r2 = Wide.Add(a._2, b._2, ref carry);
        ulong r3 = Wide.Add(a._3, b._3, ref carry);
        return SubtractOrderOnce(r0, r1, r2, r3, carry);
    }

    internal static Scalar Negate(in Scalar a)
    {
        if (a.IsZero)
        {
            return a;
        }

        ulong borrow = 0;
        return new Scalar(
            Wide.Subtract(Order0, a._0, ref borrow),
            Wide.Subtract(Order1, a._1, ref borrow),
            Wide.Subtract(Order2, a._2, ref borrow),
            Wide.Subtract(Order3, a._3, ref borrow));
    }

    internal static Scalar Multiply(in Scalar a, in Scalar b)
    {
        Product(a, b, out Wide512 product);
        return Reduce(product);
    }

    /// <summary>a^(n−2) by windows of four bits: the inverse, or 0 of 0.</summary>
    internal static Scalar Invert(in Scalar a)
    {
        Span<Scalar> powers = stackalloc Scalar[16];
        powers[0] = new Scalar(1, 0, 0, 0);
        for (int i = 1; i < 16; i++)
        {
            powers[i] = Multiply(powers[i - 1], a);
        }

        Scalar exponent = new(Order0 - 2, Order1, Order2, Order3);
        Scalar result = powers[(int)exponent.Bits(252, 4)];
        for (int offset = 248; offset >= 0; offset -= 4)
        {
            for (int i = 0; i < 4; i++)
            {
                result = Multiply(result, result);
            }

            result = Multiply(result, powers[(int)exponent.Bits(offset, 4)]);
        }

        return result;
    }

    /// <summary>
    /// Splits k into k1 + k2·λ modulo n with both halves within 128 bits of 0 (Gallant, Lambert, Vanstone, with the lattice
    /// basis of Guide to Elliptic Curve Cryptography, algorithm 3.74). λ is the cube root of one by which the curve's
    /// endomorphism (x, y) → (βx, y) multiplies. Each half comes as its magnitude and its sign.
    /// </summary>
    internal void SplitLambda(out Scalar k1, out bool negative1, out Scalar k2, out bool negative2)
    {
        // round(2^384·b2/n) and round(2^384·−b1/n)
        Scalar g1 = new(0xE893209A45DBB031, 0x3DAA8A1471E8CA7F, 0xE86C90E49284EB15, 0x3086D221A7D46BCD);
        Scalar g2 = new(0x1571B4AE8AC47F71, 0x221208AC9DF506C6, 0x6F547FA90ABFE4C4, 0xE4437ED6010E8828);
        Scalar minusB1 = new(0x6F547FA90ABFE4C3, 0xE4437ED6010E8828, 0, 0);
        Scalar minusB2 = new(0xD765CDA83DB1562C, 0x8A280AC50774346D, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF);
        Scalar lambda = new(0xDF02967C1B23BD72, 0x122E22EA20816678, 0xA5261C028812645A, 0x5363AD4CC05C30E0);

        Scalar c1 = MultiplyShift384(this, g1);
        Scalar c2 = MultiplyShift384(this, g2);
        Scalar second = Add(Multiply(c1, minusB1), Multiply(c2, minusB2));
        Scalar first = Add(this, Negate(Multiply(second, lambda)));
        negative1 = first.IsHigh;
        negative2 = second.IsHigh;
        k1 = negative1 ? Negate(first) : first;
        k2 = negative2 ? Negate(second) : second;
    }

    private ulong Limb(int index) => index switch { 0 => _0, 1 => _1, 2 => _2, 3 => _3, _ => 0 };

    private static Scalar ReadRaw(ReadOnlySpan<byte> bytes32) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes32[24..32]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes32[16..24]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes32[8..16]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes32[..8]));

    private static int Compare(in Scalar a, in Scalar b) =>
        a._3 != b._3 ? a._3.CompareTo(b._3)
        : a._2 != b._2 ? a._2.CompareTo(b._2)
        : a._1 != b._1 ? a._1.CompareTo(b._1)
        : a._0.CompareTo(b._0);

    private static bool IsNotReduced(ulong r0, ulong r1, ulong r2, ulong r3) =>
        r3 == Order3
        && (r2 > Order2 || (r2 == Order2 && (r1 > Order1 || (r1 == Order1 && r0 >= Order0))));

    private static Scalar SubtractOrderOnce(ulong r0, ulong r1, ulong r2, ulong r3, ulong carry)
    {
        if (carry == 0 && !IsNotReduced(r0, r1, r2, r3))
        {
            return new Scalar(r0, r1, r2, r3);
        }

        ulong borrow = 0;
        return new Scalar(
            Wide.Subtract(r0, Order0, ref borrow),
            Wide.Subtract(r1, Order1, ref borrow),
            Wide.Subtract(r2, Order2, ref borrow),
            Wide.Subtract(r3, Order3, ref borrow));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Product(in Scalar a, in Scalar b, out Wide512 product)
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

        product = new Wide512(r0, r1, r2, r3, r4, r5, r6, r7);
    }

    /// <summary>a·b / 2^384, rounded to the nearest.</summary>
    private static Scalar MultiplyShift384(in Scalar a, in Scalar b)
    {
        Product(a, b, out Wide512 product);
        ulong carry = product.R5 >> 63;
        ulong low = Wide.Add(product.R6, 0, ref carry);
        return new Scalar(low, unchecked(product.R7 + carry), 0, 0); // a and b are under n: no wrap
    }

    /// <summary>
    /// 512 bits modulo n. 2^256 is congruent to 2^256 − n, which has 129 bits: three folds bring 512 bits to 385, 259 and 256.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Scalar Reduce(in Wide512 r)
    {
        unchecked // carries are taken from the wrap itself
        {
            // First fold: r0..r3 + (r4..r7)·(1, Fold1, Fold0) = m0..m6.
            ulong m0 = Wide.MultiplyAdd(r.R4, Fold0, r.R0, out ulong c);
            ulong m1 = Wide.MultiplyAdd(r.R5, Fold0, r.R1, c, out c);
            ulong m2 = Wide.MultiplyAdd(r.R6, Fold0, r.R2, c, out c);
            ulong m3 = Wide.MultiplyAdd(r.R7, Fold0, r.R3, c, out ulong m4);
            m1 = Wide.MultiplyAdd(r.R4, Fold1, m1, out c);
            m2 = Wide.MultiplyAdd(r.R5, Fold1, m2, c, out c);
            m3 = Wide.MultiplyAdd(r.R6, Fold1, m3, c, out c);
            m4 = Wide.MultiplyAdd(r.R7, Fold1, m4, c, out ulong m5);
            ulong carry = 0;
            m2 = Wide.Add(m2, r.R4, ref carry);
            m3 = Wide.Add(m3, r.R5, ref carry);
            m4 = Wide.Add(m4, r.R6, ref carry);
            m5 = Wide.Add(m5, r.R7, ref carry);
            ulong m6 = carry;

            // Second fold: m0..m3 + (m4, m5, m6)·(1, Fold1, Fold0) = p0..p4, with m6 0 or 1.
            ulong p0 = Wide.MultiplyAdd(m4, Fold0, m0, out c);
            ulong p1 = Wide.MultiplyAdd(m5, Fold0, m1, c, out c);
            ulong p2 = Wide.MultiplyAdd(m6, Fold0, m2, c, out c);
            ulong p3 = m3 + c;
            ulong p4 = p3 < c ? 1UL : 0UL;
            p1 = Wide.MultiplyAdd(m4, Fold1, p1, out c);
            p2 = Wide.MultiplyAdd(m5, Fold1, p2, c, out c);
            p3 = Wide.MultiplyAdd(m6, Fold1, p3, c, out c);
            p4 += c;
            carry = 0;
            p2 = Wide.Add(p2, m4, ref carry);
            p3 = Wide.Add(p3, m5, ref carry);
            p4 += m6 + carry;

            // Third fold: p4 is a few bits.
            p0 = Wide.MultiplyAdd(p4, Fold0, p0, out c);
            p1 = Wide.MultiplyAdd(p4, Fold1, p1, c, out c);
            carry = 0;
            p2 = Wide.Add(p2, c, ref carry);
            p3 = Wide.Add(p3, 0, ref carry);
            ulong last = 0;
            p2 = Wide.Add(p2, p4, ref last);
            p3 = Wide.Add(p3, 0, ref last);
            return SubtractOrderOnce(p0, p1, p2, p3, carry | last);
        }
    }

    /// <summary>A product before its reduction, lowest limb first.</summary>
    private readonly record struct Wide512(ulong R0, ulong R1, ulong R2, ulong R3, ulong R4, ulong R5, ulong R6, ulong R7);
}
