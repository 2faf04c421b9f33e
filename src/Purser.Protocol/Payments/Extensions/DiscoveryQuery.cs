using System.Globalization;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>What is asked of a catalogue: <c>GET /discovery/resources?type=&amp;limit=&amp;offset=</c> (specs/x402.md 4).</summary>
/// <param name="Limit">How many, 1 to <see cref="MaxLimit"/>.</param>
/// <param name="Offset">How many to leave out, 0 to <see cref="MaxOffset"/>.</param>
public sealed record DiscoveryQuery(int Limit = DiscoveryQuery.DefaultLimit, int Offset = 0)
{
    /// <summary>The limit when none is asked for.</summary>
    public const int DefaultLimit = 20;

    /// <summary>The largest limit.</summary>
    public const int MaxLimit = 100;

    /// <summary>The largest offset.</summary>
    public const int MaxOffset = 1_000_000;

    /// <summary>Only resources of this type; or null.</summary>
    public string? Type { get; init; }

    /// <summary>Only resources that pay this account; or null.</summary>
    public string? PayTo { get; init; }

    /// <summary>Only resources that take this scheme; or null.</summary>
    public string? Scheme { get; init; }

    /// <summary>Only resources that take this network; or null.</summary>
    public string? Network { get; init; }

    /// <summary>Only resources with this extension; or null.</summary>
    public string? Extension { get; init; }

    /// <summary>
    /// Reads a query's decoded parameters. Refused, because a filter that is passed over gives what was not asked for: a parameter that we do not know, one that stands twice,
    /// a number that is none or out of its bounds, an empty or overlong text.
    /// </summary>
    /// <param name="parameters">Names and values in order.</param>
    /// <param name="fault">What is wrong, in a sentence that names the parameter; null when the query is given.</param>
    public static DiscoveryQuery? Read(IEnumerable<KeyValuePair<string, string>> parameters, out string? fault)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var query = new DiscoveryQuery();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        fault = null;
        foreach (var (name, value) in parameters)
        {
            if (!seen.Add(name))
            {
                fault = $"The parameter {Json.UntrustedText.Quote(name, 40)} stands twice";
                return null;
            }

            if (value.Any(char.IsControl))
            {
                fault = $"The parameter {Json.UntrustedText.Quote(name, 40)} has a control character";
                return null;
            }

            if (Apply(query, name, value, out fault) is not { } next)
            {
                return null;
            }

            query = next;
        }

        return query;
    }

    /// <summary>Whether a resource is of this query; limit and offset are not looked at.</summary>
    public bool Matches(DiscoveredResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return (Type is null || Type == resource.Type)
            && (PayTo is null || resource.Accepts.Any(way => string.Equals(way.PayTo, PayTo, StringComparison.OrdinalIgnoreCase)))
            && (Scheme is null || resource.Accepts.Any(way => way.Scheme == Scheme))
            && (Network is null || resource.Accepts.Any(way => way.Network == Network))
            && (Extension is null || PaymentExtensions.Find(resource.Extensions, Extension) is not null);
    }

    private static DiscoveryQuery? Apply(DiscoveryQuery query, string name, string value, out string? fault)
    {
        fault = null;
        switch (name)
        {
            case "limit" when TryNumber(value, 1, MaxLimit, out var limit):
                return query with { Limit = limit };
            case "offset" when TryNumber(value, 0, MaxOffset, out var offset):
                return query with { Offset = offset };
            case "limit" or "offset":
                fault = $"The parameter {name} is a whole number from {(name == "limit" ? 1 : 0)} to {(name == "limit" ? MaxLimit : MaxOffset)}";
                return null;
            case "type" or "payTo" or "scheme" or "network" or "extensions" when value.Length is 0 or > 128:
                fault = $"The parameter {name} has 1 to 128 characters";
                return null;
            case "type":
                return query with { Type = value };
            case "payTo":
                return query with { PayTo = value };
            case "scheme":
                return query with { Scheme = value };
            case "network":
                return query with { Network = value };
            case "extensions":
                return query with { Extension = value };
            default:
                fault = $"There is no parameter {Json.UntrustedText.Quote(name, 40)}; there are type, payTo, scheme, network, extensions, limit and offset";
                return null;
        }
    }

    private static bool TryNumber(string text, int min, int max, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= min && number <= max
        && number.ToString(CultureInfo.InvariantCulture).Length == text.Length;
}
