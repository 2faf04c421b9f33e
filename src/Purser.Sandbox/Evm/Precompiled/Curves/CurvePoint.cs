namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>A point of a curve y² = x³ + b, affine. The point at infinity has both coordinates 0, which lie on none of our curves.</summary>
internal readonly struct AffinePoint<T>(T x, T y)
    where T : struct, IField<T>
{
    /// <summary>x.</summary>
    public readonly T X = x;

    /// <summary>y.</summary>
    public readonly T Y = y;

    /// <summary>Whether it is the neutral element.</summary>
    public bool IsInfinity => X.IsZero && Y.IsZero;

    /// <summary>-P.</summary>
    public AffinePoint<T> Negate() => new(X, T.Negate(Y));

    /// <summary>Whether the coordinates satisfy the equation, or the point is at infinity.</summary>
    public bool IsOnCurve(in T b) => IsInfinity || T.AreEqual(T.Square(Y), T.Add(T.Multiply(T.Square(X), X), b));
}

/// <summary>The same in Jacobian coordinates (x = X/Z², y = Y/Z³; infinity has Z = 0), in which sums need no division.</summary>
internal readonly struct CurvePoint<T>(T x, T y, T z)
    where T : struct, IField<T>
{
    private readonly T _x = x, _y = y, _z = z;

    /// <summary>The neutral element.</summary>
    public static CurvePoint<T> Infinity => new(T.One, T.One, T.Zero);

    /// <summary>Whether it is the neutral element.</summary>
    public bool IsInfinity => _z.IsZero;

    /// <summary>From affine coordinates.</summary>
    public static CurvePoint<T> From(in AffinePoint<T> point) => point.IsInfinity ? Infinity : new(point.X, point.Y, T.One);

    /// <summary>Back to affine coordinates.</summary>
    public AffinePoint<T> ToAffine()
    {
        if (IsInfinity)
        {
            return default;
        }
        var inverse = T.Invert(_z);
        var square = T.Square(inverse);
        return new(T.Multiply(_x, square), T.Multiply(_y, T.Multiply(square, inverse)));
    }

    /// <summary>2P.</summary>
    public CurvePoint<T> Double()
    {
        var a = T.Square(_x);
        var b = T.Square(_y);
        var c = T.Square(b);
        var d = T.Subtract(T.Subtract(T.Square(T.Add(_x, b)), a), c);
        d = T.Add(d, d);
        var e = T.Add(T.Add(a, a), a);
        var doubleX = T.Subtract(T.Square(e), T.Add(d, d));
        var c2 = T.Add(c, c);
        var c4 = T.Add(c2, c2);
        var doubleY = T.Subtract(T.Multiply(e, T.Subtract(d, doubleX)), T.Add(c4, c4));
        var yz = T.Multiply(_y, _z);
        return new(doubleX, doubleY, T.Add(yz, yz));
    }

    /// <summary>P + Q, whatever the two are.</summary>
    public static CurvePoint<T> Add(in CurvePoint<T> p, in CurvePoint<T> q)
    {
        if (p.IsInfinity)
        {
            return q;
        }
        if (q.IsInfinity)
        {
            return p;
        }
        var pz2 = T.Square(p._z);
        var qz2 = T.Square(q._z);
        var u1 = T.Multiply(p._x, qz2);
        var s1 = T.Multiply(T.Multiply(p._y, q._z), qz2);
        var h = T.Subtract(T.Multiply(q._x, pz2), u1);
        var r = T.Subtract(T.Multiply(T.Multiply(q._y, p._z), pz2), s1);
        if (h.IsZero)
        {
            return r.IsZero ? p.Double() : Infinity;
        }
        var h2 = T.Square(h);
        var h3 = T.Multiply(h2, h);
        var v = T.Multiply(u1, h2);
        var sumX = T.Subtract(T.Subtract(T.Square(r), h3), T.Add(v, v));
        var sumY = T.Subtract(T.Multiply(r, T.Subtract(v, sumX)), T.Multiply(s1, h3));
        return new(sumX, sumY, T.Multiply(T.Multiply(p._z, q._z), h));
    }

    /// <summary>A multiple by a big-endian number of any length, four bits at a time.</summary>
    public static CurvePoint<T> Multiply(in AffinePoint<T> point, ReadOnlySpan<byte> scalar)
    {
        var table = new CurvePoint<T>[16];
        table[0] = Infinity;
        table[1] = From(point);
        for (var i = 2; i < table.Length; i++)
        {
            table[i] = Add(table[i - 1], table[1]);
        }
        var sum = Infinity;
        foreach (var digits in scalar)
        {
            sum = Add(sum.Double().Double().Double().Double(), table[digits >> 4]);
            sum = Add(sum.Double().Double().Double().Double(), table[digits & 15]);
        }
        return sum;
    }
}
