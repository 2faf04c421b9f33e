using Purser.Testing;

namespace Purser.Ethereum.Tests.Crypto;

/// <summary>Both paths answer alike on whatever comes: honest signatures, bent ones, and numbers from the edges.</summary>
public sealed class DifferentialTests
{
    // n, p − n (under which r + n is an x as well), half of n, p: the places where ranges end.
    private static readonly UInt256[] s_edges =
    [
        UInt256.Zero, UInt256.One, 2, Signature.Order - 1, Signature.Order, Signature.Order + 1, Signature.Order >> 1, (Signature.Order >> 1) + 1,
        FieldPrime - Signature.Order - 1, FieldPrime - Signature.Order, FieldPrime - 1, FieldPrime, UInt256.MaxValue,
    ];

    private static UInt256 FieldPrime => UInt256.Parse("0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");

    [Fact]
    public void recover_and_verify_answer_alike_on_both_paths()
    {
        var native = Backends.Get("libsecp256k1");
        var managed = Secp256k1.Managed;
        var (recovered, verified, refused) = (0, 0, 0);
        Seeded.Run(Tier.Pick(1_500, 100_000), random =>
        {
            var (digest, compact, key) = Case(random, native);
            var (one, other) = (new byte[64], new byte[64]);
            // All ids there are, the two of Ethereum and the two beyond n, and what v out of range would make of them.
            for (var id = 0; id < 4; id++)
            {
                var found = native.TryRecover(digest, compact, id, one);
                managed.TryRecover(digest, compact, id, other).ShouldBe(found, $"recover, id {id}");
                other.ShouldBe(found ? one : new byte[64]);
                if (found)
                {
                    native.Verify(digest, compact, one).ShouldBeTrue();
                    managed.Verify(digest, compact, one).ShouldBeTrue();
                }

                (recovered, refused) = found ? (recovered + 1, refused) : (recovered, refused + 1);
                one.AsSpan().Clear();
                other.AsSpan().Clear();
            }

            var valid = native.Verify(digest, compact, key);
            managed.Verify(digest, compact, key).ShouldBe(valid, "verify");
            verified += valid ? 1 : 0;
        });

        // The inputs must reach both outcomes, or nothing was compared.
        if (Environment.GetEnvironmentVariable("PURSER_SEED") is null or "")
        {
            recovered.ShouldBeGreaterThan(500);
            refused.ShouldBeGreaterThan(500);
            verified.ShouldBeGreaterThan(200);
        }
    }

    [Fact]
    public void public_keys_parse_alike_on_both_paths()
    {
        var native = Backends.Get("libsecp256k1");
        Seeded.Run(Tier.Pick(1_500, 100_000), random =>
        {
            var encoded = random.Bytes(random.Pick([33, 33, 65, 65, 0, 1, 32, 64, 66]));
            if (encoded.Length > 0)
            {
                encoded[0] = (byte)random.Pick([2, 3, 4, 2, 3, 4, 5, 6, 7, 0]);
            }

            if (encoded.Length >= 33 && random.OneIn(4))
            {
                random.Pick(s_edges).WriteBigEndian(encoded.AsSpan(1));
            }

            if (encoded.Length == 65 && random.OneIn(2))
            {
                using var key = PrivateKey.FromBytes([.. random.Bytes(31), 1], native);
                key.PublicKey.CopyTo(encoded.AsSpan(1));
                encoded[random.Next(65)] ^= (byte)(random.OneIn(2) ? 1 : 0);
            }

            var (one, other) = (new byte[64], new byte[64]);
            var parsed = native.TryParsePublicKey(encoded, one);
            Secp256k1.Managed.TryParsePublicKey(encoded, other).ShouldBe(parsed, Convert.ToHexString(encoded));
            other.ShouldBe(one);
        });
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(27)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void a_v_out_of_range_recovers_nothing(int recoveryId)
    {
        using var key = PrivateKey.FromBytes([.. new byte[31], 1]);
        var digest = Keccak256.Hash("v"u8);
        var signature = key.Sign(digest);
        Secp256k1.TryRecoverRaw(digest.Bytes, signature.R.Bytes, signature.S.Bytes, recoveryId, new byte[64]).ShouldBeFalse();
        Signature.TryCreate(signature.R, signature.S, recoveryId, out _).ShouldBe(recoveryId == 27);
    }

    private static (byte[] Digest, byte[] Compact, byte[] Key) Case(Seeded random, ISecp256k1 curve)
    {
        using var key = PrivateKey.FromBytes([.. random.Bytes(31), 1], curve);
        var digest = random.OneIn(10) ? Hash32.FromUInt256(random.Pick(s_edges)).ToArray() : random.Bytes(32);
        var compact = key.Sign(new Hash32(digest)).ToArray()[..64];
        var publicKey = key.PublicKey.ToArray();
        switch (random.Next(8))
        {
            case 0: // the same signature with a high s
                Hash32.FromUInt256(Signature.Order - UInt256.FromBigEndian(compact.AsSpan(32))).CopyTo(compact.AsSpan(32));
                break;
            case 1:
                random.Pick(s_edges).WriteBigEndian(compact);
                break;
            case 2:
                random.Pick(s_edges).WriteBigEndian(compact.AsSpan(32));
                break;
            case 3:
                random.Pick(s_edges).WriteBigEndian(compact);
                random.Pick(s_edges).WriteBigEndian(compact.AsSpan(32));
                break;
            case 4:
                compact[random.Next(64)] ^= (byte)(1 << random.Next(8));
                break;
            case 5:
                publicKey[random.Next(64)] ^= (byte)(1 << random.Next(8));
                break;
            default:
                break;
        }

        return (digest, compact, publicKey);
    }
}
