using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;

namespace Purser.Agent.Payments;

/// <summary>Pays <c>exact</c> by Permit2. Whether Permit2 may take the token is the wallet's to ask, after the confirmation; it refuses then, and names the approval that is wanted.</summary>
internal sealed class ExactPermit2Payer : IPayerScheme
{
    /// <inheritdoc/>
    public IPaymentScheme Rules => ExactPermit2.Instance;

    /// <inheritdoc/>
    public string? FindFault(PaymentTerms terms, TokenInfo token) =>
        token.Methods.HasFlag(TransferMethods.Permit2) ? null : $"{token.Symbol} is not known to be payable by Permit2";

    /// <inheritdoc/>
    public PaymentIntent ToIntent(Quote quote, Address account) => new X402Permit2Intent
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
        var (permit, signature) = (SignedPermit2)statement;
        return new Permit2Proof(terms, permit, signature.ToArray());
    }
}

/// <summary>Pays <c>upto</c> by Permit2: what is signed and reserved is the most, what the settlement names is what was spent.</summary>
internal sealed class UptoPayer : IPayerScheme
{
    /// <inheritdoc/>
    public IPaymentScheme Rules => Upto.Instance;

    /// <inheritdoc/>
    public string? FindFault(PaymentTerms terms, TokenInfo token) =>
        token.Methods.HasFlag(TransferMethods.Permit2) ? null : $"{token.Symbol} is not known to be payable by Permit2";

    /// <inheritdoc/>
    public PaymentIntent ToIntent(Quote quote, Address account) => new X402UptoIntent
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
        Facilitator = ((UptoTerms)quote.Terms).Facilitator,
    };

    /// <inheritdoc/>
    public PaymentProof ToProof(PaymentTerms terms, SignedStatement statement)
    {
        var (permit, signature) = (SignedPermit2)statement;
        return new Permit2Proof(terms, permit, signature.ToArray());
    }
}
