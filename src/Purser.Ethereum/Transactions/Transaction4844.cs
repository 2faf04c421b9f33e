namespace Purser.Ethereum;

/// <summary>
/// A transaction of type 3 (EIP-4844) in its canonical form, as it is signed and stands in a block: it names blobs by their versioned hashes.
/// The network's form, which carries the blobs themselves, is refused by name (<see cref="TransactionRefusal.BlobSidecar"/>).
/// It must have a callee and at least one blob.
/// </summary>
public sealed record Transaction4844 : Transaction
{
    /// <summary>The gas of the blob market that one blob takes (EIP-4844's GAS_PER_BLOB).</summary>
    public const ulong GasPerBlob = 131_072;

    /// <summary>The first byte of every versioned hash: the hash of a KZG commitment.</summary>
    public const byte VersionedHashVersion = 0x01;

    /// <summary>The chain.</summary>
    public required ChainId ChainId { get; init; }

    /// <summary>The most that goes to the block's fee recipient, in wei per gas.</summary>
    public UInt256 MaxPriorityFeePerGas { get; init; }

    /// <summary>The most that is paid, base fee included, in wei per gas.</summary>
    public UInt256 MaxFeePerGas { get; init; }

    /// <summary>The addresses and slots declared beforehand.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>The most that is paid per unit of blob gas, in wei.</summary>
    public UInt256 MaxFeePerBlobGas { get; init; }

    /// <summary>The blobs' versioned hashes: the version byte and the last 31 bytes of the SHA-256 of each commitment.</summary>
    public IReadOnlyList<Hash32> BlobVersionedHashes { get; init; } = [];

    /// <summary>The blob gas that the transaction takes: <see cref="GasPerBlob"/> for each blob.</summary>
    public ulong BlobGas => GasPerBlob * (ulong)BlobVersionedHashes.Count;

    /// <inheritdoc/>
    public override byte Type => 3;

    /// <inheritdoc/>
    public override ChainId? Chain => ChainId;

    /// <inheritdoc/>
    public override UInt256 FeeCap => MaxFeePerGas;

    /// <inheritdoc/>
    public override UInt256 TipCap => MaxPriorityFeePerGas;

    /// <inheritdoc/>
    public override IReadOnlyList<AccessListEntry> AccessedBeforehand => AccessList;

    /// <inheritdoc/>
    public bool Equals(Transaction4844? other) => base.Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => base.GetHashCode();

    internal override TransactionRefusal? CheckForm()
    {
        if (To is null)
        {
            return new TransactionRefusal.NoCallee(Type);
        }
        if (BlobVersionedHashes.Count == 0)
        {
            return new TransactionRefusal.NoBlobs();
        }
        for (var i = 0; i < BlobVersionedHashes.Count; i++)
        {
            if (BlobVersionedHashes[i].Bytes[0] != VersionedHashVersion)
            {
                return new TransactionRefusal.UnknownBlobVersion(i, BlobVersionedHashes[i].Bytes[0]);
            }
        }
        return null;
    }

    private protected override void WritePayload(ref RlpWriter writer, Signature? signature)
    {
        writer.WriteRaw([Type]);
        var list = writer.StartList();
        writer.Write(ChainId.Value);
        writer.Write(Nonce);
        writer.Write(MaxPriorityFeePerGas);
        writer.Write(MaxFeePerGas);
        writer.Write(GasLimit);
        writer.Write(To);
        writer.Write(Value);
        writer.Write(Data.Span);
        AccessListEntry.Write(ref writer, AccessList);
        writer.Write(MaxFeePerBlobGas);
        var hashes = writer.StartList();
        foreach (var hash in BlobVersionedHashes)
        {
            writer.Write(hash);
        }
        writer.EndList(hashes);
        WriteParity(ref writer, signature);
        writer.EndList(list);
    }

    internal static Transaction4844 Read(ref RlpReader fields)
    {
        var transaction = new Transaction4844
        {
            ChainId = new(fields.ReadUInt64()),
            Nonce = fields.ReadUInt64(),
            MaxPriorityFeePerGas = fields.ReadUInt256(),
            MaxFeePerGas = fields.ReadUInt256(),
            GasLimit = fields.ReadUInt64(),
            To = fields.ReadOptionalAddress(),
            Value = fields.ReadUInt256(),
            Data = fields.ReadBytes().ToArray(),
            AccessList = AccessListEntry.Read(ref fields),
            MaxFeePerBlobGas = fields.ReadUInt256(),
        };
        var list = fields.ReadList();
        var hashes = new List<Hash32>();
        while (!list.AtEnd)
        {
            hashes.Add(list.ReadHash32());
        }
        return transaction with { BlobVersionedHashes = hashes };
    }
}
