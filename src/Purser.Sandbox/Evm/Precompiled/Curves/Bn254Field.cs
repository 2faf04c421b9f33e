using System.Numerics;
using System.Runtime.CompilerServices;

namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>
/// The field of bn254 (EIP-196's p, 254 bits) in Montgomery form: a is kept as a 2^256 mod p in four limbs, least significant first,
/// always below p. Not constant in time: the precompiled contracts see public data only.
/// </summary>
internal readonly struct Bn254Field : IPrimeField<Bn254Field>
{
    /// <summary>Bytes of an element on the wire.</summary>
    public const int Size = 32;

    private const ulong P0 = 0x3c208c16d87cfd47, P1 = 0x97816a916871ca8d, P2 = 0xb85045b68181585d, P3 = 0x30644e72e131a029;

    // -1 / p modulo 2^64.
    private const ulong Reducer = 0x87d20782e4866389;

    private static readonly BigInteger s_modulus = (((((new BigInteger(P3) << 64) + P2) << 64) + P1) << 64) + P0;
    private static readonly Bn254Field s_square = Split(BigInteger.ModPow(2, 512, s_modulus));
    private static readonly Bn254Field s_one = Split(BigInteger.ModPow(2, 256, s_modulus));

    private readonly ulong _a0, _a1, _a2, _a3;

    private Bn254Field(ulong a0, ulong a1, ulong a2, ulong a3) => (_a0, _a1, _a2, _a3) = (a0, a1, a2, a3);

    /// <inheritdoc/>
    public static BigInteger Modulus => s_modulus;

    /// <inheritdoc/>
    public static Bn254Field Zero => default;

    /// <inheritdoc/>
    public static Bn254Field One => s_one;

    /// <inheritdoc/>
    public bool IsZero => (_a0 | _a1 | _a2 | _a3) == 0;

    /// <inheritdoc/>
    public static Bn254Field From(BigInteger value) => Multiply(Split(value), s_square);

    /// <summary>Reads 32 big-endian bytes; false for p and above.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Bn254Field value)
    {
        var raw = new Bn254Field(Limb(bytes, 3), Limb(bytes, 2), Limb(bytes, 1), Limb(bytes, 0));
        value = Multiply(raw, s_square);
        return !AtLeastModulus(raw._a0, raw._a1, raw._a2, raw._a3);
    }

    /// <summary>Writes 32 big-endian bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        var plain = Multiply(this, new(1, 0, 0, 0));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, plain._a3);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], plain._a2);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], plain._a1);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], plain._a0);
    }

    /// <inheritdoc/>
    public static bool AreEqual(in Bn254Field a, in Bn254Field b) => a._a0 == b._a0 && a._a1 == b._a1 && a._a2 == b._a2 && a._a3 == b._a3;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bn254Field Add(in Bn254Field a, in Bn254Field b)
    {
        // 2p fits 255 bits: no carry out of the top limb.
        var carry = 0UL;
        var r0 = Limbs.Add(a._a0, b._a0, ref carry);
        var r1 = Limbs.Add(a._a1, b._a1, ref carry);
        var r2 = Limbs.Add(a._a2, b._a2, ref carry);
        var r3 = Limbs.Add(a._a3, b._a3, ref carry);
        return Reduce(r0, r1, r2, r3);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bn254Field Subtract(in Bn254Field a, in Bn254Field b)
    {
        var borrow = 0UL;
        var r0 = Limbs.Subtract(a._a0, b._a0, ref borrow);
        var r1 = Limbs.Subtract(a._a1, b._a1, ref borrow);
        var r2 = Limbs.Subtract(a._a2, b._a2, ref borrow);
        var r3 = Limbs.Subtract(a._a3, b._a3, ref borrow);
        // All ones after a borrow: p is added back.
        var mask = unchecked(0 - borrow);
        var carry = 0UL;
        r0 = Limbs.Add(r0, P0 & mask, ref carry);
        r1 = Limbs.Add(r1, P1 & mask, ref carry);
        r2 = Limbs.Add(r2, P2 & mask, ref carry);
        r3 = Limbs.Add(r3, P3 & mask, ref carry);
        return new(r0, r1, r2, r3);
    }

    /// <inheritdoc/>
    public static Bn254Field Negate(in Bn254Field a) => Subtract(default, a);

    /// <inheritdoc/>
    public static Bn254Field Square(in Bn254Field a) => Multiply(a, a);

    /// <inheritdoc/>
    /// <remarks>Montgomery multiplication, one limb of b and one reduction at a time (the "coarsely integrated" order).</remarks>
    public static Bn254Field Multiply(in Bn254Field a, in Bn254Field b)
    {
        ulong r0 = 0, r1 = 0, r2 = 0, r3 = 0;
        Step(a, b._a0, ref r0, ref r1, ref r2, ref r3);
        Step(a, b._a1, ref r0, ref r1, ref r2, ref r3);
        Step(a, b._a2, ref r0, ref r1, ref r2, ref r3);
        Step(a, b._a3, ref r0, ref r1, ref r2, ref r3);
        return Reduce(r0, r1, r2, r3);
    }

    /// <inheritdoc/>
    public static Bn254Field Invert(in Bn254Field a) => Powers.Raise(a, s_modulus - 2);

    /// <inheritdoc/>
    /// <remarks>ξ = 9 + u.</remarks>
    public static Fp2<Bn254Field> TimesNonResidue(in Fp2<Bn254Field> a)
    {
        var twice = Fp2<Bn254Field>.Add(a, a);
        var four = Fp2<Bn254Field>.Add(twice, twice);
        var nine = Fp2<Bn254Field>.Add(Fp2<Bn254Field>.Add(four, four), a);
        return new(Subtract(nine.C0, a.C1), Add(nine.C1, a.C0));
    }

    // r = (r + a b + m p) / 2^64, where m makes the lowest limb 0. p leaves the two top bits of its top limb free, so nothing is carried out.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(in Bn254Field a, ulong b, ref ulong r0, ref ulong r1, ref ulong r2, ref ulong r3)
    {
        var high = 0UL;
        var t0 = Limbs.MultiplyAdd(a._a0, b, r0, ref high);
        var m = unchecked(t0 * Reducer);
        var low = 0UL;
        Limbs.MultiplyAdd(m, P0, t0, ref low);
        var t1 = Limbs.MultiplyAdd(a._a1, b, r1, ref high);
        r0 = Limbs.MultiplyAdd(m, P1, t1, ref low);
        var t2 = Limbs.MultiplyAdd(a._a2, b, r2, ref high);
        r1 = Limbs.MultiplyAdd(m, P2, t2, ref low);
        var t3 = Limbs.MultiplyAdd(a._a3, b, r3, ref high);
        r2 = Limbs.MultiplyAdd(m, P3, t3, ref low);
        r3 = unchecked(high + low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Bn254Field Reduce(ulong r0, ulong r1, ulong r2, ulong r3)
    {
        var borrow = 0UL;
        var s0 = Limbs.Subtract(r0, P0, ref borrow);
        var s1 = Limbs.Subtract(r1, P1, ref borrow);
        var s2 = Limbs.Subtract(r2, P2, ref borrow);
        var s3 = Limbs.Subtract(r3, P3, ref borrow);
        return borrow != 0 ? new(r0, r1, r2, r3) : new(s0, s1, s2, s3);
    }

    private static bool AtLeastModulus(ulong r0, ulong r1, ulong r2, ulong r3)
    {
        var borrow = 0UL;
        Limbs.Subtract(r0, P0, ref borrow);
        Limbs.Subtract(r1, P1, ref borrow);
        Limbs.Subtract(r2, P2, ref borrow);
        Limbs.Subtract(r3, P3, ref borrow);
        return borrow == 0;
    }

    private static ulong Limb(ReadOnlySpan<byte> bytes, int index) => System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[(8 * index)..]);

    private static Bn254Field Split(BigInteger value) =>
        new((ulong)(value & ulong.MaxValue), (ulong)((value >> 64) & ulong.MaxValue), (ulong)((value >> 128) & ulong.MaxValue), (ulong)(value >> 192));
}
