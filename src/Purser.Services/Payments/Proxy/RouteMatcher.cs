using System.Buffers;

namespace Purser.Services.Payments.Proxy;

/// <summary>What the table says of a request.</summary>
internal abstract record RouteVerdict
{
    private RouteVerdict()
    {
    }

    /// <summary>A route takes it.</summary>
    /// <param name="Index">The route's place in the table; -1 for what is free because no route names it.</param>
    /// <param name="Segments">What to forward.</param>
    public sealed record Matched(int Index, IReadOnlyList<string> Segments) : RouteVerdict;

    /// <summary>Routes name the path under other methods.</summary>
    public sealed record OtherMethod(IReadOnlyList<string> Allowed) : RouteVerdict;

    /// <summary>No route names the path.</summary>
    public sealed record Unknown : RouteVerdict;
}

/// <summary>A table, made ready; a mistake in it is found here and not by a request.</summary>
internal sealed class RouteMatcher
{
    private readonly RouteTable _table;
    private readonly Template[] _templates;
    private readonly StringComparison _comparison;

    /// <exception cref="ArgumentException">A template or a method cannot be used; the message names the route.</exception>
    public RouteMatcher(RouteTable table)
    {
        _table = table;
        _comparison = table.CaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        _templates = [.. table.Routes.Select((route, index) => Template.Parse(route.Path, out var fault)
            ?? throw new ArgumentException($"Route {index + 1} (\"{route.Path}\") cannot be used: {fault}.", nameof(table)))];
        foreach (var (index, route) in table.Routes.Index())
        {
            if (route.Methods is { } methods && (methods.Count == 0 || methods.Any(method => method.Length is 0 or > 20 || !method.All(char.IsAsciiLetterUpper))))
            {
                throw new ArgumentException($"Route {index + 1} (\"{route.Path}\") cannot be used: methods are written in capitals, at least one.", nameof(table));
            }
        }
    }

    /// <summary>What the table says.</summary>
    public RouteVerdict Match(string method, ProxyPath path)
    {
        var others = new List<string>();
        for (var i = 0; i < _templates.Length; i++)
        {
            if (_templates[i].Match(path.Segments, _comparison) is not { } segments)
            {
                continue;
            }

            if (_table.Routes[i].Takes(method))
            {
                return new RouteVerdict.Matched(i, segments);
            }

            others.AddRange(_table.Routes[i].Methods!);
        }

        return others.Count > 0 ? new RouteVerdict.OtherMethod([.. others.Distinct(StringComparer.Ordinal)])
            : _table.Unmatched is UnmatchedRoute.Free ? new RouteVerdict.Matched(-1, path.Segments)
            : new RouteVerdict.Unknown();
    }

    /// <summary>The path of a preflight, which has no price: as it would be forwarded, or null when no route names it.</summary>
    public IReadOnlyList<string>? MatchAnyMethod(ProxyPath path) =>
        _templates.Select(template => template.Match(path.Segments, _comparison)).FirstOrDefault(segments => segments is not null)
        ?? (_table.Unmatched is UnmatchedRoute.Free ? path.Segments : null);

    private sealed record Template(IReadOnlyList<string?> Parts, bool Open)
    {
        private static readonly SearchValues<char> s_special = SearchValues.Create("{}*%?# ");

        public static Template? Parse(string path, out string fault)
        {
            fault = "a path begins with a slash";
            if (!path.StartsWith('/') || path.Length > 2048)
            {
                return null;
            }

            var parts = new List<string?>();
            var texts = path[1..].Split('/').ToList();
            if (texts[^1].Length == 0)
            {
                texts.RemoveAt(texts.Count - 1);
            }

            var open = texts.Count > 0 && texts[^1] == "**";
            foreach (var text in open ? texts[..^1] : texts)
            {
                var isParameter = text.Length > 2 && text[0] == '{' && text[^1] == '}' && text[1..^1].All(symbol => char.IsAsciiLetterOrDigit(symbol) || symbol is '_' or '-');
                if (!isParameter && (text is "" or "." or ".." || text.AsSpan().IndexOfAny(s_special) >= 0 || ProxyPath.FindFault(text) is not null))
                {
                    fault = $"\"{text}\" is no segment: write it decoded, a parameter as {{name}}, and ** only at the end";
                    return null;
                }

                parts.Add(isParameter ? null : text);
            }

            return new(parts, open);
        }

        /// <summary>The segments with this template's spelling of its literals; null when they do not fit.</summary>
        public IReadOnlyList<string>? Match(IReadOnlyList<string> segments, StringComparison comparison)
        {
            if (segments.Count < Parts.Count || (!Open && segments.Count > Parts.Count))
            {
                return null;
            }

            var matched = segments.ToArray();
            for (var i = 0; i < Parts.Count; i++)
            {
                if (Parts[i] is { } literal)
                {
                    if (!literal.Equals(segments[i], comparison))
                    {
                        return null;
                    }

                    matched[i] = literal;
                }
            }

            return matched;
        }
    }
}
