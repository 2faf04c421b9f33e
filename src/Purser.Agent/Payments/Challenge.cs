using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;

namespace Purser.Agent.Payments;

/// <summary>Why a 402 cannot be paid, or what came back instead of the resource.</summary>
/// <param name="Code">A stable code of <c>snake_case</c>.</param>
/// <param name="Message">What was wrong; a stranger's words in it are quoted and cleaned.</param>
/// <param name="Hint">What to do next.</param>
public sealed record PaymentRefusal(string Code, string Message, string Hint);

/// <summary>A 402 read: the offer that can be paid, or why none can.</summary>
public abstract record Challenge
{
    private Challenge()
    {
    }

    /// <summary>An offer that can be paid.</summary>
    /// <param name="Required">The whole challenge.</param>
    /// <param name="Accepted">The chosen way to pay.</param>
    /// <param name="Terms">The same, understood.</param>
    /// <param name="Token">The token, from our registry.</param>
    /// <param name="Chain">The chain, from our registry.</param>
    /// <param name="Offers">All ways to pay, in the seller's order, those too that cannot be paid.</param>
    /// <param name="SelectedIndex">The chosen one's place in them, from 0.</param>
    public sealed record Payable(PaymentRequired Required, PaymentRequirements Accepted, PaymentTerms Terms, TokenInfo Token, ChainInfo Chain, IReadOnlyList<PaymentOffer> Offers, int SelectedIndex) : Challenge;

    /// <summary>None can be paid.</summary>
    /// <param name="Refusal">Why.</param>
    public sealed record Unpayable(PaymentRefusal Refusal) : Challenge;

    /// <summary>
    /// Reads the challenge of a 402, from the header or the body and in either version, and takes, in the seller's order, the first way to pay that the registry knows and
    /// <paramref name="allows"/> lets pass (wallet rule 5), in a scheme that the token can be paid by; or the one that the caller names. The response's body stays readable.
    /// </summary>
    /// <param name="response">The 402.</param>
    /// <param name="registry">What is known of chains and tokens.</param>
    /// <param name="allows">Which amounts come into question.</param>
    /// <param name="selectedIndex">The place of the way to take in the seller's list, from 0; null for the first that can be paid.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task<Challenge> ReadAsync(HttpResponseMessage response, AssetRegistry registry, Func<TokenAmount, bool> allows, int? selectedIndex = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(allows);
        var (required, refusal) = await ChallengeSource.FindAsync(response, cancellationToken);
        return required is null ? new Unpayable(refusal!) : Choose(required, PaymentOffer.ReadAll(required, registry, allows), selectedIndex);
    }

    private static Challenge Choose(PaymentRequired required, IReadOnlyList<PaymentOffer> offers, int? selectedIndex)
    {
        if (selectedIndex is { } index && (index < 0 || index >= offers.Count))
        {
            return Refuse("offer_index_invalid", $"There is no way to pay number {index}: the seller names {offers.Count}, counted from 0.",
                "Give an index from 0 to " + (offers.Count - 1).ToString(System.Globalization.CultureInfo.InvariantCulture) + ", or none for the first that can be paid.");
        }

        if (selectedIndex is { } named && offers[named].Fault is { } fault)
        {
            return Refuse("offer_not_payable", $"The way to pay number {named} cannot be used: {fault}.", "Choose another, or none for the first that can be paid.");
        }

        var chosen = selectedIndex is { } asked ? offers[asked] : offers.FirstOrDefault(offer => offer.Fault is null);
        return chosen is null
            ? Refuse("no_acceptable_offer", $"None of the {offers.Count} ways to pay can be used: {string.Join("; ", offers.Take(5).Select(offer => offer.Fault))}.",
                "If you know the token, add it to networks.json in the data folder; if it is the price, give a higher --max-amount; or use another seller.")
            : new Payable(required, chosen.Accepted, chosen.Terms!, chosen.Token!, chosen.Chain!, offers, chosen.Index);
    }

    private static Unpayable Refuse(string code, string message, string hint) => new(new PaymentRefusal(code, message, hint));
}
