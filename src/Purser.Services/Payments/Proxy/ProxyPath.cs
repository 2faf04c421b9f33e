using System.Globalization;
using System.Text;

namespace Purser.Services.Payments.Proxy;

/// <summary>
/// The path of a request in the one form in which it is matched and forwarded, so that the server behind sees what was priced and nothing else. What two
/// servers would read in two ways (specs/x402-known-bugs.md, "route bypass by path tricks") is not guessed at but refused: an encoded slash or backslash,
/// a path parameter, a NUL, an overlong or otherwise broken UTF-8 sequence, what would decode once more, letters that some servers fold into others.
/// </summary>
/// <param name="Segments">The decoded segments; none is empty.</param>
/// <param name="TrailingSlash">Whether the path ends in a slash; a root alone does.</param>
/// <param name="Query">The query as it came, with its question mark; or empty.</param>
internal sealed record ProxyPath(IReadOnlyList<string> Segments, bool TrailingSlash, string Query)
{
    private const string Unescaped = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@";

    // Where by compatibility (UAX #15), by case or by the nearest letter of a code page a character becomes one or more of ASCII: full-width and small forms,
    // leaders of dots, slashes of mathematics, ligatures, enclosed and styled letters, the Kelvin sign, the long s, spaces of other widths. A table, because
    // hosts without culture data do not normalize.
    private static readonly (int First, int Last)[] s_lookAlikes =
    [
        (0x00A0, 0x00A0), (0x00AA, 0x00AA), (0x00B2, 0x00B3), (0x00B9, 0x00BA), (0x00BC, 0x00BE), (0x0130, 0x0133), (0x013F, 0x0140), (0x0149, 0x0149), (0x017F, 0x017F),
        (0x01C4, 0x01CC), (0x01F1, 0x01F3), (0x02B0, 0x02B8), (0x02E1, 0x02E3), (0x037E, 0x037E), (0x1D2C, 0x1D6A), (0x1E9A, 0x1E9B), (0x1FEF, 0x1FEF), (0x2000, 0x200A),
        (0x2024, 0x2026), (0x202F, 0x202F), (0x203C, 0x203C), (0x2044, 0x2044), (0x2047, 0x2049), (0x205F, 0x205F), (0x2070, 0x209F), (0x20A8, 0x20A8), (0x2100, 0x218F),
        (0x2215, 0x2216), (0x2460, 0x24FF), (0x29F5, 0x29F9), (0x2A74, 0x2A76), (0x2C7C, 0x2C7D), (0x3000, 0x3000), (0x3200, 0x33FF), (0xA7F2, 0xA7F4), (0xFB00, 0xFB06),
        (0xFB29, 0xFB29), (0xFE10, 0xFE19), (0xFE30, 0xFE6F), (0xFF00, 0xFF5E), (0xFFE0, 0xFFE6), (0x1D400, 0x1D7FF), (0x1F100, 0x1F1FF), (0x1FBF0, 0x1FBF9),
    ];

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The path, encoded anew: only what RFC 3986 (3.3) lets stand in a segment stands as itself, but for the semicolon.</summary>
    public string Path => Join(Segments, TrailingSlash);

    /// <summary>The path, decoded. No segment has a slash in it, so this has one reading too.</summary>
    public string Decoded => Segments.Count == 0 ? "/" : $"/{string.Join('/', Segments)}{(TrailingSlash ? "/" : "")}";

    /// <summary>Segments as a path.</summary>
    public static string Join(IReadOnlyList<string> segments, bool trailingSlash) =>
        segments.Count == 0 ? "/" : $"/{string.Join('/', segments.Select(Encode))}{(trailingSlash ? "/" : "")}";

