namespace Purser.Ethereum.Tests.Transactions;

public sealed class BlobTransactionTests
{
    internal static readonly Transaction4844 Blobs = new()
    {
        ChainId = new(84532),
        Nonce = 9,
        MaxPriorityFeePerGas = 1,
        MaxFeePerGas = 2_000_000_000,
        GasLimit = 60_000,
        To = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        Value = 5,
        Data = new byte[] { 1, 0, 3 },
        AccessList = [new(Address.Zero, [Hash32.Zero])],
        MaxFeePerBlobGas = 3_000_000_000,
        BlobVersionedHashes = [Versioned(1, 7), Versioned(1, 8)],
    };

    [Fact]
    public void blobs_are_named_by_hash_and_take_gas_of_their_own_market()
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("a key of this test"u8).Bytes);
        var decoded = SignedTransaction.Decode(Blobs.Sign(key).Raw.Span).Transaction.ShouldBeOfType<Transaction4844>();
        decoded.BlobVersionedHashes.ShouldBe(Blobs.BlobVersionedHashes);
        decoded.MaxFeePerBlobGas.ShouldBe(Blobs.MaxFeePerBlobGas);
        decoded.BlobGas.ShouldBe(262_144UL);
        IntrinsicGas.Check(decoded).ShouldBeNull();
        IntrinsicGas.Check(decoded, Hardfork.Shanghai).ShouldBe(new TransactionRefusal.NotInFork(3, false, Hardfork.Cancun, Hardfork.Shanghai));
    }

    [Fact]
    public void a_transaction_that_carries_its_blobs_is_named_as_such_at_any_size()
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("a key of this test"u8).Bytes);
        var body = Blobs.Sign(key).Raw.Span[1..];
        foreach (var blobSize in new[] { 1, 40, 131_072, 9 * 131_072 })
        {
            var writer = new RlpWriter([]);
            writer.WriteRaw([3]);
            var outer = writer.StartList();
            writer.WriteRaw(body);
            for (var i = 0; i < 3; i++)
            {
                var list = writer.StartList();
                writer.Write(new byte[i == 0 ? blobSize : 48]);
                writer.EndList(list);
            }
            writer.EndList(outer);
            SignedTransaction.TryDecode(writer.Written, null, out _, out var refusal).ShouldBeFalse();
            refusal.ShouldBeOfType<TransactionRefusal.BlobSidecar>().Code.ShouldBe("blob_sidecar");
            writer.Dispose();
        }
    }

    [Fact]
    public void no_blob_no_callee_and_an_unknown_version_are_refused_by_name()
    {
        Refused(Blobs with { BlobVersionedHashes = [] }).ShouldBe(new TransactionRefusal.NoBlobs());
        Refused(Blobs with { To = null }).ShouldBe(new TransactionRefusal.NoCallee(3));
        Refused(Blobs with { BlobVersionedHashes = [Versioned(1, 1), Versioned(2, 1)] }).ShouldBe(new TransactionRefusal.UnknownBlobVersion(1, 2));
    }

    // By all three ways in: before signing, before gas, and when a stranger signed it all the same.
    internal static TransactionRefusal Refused(Transaction misshapen)
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("a key of this test"u8).Bytes);
        var atSigning = Should.Throw<TransactionException>(() => misshapen.Sign(key)).Refusal;
        Should.Throw<TransactionException>(() => misshapen.WithSignature(key.Sign(misshapen.SigningHash))).Refusal.ShouldBe(atSigning);
        IntrinsicGas.Check(misshapen, Hardfork.Prague).ShouldBe(atSigning);
        var raw = misshapen.EncodeSigned(key.Sign(misshapen.SigningHash));
        SignedTransaction.TryDecode(raw, null, out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBe(atSigning);
        refusal.Hint.ShouldNotBeEmpty();
        return refusal;
    }

    private static Hash32 Versioned(byte version, byte last)
    {
        var bytes = new byte[32];
        (bytes[0], bytes[31]) = (version, last);
        return new(bytes);
    }
}
