namespace Purser.Ethereum.Tests.Crypto;

/// <summary>The hot path leaves nothing to the collector.</summary>
public sealed class AllocationTests
{
    private readonly byte[] _message = new byte[1000];
    private readonly byte[] _publicKey = new byte[64];

    [Fact]
    public void keccak_allocates_nothing() => Allocated(() =>
    {
        Keccak256.Hash(_message, _message);
        _ = Keccak256.Hash(_message);
        var hasher = default(Keccak256Hasher);
        hasher.Append(_message);
        hasher.Append(_message.AsSpan(0, 100));
        hasher.Finish(_message);
    }).ShouldBe(0);

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void recover_and_verify_allocate_nothing(string backend)
    {
        var curve = Backends.Get(backend);
        using var key = PrivateKey.FromBytes(Backends.Bytes("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
        var digest = Keccak256.Hash(_message);
        var signature = key.Sign(digest);
        var compact = signature.ToArray()[..64];
        var owner = key.PublicKey.ToArray();
        Allocated(() =>
        {
            curve.TryRecover(digest.Bytes, compact, signature.YParity, _publicKey).ShouldBeTrue();
            curve.Verify(digest.Bytes, compact, owner).ShouldBeTrue();
            Secp256k1.TryRecover(digest, signature, out _).ShouldBeTrue();
        }).ShouldBe(0);
    }

    /// <summary>Bytes that this thread allocates in a hundred runs, after a few that load and compile.</summary>
    private static long Allocated(Action action)
    {
        for (var i = 0; i < 10; i++)
        {
            action();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
