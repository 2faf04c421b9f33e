namespace Purser.Ethereum;

/// <summary>
/// u1·G + u2·R, the work of recovering and of verifying. u2 is split by the curve's endomorphism and u1 into its halves, so
/// that four numbers of 128 bits share one run of 128 doublings; each is written in windowed non-adjacent form (Guide to
/// Elliptic Curve Cryptography, algorithms 3.36 and 3.51). Not constant time: for public data only.
/// </summary>
internal static class DoubleMultiplication
{
    /// <summary>Digits of one number: 128 bits and a carry.</summary>
    private const int Digits = 130;

    private const int PointWindow = 5;

    private const int PointTableSize = 1 << (PointWindow - 2);

    /// <summary>Window of the fixed tables: 256 odd multiples of G and of 2^128·G, 32 KiB together.</summary>
    private const int GeneratorWindow = 10;

    private static readonly AffinePoint[] s_lowGenerator = OddMultiples(AffinePoint.Generator);

    private static readonly AffinePoint[] s_highGenerator = OddMultiples(ShiftedGenerator());

    internal static JacobianPoint Compute(in Scalar u1, in AffinePoint r, in Scalar u2)
    {
        u2.SplitLambda(out Scalar k1, out bool negative1, out Scalar k2, out bool negative2);
        u1.SplitHalves(out Scalar low, out Scalar high);

        Span<short> digits1 = stackalloc short[Digits];
        Span<short> digits2 = stackalloc short[Digits];
        Span<short> digitsLow = stackalloc short[Digits];
        Span<short> digitsHigh = stackalloc short[Digits];
        WriteDigits(k1, PointWindow, digits1);
        WriteDigits(k2, PointWindow, digits2);
        WriteDigits(low, GeneratorWindow, digitsLow);
        WriteDigits(high, GeneratorWindow, digitsHigh);

        Span<AffinePoint> table1 = stackalloc AffinePoint[PointTableSize];
        Span<AffinePoint> table2 = stackalloc AffinePoint[PointTableSize];
        FieldElement commonZ = BuildPointTables(r, table1, table2);

        // The tables of R lie on an isomorphic curve, where their common Z counts as 1. The run of doublings lives on that
        // curve too; a multiple of G is brought onto it, and at the end one multiplication by the common Z leads back.
        FieldElement zz = FieldElement.Square(commonZ);
        FieldElement zzz = FieldElement.Multiply(zz, commonZ);
        JacobianPoint sum = default;
        for (int i = Digits - 1; i >= 0; i--)
        {
            if (!sum.IsInfinity)
            {
                sum.Double();
            }

            AddDigit(ref sum, table1, digits1[i], negative1);
            AddDigit(ref sum, table2, digits2[i], negative2);
            AddGenerator(ref sum, s_lowGenerator, digitsLow[i], zz, zzz);
            AddGenerator(ref sum, s_highGenerator, digitsHigh[i], zz, zzz);
        }

        sum.Z = FieldElement.Multiply(sum.Z, commonZ);
        return sum;
    }

    private static void AddDigit(ref JacobianPoint sum, ReadOnlySpan<AffinePoint> table, int digit, bool negative)
    {
        if (digit == 0)
        {
            return;
        }

        ref readonly AffinePoint entry = ref table[(digit < 0 ? -digit : digit) >> 1];
        sum.Add((digit < 0) != negative ? entry.Negated() : entry);
    }

    private static void AddGenerator(ref JacobianPoint sum, AffinePoint[] table, int digit, in FieldElement zz, in FieldElement zzz)
    {
        if (digit == 0)
        {
            return;
        }

        ref readonly AffinePoint entry = ref table[(digit < 0 ? -digit : digit) >> 1];
        AffinePoint moved = new(FieldElement.Multiply(entry.X, zz), FieldElement.Multiply(entry.Y, zzz));
        sum.Add(digit < 0 ? moved.Negated() : moved);
    }

    /// <summary>
    /// Fills the odd multiples R, 3R, … 15R and their images under the endomorphism, all with one common Z, which is
    /// returned: the product of their own Z, so that no inversion is needed. None of them is infinity, as n is prime.
    /// </summary>
    private static FieldElement BuildPointTables(in AffinePoint r, Span<AffinePoint> table, Span<AffinePoint> image)
    {
        Span<JacobianPoint> chain = stackalloc JacobianPoint[PointTableSize];
        JacobianPoint twice = new(r);
        twice.Double();
        chain[0] = new JacobianPoint(r);
        for (int i = 1; i < PointTableSize; i++)
        {
            chain[i] = chain[i - 1];
            chain[i].Add(twice);
        }

        // Entry i must be scaled by (Z of the last)·(1/Z of entry i) = product of all other Z: prefix and suffix products.
        Span<FieldElement> suffix = stackalloc FieldElement[PointTableSize + 1];
        suffix[PointTableSize] = FieldElement.One;
        for (int i = PointTableSize - 1; i >= 0; i--)
        {
            suffix[i] = FieldElement.Multiply(suffix[i + 1], chain[i].Z);
        }

        FieldElement prefix = FieldElement.One;
        for (int i = 0; i < PointTableSize; i++)
        {
            table[i] = chain[i].Scale(FieldElement.Multiply(prefix, suffix[i + 1]));
            image[i] = table[i].Endomorphism();
            prefix = FieldElement.Multiply(prefix, chain[i].Z);
        }

        return prefix;
    }

    /// <summary>
    /// The windowed non-adjacent form of a number under 2^128: every digit is 0 or odd and under 2^(window−1) in magnitude,
    /// and a digit that is not 0 is followed by at least window−1 zeros.
    /// </summary>
    private static void WriteDigits(in Scalar number, int window, Span<short> digits)
    {
        const int bits = 129; // one above the number's own, so that the last carry finds its place
        digits.Clear();
        uint carry = 0;
        int bit = 0;
        while (bit < bits)
        {
            if (number.Bits(bit, 1) == carry)
            {
                bit++;
                continue;
            }

            int now = Math.Min(window, bits - bit);
            int word = (int)(number.Bits(bit, now) + carry);
            carry = (uint)(word >> (window - 1)) & 1;
            digits[bit] = (short)(word - ((int)carry << window));
            bit += now;
        }
    }

    /// <summary>G, 3G, 5G, … of the given base, brought to affine form by one shared inversion.</summary>
    private static AffinePoint[] OddMultiples(in AffinePoint first)
    {
        const int size = 1 << (GeneratorWindow - 2);
        var chain = new JacobianPoint[size];
        JacobianPoint twice = new(first);
        twice.Double();
        chain[0] = new JacobianPoint(first);
        var products = new FieldElement[size];
        products[0] = chain[0].Z;
        for (int i = 1; i < size; i++)
        {
            chain[i] = chain[i - 1];
            chain[i].Add(twice);
            products[i] = FieldElement.Multiply(products[i - 1], chain[i].Z);
        }

        var result = new AffinePoint[size];
        FieldElement inverse = FieldElement.Invert(products[size - 1]);
        for (int i = size - 1; i > 0; i--)
        {
            result[i] = chain[i].Scale(FieldElement.Multiply(inverse, products[i - 1]));
            inverse = FieldElement.Multiply(inverse, chain[i].Z);
        }

        result[0] = chain[0].Scale(inverse);
        return result;
    }

    private static AffinePoint ShiftedGenerator()
    {
        JacobianPoint point = new(AffinePoint.Generator);
        for (int i = 0; i < 128; i++)
        {
            point.Double();
        }

        _ = point.TryToAffine(out AffinePoint shifted);
        return shifted;
    }
}
