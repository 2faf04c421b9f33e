using System.Numerics;
using Purser.Ethereum;
using Purser.Sandbox.Evm.Precompiled;
using Purser.Sandbox.Evm.Precompiled.Curves;
using Purser.Testing;
using F = Purser.Sandbox.Evm.Precompiled.Curves.Bn254Field;

namespace Purser.Sandbox.Tests.Evm;

/// <summary>EIP-196 and EIP-197: known points, laws of the field, the group and the pairing, and points that must be refused.</summary>
public sealed class Bn254Tests
{
    private static readonly BigInteger s_order = BigInteger.Parse("21888242871839275222246405745257275088548364400416034343698204186575808495617", null);
    private static readonly byte[] s_g1 = Words(1, 2);

    private static readonly byte[] s_g2 = Hex.Decode(
        "0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2" + "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
        + "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b" + "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa");

    private static byte[] Words(params BigInteger[] numbers) => [.. numbers.SelectMany(n => ((UInt256)n).ToBigEndian())];

    private static byte[] Run(int number, byte[] input)
    {
        Precompiles.TryRun(number, input, out var output).ShouldBeTrue();
        return output;
    }

    private static byte[] Times(byte[] point, BigInteger scalar) => Run(7, [.. point, .. Words(scalar)]);

    private static byte[] Negate(byte[] point) => [.. point[..32], .. Words(F.Modulus - (BigInteger)UInt256.FromBigEndian(point.AsSpan(32, 32)))];

    private static bool Pairs(params (byte[] P, byte[] Q)[] pairs) => Run(8, [.. pairs.SelectMany(p => (byte[])[.. p.P, .. p.Q])])[31] == 1;

    [Fact]
    public void the_double_of_the_generator_is_known()
    {
        var twice = Hex.Decode("0x030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd315ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4");
        Run(6, [.. s_g1, .. s_g1]).ShouldBe(twice);
        Times(s_g1, 2).ShouldBe(twice);
        Times(s_g1, s_order).ShouldBe(new byte[64]);
        Times(s_g1, s_order + 1).ShouldBe(s_g1);
        Run(6, [.. s_g1, .. Negate(s_g1)]).ShouldBe(new byte[64]);
        Run(6, []).ShouldBe(new byte[64], "missing input is zeros: infinity twice");
        Run(7, [.. s_g1, .. Words(3), 0xff]).ShouldBe(Times(s_g1, 3), "input behind the end does not count");
    }

    [Fact]
    public void the_field_computes_as_big_numbers_do() => Seeded.Run(200, random =>
    {
        BigInteger Draw() => random.OneIn(5) ? F.Modulus - 1 - random.Next(3) : new BigInteger(random.Bytes(32), isUnsigned: true) % F.Modulus;
        var (a, b) = (Draw(), Draw());
        var (x, y) = (F.From(a), F.From(b));
        Plain(F.Add(x, y)).ShouldBe((a + b) % F.Modulus);
        Plain(F.Subtract(x, y)).ShouldBe((a - b + F.Modulus) % F.Modulus);
        Plain(F.Multiply(x, y)).ShouldBe(a * b % F.Modulus);
        Plain(F.Negate(x)).ShouldBe((F.Modulus - a) % F.Modulus);
        F.AreEqual(F.Multiply(x, F.Invert(x)), x.IsZero ? F.Zero : F.One).ShouldBeTrue();
        var z = new Fp12<F>(new(new(x, y), new(y, x), new(x, x)), new(new(y, y), new(x, F.One), new(F.One, y)));
        Fp12<F>.AreEqual(Fp12<F>.Multiply(z, Fp12<F>.Invert(z)), Fp12<F>.One).ShouldBeTrue();
        Fp12<F>.AreEqual(Fp12<F>.Square(z), Fp12<F>.Multiply(z, z)).ShouldBeTrue();
    });

    [Fact]
    public void the_frobenius_map_is_the_power_p()
    {
        var (x, y) = (F.From(5), F.From(7));
        var z = new Fp12<F>(new(new(x, y), new(y, x), new(x, x)), new(new(y, y), new(x, F.One), new(F.One, y)));
        Fp12<F>.AreEqual(z.Frobenius(), z.Raise(F.Modulus)).ShouldBeTrue();
    }

    [Fact]
    public void the_pairing_is_bilinear_and_not_degenerate() => Seeded.Run(4, random =>
    {
        var (a, b) = (new BigInteger(random.Bytes(31), isUnsigned: true), new BigInteger(random.Bytes(31), isUnsigned: true));
        var p = Times(s_g1, a);
        Pairs((p, s_g2), (Negate(p), s_g2)).ShouldBeTrue();
        Pairs((p, s_g2)).ShouldBeFalse();
        Pairs((Times(s_g1, a), s_g2), (Times(s_g1, b), s_g2), (Negate(Times(s_g1, a + b)), s_g2)).ShouldBeTrue();
        Pairs((Times(s_g1, a), s_g2), (Times(s_g1, b), s_g2), (Negate(Times(s_g1, a + b + 1)), s_g2)).ShouldBeFalse();
        var q = TimesG2(b);
        Pairs((p, q), (Negate(Times(p, b)), s_g2)).ShouldBeTrue();
        Pairs((p, q), (Negate(Times(p, b + 1)), s_g2)).ShouldBeFalse();
    });

