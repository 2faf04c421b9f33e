using System.Numerics;
using F = Purser.Sandbox.Evm.Precompiled.Curves.Bn254Field;
using Fp12 = Purser.Sandbox.Evm.Precompiled.Curves.Fp12<Purser.Sandbox.Evm.Precompiled.Curves.Bn254Field>;
using Fp2 = Purser.Sandbox.Evm.Precompiled.Curves.Fp2<Purser.Sandbox.Evm.Precompiled.Curves.Bn254Field>;
using G1 = Purser.Sandbox.Evm.Precompiled.Curves.AffinePoint<Purser.Sandbox.Evm.Precompiled.Curves.Bn254Field>;
using G2 = Purser.Sandbox.Evm.Precompiled.Curves.AffinePoint<Purser.Sandbox.Evm.Precompiled.Curves.Fp2<Purser.Sandbox.Evm.Precompiled.Curves.Bn254Field>>;

namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>
/// The optimal ate pairing on bn254: the curve y² = x³ + 3 of order r, and its twist y² = x³ + 3/ξ with ξ = 9 + u (type D). The curve's
/// parameter is u = 4965661367192848881, from which p, r and the loop length 6u + 2 follow.
/// </summary>
internal static class Bn254Pairing
{
    private static readonly BigInteger s_parameter = 4965661367192848881;
    private static readonly byte[] s_order = (F.Modulus - (6 * s_parameter * s_parameter)).ToByteArray(isUnsigned: true, isBigEndian: true);
    private static readonly sbyte[] s_loop = SignedDigits((6 * s_parameter) + 2);

    /// <summary>3: what the curve's equation adds.</summary>
    public static F B { get; } = F.From(3);

    /// <summary>3 / ξ: what the twist's equation adds.</summary>
    public static Fp2 TwistB { get; } = Fp2.Multiply(Fp2.Invert(Fp2.NonResidue), new(F.From(3), F.Zero));

    /// <summary>Whether the point of the twist has order r (or is at infinity). On the curve itself every point has.</summary>
    public static bool IsInSubgroup(in G2 point) => CurvePoint<Fp2>.Multiply(point, s_order).IsInfinity;

    /// <summary>Whether the product of the pairings is 1. The points lie on the curve, and in the subgroup of the twist.</summary>
    public static bool ProductIsOne(IReadOnlyList<(G1 P, G2 Q)> pairs)
    {
        // A pair with a point at infinity contributes 1.
        var product = MillerLoop([.. pairs.Where(pair => !pair.P.IsInfinity && !pair.Q.IsInfinity)]);
        return Fp12.AreEqual(FinalExponentiation(product), Fp12.One);
    }

    private static Fp12 MillerLoop((G1 P, G2 Q)[] pairs)
    {
        var running = Array.ConvertAll(pairs, pair => new MillerPoint<F>(pair.Q));
        var f = Fp12.One;
        for (var i = s_loop.Length - 2; i >= 0; i--)
        {
            f = Fp12.Square(f);
            for (var k = 0; k < pairs.Length; k++)
            {
                f = Times(f, running[k].Double(TwistB), pairs[k].P);
                if (s_loop[i] != 0)
                {
                    f = Times(f, running[k].Add(s_loop[i] > 0 ? pairs[k].Q : pairs[k].Q.Negate()), pairs[k].P);
                }
            }
        }
        for (var k = 0; k < pairs.Length; k++)
        {
            var once = Frobenius(pairs[k].Q);
            f = Times(f, running[k].Add(once), pairs[k].P);
            f = Times(f, running[k].Add(Frobenius(once).Negate()), pairs[k].P);
        }
        return f;
    }

    private static Fp12 Times(in Fp12 f, in MillerPoint<F>.Line line, in G1 at) =>
        f.TimesSparse034(line.BeforeY.Scale(at.Y), line.BeforeX.Scale(at.X), line.Alone);

    // The p-th power of the coordinates, carried over to the twist.
    private static G2 Frobenius(in G2 q) =>
        new(Fp2.Multiply(q.X.Conjugate(), Fp12.FrobeniusFactor(2)), Fp2.Multiply(q.Y.Conjugate(), Fp12.FrobeniusFactor(3)));

    // To the power (p^12 - 1) / r. The hard part's exponent is written in powers of p and u; the chain is that of Scott, Benger, Charlemagne, Perez and Kachisa (2009).
    private static Fp12 FinalExponentiation(in Fp12 value)
    {
        var f = value.EasyPart();
        var fp = f.Frobenius();
        var fp2 = fp.Frobenius();
        var fu = f.Raise(s_parameter);
        var fu2 = fu.Raise(s_parameter);
        var fu3 = fu2.Raise(s_parameter);
        var fu2p = fu2.Frobenius();
        var y0 = Fp12.Multiply(Fp12.Multiply(fp, fp2), fp2.Frobenius());
        var y1 = f.Conjugate();
        var y2 = fu2p.Frobenius();
        var y3 = fu.Frobenius().Conjugate();
        var y4 = Fp12.Multiply(fu, fu2p).Conjugate();
        var y5 = fu2.Conjugate();
        var y6 = Fp12.Multiply(fu3, fu3.Frobenius()).Conjugate();
        // y0 y1² y2^6 y3^12 y4^18 y5^30 y6^36
        var a = Fp12.Multiply(Fp12.Multiply(Fp12.Square(y6), y4), y5);
        var b = Fp12.Multiply(Fp12.Multiply(y3, y5), a);
        a = Fp12.Multiply(a, y2);
        b = Fp12.Square(Fp12.Multiply(Fp12.Square(b), a));
        a = Fp12.Multiply(b, y1);
        b = Fp12.Multiply(b, y0);
        return Fp12.Multiply(Fp12.Square(a), b);
    }

    // Digits -1, 0, 1 with no two neighbours that are not 0, least significant first.
    private static sbyte[] SignedDigits(BigInteger number)
    {
        var digits = new List<sbyte>();
        for (; !number.IsZero; number >>= 1)
        {
            sbyte digit = 0;
            if (!number.IsEven)
            {
                digit = (sbyte)(2 - (int)(number & 3));
                number -= digit;
            }
            digits.Add(digit);
        }
        return [.. digits];
    }
}
