using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Agent.Payments;

/// <summary>A payer's part of one scheme by one transfer method: whether an offer can be paid in it, the wish that the wallet is asked for, and what of its answer goes to the seller.</summary>
internal interface IPayerScheme
{
    /// <summary>The rules that need no wallet.</summary>
    IPaymentScheme Rules { get; }

    /// <summary>Why terms cannot be paid with this token as our registry knows it; null when they can.</summary>
    string? FindFault(PaymentTerms terms, TokenInfo token);

    /// <summary>The wish.</summary>
    PaymentIntent ToIntent(Quote quote, Address account);

    /// <summary>The proof of what the wallet signed for the wish.</summary>
    PaymentProof ToProof(PaymentTerms terms, SignedStatement statement);
}

/// <summary>The schemes that can be paid by.</summary>
internal static class PayerSchemes
{
    private static readonly IPayerScheme[] s_all = [new ExactEip3009Payer()];

    /// <summary>The payer's part of the scheme that an offer names; null when it is not spoken.</summary>
    public static IPayerScheme? Find(PaymentRequirements offer) => PaymentSchemes.Find(offer, out _) is { } rules ? Of(rules) : null;

    /// <summary>The payer's part of the scheme of terms.</summary>
    public static IPayerScheme Of(PaymentTerms terms) => Of(terms.Rules) ?? throw new System.Diagnostics.UnreachableException(terms.Rules.Scheme);

    private static IPayerScheme? Of(IPaymentScheme rules) => Array.Find(s_all, scheme => scheme.Rules == rules);
}

/// <summary>Pays <c>exact</c> by EIP-3009.</summary>
internal sealed class ExactEip3009Payer : IPayerScheme
{
    /// <inheritdoc/>
    public IPaymentScheme Rules => ExactEip3009.Instance;

    /// <summary>An offer that names another EIP-712 domain than the registry is not taken: its signature could not settle.</summary>
    public string? FindFault(PaymentTerms terms, TokenInfo token)
    {
        var own = (ExactEip3009Terms)terms;
        return !token.Methods.HasFlag(TransferMethods.Eip3009) ? $"unknown token {terms.Asset}"
            : token.DomainName != own.DomainName || token.DomainVersion != own.DomainVersion
                ? $"{token.Symbol}: the offer names the EIP-712 domain {UntrustedText.Quote(own.DomainName, 40)} {UntrustedText.Quote(own.DomainVersion, 10)}, the token's is \"{token.DomainName}\" \"{token.DomainVersion}\""
                : null;
    }

    /// <inheritdoc/>
    public PaymentIntent ToIntent(Quote quote, Address account) => new X402AuthorizationIntent
    {
        Id = quote.IntentId,
        Account = account,
        Asset = quote.Terms.Asset,
        PayTo = quote.Terms.PayTo,
        Amount = quote.Terms.Amount,
        MaxTimeoutSeconds = Math.Min(quote.Terms.MaxTimeoutSeconds, IntentRules.MaxTimeoutSeconds),
        Origin = quote.Request.Origin,
        Method = quote.Request.Method,
        Url = quote.Request.Url,
        BodyHash = quote.Request.BodyHash,
    };

    /// <inheritdoc/>
    public PaymentProof ToProof(PaymentTerms terms, SignedStatement statement)
    {
        var (authorization, signature) = (SignedEip3009)statement;
        return new Eip3009Proof((ExactEip3009Terms)terms, authorization, signature.ToArray());
    }
}
