using System.Numerics;

namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>A finite field as the curves need it. Implementations are structs, so that generic code over them compiles to direct calls.</summary>
internal interface IField<T>
    where T : struct, IField<T>
{
    /// <summary>The neutral element of addition; also <c>default</c>.</summary>
    static abstract T Zero { get; }

    /// <summary>The neutral element of multiplication.</summary>
    static abstract T One { get; }

    /// <summary>Whether it is 0.</summary>
    bool IsZero { get; }

    /// <summary>Whether two are equal.</summary>
    static abstract bool AreEqual(in T a, in T b);

    /// <summary>a + b.</summary>
    static abstract T Add(in T a, in T b);

    /// <summary>a - b.</summary>
    static abstract T Subtract(in T a, in T b);

    /// <summary>-a.</summary>
    static abstract T Negate(in T a);

    /// <summary>a b.</summary>
    static abstract T Multiply(in T a, in T b);

    /// <summary>a².</summary>
    static abstract T Square(in T a);

    /// <summary>1 / a; 0 for 0.</summary>
    static abstract T Invert(in T a);
}

/// <summary>A prime field below a pairing-friendly curve of embedding degree 12, whose tower is Fp2 = Fp[u]/(u² + 1), Fp6 = Fp2[v]/(v³ - ξ), Fp12 = Fp6[w]/(w² - v).</summary>
internal interface IPrimeField<T> : IField<T>
    where T : struct, IPrimeField<T>
{
    /// <summary>p.</summary>
    static abstract BigInteger Modulus { get; }

    /// <summary>From a number below p.</summary>
    static abstract T From(BigInteger value);

    /// <summary>a ξ, where ξ is what Fp6 takes the cube root of.</summary>
    static abstract Fp2<T> TimesNonResidue(in Fp2<T> a);
}
