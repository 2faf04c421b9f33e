namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>
/// The running point of a Miller loop on the twist y² = x³ + b', in homogeneous coordinates (x = X/Z, y = Y/Z), and the lines through it.
/// A line comes as three numbers: what stands before P's y, before P's x, and alone (formulas of Costello, Lange and Naehrig, and of Aranha et al.).
/// </summary>
internal struct MillerPoint<T>(AffinePoint<Fp2<T>> q)
    where T : struct, IPrimeField<T>
{
    private static readonly Fp2<T> s_half = Fp2<T>.Invert(Fp2<T>.Add(Fp2<T>.One, Fp2<T>.One));

    private Fp2<T> _x = q.X, _y = q.Y, _z = Fp2<T>.One;

    /// <summary>A line through points of the twist, still without the point at which it is evaluated.</summary>
    public readonly record struct Line(Fp2<T> BeforeY, Fp2<T> BeforeX, Fp2<T> Alone);

    /// <summary>Doubles the point; the line is the tangent.</summary>
    /// <param name="twistB">b'.</param>
    public Line Double(in Fp2<T> twistB)
    {
        var a = Fp2<T>.Multiply(Fp2<T>.Multiply(_x, _y), s_half);
        var b = Fp2<T>.Square(_y);
        var c = Fp2<T>.Square(_z);
        var e = Fp2<T>.Multiply(twistB, Fp2<T>.Add(Fp2<T>.Add(c, c), c));
        var f = Fp2<T>.Add(Fp2<T>.Add(e, e), e);
        var g = Fp2<T>.Multiply(Fp2<T>.Add(b, f), s_half);
        var h = Fp2<T>.Subtract(Fp2<T>.Square(Fp2<T>.Add(_y, _z)), Fp2<T>.Add(b, c));
        var j = Fp2<T>.Square(_x);
        var e2 = Fp2<T>.Square(e);
        _x = Fp2<T>.Multiply(a, Fp2<T>.Subtract(b, f));
        _y = Fp2<T>.Subtract(Fp2<T>.Square(g), Fp2<T>.Add(Fp2<T>.Add(e2, e2), e2));
        _z = Fp2<T>.Multiply(b, h);
        return new(Fp2<T>.Negate(h), Fp2<T>.Add(Fp2<T>.Add(j, j), j), Fp2<T>.Subtract(e, b));
    }

    /// <summary>Adds Q, which is neither the point nor its negative; the line goes through both.</summary>
    public Line Add(in AffinePoint<Fp2<T>> q)
    {
        var theta = Fp2<T>.Subtract(_y, Fp2<T>.Multiply(q.Y, _z));
        var lambda = Fp2<T>.Subtract(_x, Fp2<T>.Multiply(q.X, _z));
        var c = Fp2<T>.Square(theta);
        var d = Fp2<T>.Square(lambda);
        var e = Fp2<T>.Multiply(lambda, d);
        var f = Fp2<T>.Multiply(_z, c);
        var g = Fp2<T>.Multiply(_x, d);
        var h = Fp2<T>.Subtract(Fp2<T>.Add(e, f), Fp2<T>.Add(g, g));
        _x = Fp2<T>.Multiply(lambda, h);
        _y = Fp2<T>.Subtract(Fp2<T>.Multiply(theta, Fp2<T>.Subtract(g, h)), Fp2<T>.Multiply(e, _y));
        _z = Fp2<T>.Multiply(_z, e);
        var j = Fp2<T>.Subtract(Fp2<T>.Multiply(theta, q.X), Fp2<T>.Multiply(lambda, q.Y));
        return new(lambda, Fp2<T>.Negate(theta), j);
    }
}
