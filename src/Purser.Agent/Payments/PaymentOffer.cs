using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Agent.Payments;

/// <summary>
/// One of the ways to pay that a 402 names, as far as it is understood (x402-skill E13). Symbol, decimals and the chain's name are our registry's, never the seller's.
/// </summary>
public sealed record PaymentOffer
{
    private PaymentOffer()
    {
    }

    /// <summary>Its place in the seller's list, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The offer as the seller wrote it; its strings are a stranger's.</summary>
    public required PaymentRequirements Asked { get; init; }

    /// <summary>The offer that would be accepted: <see cref="Asked"/>, completed from the registry where a challenge in a body left the token's domain out.</summary>
    public required PaymentRequirements Accepted { get; init; }

    /// <summary>The same, understood; null when it is in no scheme that we speak, or breaks its rules.</summary>
    public PaymentTerms? Terms { get; init; }

    /// <summary>The token; null when the registry does not know it.</summary>
    public TokenInfo? Token { get; init; }

    /// <summary>The chain; null when the registry does not know it.</summary>
    public ChainInfo? Chain { get; init; }

    /// <summary>Why it cannot be paid, for people; null when it can.</summary>
    public string? Fault { get; init; }

    /// <summary>One line for people: its place, what it costs, where, and why it cannot be paid.</summary>
    public string Line => Terms is null || Token is null || Chain is null
        ? $"[{Index}] {Fault}"
        : $"[{Index}] {AmountText.Display(Terms.Amount, Token)} on {Chain.Name}, {Terms.Rules.Scheme} by {Terms.Rules.TransferMethod}, to {Terms.PayTo}{(Fault is null ? "" : $": {Fault}")}";

    /// <summary>All offers of a challenge, in the seller's order.</summary>
    /// <param name="required">The challenge.</param>
    /// <param name="registry">What is known of chains and tokens.</param>
    /// <param name="allows">Which amounts come into question.</param>
    internal static IReadOnlyList<PaymentOffer> ReadAll(PaymentRequired required, AssetRegistry registry, Func<TokenAmount, bool> allows) =>
        [.. required.Accepts.Select((asked, index) => Read(index, asked, required.IsFromBody, registry, allows))];

    /// <summary>One offer.</summary>
    /// <param name="index">Its place, from 0.</param>
    /// <param name="asked">As the seller wrote it.</param>
    /// <param name="mayComplete">Whether a missing domain of the token is filled in: a challenge in a body may leave it out, as seed 001's does.</param>
    /// <param name="registry">What is known of chains and tokens.</param>
    /// <param name="allows">Which amounts come into question.</param>
    internal static PaymentOffer Read(int index, PaymentRequirements asked, bool mayComplete, AssetRegistry registry, Func<TokenAmount, bool> allows)
    {
        var accepted = asked;
        var terms = PaymentSchemes.ReadTerms(accepted, out var reason);
        if (terms is null && reason is PaymentReason.MissingDomain && mayComplete)
        {
            accepted = Complete(asked, registry);
            terms = PaymentSchemes.ReadTerms(accepted, out reason);
        }

        var offer = new PaymentOffer { Index = index, Asked = asked, Accepted = accepted };
        if (terms is null || PayerSchemes.Find(accepted) is not { } scheme)
        {
            return offer with { Fault = $"{UntrustedText.Quote(asked.Scheme, 30)} on {UntrustedText.Quote(asked.Network, 60)}: {reason.ToWire()}" };
        }

        offer = offer with { Terms = terms, Chain = registry.FindChain(terms.Asset.Chain), Token = registry.FindToken(terms.Asset) };
        var fault = offer.Chain is null || offer.Token is null ? $"unknown token {terms.Asset}: {AmountText.Display(terms.Amount, token: null)}"
            : scheme.FindFault(terms, offer.Token) is { } unfit ? unfit
            : allows(new(terms.Amount, terms.Asset)) ? null
            : $"{AmountText.Display(terms.Amount, offer.Token)} is more than was allowed";
        return offer with { Fault = fault };
    }

    // What is signed under is our registry's in any case.
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
}
