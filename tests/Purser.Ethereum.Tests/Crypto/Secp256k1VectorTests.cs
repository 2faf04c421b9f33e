using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Crypto;

/// <summary>Signatures, points and RFC 6979 nonces from noble-curves, on both paths where both apply.</summary>
public sealed class Secp256k1VectorTests
{
    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void noble_signatures_are_reproduced_or_verified_and_recovered(string backend)
    {
        var curve = Backends.Get(backend);
        var deterministic = backend == "libsecp256k1";
        var seen = 0;
        foreach (var vector in Vectors.Json("rfc6979/noble_secp256k1_ecdsa.json").GetProperty("valid").EnumerateArray())
        {
            var digest = vector.Bytes("m");
            var expected = vector.Bytes("signature");
            using var key = PrivateKey.FromBytes(vector.Bytes("d"), curve);
            var recovered = new byte[64];
            curve.Verify(digest, expected, key.PublicKey).ShouldBeTrue();
            if (deterministic)
            {
                var signature = key.Sign(new Hash32(digest));
                signature.R.ToArray().ShouldBe(expected[..32]);
                signature.S.ToArray().ShouldBe(expected[32..]);
                curve.TryRecover(digest, expected, signature.YParity, recovered).ShouldBeTrue();
                recovered.ShouldBe(key.PublicKey.ToArray());
            }
            else
            {
                // One of the two parities is the right one.
                var fits = Enumerable.Range(0, 2).Count(id => curve.TryRecover(digest, expected, id, recovered) && recovered.AsSpan().SequenceEqual(key.PublicKey));
                fits.ShouldBe(1);
            }

            seen++;
        }

        VectorSets.Passed(VectorSets.On(backend, "signatures, noble"), seen);
    }

