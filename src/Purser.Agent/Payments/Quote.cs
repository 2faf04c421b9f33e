using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Agent.Payments;

/// <summary>
/// What a paid resource asks, bound to the one request that it was asked for: method, URL and body. Making it touches nothing of the wallet.
/// Names, symbols and decimals are our registry's, never the seller's; his texts are kept as data.
/// </summary>
public sealed record Quote
{
    // A seller may name hundreds; a card is read by a human.
    private const int MaxShownOffers = 10;

    /// <summary>32 lower-case hex digits, random.</summary>
    public required string Id { get; init; }

    /// <summary>The request to be replayed.</summary>
    public required PaidRequest Request { get; init; }

    /// <summary>The way to pay that was chosen, in the seller's own spelling.</summary>
    public required PaymentRequirements Accepted { get; init; }

    /// <summary>The same, understood.</summary>
    public required PaymentTerms Terms { get; init; }

    /// <summary>What the seller says of the resource; or null.</summary>
    public ResourceInfo? Resource { get; init; }

    /// <summary>Extensions of the challenge, to be echoed; or null.</summary>
    public System.Text.Json.JsonElement? Extensions { get; init; }

    /// <summary>The protocol version in which the payment is presented, 1 or 2.</summary>
    public int Version { get; init; } = 2;

    /// <summary>The challenge as it stood in the body, whose members are echoed beside our own (x402-skill I4); null when it stood in the header.</summary>
    public System.Text.Json.JsonElement? Echo { get; init; }

    /// <summary>The token, as our registry knows it.</summary>
    public required TokenInfo Token { get; init; }

    /// <summary>The chain's name, as our registry knows it.</summary>
    public required string ChainName { get; init; }

    /// <summary>All ways to pay that the seller named, in his order; the accepted one is among them. Empty in a quote of an older build.</summary>
    public IReadOnlyList<PaymentOffer> Offers { get; init; } = [];

    /// <summary>The place of the accepted way in <see cref="Offers"/>, from 0.</summary>
    public int SelectedIndex { get; init; }

    /// <summary>After this instant the quote cannot be confirmed: the challenge's own time, at most 300 seconds.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The wallet's name for this payment. It follows from the quote, so that confirming twice is one payment.</summary>
    public string IntentId => $"quote-{Id}";

    /// <summary>The amount with its asset.</summary>
    public TokenAmount Amount => new(Terms.Amount, Terms.Asset);

    /// <summary>The confirmation's lines for a human (x402-skill F3, F9, F10).</summary>
    /// <param name="words">The language; English when null.</param>
    public IReadOnlyList<string> Card(CardWords? words = null)
    {
        words ??= CardWords.English;
        string Line(string label, string value) => $"  {label.PadRight(9)} {value}";
        var lines = new List<string>
        {
            words.Title,
            Line(words.Resource, $"{Request.Method} {UntrustedText.Clean(Request.Url, 500)}"),
            Line(words.Network, $"{ChainName} ({Terms.Asset.Chain})"),
            Line(words.Token, $"{Token.Symbol} ({Terms.Asset.Token})"),
            Line(words.Amount, AmountText.Display(Terms.Amount, Token)),
            Line(words.PayTo, Terms.PayTo.ToString()),
        };
        if (!string.IsNullOrEmpty(Resource?.Description))
        {
            lines.Add(Line(words.SellerSays, UntrustedText.Quote(Resource.Description)));
        }
        if (Offers.Count > 1)
        {
            lines.Add(Line(words.OtherOffers, $"--selected-index 0 … {Offers.Count - 1}"));
            lines.AddRange(Offers.Take(MaxShownOffers).Select(offer => $"  {(offer.Index == SelectedIndex ? "*" : " ")} {UntrustedText.Clean(offer.Line, 300)}"));
            if (Offers.Count > MaxShownOffers)
            {
                lines.Add($"    … {Offers.Count - MaxShownOffers}");
            }
        }

        lines.Add(words.Proceed);
        return lines;
    }
}
