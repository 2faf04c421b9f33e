using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments;

/// <content>Ways to pay besides the usual one.</content>
public sealed partial record PaidOffer
{
    /// <summary>
    /// The offer of a price by scheme <c>upto</c>: the payer signs for at most this much, and the handler says what it came to (<see cref="SettlementOverride.SetSettlementAmount"/>), all of it unless it does.
    /// </summary>
    /// <param name="most">Such as <c>0.10 USDC</c>.</param>
    /// <param name="options">Network, registry and, unless given, the payee.</param>
    /// <param name="payTo">The payee; the options' when null.</param>
    /// <param name="description">What is paid for.</param>
    /// <param name="facilitator">Who settles; null takes the address that the facilitator names.</param>
    /// <exception cref="InvalidOperationException">As <see cref="Exact(string, PaymentsOptions, Address?, string?, PaymentFlow)"/>; or the token cannot be paid by Permit2.</exception>
    public static PaidOffer Upto(string most, PaymentsOptions options, Address? payTo = null, string? description = null, Address? facilitator = null) =>
        Exact(most, options, payTo, description).ByUpto(options, facilitator);

    /// <summary>The offer of a price in each of several tokens, by the way that is named.</summary>
    /// <param name="by">By which scheme and transfer method.</param>
    /// <param name="prices">At least one; none of one token twice.</param>
    /// <param name="options">Network, registry and, unless given, the payee.</param>
    /// <param name="payTo">The payee of all; the options' when null.</param>
    /// <param name="description">What is paid for.</param>
    /// <param name="flow">When it is settled; <c>upto</c> knows only the usual flow.</param>
    /// <exception cref="InvalidOperationException">A price cannot be used, or not by this way.</exception>
    public static PaidOffer By(PaidBy by, IReadOnlyList<string> prices, PaymentsOptions options, Address? payTo = null, string? description = null, PaymentFlow flow = PaymentFlow.Authorization)
    {
        var offer = Exact(prices, options, payTo, description, flow);
        return by switch
        {
            PaidBy.Exact => offer,
            PaidBy.Eip3009 => offer.Accepts.FirstOrDefault(way => PaymentSchemes.ReadTerms(way, out _) is not ExactEip3009Terms) is { } other
                ? throw new InvalidOperationException($"The price \"{string.Join("\", \"", prices)}\" cannot be used: {other.Asset} does not speak EIP-3009.")
                : offer,
            PaidBy.Permit2 => offer.ByPermit2(options),
            PaidBy.Upto when flow is not PaymentFlow.Authorization => throw new InvalidOperationException("The scheme upto is settled after the work, when it is known what it came to."),
            PaidBy.Upto => offer.ByUpto(options, null),
            _ => throw new ArgumentOutOfRangeException(nameof(by)),
        };
    }

    /// <summary>The same offer by Permit2, also where the token speaks EIP-3009.</summary>
    /// <exception cref="InvalidOperationException">A token of the offer cannot be paid by Permit2.</exception>
    public PaidOffer ByPermit2(PaymentsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Change(options, terms => Read(terms, options) is { } token && token.Methods.HasFlag(TransferMethods.Permit2)
            ? Permit2Terms(new(terms.Amount, terms.Asset), terms.PayTo, options, token) with { Flow = terms.Flow }
            : throw new InvalidOperationException($"{terms.Asset} cannot be paid by Permit2."));
    }

    private PaidOffer ByUpto(PaymentsOptions options, Address? facilitator) => Change(options, terms => Read(terms, options) switch
    {
        { } token when token.Methods.HasFlag(TransferMethods.Permit2) => new UptoTerms(terms.Asset, terms.PayTo, terms.Amount, terms.MaxTimeoutSeconds, facilitator ?? default)
        {
            DomainName = token.DomainName,
            DomainVersion = token.DomainVersion,
        },
        var token => throw new InvalidOperationException($"{token.Symbol} cannot be paid by Permit2, which the scheme upto needs."),
    });

    private static ExactPermit2Terms Permit2Terms(TokenAmount amount, Address payee, PaymentsOptions options, TokenInfo token) =>
        new(amount.Asset, payee, amount.Units, options.MaxTimeoutSeconds) { DomainName = token.DomainName, DomainVersion = token.DomainVersion };

    private static TokenInfo Read(PaymentTerms terms, PaymentsOptions options) =>
        options.Registry.FindToken(terms.Asset) ?? throw new InvalidOperationException($"{terms.Asset} is not a token that we know.");

    private PaidOffer Change(PaymentsOptions options, Func<PaymentTerms, PaymentTerms> change)
    {
        options.Validate();
        return this with
        {
            Accepts = [.. Accepts.Select(way => change(PaymentSchemes.ReadTerms(way, out var reason) ?? throw new InvalidOperationException($"The offer cannot be read: {reason}.")).ToRequirements())],
        };
    }
}
