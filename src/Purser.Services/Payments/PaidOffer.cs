using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Services.Payments;

/// <summary>What an endpoint costs: the ways to pay in the seller's order. It stands in the endpoint's metadata.</summary>
/// <param name="Accepts">At least one.</param>
/// <param name="Description">What is paid for, for people; or null.</param>
public sealed partial record PaidOffer(IReadOnlyList<PaymentRequirements> Accepts, string? Description = null)
{
    /// <summary>What the 402 names as the resource; null is the request's own URL with <see cref="Description"/>.</summary>
    public ResourceInfo? Resource { get; init; }

    /// <summary>What the body of this offer's 402 is; <see cref="PaymentsOptions.ChallengeBody"/> when null.</summary>
    public ChallengeBody? ChallengeBody { get; init; }

    /// <summary>How the resource is called, for catalogues; or null.</summary>
    public BazaarMetadata? Bazaar { get; init; }

    /// <summary>The offer of a price in each of several tokens by <c>exact</c>, in the seller's order: a client takes the first that it may pay.</summary>
    /// <param name="prices">At least one; none twice.</param>
    /// <param name="options">As in the other form.</param>
    /// <param name="payTo">The payee of all; the options' when null.</param>
    /// <param name="description">What is paid for.</param>
    /// <param name="flow">When it is settled.</param>
    /// <exception cref="InvalidOperationException">A price cannot be used; there is none, or a token stands twice.</exception>
    public static PaidOffer Exact(IReadOnlyList<string> prices, PaymentsOptions options, Address? payTo = null, string? description = null, PaymentFlow flow = PaymentFlow.Authorization)
    {
        ArgumentNullException.ThrowIfNull(prices);
        var accepts = prices.SelectMany(price => Exact(price, options, payTo, description, flow).Accepts).ToList();
        if (accepts.Count == 0 || accepts.DistinctBy(terms => (terms.Network, terms.Asset)).Count() != accepts.Count)
        {
            throw new InvalidOperationException($"The prices \"{string.Join("\", \"", prices)}\" cannot be used: each is of another token, and there is at least one.");
        }

        return new(accepts, description);
    }

    /// <summary>The offer of one price by <c>exact</c>.</summary>
    /// <param name="price">Such as <c>0.001 USDC</c>: a plain decimal number and the symbol of a token of the options' network.</param>
    /// <param name="options">Network, registry and, unless given, the payee.</param>
    /// <param name="payTo">The payee; the options' when null.</param>
    /// <param name="description">What is paid for.</param>
    /// <param name="flow">When it is settled: after the work, or <c>upfront</c>, for work that cannot be held back; a failure is then not refunded.</param>
    /// <exception cref="InvalidOperationException">The price cannot be read, is 0, or its token is not known or cannot be paid by EIP-3009 or Permit2; there is no payee. A mistake of the configuration, found at the start.</exception>
    public static PaidOffer Exact(string price, PaymentsOptions options, Address? payTo = null, string? description = null, PaymentFlow flow = PaymentFlow.Authorization)
    {
        ArgumentNullException.ThrowIfNull(price);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var amount = AmountText.Read(price, options.Registry, options.Network) switch
        {
            AmountReading.Amount read => read.Value,
            AmountReading.Refused refused => throw new InvalidOperationException($"The price \"{price}\" cannot be used: {refused.Message}; {refused.Hint}."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var token = options.Registry.FindToken(amount.Asset)!;
        if (amount.Units.IsZero || (token.Methods & (TransferMethods.Eip3009 | TransferMethods.Permit2)) == TransferMethods.None)
        {
            throw new InvalidOperationException($"The price \"{price}\" cannot be used: it is 0, or {token.Symbol} cannot be paid by EIP-3009 or Permit2.");
        }

        var payee = payTo ?? options.PayTo;
        if (payee.IsZero)
        {
            throw new InvalidOperationException("There is no payee: set PaymentsOptions.PayTo.");
        }

        PaymentTerms terms = token.Methods.HasFlag(TransferMethods.Eip3009)
            ? new ExactEip3009Terms(amount.Asset, payee, amount.Units, options.MaxTimeoutSeconds, token.DomainName, token.DomainVersion)
            : Permit2Terms(amount, payee, options, token);
        return new([(terms with { Flow = flow }).ToRequirements()], description);
    }
}
