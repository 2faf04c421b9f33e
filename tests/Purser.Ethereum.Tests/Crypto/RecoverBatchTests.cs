using Purser.Testing;

namespace Purser.Ethereum.Tests.Crypto;

public sealed class RecoverBatchTests
{
    private static (Hash32[] Digests, Signature[] Signatures, Address?[] Expected) Inputs(Seeded random, int count)
    {
        using var key = PrivateKey.FromBytes(Backends.Bytes("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
        var (digests, signatures, expected) = (new Hash32[count], new Signature[count], new Address?[count]);
        for (var i = 0; i < count; i++)
        {
            digests[i] = new Hash32(random.Bytes(32));
            signatures[i] = random.Next(8) switch
            {
                0 => default,
                // An r that is no x of the curve fits no key.
                1 => Make(Hash32.FromUInt256(5)),
                2 => Make(new Hash32(random.Bytes(32))),
                _ => key.Sign(digests[i]),
            };
            expected[i] = Secp256k1.TryRecover(digests[i], signatures[i], out var signer) ? signer : null;
        }

        return (digests, signatures, expected);
    }

    private static Signature Make(Hash32 r)
    {
        Signature.TryCreate(r, Hash32.FromUInt256(7), 27, out var signature);
        return signature;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(1000)]
    public void each_place_has_the_signer_that_recovering_alone_finds_whatever_stands_beside_it(int degree) => Seeded.Run(3, random =>
    {
        foreach (var count in new[] { 0, 1, 63, 64, 65, 130, 400 })
        {
            var (digests, signatures, expected) = Inputs(random, count);
            // What stood there before is overwritten, refused members included.
            var signers = Enumerable.Repeat<Address?>(Address.Zero, count).ToArray();
            Secp256k1.RecoverBatch(digests, signatures, signers, degree, TestContext.Current.CancellationToken).ShouldBe(expected.Count(signer => signer is not null));
            signers.ShouldBe(expected);
        }
    });

    [Fact]
    public void lengths_that_differ_and_no_cores_are_refused()
    {
        var token = TestContext.Current.CancellationToken;
        Should.Throw<ArgumentException>(() => Secp256k1.RecoverBatch(new Hash32[1], new Signature[2], new Address?[2], 1, token));
        Should.Throw<ArgumentException>(() => Secp256k1.RecoverBatch(new Hash32[2], new Signature[2], new Address?[1], 1, token));
        Should.Throw<ArgumentOutOfRangeException>(() => Secp256k1.RecoverBatch(default, default, default, 0, token));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void a_cancelled_batch_says_so(int degree)
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Should.Throw<OperationCanceledException>(() => Secp256k1.RecoverBatch(new Hash32[200], new Signature[200], new Address?[200], degree, source.Token));
    }

    [Fact]
    public void what_one_core_allocates_does_not_grow_with_the_batch()
    {
        var (digests, signatures, _) = Inputs(new Seeded(1), 256);
        var signers = new Address?[256];
        var token = TestContext.Current.CancellationToken;
        long Allocated(int count)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Secp256k1.RecoverBatch(digests.AsMemory(0, count), signatures.AsMemory(0, count), signers.AsMemory(0, count), 1, token);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated(256);
        Allocated(256).ShouldBe(Allocated(1));
    }
}
