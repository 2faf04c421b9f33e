namespace Purser.Ethereum;

/// <summary>A transaction of type 1 (EIP-2930): a legacy gas price and an access list.</summary>
public sealed record Transaction2930 : Transaction
{
    /// <summary>The chain.</summary>
    public required ChainId ChainId { get; init; }

    /// <summary>Wei per gas.</summary>
    public UInt256 GasPrice { get; init; }

    /// <summary>The addresses and slots declared beforehand.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <inheritdoc/>
    public override byte Type => 1;

    /// <inheritdoc/>
    public override ChainId? Chain => ChainId;

    /// <inheritdoc/>
    public override UInt256 FeeCap => GasPrice;

    /// <inheritdoc/>
    public override UInt256 TipCap => GasPrice;

    /// <inheritdoc/>
    public override IReadOnlyList<AccessListEntry> AccessedBeforehand => AccessList;

    /// <inheritdoc/>
    public bool Equals(Transaction2930? other) => base.Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => base.GetHashCode();

    private protected override void WritePayload(ref RlpWriter writer, Signature? signature)
    {
        writer.WriteRaw([Type]);
        var list = writer.StartList();
        writer.Write(ChainId.Value);
        writer.Write(Nonce);
        writer.Write(GasPrice);
        writer.Write(GasLimit);
        writer.Write(To);
        writer.Write(Value);
        writer.Write(Data.Span);
        AccessListEntry.Write(ref writer, AccessList);
        WriteParity(ref writer, signature);
        writer.EndList(list);
    }

    internal static Transaction2930 Read(ref RlpReader fields) => new()
    {
        ChainId = new(fields.ReadUInt64()),
        Nonce = fields.ReadUInt64(),
        GasPrice = fields.ReadUInt256(),
        GasLimit = fields.ReadUInt64(),
        To = fields.ReadOptionalAddress(),
        Value = fields.ReadUInt256(),
        Data = fields.ReadBytes().ToArray(),
        AccessList = AccessListEntry.Read(ref fields),
    };
}
