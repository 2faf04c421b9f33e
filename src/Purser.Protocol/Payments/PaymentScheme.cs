using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>What the schemes on EVM chains have in common.</summary>
/// <typeparam name="TTerms">The scheme's terms.</typeparam>
/// <typeparam name="TProof">Its proof.</typeparam>
public abstract class PaymentScheme<TTerms, TProof> : IPaymentScheme
    where TTerms : PaymentTerms
    where TProof : PaymentProof
{
    /// <summary>A signature that expires sooner than this, in seconds, cannot be settled any more: a block takes that long.</summary>
    public const int SettlementMarginSeconds = 6;

    private protected PaymentScheme()
    {
    }

    /// <inheritdoc/>
    public abstract string Scheme { get; }

    /// <inheritdoc/>
    public abstract string TransferMethod { get; }

    /// <inheritdoc/>
    public virtual bool AmountIsMaximum => false;

    /// <summary>
    /// Reads terms; null with the reason when they are of another scheme or transfer method, on no EVM chain, without token or payee address, of an amount of 0, of a flow that the
    /// scheme does not have, or lack what the scheme needs in <c>extra</c>.
    /// </summary>
    public TTerms? ReadTerms(PaymentRequirements requirements, out PaymentReason reason)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        reason = PaymentReason.Scheme;
        if (requirements.Scheme != Scheme || PaymentSchemes.MethodOf(requirements) != TransferMethod)
        {
            return null;
        }

        reason = PaymentReason.Network;
        if (!ChainId.TryParse(requirements.Network, out var chain))
        {
            return null;
        }

        reason = PaymentReason.InvalidRequirements;
        if (!Address.TryParse(requirements.Asset, out var token) || token.IsZero || !Address.TryParse(requirements.PayTo, out var payTo) || payTo.IsZero
            || payTo == token || !UInt256.TryParse(requirements.Amount, out var amount) || amount.IsZero)
        {
            return null;
        }

        // No scheme here has an escrow.
        reason = PaymentReason.UnsupportedFlow;
        if (PaymentFlows.FromWire(Text(requirements.Extra, "paymentFlow")) is not { } flow || flow is PaymentFlow.Escrow || (flow is PaymentFlow.Upfront && AmountIsMaximum))
        {
            return null;
        }

        reason = PaymentReason.InvalidRequirements;
        var terms = ReadExtra(new AssetId(chain, token), payTo, amount, requirements.MaxTimeoutSeconds, requirements.Extra, ref reason);
        return terms is null ? null : terms with { Flow = flow };
    }

    /// <inheritdoc/>
    PaymentTerms? IPaymentScheme.ReadTerms(PaymentRequirements requirements, out PaymentReason reason) => ReadTerms(requirements, out reason);

    /// <inheritdoc/>
    public PaymentReason? CheckTerms(PaymentRequirements accepted, PaymentRequirements requirements)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        ArgumentNullException.ThrowIfNull(requirements);
        if (accepted.Scheme != Scheme || requirements.Scheme != Scheme)
        {
            return PaymentReason.Scheme;
        }

        return ReadTerms(requirements, out var reason) is null ? reason
            : accepted.Network == requirements.Network ? null : PaymentReason.Network;
    }

    /// <inheritdoc/>
    public PaymentProof ReadProof(PaymentTerms terms, JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return Read((TTerms)terms, shape);
    }

    /// <inheritdoc/>
    public PaymentReason? CheckProof(PaymentProof proof, long now)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return Check((TProof)proof, (UInt256)(ulong)now);
    }

    /// <inheritdoc/>
    public PaymentReason? CheckParties(PaymentProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return Check((TProof)proof, now: null);
    }

    /// <inheritdoc/>
    public virtual PaymentRequirements SignedTerms(FacilitatorRequest settlement)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        return settlement.Requirements;
    }

    /// <inheritdoc/>
    public virtual string ToWire(PaymentReason reason) => PaymentReasons.ToWire(reason);

    private protected abstract TTerms? ReadExtra(AssetId asset, Address payTo, UInt256 amount, int maxTimeoutSeconds, JsonElement? extra, ref PaymentReason reason);

    private protected abstract TProof Read(TTerms terms, JsonShape shape);

    /// <summary>The checks of the message in the peers' order; without a time, those of the time are left out.</summary>
    private protected abstract PaymentReason? Check(TProof proof, UInt256? now);

    private protected static string? Text(JsonElement? extra, string member) => PaymentSchemes.Text(extra, member);
}
