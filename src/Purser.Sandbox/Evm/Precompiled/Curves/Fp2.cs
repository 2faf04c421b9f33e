namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>c0 + c1 u with u² = -1.</summary>
internal readonly struct Fp2<T>(T c0, T c1) : IField<Fp2<T>>
    where T : struct, IPrimeField<T>
{
    /// <summary>The part without u.</summary>
    public readonly T C0 = c0;

    /// <summary>The part with u.</summary>
    public readonly T C1 = c1;

    /// <inheritdoc/>
    public static Fp2<T> Zero => default;

    /// <inheritdoc/>
    public static Fp2<T> One => new(T.One, T.Zero);

    /// <inheritdoc/>
    public bool IsZero => C0.IsZero && C1.IsZero;

    /// <summary>ξ, the cube of v.</summary>
    public static Fp2<T> NonResidue => T.TimesNonResidue(One);

    /// <summary>c0 - c1 u, which is also the p-th power.</summary>
    public Fp2<T> Conjugate() => new(C0, T.Negate(C1));

    /// <summary>Times a number of the prime field.</summary>
    public Fp2<T> Scale(in T factor) => new(T.Multiply(C0, factor), T.Multiply(C1, factor));

    /// <inheritdoc/>
    public static bool AreEqual(in Fp2<T> a, in Fp2<T> b) => T.AreEqual(a.C0, b.C0) && T.AreEqual(a.C1, b.C1);

    /// <inheritdoc/>
    public static Fp2<T> Add(in Fp2<T> a, in Fp2<T> b) => new(T.Add(a.C0, b.C0), T.Add(a.C1, b.C1));

    /// <inheritdoc/>
    public static Fp2<T> Subtract(in Fp2<T> a, in Fp2<T> b) => new(T.Subtract(a.C0, b.C0), T.Subtract(a.C1, b.C1));

    /// <inheritdoc/>
    public static Fp2<T> Negate(in Fp2<T> a) => new(T.Negate(a.C0), T.Negate(a.C1));

    /// <inheritdoc/>
    /// <remarks>Karatsuba: three multiplications.</remarks>
    public static Fp2<T> Multiply(in Fp2<T> a, in Fp2<T> b)
    {
        var v0 = T.Multiply(a.C0, b.C0);
        var v1 = T.Multiply(a.C1, b.C1);
        var cross = T.Multiply(T.Add(a.C0, a.C1), T.Add(b.C0, b.C1));
        return new(T.Subtract(v0, v1), T.Subtract(T.Subtract(cross, v0), v1));
    }

    /// <inheritdoc/>
    /// <remarks>(c0 + c1)(c0 - c1) + 2 c0 c1 u.</remarks>
    public static Fp2<T> Square(in Fp2<T> a)
    {
        var product = T.Multiply(a.C0, a.C1);
        return new(T.Multiply(T.Add(a.C0, a.C1), T.Subtract(a.C0, a.C1)), T.Add(product, product));
    }

    /// <inheritdoc/>
    public static Fp2<T> Invert(in Fp2<T> a)
    {
        var norm = T.Invert(T.Add(T.Square(a.C0), T.Square(a.C1)));
        return new(T.Multiply(a.C0, norm), T.Negate(T.Multiply(a.C1, norm)));
    }
}
