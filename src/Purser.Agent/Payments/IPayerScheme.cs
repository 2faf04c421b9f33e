using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
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
    private static readonly IPayerScheme[] s_all = [new ExactEip3009Payer(), new ExactPermit2Payer(), new UptoPayer()];

    /// <summary>The payer's part of the scheme that an offer names; null when it is not spoken.</summary>
    public static IPayerScheme? Find(PaymentRequirements offer) => PaymentSchemes.Find(offer, out _) is { } rules ? Of(rules) : null;

    /// <summary>The payer's part of the scheme of terms.</summary>
    public static IPayerScheme Of(PaymentTerms terms) => Of(terms.Rules) ?? throw new System.Diagnostics.UnreachableException(terms.Rules.Scheme);

    private static IPayerScheme? Of(IPaymentScheme rules) => Array.Find(s_all, scheme => scheme.Rules == rules);
}
