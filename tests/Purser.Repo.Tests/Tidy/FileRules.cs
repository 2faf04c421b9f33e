using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Tidy;

/// <summary>Rules of a whole file: its length and its names.</summary>
internal static partial class FileRules
{
    /// <summary>One file, one idea: the length at which to stop and think.</summary>
    public const int LineLimit = 400;

    private static readonly string[] _written = [".cs", ".sol", ".sh", ".mjs", ".js", ".ts"];

    /// <summary>Reads <c>path: reason</c> lines; a hash sign starts a comment.</summary>
    public static IReadOnlyDictionary<string, string> ParseReasons(string text) =>
        text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(": ", 2)).ToDictionary(parts => parts[0], parts => parts.Length > 1 ? parts[1] : "");

    /// <summary>Files over the limit that no reason excuses, and reasons that excuse nothing.</summary>
    public static IEnumerable<Finding> CheckLengths(IEnumerable<SourceFile> files, IReadOnlyDictionary<string, string> reasons)
    {
        var excused = new HashSet<string>();
        foreach (var file in files.Where(file => IsWritten(file.Path)))
        {
            var lines = file.Lines.Length - (file.Text.EndsWith('\n') ? 1 : 0);
            if (lines <= LineLimit)
            {
                continue;
            }

            excused.Add(file.Path);
            if (!reasons.TryGetValue(file.Path, out var reason) || reason.Length < 20)
            {
                yield return new Finding(file.Path, LineLimit, $"{lines} lines: is it still one idea? Cut it, or give the reason in LongFiles.txt");
            }
        }

        foreach (var path in reasons.Keys.Where(path => !excused.Contains(path)))
        {
            yield return new Finding("tests/Purser.Repo.Tests/LongFiles.txt", 1, $"{path} needs no excuse any more: strike its line");
        }
    }

    /// <summary>Folders, files and types whose name says that nobody knew what belongs there.</summary>
    public static IEnumerable<Finding> CheckNames(SourceFile file)
    {
        if (file.Path.StartsWith("vectors/", StringComparison.Ordinal))
        {
            yield break;
        }

        foreach (var part in file.Path.Split('/').Where(part => VagueName().IsMatch(part)))
        {
            yield return new Finding(file.Path, 1, $"'{part}' says nothing of what is in it: name the idea");
        }

        if (!file.Path.EndsWith(".cs", StringComparison.Ordinal))
        {
            yield break;
        }

        var lines = CSharpText.WithoutCommentsAndStrings(file.Text).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            foreach (Match match in TypeDeclaration().Matches(lines[i]))
            {
                if (VagueName().IsMatch(match.Groups["name"].Value))
                {
                    yield return new Finding(file.Path, i + 1, $"'{match.Groups["name"].Value}' says nothing of what is in it: name the idea");
                }
            }
        }
    }

    private static bool IsWritten(string path) => _written.Contains(Path.GetExtension(path)) || path is "test" or "purser" or ".ci/run";

    [GeneratedRegex(@"(?<![A-Z])(Utils?|Utilit(y|ies)|Helpers?|Common|Misc)(?![a-z])|^(utils?|helpers?|common|misc)(?![a-z])", RegexOptions.ExplicitCapture)]
    private static partial Regex VagueName();

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+(?!class\b|struct\b)(?<name>\w+)", RegexOptions.ExplicitCapture)]
    private static partial Regex TypeDeclaration();
}
