using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>The terms of scheme <c>exact</c> on an EVM chain with EIP-3009, read from a <see cref="PaymentRequirements"/>.</summary>
/// <param name="Asset">Chain and token.</param>
/// <param name="PayTo">The payee.</param>
/// <param name="Amount">Minimal units.</param>
/// <param name="MaxTimeoutSeconds">How long an authorization may live.</param>
/// <param name="DomainName">The token's EIP-712 name, as the terms give it.</param>
/// <param name="DomainVersion">The token's EIP-712 version, as the terms give it.</param>
public sealed record ExactEvmTerms(AssetId Asset, Address PayTo, UInt256 Amount, int MaxTimeoutSeconds, string DomainName, string DomainVersion);

/// <summary>The rules of scheme <c>exact</c> with EIP-3009 that need no chain, in the order in which peers apply them (specs/x402.md 5.1).</summary>
public static class ExactEvm
{
    /// <summary>The scheme's name.</summary>
    public const string Scheme = "exact";

    /// <summary>An authorization that expires sooner than this, in seconds, cannot be settled any more: a block takes that long.</summary>
    public const int SettlementMarginSeconds = 6;

    /// <summary>The terms of our own making, as they go out.</summary>
    public static PaymentRequirements ToRequirements(ExactEvmTerms terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        var extra = PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", terms.DomainName);
            writer.WriteString("version", terms.DomainVersion);
            writer.WriteEndObject();
        });
        return new(Scheme, terms.Asset.Chain.ToString(), terms.Amount.ToString(), terms.Asset.Token.ToString(), terms.PayTo.ToString(), terms.MaxTimeoutSeconds)
        {
            Extra = JsonElement.Parse(extra),
        };
    }

    /// <summary>
    /// Reads terms; null with the reason when they are not <c>exact</c> by EIP-3009 on an EVM chain: another scheme or transfer method, no CAIP-2 chain id,
    /// no token or payee address, an amount of 0, or no EIP-712 name and version.
    /// </summary>
    public static ExactEvmTerms? ReadTerms(PaymentRequirements requirements, out PaymentReason reason)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        reason = PaymentReason.Scheme;
        if (requirements.Scheme != Scheme || Text(requirements.Extra, "assetTransferMethod") is not (null or "eip3009"))
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

        reason = PaymentReason.MissingDomain;
        return Text(requirements.Extra, "name") is { Length: > 0 } name && Text(requirements.Extra, "version") is { Length: > 0 } version
            ? new(new AssetId(chain, token), payTo, amount, requirements.MaxTimeoutSeconds, name, version)
            : null;
    }

    /// <summary>Steps 1 to 3: scheme on both sides, the domain's name and version present, one network. Null when they pass.</summary>
    public static PaymentReason? CheckTerms(PaymentRequirements accepted, PaymentRequirements requirements)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        ArgumentNullException.ThrowIfNull(requirements);
        if (accepted.Scheme != Scheme || requirements.Scheme != Scheme)
        {
            return PaymentReason.Scheme;
        }

        if (ReadTerms(requirements, out var reason) is null)
        {
            return reason;
        }

        return accepted.Network == requirements.Network ? null : PaymentReason.Network;
    }

    /// <summary>Steps 7 to 10: payee, not expired nor about to, already valid, the exact amount. Null when they pass.</summary>
    /// <param name="terms">The seller's terms.</param>
    /// <param name="authorization">What the payer signed.</param>
    /// <param name="now">Unix seconds.</param>
    public static PaymentReason? CheckAuthorization(ExactEvmTerms terms, Eip3009Authorization authorization, long now)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(authorization);
        var instant = (UInt256)(ulong)now;
        if (authorization.To != terms.PayTo)
        {
            return PaymentReason.Recipient;
        }

        if (authorization.ValidBefore < instant + (UInt256)SettlementMarginSeconds)
        {
            return PaymentReason.Expired;
        }

        if (authorization.ValidAfter > instant)
        {
            return PaymentReason.NotYetValid;
        }

        return authorization.Value == terms.Amount ? null : PaymentReason.Amount;
    }

    /// <summary>Steps 7 and 10 alone, which no clock changes: the payee and the exact amount. Null when they pass.</summary>
    public static PaymentReason? CheckParties(ExactEvmTerms terms, Eip3009Authorization authorization)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(authorization);
        return authorization.To != terms.PayTo ? PaymentReason.Recipient
            : authorization.Value != terms.Amount ? PaymentReason.Amount : null;
    }

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

    private static string? Text(JsonElement? extra, string member) =>
        extra is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(member, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
}
