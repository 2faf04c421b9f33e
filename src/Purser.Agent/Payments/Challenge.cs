using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;
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
    public sealed record Payable(PaymentRequired Required, PaymentRequirements Accepted, PaymentTerms Terms, TokenInfo Token, ChainInfo Chain) : Challenge;

    /// <summary>None can be paid.</summary>
    /// <param name="Refusal">Why.</param>
    public sealed record Unpayable(PaymentRefusal Refusal) : Challenge;

    /// <summary>
    /// Reads the challenge of a 402, from the header or the body and in either version, and takes, in the seller's order, the first way to pay that the registry knows and
    /// <paramref name="allows"/> lets pass (wallet rule 5), in a scheme that the token can be paid by. The response's body stays readable.
    /// </summary>
    public static async Task<Challenge> ReadAsync(HttpResponseMessage response, AssetRegistry registry, Func<TokenAmount, bool> allows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(allows);
        var (required, refusal) = await ChallengeSource.FindAsync(response, cancellationToken);
        return required is null ? new Unpayable(refusal!) : Choose(required, registry, allows);
    }

    // A challenge in a body may leave the token's EIP-712 domain out, as seed 001's does. What is signed under is our registry's in any case.
    private static PaymentRequirements Complete(PaymentRequirements option, AssetRegistry registry) =>
        ChainId.TryParse(option.Network, out var chain) && Address.TryParse(option.Asset, out var token) && registry.FindToken(new AssetId(chain, token)) is { } known
            ? option with { Extra = JsonElement.Parse(PaymentHeader.Json(writer => WriteExtra(writer, option.Extra, known))) }
            : option;

    private static void WriteExtra(Utf8JsonWriter writer, JsonElement? given, TokenInfo known)
    {
        writer.WriteStartObject();
        foreach (var member in given is { ValueKind: JsonValueKind.Object } members ? members.EnumerateObject().Where(member => member.Name is not ("name" or "version")) : [])
        {
            member.WriteTo(writer);
        }
        writer.WriteString("name", known.DomainName);
        writer.WriteString("version", known.DomainVersion);
        writer.WriteEndObject();
    }

    private static Challenge Choose(PaymentRequired required, AssetRegistry registry, Func<TokenAmount, bool> allows)
    {
        var reasons = new List<string>();
        foreach (var offered in required.Accepts)
        {
            var option = offered;
            var terms = PaymentSchemes.ReadTerms(option, out var reason);
            if (terms is null && reason is PaymentReason.MissingDomain && required.IsFromBody)
            {
                option = Complete(offered, registry);
                terms = PaymentSchemes.ReadTerms(option, out reason);
            }
            if (terms is null || PayerSchemes.Find(option) is not { } scheme)
            {
                reasons.Add($"{UntrustedText.Quote(option.Scheme, 30)} on {UntrustedText.Quote(option.Network, 60)}: {reason.ToWire()}");
                continue;
            }
            var chain = registry.FindChain(terms.Asset.Chain);
            var token = registry.FindToken(terms.Asset);
            if (chain is null || token is null)
            {
                reasons.Add($"unknown token {terms.Asset}: {AmountText.Display(terms.Amount, token: null)}");
            }
            else if (scheme.FindFault(terms, token) is { } fault)
            {
                reasons.Add(fault);
            }
            else if (!allows(new(terms.Amount, terms.Asset)))
            {
                reasons.Add($"{AmountText.Display(terms.Amount, token)} is more than was allowed");
            }
            else
            {
                return new Payable(required, option, terms, token, chain);
            }
        }
        return Refuse("no_acceptable_offer", $"None of the {required.Accepts.Count} ways to pay can be used: {string.Join("; ", reasons.Take(5))}.",
            "If you know the token, add it to networks.json in the data folder; if it is the price, give a higher --max-amount; or use another seller.");
    }

    private static Unpayable Refuse(string code, string message, string hint) => new(new PaymentRefusal(code, message, hint));
}
