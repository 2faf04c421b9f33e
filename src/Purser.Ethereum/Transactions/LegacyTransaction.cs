namespace Purser.Ethereum;

/// <summary>The transaction of the Yellow Paper before EIP-2718, with or without the replay protection of EIP-155.</summary>
public sealed record LegacyTransaction : Transaction
{
    /// <summary>The chain (EIP-155); null signs without replay protection.</summary>
    public ChainId? ChainId { get; init; }

    /// <summary>Wei per gas.</summary>
    public UInt256 GasPrice { get; init; }

    /// <inheritdoc/>
    public override byte Type => 0;

    /// <inheritdoc/>
    public override ChainId? Chain => ChainId;

    /// <inheritdoc/>
    public override UInt256 FeeCap => GasPrice;

    /// <inheritdoc/>
    public override UInt256 TipCap => GasPrice;

    /// <inheritdoc/>
    public override IReadOnlyList<AccessListEntry> AccessedBeforehand => [];

    /// <inheritdoc/>
    public bool Equals(LegacyTransaction? other) => base.Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => base.GetHashCode();

    private protected override void WritePayload(ref RlpWriter writer, Signature? signature)
    {
        var list = writer.StartList();
        writer.Write(Nonce);
        writer.Write(GasPrice);
        writer.Write(GasLimit);
        writer.Write(To);
        writer.Write(Value);
        writer.Write(Data.Span);
        if (signature is { } signed)
        {
            // EIP-155: v = 35 + 2 × chain + parity, else 27 + parity; a chain of 64 bits makes v one bit longer.
            writer.Write(ChainId is { } chain ? ((UInt256)chain.Value * 2) + 35 + (ulong)signed.YParity : signed.V);
            writer.Write(signed.R.ToUInt256());
            writer.Write(signed.S.ToUInt256());
        }
        else if (ChainId is { } chain)
        {
            writer.Write(chain.Value);
            writer.Write(0UL);
            writer.Write(0UL);
        }
        writer.EndList(list);
    }

    internal static LegacyTransaction Read(ref RlpReader fields, out Hash32 r, out Hash32 s, out int v)
    {
        var transaction = new LegacyTransaction
        {
            Nonce = fields.ReadUInt64(),
            GasPrice = fields.ReadUInt256(),
            GasLimit = fields.ReadUInt64(),
            To = fields.ReadOptionalAddress(),
            Value = fields.ReadUInt256(),
            Data = fields.ReadBytes().ToArray(),
        };
        var at = fields.Offset;
        var code = fields.ReadUInt256();
        r = Hash32.FromUInt256(fields.ReadUInt256());
        s = Hash32.FromUInt256(fields.ReadUInt256());
        if (code == 27 || code == 28)
        {
            v = (int)code;
            return transaction;
        }
        // Chain 0 has no number under EIP-155, and no chain's number is longer than 64 bits.
        if (code < 37 || ((code - 35) >> 1) is var chain && !chain.FitsUInt64)
        {
            throw new RlpException($"{code} is no v of a legacy transaction.", at);
        }
        v = 27 + (int)((code - 35) & 1);
        return transaction with { ChainId = new((ulong)chain) };
    }
}
