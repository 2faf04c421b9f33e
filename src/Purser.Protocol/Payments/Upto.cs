using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>Terms of scheme <c>upto</c>: the seller takes what the request came to cost, at most <see cref="PaymentTerms.Amount"/>.</summary>
public sealed record UptoTerms : PaymentTerms
{
    /// <summary>Makes terms.</summary>
    /// <param name="asset">Chain and token.</param>
    /// <param name="payTo">The payee.</param>
    /// <param name="amount">The most that may be taken, in minimal units.</param>
    /// <param name="maxTimeoutSeconds">How long a permit may live.</param>
    /// <param name="facilitator">Who alone may settle it.</param>
    public UptoTerms(AssetId asset, Address payTo, UInt256 amount, int maxTimeoutSeconds, Address facilitator)
        : base(asset, payTo, amount, maxTimeoutSeconds)
    {
        Facilitator = facilitator;
    }

    /// <summary>Who alone may bring the payment on chain, and says how much of it is taken.</summary>
    public Address Facilitator { get; init; }

    /// <summary>The token's EIP-712 name, for payers whose approval of Permit2 is sponsored (EIP-2612); or null.</summary>
    public string? DomainName { get; init; }

    /// <summary>The token's EIP-712 version, for the same; or null.</summary>
    public string? DomainVersion { get; init; }

    /// <inheritdoc/>
    public override IPaymentScheme Rules => Upto.Instance;

    /// <inheritdoc/>
    private protected override void WriteExtra(Utf8JsonWriter writer)
    {
        WireMembers.WriteOptional(writer, "name", DomainName);
        WireMembers.WriteOptional(writer, "version", DomainVersion);
        writer.WriteString("assetTransferMethod", Rules.TransferMethod);
        if (!Facilitator.IsZero)
        {
            writer.WriteString(Upto.FacilitatorMember, Facilitator.ToString());
        }
    }
}

/// <summary>The rules of scheme <c>upto</c>, by Permit2 alone, that need no chain (specs/x402.md 5.4). At a settlement the terms are those that were signed; what is taken of them stands beside.</summary>
public sealed class Upto : PaymentScheme<UptoTerms, Permit2Proof>
{
    /// <summary>The member of <c>extra</c>, of the seller's terms and of the facilitator's <c>/supported</c>, that names who settles.</summary>
    public const string FacilitatorMember = "facilitatorAddress";

    private Upto()
    {
    }

    /// <summary>The rules.</summary>
    public static Upto Instance { get; } = new();

    /// <inheritdoc/>
    public override string Scheme => "upto";

    /// <inheritdoc/>
    public override string TransferMethod => Permit2Rules.Method;

    /// <inheritdoc/>
    public override bool AmountIsMaximum => true;

    /// <inheritdoc/>
    public override PaymentRequirements SignedTerms(FacilitatorRequest settlement)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        return settlement.Payload.Payload is { ValueKind: JsonValueKind.Object } payload
            && payload.TryGetProperty("permit2Authorization", out var message) && message.ValueKind is JsonValueKind.Object
            && message.TryGetProperty("permitted", out var permitted) && permitted.ValueKind is JsonValueKind.Object
            && permitted.TryGetProperty("amount", out var amount) && amount.ValueKind is JsonValueKind.String
            ? settlement.Requirements with { Amount = amount.GetString()!, Verbatim = null }
            : settlement.Requirements;
    }

    /// <inheritdoc/>
    public override string ToWire(PaymentReason reason) => reason.ToWire(ReasonDialect.Upto);

    private protected override UptoTerms? ReadExtra(AssetId asset, Address payTo, UInt256 amount, int maxTimeoutSeconds, JsonElement? extra, ref PaymentReason reason) =>
        Address.TryParse(Text(extra, FacilitatorMember) ?? "", out var facilitator) && !facilitator.IsZero
            ? new(asset, payTo, amount, maxTimeoutSeconds, facilitator) { DomainName = Text(extra, "name"), DomainVersion = Text(extra, "version") }
            : null;

    private protected override Permit2Proof Read(UptoTerms terms, JsonShape shape) => Permit2Proof.Read(terms, shape);

    private protected override PaymentReason? Check(Permit2Proof proof, UInt256? now) =>
        Permit2Rules.Check(proof, Permit2.UptoProxy, ((UptoTerms)proof.Terms).Facilitator, now, SettlementMarginSeconds);
}
