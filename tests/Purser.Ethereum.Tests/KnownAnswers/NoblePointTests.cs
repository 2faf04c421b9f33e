using System.Text.Json;
using Purser.Ethereum.Tests.Crypto;
using Purser.Testing;

namespace Purser.Ethereum.Tests.KnownAnswers;

/// <summary>The rest of noble-curves' points: sums with multiples of G, multiples, what must be refused, and signatures with extra entropy.</summary>
public sealed class NoblePointTests
{
    private static readonly JsonElement s_points = Vectors.Json("rfc6979/noble_secp256k1_points.json");

    private static readonly Scalar s_one = new(1, 0, 0, 0);

    [Fact]
    public void sums_with_multiples_of_g_and_multiples_of_points_agree()
    {
        var seen = 0;
        var valid = s_points.GetProperty("valid");
        foreach (var vector in valid.GetProperty("pointAddScalar").EnumerateArray())
        {
            // d·G + 1·P
            Compute(Read(vector.Bytes("d")), Point(vector.Bytes("P")), s_one).ShouldBe(Key(Secp256k1.Managed, vector.Bytes("expected")), vector.GetRawText());
            seen++;
        }

        foreach (var vector in valid.GetProperty("pointMultiply").EnumerateArray())
        {
            // 0·G + d·P
            Compute(default, Point(vector.Bytes("P")), Read(vector.Bytes("d"))).ShouldBe(Key(Secp256k1.Managed, vector.Bytes("expected")), vector.GetRawText());
            seen++;
        }

        VectorSets.Passed("points, noble, sums and multiples", seen);
    }

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void what_is_no_point_no_scalar_or_ends_at_infinity_is_refused(string backend)
    {
        var curve = Backends.Get(backend);
        var seen = 0;
        var invalid = s_points.GetProperty("invalid");
        foreach (var vector in invalid.GetProperty("pointAdd").EnumerateArray())
        {
            var (p, q) = (Key(curve, vector.Bytes("P")), Key(curve, vector.Bytes("Q")));
            (p is null || q is null || Sum(p, q) is null).ShouldBeTrue(vector.GetRawText());
            seen++;
        }

        foreach (var vector in invalid.GetProperty("pointAddScalar").EnumerateArray())
        {
            (Key(curve, vector.Bytes("P")) is not { } p || !PrivateKey.IsInRange(vector.Bytes("d")) || Compute(Read(vector.Bytes("d")), Affine(p), s_one) is null).ShouldBeTrue(vector.GetRawText());
            seen++;
        }

        foreach (var vector in invalid.GetProperty("pointMultiply").EnumerateArray())
        {
            (Key(curve, vector.Bytes("P")) is null || !PrivateKey.IsInRange(vector.Bytes("d"))).ShouldBeTrue(vector.GetRawText());
            seen++;
        }

        foreach (var vector in invalid.GetProperty("pointFromScalar").EnumerateArray())
        {
            Should.Throw<ArgumentException>(() => PrivateKey.FromBytes(vector.Bytes("d"), curve));
            seen++;
        }

        VectorSets.Passed(VectorSets.On(backend, "points, noble, invalid"), seen);
    }

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void signatures_whose_nonce_had_extra_entropy_verify(string backend)
    {
        var curve = Backends.Get(backend);
        var seen = 0;
        foreach (var vector in Vectors.Json("rfc6979/noble_secp256k1_ecdsa.json").GetProperty("extraEntropy").EnumerateArray())
        {
            using var key = PrivateKey.FromBytes(vector.Bytes("d"), curve);
            foreach (var member in vector.EnumerateObject().Where(member => member.Name is not ("d" or "m")))
            {
                curve.Verify(vector.Bytes("m"), vector.Bytes(member.Name), key.PublicKey).ShouldBeTrue(member.Name);
                seen++;
            }
        }

        VectorSets.Passed(VectorSets.On(backend, "signatures, noble, extra entropy"), seen);
    }

    private static byte[]? Key(ISecp256k1 curve, byte[] encoded)
    {
        var key = new byte[64];
        return curve.TryParsePublicKey(encoded, key) ? key : null;
    }

    private static AffinePoint Point(byte[] encoded) => Affine(Key(Secp256k1.Managed, encoded)!);

    private static AffinePoint Affine(byte[] key)
    {
        AffinePoint.TryRead(key, out var point).ShouldBeTrue();
        return point;
    }

    private static Scalar Read(byte[] bytes32)
    {
        Scalar.TryRead(bytes32, out var scalar).ShouldBeTrue();
        return scalar;
    }

    private static byte[]? Compute(Scalar u1, AffinePoint point, Scalar u2) => Bytes(DoubleMultiplication.Compute(u1, point, u2));

    private static byte[]? Sum(byte[] p, byte[] q)
    {
        var sum = new JacobianPoint(Affine(p));
        sum.Add(Affine(q));
        return Bytes(sum);
    }

    private static byte[]? Bytes(JacobianPoint point)
    {
        var bytes = new byte[64];
        if (!point.TryToAffine(out var affine))
        {
            return null;
        }

        affine.Write(bytes);
        return bytes;
    }
}
