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

    [Fact]
    public void a_hand_laid_struct_is_hashed_and_verified_without_allocating()
    {
        using var key = PrivateKey.FromBytes(Backends.Bytes("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
        var typeHash = Eip712.TypeHash("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        var separator = Keccak256.Hash("separator"u8);
        var owner = key.Address;
        var signature = key.Sign(Digest());
        Hash32 Digest()
        {
            var writer = new Eip712StructWriter(stackalloc byte[32 * 6], typeHash);
            writer.Add(owner);
            writer.Add(Address.Zero);
            writer.Add((UInt256)1_000_000);
            writer.Add(UInt256.Zero);
            writer.Add((UInt256)1_900_000_000);
            return Eip712.Digest(separator, writer.Hash());
        }

        Allocated(() => (Secp256k1.TryRecover(Digest(), signature, out var signer) && signer == owner).ShouldBeTrue()).ShouldBe(0);
    }

    [Fact]
    public void arithmetic_and_text_on_spans_allocate_nothing()
    {
        var (a, b, m) = (UInt256.MaxValue - 12345, UInt256.MaxValue / 7, (UInt256.One << 200) + 33);
        var text = new char[160];
        var address = Address.Parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
        Allocated(() => _ = UInt256.DivRem(a, m, out _)).ShouldBe(0);
        Allocated(() => _ = UInt256.DivRem(a, 12345, out _)).ShouldBe(0);
        Allocated(() => _ = UInt256.MultiplyMod(a, b, m)).ShouldBe(0);
        Allocated(() => _ = UInt256.ModPow(a, b, m)).ShouldBe(0);
        Allocated(() => _ = UInt256.MultiplyDivide(a, m, a)).ShouldBe(0);
        Allocated(() => a.TryFormat(text, out _, default, null)).ShouldBe(0);
        Allocated(() => _ = UInt256.TryParse("115792089237316195423570985008687907853269984665640564039457584007913129639935", out _)).ShouldBe(0);
        Allocated(() => address.TryFormat(text, out _, default, null)).ShouldBe(0);
        Allocated(() => _ = Address.TryParse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", out _)).ShouldBe(0);
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
