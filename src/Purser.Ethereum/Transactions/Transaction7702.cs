namespace Purser.Ethereum;

/// <summary>
/// A transaction of type 4 (EIP-7702): as type 2, with authorizations that set the code of the accounts that signed them.
/// It must have a callee and at least one authorization.
/// </summary>
public sealed record Transaction7702 : Transaction
{
    /// <summary>The chain.</summary>
    public required ChainId ChainId { get; init; }

    /// <summary>The most that goes to the block's fee recipient, in wei per gas.</summary>
    public UInt256 MaxPriorityFeePerGas { get; init; }

    /// <summary>The most that is paid, base fee included, in wei per gas.</summary>
    public UInt256 MaxFeePerGas { get; init; }

    /// <summary>The addresses and slots declared beforehand.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>The authorizations, applied in order before the call.</summary>
    public IReadOnlyList<SignedAuthorization> AuthorizationList { get; init; } = [];

    /// <inheritdoc/>
    public override byte Type => 4;

    /// <inheritdoc/>
    public override ChainId? Chain => ChainId;

    /// <inheritdoc/>
    public override UInt256 FeeCap => MaxFeePerGas;

    /// <inheritdoc/>
    public override UInt256 TipCap => MaxPriorityFeePerGas;

    /// <inheritdoc/>
    public override IReadOnlyList<AccessListEntry> AccessedBeforehand => AccessList;

    /// <inheritdoc/>
    public bool Equals(Transaction7702? other) => base.Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => base.GetHashCode();

    internal override TransactionRefusal? CheckForm() => To is null ? new TransactionRefusal.NoCallee(Type)
        : AuthorizationList.Count == 0 ? new TransactionRefusal.NoAuthorizations()
        : null;

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
        SignedAuthorization.Write(ref writer, AuthorizationList);
        WriteParity(ref writer, signature);
        writer.EndList(list);
    }

    internal static Transaction7702 Read(ref RlpReader fields) => new()
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
        AuthorizationList = SignedAuthorization.Read(ref fields),
    };
}
