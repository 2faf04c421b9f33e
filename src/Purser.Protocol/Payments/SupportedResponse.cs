using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>One thing a facilitator can settle.</summary>
/// <param name="Version">The protocol version, 1 or 2.</param>
/// <param name="Scheme">Such as <c>exact</c>.</param>
/// <param name="Network">CAIP-2, or a version-1 name.</param>
public sealed record SupportedKind(int Version, string Scheme, string Network)
{
    /// <summary>The scheme's own members; of <c>upto</c> the facilitator's address (<see cref="Upto.FacilitatorMember"/>). Null when left out.</summary>
    public JsonElement? Extra { get; init; }
}

/// <summary>The answer to <c>GET /supported</c> (specs/x402.md 4).</summary>
/// <param name="Kinds">What can be settled.</param>
/// <param name="Extensions">Extension names; empty when left out.</param>
/// <param name="Signers">The addresses that send, by CAIP-2 pattern such as <c>eip155:*</c>; empty when left out.</param>
public sealed record SupportedResponse(IReadOnlyList<SupportedKind> Kinds, IReadOnlyList<string> Extensions,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Signers)
{
    /// <summary>Reads the object; what is wrong stands in the shape's refusal.</summary>
    public static SupportedResponse Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var kinds = shape.Objects("kinds")
            .Select(kind => new SupportedKind((int)kind.Integer("x402Version", 1, 99), kind.String("scheme", 64), kind.String("network", 128)) { Extra = kind.OptionalObject("extra")?.Element }).ToList();
        var signers = new Dictionary<string, IReadOnlyList<string>>();
        if (shape.OptionalObject("signers") is { } byPattern)
        {
            foreach (var member in byPattern.Element.EnumerateObject())
            {
                signers[member.Name] = byPattern.OptionalStrings(member.Name);
            }
        }

        return new(kinds, shape.OptionalStrings("extensions"), signers);
    }

    /// <summary>Whether a kind is there, in version 2.</summary>
    public bool Supports(string scheme, string network) =>
        Kinds.Any(kind => kind.Version == PaymentRequired.Version && kind.Scheme == scheme && kind.Network == network);

    /// <summary>Whether a payment of this scheme on this chain can be settled in either version; version 1 knows <c>exact</c> alone, and names chains by its own names.</summary>
    /// <param name="scheme">The scheme.</param>
    /// <param name="network">The chain in CAIP-2.</param>
    public bool Settles(string scheme, string network) => Supports(scheme, network) || SettlesByV1(scheme, network);

    internal bool SettlesByV1(string scheme, string network) => scheme == ExactEip3009.Instance.Scheme
        && Kinds.Any(kind => kind.Version == 1 && kind.Scheme == scheme && NetworkName.Normalize(kind.Network) == network);

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteStartArray("kinds");
        foreach (var kind in Kinds)
        {
            writer.WriteStartObject();
            writer.WriteNumber("x402Version", kind.Version);
            writer.WriteString("scheme", kind.Scheme);
            writer.WriteString("network", kind.Network);
            WireMembers.WriteOptional(writer, "extra", kind.Extra);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("extensions");
        foreach (var extension in Extensions)
        {
            writer.WriteStringValue(extension);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("signers");
        foreach (var (pattern, addresses) in Signers)
        {
            writer.WriteStartArray(pattern);
            foreach (var address in addresses)
            {
                writer.WriteStringValue(address);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
