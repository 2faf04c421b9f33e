namespace Purser.Protocol.SignIn;

/// <summary>
/// The generic syntax of RFC 3986 (appendix A), by hand and in one pass: the base library's <see cref="Uri"/> takes and rewrites more than the grammar has, and a
/// message that is signed must mean one thing. IPv4 parts may carry leading zeros, as EIP-4361's published test messages do.
/// </summary>
internal static class UriGrammar
{
    private const string SubDelims = "!$&'()*+,;=";

    /// <summary>Whether the text is a URI: <c>scheme ":" hier-part [ "?" query ] [ "#" fragment ]</c>.</summary>
    public static bool IsUri(ReadOnlySpan<char> text) => TrySplit(text, out _, out _);

    /// <summary>Splits a URI; <paramref name="authority"/> is empty when it has none.</summary>
    public static bool TrySplit(ReadOnlySpan<char> text, out ReadOnlySpan<char> scheme, out ReadOnlySpan<char> authority)
    {
        scheme = authority = default;
        var colon = text.IndexOf(':');
        if (colon < 0 || !IsScheme(text[..colon]))
        {
            return false;
        }

        scheme = text[..colon];
        var rest = text[(colon + 1)..];
        var fragment = CutBehind(ref rest, '#');
        var query = CutBehind(ref rest, '?');
        if (!IsQuery(fragment) || !IsQuery(query))
        {
            return false;
        }

        if (rest.StartsWith("//"))
        {
            rest = rest[2..];
            var slash = rest.IndexOf('/');
            authority = slash < 0 ? rest : rest[..slash];
            rest = slash < 0 ? default : rest[slash..];
            if (!IsAuthority(authority, emptyHost: true))
            {
                return false;
            }
        }

        return IsPath(rest);

        // Cuts the text at the first mark and gives what stands behind it; nothing when there is no mark.
        static ReadOnlySpan<char> CutBehind(ref ReadOnlySpan<char> text, char mark)
        {
            var at = text.IndexOf(mark);
            var behind = at < 0 ? default : text[(at + 1)..];
            text = at < 0 ? text : text[..at];
            return behind;
        }
    }

    /// <summary><c>ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )</c>.</summary>
    public static bool IsScheme(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetter(text[0]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary><c>[ userinfo "@" ] host [ ":" port ]</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="emptyHost">Whether the host may be empty, as the grammar lets it.</param>
    public static bool IsAuthority(ReadOnlySpan<char> text, bool emptyHost)
    {
        var at = text.IndexOf('@');
        if (at >= 0)
        {
            if (!All(text[..at], static c => c == ':'))
            {
                return false;
            }

            text = text[(at + 1)..];
        }

        ReadOnlySpan<char> host;
        if (text.StartsWith("["))
        {
            var close = text.IndexOf(']');
            if (close < 0 || !IsIpLiteral(text[1..close]))
            {
                return false;
            }

            host = text[..(close + 1)];
        }
        else
        {
            var colon = text.IndexOf(':');
            host = colon < 0 ? text : text[..colon];
            if (!All(host, static _ => false))
            {
                return false;
            }
        }

        var port = text[host.Length..];
        return (emptyHost || !host.IsEmpty) && (port.IsEmpty || (port[0] == ':' && !port[1..].ContainsAnyExceptInRange('0', '9')));
    }

    /// <summary><c>*pchar</c>: what a request's id is made of.</summary>
    public static bool IsPchars(ReadOnlySpan<char> text) => All(text, static c => c is ':' or '@');

    /// <summary><c>*( reserved / unreserved / " " )</c>: what EIP-4361 lets a statement be made of.</summary>
    public static bool IsStatement(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!IsUnreserved(c) && !SubDelims.Contains(c, StringComparison.Ordinal) && c is not (' ' or ':' or '/' or '?' or '#' or '[' or ']' or '@'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPath(ReadOnlySpan<char> text) => All(text, static c => c is ':' or '@' or '/');

    private static bool IsQuery(ReadOnlySpan<char> text) => All(text, static c => c is ':' or '@' or '/' or '?');

    private static bool IsUnreserved(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~';

    // unreserved / pct-encoded / sub-delims, and what the place allows besides.
    private static bool All(ReadOnlySpan<char> text, Func<char, bool> also)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%')
            {
                if (text.Length - i < 3 || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                {
                    return false;
                }

                i += 2;
            }
            else if (!IsUnreserved(c) && !SubDelims.Contains(c, StringComparison.Ordinal) && !also(c))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsIpLiteral(ReadOnlySpan<char> text) => text.StartsWith("v") || text.StartsWith("V") ? IsFuture(text[1..]) : IsIpV6(text);

    private static bool IsFuture(ReadOnlySpan<char> text)
    {
        var dot = text.IndexOf('.');
        if (dot < 1 || dot == text.Length - 1)
        {
            return false;
        }

        foreach (var c in text[..dot])
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
        }

        return !text.Contains('%') && All(text[(dot + 1)..], static c => c == ':');
    }

    // Eight groups of 16 bits; "::" once, for one group or more; the last two groups may be written as IPv4.
    private static bool IsIpV6(ReadOnlySpan<char> text)
    {
        var gap = text.IndexOf("::");
        if (gap < 0)
        {
            return CountGroups(text, ipV4Last: true) == 8;
        }

        var before = text[..gap];
        var behind = text[(gap + 2)..];
        var (left, right) = (before.IsEmpty ? 0 : CountGroups(before, ipV4Last: false), behind.IsEmpty ? 0 : CountGroups(behind, ipV4Last: true));
        return left >= 0 && right >= 0 && left + right <= 7;
    }

    // -1 when it is no list of groups.
    private static int CountGroups(ReadOnlySpan<char> text, bool ipV4Last)
    {
        var count = 0;
        foreach (var range in text.Split(':'))
        {
            var group = text[range];
            if (ipV4Last && range.End.GetOffset(text.Length) == text.Length && group.Contains('.'))
            {
                return IsIpV4(group) ? count + 2 : -1;
            }

            if (group.Length is 0 or > 4 || ++count > 8)
            {
                return -1;
            }

            foreach (var c in group)
            {
                if (!char.IsAsciiHexDigit(c))
                {
                    return -1;
                }
            }
        }

        return count;
    }

    private static bool IsIpV4(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (++count > 4 || part.Length is 0 or > 3 || part.ContainsAnyExceptInRange('0', '9') || int.Parse(part, System.Globalization.CultureInfo.InvariantCulture) > 255)
            {
                return false;
            }
        }

        return count == 4;
    }
}
