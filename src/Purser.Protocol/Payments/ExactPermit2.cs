using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>Terms of scheme <c>exact</c> with Permit2.</summary>
public sealed record ExactPermit2Terms : PaymentTerms
{
    /// <summary>Makes terms.</summary>
    /// <param name="asset">Chain and token.</param>
    /// <param name="payTo">The payee.</param>
    /// <param name="amount">Minimal units.</param>
    /// <param name="maxTimeoutSeconds">How long a permit may live.</param>
    public ExactPermit2Terms(AssetId asset, Address payTo, UInt256 amount, int maxTimeoutSeconds)
        : base(asset, payTo, amount, maxTimeoutSeconds)
    {
    }

    /// <summary>The token's EIP-712 name, for payers whose approval of Permit2 is sponsored (EIP-2612); or null.</summary>
    public string? DomainName { get; init; }

    /// <summary>The token's EIP-712 version, for the same; or null.</summary>
    public string? DomainVersion { get; init; }

    /// <inheritdoc/>
    public override IPaymentScheme Rules => ExactPermit2.Instance;

    /// <inheritdoc/>
    private protected override void WriteExtra(Utf8JsonWriter writer)
    {
        WireMembers.WriteOptional(writer, "name", DomainName);
        WireMembers.WriteOptional(writer, "version", DomainVersion);
        writer.WriteString("assetTransferMethod", Rules.TransferMethod);
    }
}

/// <summary>The rules of scheme <c>exact</c> with Permit2 that need no chain (specs/x402.md 5.2).</summary>
public sealed class ExactPermit2 : PaymentScheme<ExactPermit2Terms, Permit2Proof>
{
    private ExactPermit2()
    {
    }

    /// <summary>The rules.</summary>
    public static ExactPermit2 Instance { get; } = new();

    /// <inheritdoc/>
    public override string Scheme => "exact";

    /// <inheritdoc/>
    public override string TransferMethod => Permit2Rules.Method;

    /// <summary>As the dialect has it, but for another scheme, which peers call a kind of payload here.</summary>
    public override string ToWire(PaymentReason reason) => (reason is PaymentReason.Scheme ? PaymentReason.UnsupportedPayload : reason).ToWire(ReasonDialect.ExactPermit2);

    private protected override ExactPermit2Terms ReadExtra(AssetId asset, Address payTo, UInt256 amount, int maxTimeoutSeconds, JsonElement? extra, ref PaymentReason reason) =>
        new(asset, payTo, amount, maxTimeoutSeconds) { DomainName = Text(extra, "name"), DomainVersion = Text(extra, "version") };

    private protected override Permit2Proof Read(ExactPermit2Terms terms, JsonShape shape) => Permit2Proof.Read(terms, shape);

    private protected override PaymentReason? Check(Permit2Proof proof, UInt256? now) => Permit2Rules.Check(proof, Permit2.ExactProxy, facilitator: null, now, SettlementMarginSeconds);
}