    /// <summary>Reads a request target (RFC 9112, 3.2: origin form or absolute form).</summary>
    /// <param name="target">As it stood on the wire.</param>
    /// <param name="fault">What is wrong, when null is returned.</param>
    public static ProxyPath? Read(string target, out string fault)
    {
        if (OriginForm(target) is not { } origin)
        {
            fault = "The request target is neither a path nor an http URL";
            return null;
        }

        var mark = origin.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = mark < 0 ? (origin, "") : (origin[..mark], origin[mark..]);
        if (query.Any(symbol => symbol is <= ' ' or '#' or >= '\x7f'))
        {
            fault = "The query has a character that must be encoded";
            return null;
        }

        var segments = new List<string>();
        var trailing = true;
        foreach (var part in path.Split('/').Skip(1))
        {
            if (Decode(part, out fault) is not { } segment)
            {
                return null;
            }

            // Empty ones are folded and dots resolved before anything is matched (RFC 3986, 5.2.4), whether they came encoded or not.
            trailing = segment is "" or "." or "..";
            if (segment == ".." && segments.Count == 0)
            {
                fault = "The path leads out of what is sold here";
                return null;
            }

            if (segment == "..")
            {
                segments.RemoveAt(segments.Count - 1);
            }
            else if (!trailing)
            {
                segments.Add(segment);
            }
        }

        fault = "";
        return new(segments, trailing, query);
    }

    /// <summary>What is wrong with a decoded segment, or null. The names of a route table are held to the same.</summary>
    public static string? FindFault(string segment)
    {
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] is '/' or '\\' or ';')
            {
                return "A segment of the path has a slash, a backslash or a semicolon in it";
            }

            if (char.IsControl(segment[i]))
            {
                return "The path has a control character in it";
            }

            if (segment[i] == '%' && i + 2 < segment.Length && char.IsAsciiHexDigit(segment[i + 1]) && char.IsAsciiHexDigit(segment[i + 2]))
            {
                return "The path is encoded twice";
            }
        }

        if (segment is not ("." or "..") && segment.Length > 0 && segment[^1] is '.' or ' ')
        {
            return "A segment of the path ends in a dot or a space, which some servers leave away";
        }

        return segment.EnumerateRunes().Any(LooksLikeAscii) ? "The path has a letter in it that some servers read as another" : null;
    }

    private static bool LooksLikeAscii(Rune rune) => !rune.IsAscii && s_lookAlikes.Any(range => rune.Value >= range.First && rune.Value <= range.Last);

    private static string? OriginForm(string target)
    {
        if (target.StartsWith('/'))
        {
            return target;
        }

        foreach (var scheme in (string[])["http://", "https://"])
        {
            if (target.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                var rest = target[scheme.Length..];
                var end = rest.IndexOfAny(['/', '?', '\\', '#']);
                return end < 0 ? "/" : rest[end] == '/' ? rest[end..] : "/" + rest[end..];
            }
        }

        return null;
    }

    private static string? Decode(string part, out string fault)
    {
        var bytes = new byte[part.Length];
        var count = 0;
        for (var i = 0; i < part.Length; i++)
        {
            if (part[i] is <= ' ' or '\\' or '#' or ';' or >= '\x7f')
            {
                fault = "The path has a character that must not stand there";
                return null;
            }

            if (part[i] != '%')
            {
                bytes[count++] = (byte)part[i];
                continue;
            }

            if (i + 2 >= part.Length || !byte.TryParse(part.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[count]))
            {
                fault = "A percent sign in the path is not followed by two hex digits";
                return null;
            }

            count++;
            i += 2;
        }

        try
        {
            var segment = s_strict.GetString(bytes, 0, count);
            fault = FindFault(segment) ?? "";
            return fault.Length == 0 ? segment : null;
        }
        catch (DecoderFallbackException)
        {
            fault = "The path is not UTF-8";
            return null;
        }
    }

    private static string Encode(string segment)
    {
        var text = new StringBuilder(segment.Length);
        foreach (var value in Encoding.UTF8.GetBytes(segment))
        {
            if (Unescaped.Contains((char)value, StringComparison.Ordinal))
            {
                text.Append((char)value);
            }
            else
            {
                text.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }
}
