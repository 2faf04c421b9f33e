using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>Terms of scheme <c>exact</c> with EIP-3009.</summary>
public sealed record ExactEip3009Terms : PaymentTerms
{
    /// <summary>Makes terms.</summary>
    /// <param name="asset">Chain and token.</param>
    /// <param name="payTo">The payee.</param>
    /// <param name="amount">Minimal units.</param>
    /// <param name="maxTimeoutSeconds">How long an authorization may live.</param>
    /// <param name="domainName">The token's EIP-712 name, as the terms give it.</param>
    /// <param name="domainVersion">The token's EIP-712 version, as the terms give it.</param>
    public ExactEip3009Terms(AssetId asset, Address payTo, UInt256 amount, int maxTimeoutSeconds, string domainName, string domainVersion)
        : base(asset, payTo, amount, maxTimeoutSeconds)
    {
        DomainName = domainName;
        DomainVersion = domainVersion;
    }

    /// <summary>The token's EIP-712 name, as the terms give it.</summary>
    public string DomainName { get; init; }

    /// <summary>The token's EIP-712 version, as the terms give it.</summary>
    public string DomainVersion { get; init; }

    /// <inheritdoc/>
    public override IPaymentScheme Rules => ExactEip3009.Instance;

    /// <inheritdoc/>
    private protected override void WriteExtra(Utf8JsonWriter writer)
    {
        writer.WriteString("name", DomainName);
        writer.WriteString("version", DomainVersion);
    }
}

/// <summary>The rules of scheme <c>exact</c> with EIP-3009 that need no chain (specs/x402.md 5.1).</summary>
public sealed class ExactEip3009 : PaymentScheme<ExactEip3009Terms, Eip3009Proof>
{
    private ExactEip3009()
    {
    }

    /// <summary>The rules.</summary>
    public static ExactEip3009 Instance { get; } = new();

    /// <inheritdoc/>
    public override string Scheme => "exact";

    /// <inheritdoc/>
    public override string TransferMethod => "eip3009";

    /// <summary>The reason that a token's revert text stands for (specs/x402.md 5.1, the texts of FiatToken); <see cref="PaymentReason.TransactionFailed"/> for others.</summary>
    public static PaymentReason FromRevertText(string? text)
    {
        text ??= "";
        return text switch
        {
            _ when Has("expired") => PaymentReason.Expired,
            _ when Has("not yet valid") => PaymentReason.NotYetValid,
            _ when Has("used or canceled") || Has("is used") || Has("already used") => PaymentReason.NonceUsed,
            _ when Has("exceeds balance") => PaymentReason.InsufficientBalance,
            _ when Has("invalid signature") => PaymentReason.Signature,
            _ => PaymentReason.TransactionFailed,
        };

        bool Has(string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
    }

    private protected override ExactEip3009Terms? ReadExtra(AssetId asset, Address payTo, UInt256 amount, int maxTimeoutSeconds, JsonElement? extra, ref PaymentReason reason)
    {
        reason = PaymentReason.MissingDomain;
        return Text(extra, "name") is { Length: > 0 } name && Text(extra, "version") is { Length: > 0 } version
            ? new(asset, payTo, amount, maxTimeoutSeconds, name, version)
            : null;
    }

    private protected override Eip3009Proof Read(ExactEip3009Terms terms, JsonShape shape) => Eip3009Proof.Read(terms, shape);

    // Steps 7 to 10: payee, not expired nor about to, already valid, the exact amount.
    private protected override PaymentReason? Check(Eip3009Proof proof, UInt256? now)
    {
        var message = proof.Authorization;
        if (message.To != proof.Terms.PayTo)
        {
            return PaymentReason.Recipient;
        }

        if (now is { } instant && message.ValidBefore < instant + (UInt256)SettlementMarginSeconds)
        {
            return PaymentReason.Expired;
        }

        if (message.ValidAfter > now)
        {
            return PaymentReason.NotYetValid;
        }

        return message.Value == proof.Terms.Amount ? null : PaymentReason.Amount;
    }
}
