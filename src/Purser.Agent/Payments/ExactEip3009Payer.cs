using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Agent.Payments;

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
    public PaymentIntent ToIntent(Quote quote, Address account) => QuotedIntent.Of(quote, account);

    /// <inheritdoc/>
    public PaymentProof ToProof(PaymentTerms terms, SignedStatement statement)
    {
        var (authorization, signature) = (SignedEip3009)statement;
        return new Eip3009Proof((ExactEip3009Terms)terms, authorization, signature.ToArray());
    }
}
