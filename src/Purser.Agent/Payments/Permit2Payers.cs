using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;

namespace Purser.Agent.Payments;

/// <summary>What the schemes by Permit2 have in common. Whether Permit2 may take the token is the wallet's to ask, after the confirmation; it refuses then, and names the approval that is wanted.</summary>
internal abstract class Permit2Payer : IPayerScheme
{
    /// <inheritdoc/>
    public abstract IPaymentScheme Rules { get; }

    /// <inheritdoc/>
    public string? FindFault(PaymentTerms terms, TokenInfo token) =>
        token.Methods.HasFlag(TransferMethods.Permit2) ? null : $"{token.Symbol} is not known to be payable by Permit2";

    /// <inheritdoc/>
    public abstract PaymentIntent ToIntent(Quote quote, Address account);

    /// <inheritdoc/>
    public PaymentProof ToProof(PaymentTerms terms, SignedStatement statement)
    {
        var (permit, signature) = (SignedPermit2)statement;
        return new Permit2Proof(terms, permit, signature.ToArray());
    }
}

/// <summary>Pays <c>exact</c> by Permit2.</summary>
internal sealed class ExactPermit2Payer : Permit2Payer
{
    /// <inheritdoc/>
    public override IPaymentScheme Rules => ExactPermit2.Instance;

    /// <inheritdoc/>
    public override PaymentIntent ToIntent(Quote quote, Address account) => new X402Permit2Intent(QuotedIntent.Of(quote, account));
}

/// <summary>Pays <c>upto</c> by Permit2: what is signed and reserved is the most, what the settlement names is what was spent.</summary>
internal sealed class UptoPayer : Permit2Payer
{
    /// <inheritdoc/>
    public override IPaymentScheme Rules => Upto.Instance;

    /// <inheritdoc/>
    public override PaymentIntent ToIntent(Quote quote, Address account) => new X402UptoIntent(QuotedIntent.Of(quote, account), ((UptoTerms)quote.Terms).Facilitator);
}
