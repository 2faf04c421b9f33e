using System.Text.Json;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>
/// What a seller says of his service in <c>resource</c> (specs/x402.md 3.1): a catalogue shows it, so a member that breaks its rule is dropped and the others stay.
/// </summary>
/// <param name="ServiceName">1 to 32 characters of printable ASCII; or null.</param>
/// <param name="Tags">At most 5, each 1 to 32 characters of printable ASCII, each once whatever its case; empty when there are none.</param>
/// <param name="IconUrl">An absolute http(s) URL of at most 2,048 characters, without user name, whose host is a name and not this machine's; or null. It is never fetched by us.</param>
public sealed record ServiceMetadata(string? ServiceName, IReadOnlyList<string> Tags, string? IconUrl)
{
    private const int MaxLength = 32;
    private const int MaxTags = 5;

    /// <summary>Reads what is good of a <c>resource</c> object.</summary>
    public static ServiceMetadata Read(ResourceInfo? resource)
    {
        if (resource?.Verbatim is not { ValueKind: JsonValueKind.Object } element)
        {
            return new(null, [], null);
        }

        var name = Text(element, "serviceName");
        var icon = Text(element, "iconUrl");
        return new(IsLabel(name) ? name : null, ReadTags(element), IsIconUrl(icon) ? icon : null);
    }

    /// <summary>Whether a text may stand as a service's name or tag.</summary>
    public static bool IsLabel(string? text) => text is { Length: > 0 and <= MaxLength } && text.All(c => c is >= ' ' and <= '~');

    /// <summary>Whether a URL may stand as an icon's: neither it nor its host leads into the reader's own network by a number or a name of this machine.</summary>
    public static bool IsIconUrl(string? text)
    {
        if (text is not { Length: > 0 and <= 2048 } || text.Any(char.IsControl) || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || url.UserInfo.Length > 0 || text.Contains('\\', StringComparison.Ordinal))
        {
            return false;
        }

        // As IDN hosts are looked up; a percent sign in a host is for nothing but hiding.
        var host = url.IdnHost.TrimEnd('.');
        return url.HostNameType is UriHostNameType.Dns && host.Contains('.', StringComparison.Ordinal) && !host.Contains('%', StringComparison.Ordinal)
            && !host.EndsWith(".localdomain", StringComparison.OrdinalIgnoreCase) && !host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            && host.Split('.')[^1].Any(c => !char.IsAsciiDigit(c)) && !host.Split('.')[^1].StartsWith("0x", StringComparison.OrdinalIgnoreCase);
    }

    private static List<string> ReadTags(JsonElement element)
    {
        var tags = new List<string>();
        if (element.TryGetProperty("tags", out var array) && array.ValueKind is JsonValueKind.Array)
        {
            foreach (var entry in array.EnumerateArray())
            {
                var tag = entry.ValueKind is JsonValueKind.String ? entry.GetString() : null;
                if (tags.Count < MaxTags && IsLabel(tag) && !tags.Contains(tag!, StringComparer.OrdinalIgnoreCase))
                {
                    tags.Add(tag!);
                }
            }
        }

        return tags;
    }

    private static string? Text(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
