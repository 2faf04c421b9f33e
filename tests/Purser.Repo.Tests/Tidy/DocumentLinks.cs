using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Tidy;

/// <summary>Links of the documents to files and headings of this repository.</summary>
internal static partial class DocumentLinks
{
    /// <summary>Each relative link whose file or heading is not there.</summary>
    /// <param name="document">A Markdown file.</param>
    /// <param name="read">The text of a path from the root; null where there is no such file; empty for a folder.</param>
    public static IEnumerable<Finding> Check(SourceFile document, Func<string, string?> read)
    {
        var lines = WithoutCode(document.Lines);
        for (var i = 0; i < lines.Length; i++)
        {
            foreach (Match match in Link().Matches(lines[i]))
            {
                var target = match.Groups["target"].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                {
                    continue;
                }

                var parts = target.Split('#', 2);
                var path = parts[0].Length == 0 ? document.Path : Resolve(document.Path, parts[0]);
                var text = path == document.Path ? document.Text : read(path);
                if (text is null)
                {
                    yield return new Finding(document.Path, i + 1, $"links to {target}, which is not there");
                }
                else if (parts.Length > 1 && !Headings(text).Contains(parts[1]))
                {
                    yield return new Finding(document.Path, i + 1, $"links to the heading #{parts[1]} of {path}, which is not there");
                }
            }
        }
    }

    private static string Resolve(string from, string to)
    {
        var parts = new List<string>(from.Split('/')[..^1]);
        foreach (var part in to.TrimEnd('/').Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    /// <summary>Headings as their anchors: lower case, spaces to hyphens, punctuation gone.</summary>
    private static HashSet<string> Headings(string text) =>
        [.. WithoutCode(text.Split('\n')).Where(line => line.StartsWith('#')).Select(line => Punctuation().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    private static string[] WithoutCode(string[] lines)
    {
        var inside = false;
        return [.. lines.Select(line =>
        {
            var isFence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            inside ^= isFence;
            return inside || isFence ? "" : InlineCode().Replace(line, "");
        })];
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex Punctuation();

    [GeneratedRegex("`[^`]*`(?!\\])")]
    private static partial Regex InlineCode();
}