    [Fact]
    public void points_at_infinity_and_no_points_pair_to_one()
    {
        Pairs().ShouldBeTrue();
        Pairs((new byte[64], s_g2)).ShouldBeTrue();
        Pairs((s_g1, new byte[128])).ShouldBeTrue();
        Pairs((s_g1, s_g2), (new byte[64], new byte[128])).ShouldBeFalse();
    }

    [Fact]
    public void what_is_no_point_is_refused()
    {
        Refused(6, Words(1, 1)).ShouldBeTrue("not on the curve");
        Refused(7, Words(F.Modulus + 1, 2, 1)).ShouldBeTrue("a coordinate that is not reduced");
        Refused(7, Words(F.Modulus, 0, 1)).ShouldBeTrue("p is not 0");
        Refused(8, [.. s_g1, .. s_g2, 0]).ShouldBeTrue("193 bytes");
        Refused(8, [.. s_g1, .. s_g2[..64]]).ShouldBeTrue("128 bytes");
        Refused(8, [.. Words(1, 1), .. s_g2]).ShouldBeTrue("the first point is not on its curve");
        Refused(8, [.. s_g1, .. s_g2[64..], .. s_g2[..64]]).ShouldBeTrue("the second is not on its curve");
        Refused(8, [.. new byte[64], .. Words(F.Modulus, 0, 0, 0)]).ShouldBeTrue("p is not 0, also beside infinity");
    }

    [Fact]
    public void a_point_of_the_twist_outside_the_subgroup_is_refused()
    {
        var outside = Enumerable.Range(1, 50).Select(i => OnTwist(F.From(i))).First(point => point is not null)!.Value;
        outside.IsOnCurve(Bn254Pairing.TwistB).ShouldBeTrue();
        Bn254Pairing.IsInSubgroup(outside).ShouldBeFalse("the twist has a large cofactor");
        Refused(8, [.. s_g1, .. Bytes(outside)]).ShouldBeTrue();
    }

    [Fact]
    public void prices_are_those_of_eip_1108()
    {
        Precompiles.Price(6, [], Hardfork.Istanbul).ShouldBe(150);
        Precompiles.Price(7, [], Hardfork.Istanbul).ShouldBe(6000);
        Precompiles.Price(8, [], Hardfork.Istanbul).ShouldBe(45000);
        Precompiles.Price(8, new byte[192 * 3], Hardfork.Cancun).ShouldBe(45000 + (3 * 34000));
    }

    private static bool Refused(int number, byte[] input) => !Precompiles.TryRun(number, input, out _);

    private static BigInteger Plain(F value)
    {
        Span<byte> bytes = stackalloc byte[32];
        value.Write(bytes);
        return new(bytes, isUnsigned: true, isBigEndian: true);
    }

    private static byte[] TimesG2(BigInteger scalar)
    {
        AffinePoint<Fp2<F>> g2 = new(new(Read(s_g2, 1), Read(s_g2, 0)), new(Read(s_g2, 3), Read(s_g2, 2)));
        return Bytes(CurvePoint<Fp2<F>>.Multiply(g2, ((UInt256)scalar).ToBigEndian()).ToAffine());
    }

    private static F Read(byte[] bytes, int index)
    {
        F.TryRead(bytes.AsSpan(32 * index, 32), out var value).ShouldBeTrue();
        return value;
    }

    private static byte[] Bytes(AffinePoint<Fp2<F>> point) => Words(Plain(point.X.C1), Plain(point.X.C0), Plain(point.Y.C1), Plain(point.Y.C0));

    // The point with x = (x, 0) if there is one: y by square roots in the prime field, which p = 3 mod 4 makes simple.
    private static AffinePoint<Fp2<F>>? OnTwist(F x)
    {
        var at = new Fp2<F>(x, F.Zero);
        var square = Fp2<F>.Add(Fp2<F>.Multiply(Fp2<F>.Square(at), at), Bn254Pairing.TwistB);
        var norm = Root(F.Add(F.Square(square.C0), F.Square(square.C1)));
        foreach (var sign in (F[])[norm, F.Negate(norm)])
        {
            var real = Root(F.Multiply(F.Add(square.C0, sign), F.Invert(F.From(2))));
            var root = new Fp2<F>(real, F.Multiply(square.C1, F.Invert(F.Add(real, real))));
            if (Fp2<F>.AreEqual(Fp2<F>.Square(root), square))
            {
                return new(at, root);
            }
        }
        return null;
    }

    private static F Root(F value) => Powers.Raise(value, (F.Modulus + 1) / 4);
}
