namespace Purser.Wallet.Policy;

/// <summary>Domains of sign-in messages (EIP-4361: an RFC 3986 authority) and the entries of a policy that stand for them.</summary>
internal static class SignInDomains
{
    private const string AnyPort = ":*";

    /// <summary>Whether an entry can stand in a policy: a host in lower case with or without a port, or with <c>:*</c>.</summary>
    public static bool IsEntry(string entry)
    {
        var authority = entry.EndsWith(AnyPort, StringComparison.Ordinal) ? entry[..^AnyPort.Length] : entry;
        return authority.Length is > 0 and <= 255 && !authority.AsSpan().ContainsAnyExceptInRange('!', '~') && !authority.Any(char.IsAsciiLetterUpper)
            && Uri.TryCreate($"http://{authority}/", UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0 && uri.AbsolutePath == "/" && uri.Query.Length == 0 && uri.Fragment.Length == 0
            && (uri.Authority == authority || $"{uri.Host}:{uri.Port}" == authority) && (authority == entry || uri.Host == authority);
    }

    /// <summary>Whether everything that <paramref name="narrow"/> stands for, an entry or a domain, is covered by <paramref name="entry"/>.</summary>
    public static bool Covers(string entry, string narrow) => entry == narrow
        || (entry.EndsWith(AnyPort, StringComparison.Ordinal) && HostOf(narrow) == entry[..^AnyPort.Length]);

    /// <summary>The domain without the port when it is the one that the origin's scheme has anyway.</summary>
    public static string WithoutStandardPort(string domain, string origin)
    {
        var port = origin.StartsWith("https:", StringComparison.Ordinal) ? ":443" : ":80";
        return domain.EndsWith(port, StringComparison.Ordinal) ? domain[..^port.Length] : domain;
    }

    // An IPv6 host has colons of its own, within brackets.
    private static string HostOf(string authority)
    {
        var colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']') ? authority[..colon] : authority;
    }
}
