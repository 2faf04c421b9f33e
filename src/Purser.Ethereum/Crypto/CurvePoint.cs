namespace Purser.Ethereum;

/// <summary>A point of secp256k1 other than the point at infinity, by its coordinates.</summary>
internal readonly struct AffinePoint(FieldElement x, FieldElement y)
{
    internal readonly FieldElement X = x;
    internal readonly FieldElement Y = y;

    /// <summary>The base point G (SEC 2, 2.4.1).</summary>
    internal static AffinePoint Generator => new(
        new FieldElement(0x59F2815B16F81798, 0x029BFCDB2DCE28D9, 0x55A06295CE870B07, 0x79BE667EF9DCBBAC),
        new FieldElement(0x9C47D08FFB10D4B8, 0xFD17B448A6855419, 0x5DA4FBFC0E1108A8, 0x483ADA7726A3C465));

    internal AffinePoint Negated() => new(X, FieldElement.Negate(Y));

    /// <summary>The point's image under the endomorphism (x, y) → (βx, y), which is λ times the point.</summary>
    internal AffinePoint Endomorphism() => new(FieldElement.Multiply(X, Beta), Y);

    /// <summary>The cube root of one in the field that belongs to λ (see <see cref="Scalar.SplitLambda"/>).</summary>
    internal static FieldElement Beta =>
        new(0xC1396C28719501EE, 0x9CF0497512F58995, 0x6E64479EAC3434E9, 0x7AE96A2B657C0710);

    /// <summary>Finds the point with this x whose y has this parity; false when x is no coordinate of the curve.</summary>
    internal static bool TryDecompress(in FieldElement x, bool odd, out AffinePoint point)
    {
        FieldElement right = FieldElement.Add(FieldElement.Multiply(FieldElement.Square(x), x), FieldElement.Seven);
        bool found = FieldElement.TrySquareRoot(right, out FieldElement y);
        point = new AffinePoint(x, y.IsOdd == odd ? y : FieldElement.Negate(y));
        return found;
    }

    /// <summary>Reads x ‖ y (64 bytes, big-endian); false when either is p or more, or the point is not on the curve.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes64, out AffinePoint point)
    {
        bool inField = FieldElement.TryRead(bytes64[..32], out FieldElement x) & FieldElement.TryRead(bytes64[32..64], out FieldElement y);
        point = new AffinePoint(x, y);
        FieldElement right = FieldElement.Add(FieldElement.Multiply(FieldElement.Square(x), x), FieldElement.Seven);
        return inField && FieldElement.AreEqual(FieldElement.Square(y), right);
    }

    internal void Write(Span<byte> bytes64)
    {
        X.Write(bytes64[..32]);
        Y.Write(bytes64[32..64]);
    }
}

/// <summary>
/// A point in Jacobian coordinates, (X/Z², Y/Z³); Z = 0 is the point at infinity. Formulas: Explicit-Formulas Database,
/// short Weierstrass with a = 0. Not constant time: for public data only.
/// </summary>
internal struct JacobianPoint
{
    internal FieldElement X;
    internal FieldElement Y;
    internal FieldElement Z;

    internal JacobianPoint(in AffinePoint point)
    {
        X = point.X;
        Y = point.Y;
        Z = FieldElement.One;
    }

    internal readonly bool IsInfinity => Z.IsZero;

    /// <summary>P = 2P (dbl-2009-l). Infinity stays infinity; the curve has no point of order two.</summary>
    internal void Double()
    {
        FieldElement a = FieldElement.Square(X);
        FieldElement b = FieldElement.Square(Y);
        FieldElement c = FieldElement.Square(b);
        FieldElement d = FieldElement.Double(FieldElement.Double(FieldElement.Multiply(X, b)));
        FieldElement e = FieldElement.Add(FieldElement.Double(a), a);
        FieldElement x = FieldElement.Subtract(FieldElement.Square(e), FieldElement.Double(d));
        FieldElement z = FieldElement.Multiply(FieldElement.Double(Y), Z);
        FieldElement c8 = FieldElement.Double(FieldElement.Double(FieldElement.Double(c)));
        Y = FieldElement.Subtract(FieldElement.Multiply(e, FieldElement.Subtract(d, x)), c8);
        X = x;
        Z = z;
    }

    /// <summary>P = P + Q for an affine Q (8 multiplications, 3 squarings).</summary>
    internal void Add(in AffinePoint q)
    {
        if (IsInfinity)
        {
            this = new JacobianPoint(q);
            return;
        }

        FieldElement zz = FieldElement.Square(Z);
        FieldElement h = FieldElement.Subtract(FieldElement.Multiply(q.X, zz), X);
        FieldElement r = FieldElement.Subtract(FieldElement.Multiply(q.Y, FieldElement.Multiply(zz, Z)), Y);
        if (h.IsZero)
        {
            AddSameX(r.IsZero);
            return;
        }

        Finish(h, r, X, Y, FieldElement.Multiply(Z, h));
    }

    /// <summary>P = P + Q (12 multiplications, 4 squarings).</summary>
    internal void Add(in JacobianPoint q)
    {
        if (q.IsInfinity)
        {
            return;
        }

        if (IsInfinity)
        {
            this = q;
            return;
        }

        FieldElement zz = FieldElement.Square(Z);
        FieldElement qzz = FieldElement.Square(q.Z);
        FieldElement u1 = FieldElement.Multiply(X, qzz);
        FieldElement s1 = FieldElement.Multiply(Y, FieldElement.Multiply(qzz, q.Z));
        FieldElement h = FieldElement.Subtract(FieldElement.Multiply(q.X, zz), u1);
        FieldElement r = FieldElement.Subtract(FieldElement.Multiply(q.Y, FieldElement.Multiply(zz, Z)), s1);
        if (h.IsZero)
        {
            AddSameX(r.IsZero);
            return;
        }

        Finish(h, r, u1, s1, FieldElement.Multiply(FieldElement.Multiply(Z, q.Z), h));
    }

    /// <summary>The affine form; false for the point at infinity.</summary>
    internal readonly bool TryToAffine(out AffinePoint point)
    {
        FieldElement inverse = FieldElement.Invert(Z);
        point = Scale(inverse);
        return !IsInfinity;
    }

    /// <summary>The affine form, given the inverse of Z.</summary>
    internal readonly AffinePoint Scale(in FieldElement inverseZ)
    {
        FieldElement square = FieldElement.Square(inverseZ);
        return new AffinePoint(
            FieldElement.Multiply(X, square),
            FieldElement.Multiply(Y, FieldElement.Multiply(square, inverseZ)));
    }

    private void Finish(in FieldElement h, in FieldElement r, in FieldElement x1, in FieldElement y1, in FieldElement z)
    {
        FieldElement hh = FieldElement.Square(h);
        FieldElement hhh = FieldElement.Multiply(hh, h);
        FieldElement v = FieldElement.Multiply(x1, hh);
        FieldElement y1h = FieldElement.Multiply(y1, hhh);
        FieldElement x = FieldElement.Subtract(FieldElement.Subtract(FieldElement.Square(r), hhh), FieldElement.Double(v));
        Y = FieldElement.Subtract(FieldElement.Multiply(r, FieldElement.Subtract(v, x)), y1h);
        X = x;
        Z = z;
    }

    /// <summary>Equal x: either the same point, which doubles, or its negative, which leaves infinity.</summary>
    private void AddSameX(bool sameY)
    {
        if (sameY)
        {
            Double();
        }
        else
        {
            this = default;
        }
    }
}
