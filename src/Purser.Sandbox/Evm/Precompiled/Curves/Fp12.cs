using System.Numerics;

namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>c0 + c1 w with w² = v: where pairings take their values.</summary>
internal readonly struct Fp12<T>(Fp6<T> c0, Fp6<T> c1) : IField<Fp12<T>>
    where T : struct, IPrimeField<T>
{
    // ξ to the power i (p - 1) / 6, for i = 0 to 5: what the i-th power of w gains by the p-th power.
    private static readonly Fp2<T>[] s_frobenius = [.. Enumerable.Range(0, 6).Select(i => Powers.Raise(Fp2<T>.NonResidue, i * (T.Modulus - 1) / 6))];

    /// <summary>The part without w.</summary>
    public readonly Fp6<T> C0 = c0;

    /// <summary>The part with w.</summary>
    public readonly Fp6<T> C1 = c1;

    /// <inheritdoc/>
    public static Fp12<T> Zero => default;

    /// <inheritdoc/>
    public static Fp12<T> One => new(Fp6<T>.One, default);

    /// <inheritdoc/>
    public bool IsZero => C0.IsZero && C1.IsZero;

    /// <summary>ξ to the power i (p - 1) / 6, for i from 0 to 5.</summary>
    public static Fp2<T> FrobeniusFactor(int i) => s_frobenius[i];

    /// <summary>c0 - c1 w, which is the power p^6; the inverse of what has norm 1.</summary>
    public Fp12<T> Conjugate() => new(C0, Fp6<T>.Negate(C1));

    /// <summary>The p-th power.</summary>
    public Fp12<T> Frobenius() => new(
        new(C0.C0.Conjugate(), Fp2<T>.Multiply(C0.C1.Conjugate(), s_frobenius[2]), Fp2<T>.Multiply(C0.C2.Conjugate(), s_frobenius[4])),
        new(Fp2<T>.Multiply(C1.C0.Conjugate(), s_frobenius[1]), Fp2<T>.Multiply(C1.C1.Conjugate(), s_frobenius[3]), Fp2<T>.Multiply(C1.C2.Conjugate(), s_frobenius[5])));

    /// <summary>Times b0 + b3 w + b4 v w: the line of a twist of type D.</summary>
    public Fp12<T> TimesSparse034(in Fp2<T> b0, in Fp2<T> b3, in Fp2<T> b4)
    {
        var v0 = C0.Scale(b0);
        var v1 = C1.TimesSparse01(b3, b4);
        var cross = Fp6<T>.Add(C0, C1).TimesSparse01(Fp2<T>.Add(b0, b3), b4);
        return new(Fp6<T>.Add(v0, v1.TimesV()), Fp6<T>.Subtract(Fp6<T>.Subtract(cross, v0), v1));
    }

    /// <summary>Times b0 + b1 v + b4 v w: the line of a twist of type M.</summary>
    public Fp12<T> TimesSparse014(in Fp2<T> b0, in Fp2<T> b1, in Fp2<T> b4)
    {
        var v0 = C0.TimesSparse01(b0, b1);
        var v1 = C1.TimesSparse1(b4);
        var cross = Fp6<T>.Add(C0, C1).TimesSparse01(b0, Fp2<T>.Add(b1, b4));
        return new(Fp6<T>.Add(v0, v1.TimesV()), Fp6<T>.Subtract(Fp6<T>.Subtract(cross, v0), v1));
    }

    /// <summary>To the power (p^6 - 1)(p^2 + 1): the easy part of the last step of a pairing. The result has norm 1.</summary>
    public Fp12<T> EasyPart()
    {
        var f = Multiply(Conjugate(), Invert(this));
        return Multiply(f.Frobenius().Frobenius(), f);
    }

    /// <inheritdoc cref="Powers.Raise{T}"/>
    public Fp12<T> Raise(BigInteger exponent) => Powers.Raise(this, exponent);

    /// <inheritdoc/>
    public static bool AreEqual(in Fp12<T> a, in Fp12<T> b) => Fp6<T>.AreEqual(a.C0, b.C0) && Fp6<T>.AreEqual(a.C1, b.C1);

    /// <inheritdoc/>
    public static Fp12<T> Add(in Fp12<T> a, in Fp12<T> b) => new(Fp6<T>.Add(a.C0, b.C0), Fp6<T>.Add(a.C1, b.C1));

    /// <inheritdoc/>
    public static Fp12<T> Subtract(in Fp12<T> a, in Fp12<T> b) => new(Fp6<T>.Subtract(a.C0, b.C0), Fp6<T>.Subtract(a.C1, b.C1));

    /// <inheritdoc/>
    public static Fp12<T> Negate(in Fp12<T> a) => new(Fp6<T>.Negate(a.C0), Fp6<T>.Negate(a.C1));

    /// <inheritdoc/>
    public static Fp12<T> Multiply(in Fp12<T> a, in Fp12<T> b)
    {
        var v0 = Fp6<T>.Multiply(a.C0, b.C0);
        var v1 = Fp6<T>.Multiply(a.C1, b.C1);
        var cross = Fp6<T>.Multiply(Fp6<T>.Add(a.C0, a.C1), Fp6<T>.Add(b.C0, b.C1));
        return new(Fp6<T>.Add(v0, v1.TimesV()), Fp6<T>.Subtract(Fp6<T>.Subtract(cross, v0), v1));
    }

    /// <inheritdoc/>
    /// <remarks>(c0 + c1)(c0 + v c1) - (1 + v) c0 c1 + 2 c0 c1 w.</remarks>
    public static Fp12<T> Square(in Fp12<T> a)
    {
        var product = Fp6<T>.Multiply(a.C0, a.C1);
        var t = Fp6<T>.Multiply(Fp6<T>.Add(a.C0, a.C1), Fp6<T>.Add(a.C0, a.C1.TimesV()));
        return new(Fp6<T>.Subtract(Fp6<T>.Subtract(t, product), product.TimesV()), Fp6<T>.Add(product, product));
    }

    /// <inheritdoc/>
    public static Fp12<T> Invert(in Fp12<T> a)
    {
        var norm = Fp6<T>.Invert(Fp6<T>.Subtract(Fp6<T>.Square(a.C0), Fp6<T>.Square(a.C1).TimesV()));
        return new(Fp6<T>.Multiply(a.C0, norm), Fp6<T>.Negate(Fp6<T>.Multiply(a.C1, norm)));
    }
}
