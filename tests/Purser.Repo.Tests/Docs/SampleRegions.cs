using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Docs;

/// <summary>
/// C# in a document is a region of a sample, which the tests compile and run. Above the block stands
/// <c>&lt;!-- sample: samples/file.cs#region --&gt;</c>; in the file the region stands between <c>// &lt;region&gt;</c> and <c>// &lt;/region&gt;</c>.
/// </summary>
internal static partial class SampleRegions
{
    /// <summary>Each C# block that is no region's text, or says of no region that it is.</summary>
    /// <param name="document">A Markdown file.</param>
    /// <param name="read">The text of a path from the root; null where there is no such file.</param>
    public static IEnumerable<Finding> Check(SourceFile document, Func<string, string?> read)
    {
        for (var i = 0; i < document.Lines.Length; i++)
        {
            if (document.Lines[i].Trim() is not ("```csharp" or "```cs" or "```c#"))
            {
                continue;
            }

            var block = document.Lines[(i + 1)..].TakeWhile(line => line.Trim() != "```").Select(line => line.TrimEnd()).ToList();
            var marker = Marker().Match(i > 0 ? document.Lines[i - 1] : "");
            if (!marker.Success)
            {
                yield return new Finding(document.Path, i + 1, "C# that nothing compiles: put <!-- sample: samples/file.cs#region --> above it");
            }
            else if (read(marker.Groups["path"].Value) is not { } sample || Region(sample, marker.Groups["region"].Value) is not { } region)
            {
                yield return new Finding(document.Path, i + 1, $"there is no {marker.Groups["path"].Value}#{marker.Groups["region"].Value}");
            }
            else if (!region.SequenceEqual(block))
            {
                yield return new Finding(document.Path, i + 1, $"differs from {marker.Groups["path"].Value}#{marker.Groups["region"].Value}: UPDATE_SNAPSHOTS=1 ./test repo copies it");
            }
        }
    }

    /// <summary>The document with each marked block replaced by its region.</summary>
    public static string Update(SourceFile document, Func<string, string?> read)
    {
        var lines = new List<string>();
        for (var i = 0; i < document.Lines.Length; i++)
        {
            lines.Add(document.Lines[i]);
            var marker = Marker().Match(document.Lines[i]);
            if (marker.Success && i + 1 < document.Lines.Length && document.Lines[i + 1].StartsWith("```c", StringComparison.Ordinal)
                && read(marker.Groups["path"].Value) is { } sample && Region(sample, marker.Groups["region"].Value) is { } region)
            {
                lines.Add(document.Lines[++i]);
                lines.AddRange(region);
                while (document.Lines[i + 1].Trim() != "```")
                {
                    i++;
                }
            }
        }

        return string.Join('\n', lines);
    }

    /// <summary>The lines of a region without the indentation that they share; null where there is none of that name.</summary>
    private static List<string>? Region(string sample, string name)
    {
        var lines = sample.Split('\n').Select(line => line.TrimEnd()).ToList();
        var from = lines.FindIndex(line => line.Trim() == $"// <{name}>");
        var to = lines.FindIndex(line => line.Trim() == $"// </{name}>");
        if (from < 0 || to <= from)
        {
            return null;
        }

        var region = lines[(from + 1)..to];
        var indent = region.Where(line => line.Length > 0).Select(line => line.Length - line.TrimStart().Length).DefaultIfEmpty(0).Min();
        return [.. region.Select(line => line.Length == 0 ? line : line[indent..])];
    }

    [GeneratedRegex(@"<!-- sample: (?<path>[\w./-]+)#(?<region>[\w-]+) -->", RegexOptions.ExplicitCapture)]
    private static partial Regex Marker();
}
