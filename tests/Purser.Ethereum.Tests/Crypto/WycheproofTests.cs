using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Crypto;

/// <summary>Hostile signatures (C2SP Wycheproof) on both paths.</summary>
public sealed class WycheproofTests
{
    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void the_p1363_file_is_answered_as_plain_ecdsa(string backend)
    {
        var curve = Backends.Get(backend);
        var (valid, invalid) = (0, 0);
        foreach (var group in Vectors.Json("wycheproof/ecdsa_secp256k1_sha256_p1363_test.json").GetProperty("testGroups").EnumerateArray())
        {
            var key = ReadKey(curve, group.GetProperty("publicKey").Bytes("uncompressed"));
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                var id = test.GetProperty("tcId").GetInt32();
                var signature = test.Bytes("sig");
                var expected = test.GetProperty("result").GetString() == "valid";
                var digest = SHA256.HashData(test.Bytes("msg"));
                // The door is the length: r ‖ s is 64 bytes and nothing else.
                var accepted = signature.Length == 64 && curve.Verify(digest, signature, key);
                accepted.ShouldBe(expected, $"tcId {id}");
                if (signature.Length == 64)
                {
                    Recovers(curve, digest, signature, key).ShouldBe(expected, $"recover, tcId {id}");
                }

                (valid, invalid) = expected ? (valid + 1, invalid) : (valid, invalid + 1);
            }
        }

        (valid, invalid).ShouldBe((167, 85));
        VectorSets.Passed(VectorSets.On(backend, "Wycheproof, p1363"), valid + invalid);
    }

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void the_bitcoin_file_is_answered_with_low_s_only(string backend)
    {
        var curve = Backends.Get(backend);
        var (valid, invalid) = (0, 0);
        foreach (var group in Vectors.Json("wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json").GetProperty("testGroups").EnumerateArray())
        {
            var key = ReadKey(curve, group.GetProperty("publicKey").Bytes("uncompressed"));
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                var id = test.GetProperty("tcId").GetInt32();
                var expected = test.GetProperty("result").GetString() == "valid";
                var digest = SHA256.HashData(test.Bytes("msg"));
                var compact = new byte[64];
                var accepted = TryReadDer(test.Bytes("sig"), compact)
                    && Signature.TryCreate(new Hash32(compact.AsSpan(0, 32)), new Hash32(compact.AsSpan(32)), 27, out _)
                    && curve.Verify(digest, compact, key);
                accepted.ShouldBe(expected, $"tcId {id}");
                (valid, invalid) = expected ? (valid + 1, invalid) : (valid, invalid + 1);
            }
        }

        (valid, invalid).ShouldBe((162, 301));
        VectorSets.Passed(VectorSets.On(backend, "Wycheproof, low s"), valid + invalid);
    }

    // A valid signature recovers to its key under one of the four ids, an invalid one under none.
    private static bool Recovers(ISecp256k1 curve, byte[] digest, byte[] signature, byte[] key)
    {
        var found = new byte[64];
        return Enumerable.Range(0, 4).Any(id => curve.TryRecover(digest, signature, id, found) && found.AsSpan().SequenceEqual(key));
    }

    private static byte[] ReadKey(ISecp256k1 curve, byte[] encoded)
    {
        var key = new byte[64];
        curve.TryParsePublicKey(encoded, key).ShouldBeTrue();
        return key;
    }

    private static bool TryReadDer(byte[] der, byte[] compact)
    {
        try
        {
            var reader = new AsnReader(der, AsnEncodingRules.DER);
            var sequence = reader.ReadSequence();
            var (r, s) = (sequence.ReadInteger(), sequence.ReadInteger());
            sequence.ThrowIfNotEmpty();
            reader.ThrowIfNotEmpty();
            return TryWrite(r, compact.AsSpan(0, 32)) && TryWrite(s, compact.AsSpan(32));
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool TryWrite(BigInteger number, Span<byte> bytes32)
    {
        if (number.Sign < 0 || number.GetByteCount(isUnsigned: true) > 32)
        {
            return false;
        }

        bytes32.Clear();
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(bytes32[(32 - bytes.Length)..]);
        return true;
    }
}