    [Fact]
    public void openssl_signatures_have_low_s_and_the_right_v()
    {
        var seen = 0;
        foreach (var vector in Vectors.Json("rfc6979/noble_secp256k1_ecdsa.json").GetProperty("valid").EnumerateArray().Take(100))
        {
            using var key = PrivateKey.FromBytes(vector.Bytes("d"), Secp256k1.Managed);
            var digest = new Hash32(vector.Bytes("m"));
            // The strict Signature cannot be made with high s.
            var signature = key.Sign(digest);
            Secp256k1.TryRecover(digest, signature, out var address).ShouldBeTrue();
            address.ShouldBe(key.Address);
            seen++;
        }

        seen.ShouldBe(100);
    }

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void noble_refuses_the_same_keys_and_signatures(string backend)
    {
        var curve = Backends.Get(backend);
        var seen = 0;
        var invalid = Vectors.Json("rfc6979/noble_secp256k1_ecdsa.json").GetProperty("invalid");
        foreach (var vector in invalid.GetProperty("sign").EnumerateArray())
        {
            // Secrets out of range are refused; the file's other cases are digests of another length, which our types exclude.
            if (vector.GetProperty("exception").GetString() == "Expected Private")
            {
                Should.Throw<ArgumentException>(() => PrivateKey.FromBytes(vector.Bytes("d"), curve));
                PrivateKey.TryFromBytes(vector.Bytes("d"), out _).ShouldBeFalse();
                seen++;
            }
        }

        foreach (var vector in invalid.GetProperty("verify").EnumerateArray())
        {
            var key = new byte[64];
            var digest = vector.Bytes("m");
            var signature = vector.Bytes("signature");
            // "strict" asks for low s, which the strict Signature is there for.
            var strict = vector.TryGetProperty("strict", out var flag) && flag.GetBoolean();
            var accepted = curve.TryParsePublicKey(vector.Bytes("Q"), key)
                && digest.Length == 32 && signature.Length == 64
                && (!strict || Signature.TryCreate(new Hash32(signature.AsSpan(0, 32)), new Hash32(signature.AsSpan(32)), 27, out _))
                && curve.Verify(digest, signature, key);
            accepted.ShouldBeFalse(vector.GetRawText());
            seen++;
        }

        VectorSets.Passed(VectorSets.On(backend, "signatures, noble, invalid"), seen);
    }

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void noble_points_parse_and_derive(string backend)
    {
        var curve = Backends.Get(backend);
        var file = Vectors.Json("rfc6979/noble_secp256k1_points.json");
        var (parsed, derived, added) = (0, 0, 0);
        var key = new byte[64];
        foreach (var vector in file.GetProperty("valid").GetProperty("isPoint").EnumerateArray())
        {
            curve.TryParsePublicKey(vector.Bytes("P"), key).ShouldBe(vector.GetProperty("expected").GetBoolean(), vector.GetRawText());
            parsed++;
        }

        foreach (var vector in file.GetProperty("valid").GetProperty("pointCompress").EnumerateArray())
        {
            var other = new byte[64];
            curve.TryParsePublicKey(vector.Bytes("P"), key).ShouldBeTrue();
            curve.TryParsePublicKey(vector.Bytes("expected"), other).ShouldBeTrue();
            key.ShouldBe(other);
            parsed++;
        }

        foreach (var vector in file.GetProperty("invalid").GetProperty("pointCompress").EnumerateArray())
        {
            curve.TryParsePublicKey(vector.Bytes("P"), key).ShouldBeFalse(vector.GetRawText());
            parsed++;
        }

        foreach (var vector in file.GetProperty("valid").GetProperty("pointFromScalar").EnumerateArray())
        {
            var expected = new byte[64];
            curve.TryParsePublicKey(vector.Bytes("expected"), expected).ShouldBeTrue();
            using var secret = PrivateKey.FromBytes(vector.Bytes("d"), curve);
            secret.PublicKey.ToArray().ShouldBe(expected);
            derived++;
        }

        foreach (var vector in file.GetProperty("valid").GetProperty("pointAdd").EnumerateArray())
        {
            added += AddsUp(vector.Bytes("P"), vector.Bytes("Q"), vector.TryGetProperty("expected", out var sum) ? sum.GetString() : null) ? 1 : 0;
        }

        (parsed, derived, added).ShouldBe((2029 + 240 + 19, 16, 118));
        VectorSets.Passed(VectorSets.On(backend, "points, noble"), parsed + derived + added);
    }

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void the_rfc_6979_nonces_give_r(string backend)
    {
        var curve = Backends.Get(backend);
        var seen = 0;
        foreach (var vector in Vectors.Json("rfc6979/rfc6979.json").EnumerateArray())
        {
            var digest = SHA256.HashData(Encoding.UTF8.GetBytes(vector.GetProperty("message").GetString()!));
            var noncePoint = new byte[64];
            curve.DerivePublicKey(vector.Bytes("k0"), noncePoint);
            using var key = PrivateKey.FromBytes(vector.Bytes("d"), Backends.Get("libsecp256k1"));
            key.Sign(new Hash32(digest)).R.ToArray().ShouldBe(noncePoint[..32]);
            seen++;
        }

        VectorSets.Passed(VectorSets.On(backend, "RFC 6979 nonces"), seen);
    }

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void ethers_accounts_have_their_addresses(string backend)
    {
        var curve = Backends.Get(backend);
        var seen = 0;
        foreach (var file in new[] { "ethers/v5_accounts.json", "ethers/v6_accounts.json" })
        {
            foreach (var vector in Vectors.Json(file).EnumerateArray())
            {
                if (vector.TryGetProperty("privateKey", out var secret))
                {
                    using var key = PrivateKey.FromBytes(Backends.Bytes(secret.GetString()!), curve);
                    key.Address.ShouldBe(Address.Parse(vector.GetProperty("address").GetString()!));
                    seen++;
                }
            }
        }

        VectorSets.Passed(VectorSets.On(backend, "addresses of private keys"), seen);
    }

    private static bool AddsUp(byte[] p, byte[] q, string? expected)
    {
        var bytes = new byte[64];
        Secp256k1.Managed.TryParsePublicKey(p, bytes).ShouldBeTrue();
        AffinePoint.TryRead(bytes, out var a).ShouldBeTrue();
        Secp256k1.Managed.TryParsePublicKey(q, bytes).ShouldBeTrue();
        AffinePoint.TryRead(bytes, out var b).ShouldBeTrue();

        var mixed = new JacobianPoint(a);
        mixed.Add(b);
        var general = new JacobianPoint(a);
        general.Add(new JacobianPoint(b));
        var finite = mixed.TryToAffine(out var sum);
        general.TryToAffine(out var other).ShouldBe(finite);
        if (expected is null)
        {
            finite.ShouldBeFalse();
            return true;
        }

        finite.ShouldBeTrue();
        var want = new byte[64];
        Secp256k1.Managed.TryParsePublicKey(Backends.Bytes(expected), want).ShouldBeTrue();
        sum.Write(bytes);
        bytes.ShouldBe(want);
        other.Write(bytes);
        bytes.ShouldBe(want);
        return true;
    }
}
