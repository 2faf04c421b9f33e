namespace Purser.Ethereum;

/// <summary>A transaction of type 2 (EIP-1559): a cap on the whole fee, a cap on the tip, and an access list.</summary>
public sealed record Transaction1559 : Transaction
{
    /// <summary>The chain.</summary>
    public required ChainId ChainId { get; init; }

    /// <summary>The most that goes to the block's fee recipient, in wei per gas.</summary>
    public UInt256 MaxPriorityFeePerGas { get; init; }

    /// <summary>The most that is paid, base fee included, in wei per gas.</summary>
    public UInt256 MaxFeePerGas { get; init; }

    /// <summary>The addresses and slots declared beforehand.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <inheritdoc/>
    public override byte Type => 2;

    /// <inheritdoc/>
    public override ChainId? Chain => ChainId;

    /// <inheritdoc/>
    public override UInt256 FeeCap => MaxFeePerGas;

    /// <inheritdoc/>
    public override UInt256 TipCap => MaxPriorityFeePerGas;

    /// <inheritdoc/>
    public override IReadOnlyList<AccessListEntry> AccessedBeforehand => AccessList;

    /// <inheritdoc/>
    public bool Equals(Transaction1559? other) => base.Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => base.GetHashCode();

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
        WriteParity(ref writer, signature);
        writer.EndList(list);
    }

    internal static Transaction1559 Read(ref RlpReader fields) => new()
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
    };
}
