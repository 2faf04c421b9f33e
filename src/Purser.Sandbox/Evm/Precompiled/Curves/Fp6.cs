namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>c0 + c1 v + c2 v² with v³ = ξ.</summary>
internal readonly struct Fp6<T>(Fp2<T> c0, Fp2<T> c1, Fp2<T> c2) : IField<Fp6<T>>
    where T : struct, IPrimeField<T>
{
    /// <summary>The part without v.</summary>
    public readonly Fp2<T> C0 = c0;

    /// <summary>The part with v.</summary>
    public readonly Fp2<T> C1 = c1;

    /// <summary>The part with v².</summary>
    public readonly Fp2<T> C2 = c2;

    /// <inheritdoc/>
    public static Fp6<T> Zero => default;

    /// <inheritdoc/>
    public static Fp6<T> One => new(Fp2<T>.One, default, default);

    /// <inheritdoc/>
    public bool IsZero => C0.IsZero && C1.IsZero && C2.IsZero;

    /// <summary>Times v.</summary>
    public Fp6<T> TimesV() => new(T.TimesNonResidue(C2), C0, C1);

    /// <summary>Times a number of Fp2.</summary>
    public Fp6<T> Scale(in Fp2<T> factor) => new(Fp2<T>.Multiply(C0, factor), Fp2<T>.Multiply(C1, factor), Fp2<T>.Multiply(C2, factor));

    /// <summary>Times b1 v.</summary>
    public Fp6<T> TimesSparse1(in Fp2<T> b1) => new(T.TimesNonResidue(Fp2<T>.Multiply(C2, b1)), Fp2<T>.Multiply(C0, b1), Fp2<T>.Multiply(C1, b1));

    /// <summary>Times b0 + b1 v: five multiplications instead of six.</summary>
    public Fp6<T> TimesSparse01(in Fp2<T> b0, in Fp2<T> b1)
    {
        var v0 = Fp2<T>.Multiply(C0, b0);
        var v1 = Fp2<T>.Multiply(C1, b1);
        var r0 = Fp2<T>.Add(v0, T.TimesNonResidue(Fp2<T>.Multiply(C2, b1)));
        var cross = Fp2<T>.Multiply(Fp2<T>.Add(C0, C1), Fp2<T>.Add(b0, b1));
        var r1 = Fp2<T>.Subtract(Fp2<T>.Subtract(cross, v0), v1);
        return new(r0, r1, Fp2<T>.Add(v1, Fp2<T>.Multiply(C2, b0)));
    }

    /// <inheritdoc/>
    public static bool AreEqual(in Fp6<T> a, in Fp6<T> b) => Fp2<T>.AreEqual(a.C0, b.C0) && Fp2<T>.AreEqual(a.C1, b.C1) && Fp2<T>.AreEqual(a.C2, b.C2);

    /// <inheritdoc/>
    public static Fp6<T> Add(in Fp6<T> a, in Fp6<T> b) => new(Fp2<T>.Add(a.C0, b.C0), Fp2<T>.Add(a.C1, b.C1), Fp2<T>.Add(a.C2, b.C2));

    /// <inheritdoc/>
    public static Fp6<T> Subtract(in Fp6<T> a, in Fp6<T> b) => new(Fp2<T>.Subtract(a.C0, b.C0), Fp2<T>.Subtract(a.C1, b.C1), Fp2<T>.Subtract(a.C2, b.C2));

    /// <inheritdoc/>
    public static Fp6<T> Negate(in Fp6<T> a) => new(Fp2<T>.Negate(a.C0), Fp2<T>.Negate(a.C1), Fp2<T>.Negate(a.C2));

    /// <inheritdoc/>
    /// <remarks>Karatsuba for three terms: six multiplications.</remarks>
    public static Fp6<T> Multiply(in Fp6<T> a, in Fp6<T> b)
    {
        var v0 = Fp2<T>.Multiply(a.C0, b.C0);
        var v1 = Fp2<T>.Multiply(a.C1, b.C1);
        var v2 = Fp2<T>.Multiply(a.C2, b.C2);
        var t12 = Cross(a.C1, a.C2, b.C1, b.C2, v1, v2);
        var t01 = Cross(a.C0, a.C1, b.C0, b.C1, v0, v1);
        var t02 = Cross(a.C0, a.C2, b.C0, b.C2, v0, v2);
        return new(Fp2<T>.Add(v0, T.TimesNonResidue(t12)), Fp2<T>.Add(t01, T.TimesNonResidue(v2)), Fp2<T>.Add(t02, v1));
    }

    /// <inheritdoc/>
    public static Fp6<T> Square(in Fp6<T> a) => Multiply(a, a);

    /// <inheritdoc/>
    public static Fp6<T> Invert(in Fp6<T> a)
    {
        // The rows of the adjoint of the matrix that multiplies by a, and its determinant.
        var t0 = Fp2<T>.Subtract(Fp2<T>.Square(a.C0), T.TimesNonResidue(Fp2<T>.Multiply(a.C1, a.C2)));
        var t1 = Fp2<T>.Subtract(T.TimesNonResidue(Fp2<T>.Square(a.C2)), Fp2<T>.Multiply(a.C0, a.C1));
        var t2 = Fp2<T>.Subtract(Fp2<T>.Square(a.C1), Fp2<T>.Multiply(a.C0, a.C2));
        var sum = Fp2<T>.Add(Fp2<T>.Multiply(a.C2, t1), Fp2<T>.Multiply(a.C1, t2));
        var determinant = Fp2<T>.Add(Fp2<T>.Multiply(a.C0, t0), T.TimesNonResidue(sum));
        return new Fp6<T>(t0, t1, t2).Scale(Fp2<T>.Invert(determinant));
    }

    // (a + b)(c + d) - ac - bd.
    private static Fp2<T> Cross(in Fp2<T> a, in Fp2<T> b, in Fp2<T> c, in Fp2<T> d, in Fp2<T> ac, in Fp2<T> bd) =>
        Fp2<T>.Subtract(Fp2<T>.Subtract(Fp2<T>.Multiply(Fp2<T>.Add(a, b), Fp2<T>.Add(c, d)), ac), bd);
}
