using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Tidy;

/// <summary>Rules between files: projects, the solution, lock files and ./test's list.</summary>
internal static partial class ProjectRules
{
    /// <summary>Each project without a lock file beside it or without a line in the solution.</summary>
    public static IEnumerable<Finding> CheckProjects(IReadOnlyCollection<string> paths, string solution)
    {
        foreach (var project in paths.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            var folder = project[..project.LastIndexOf('/')];
            if (!paths.Contains(folder + "/packages.lock.json"))
            {
                yield return new Finding(project, 1, "has no packages.lock.json beside it");
            }

            if (!solution.Contains($"\"{project}\"", StringComparison.Ordinal))
            {
                yield return new Finding(project, 1, "is not in Purser.slnx");
            }
        }
    }

    /// <summary>Test projects that ./test does not run, and names in its list that are no project.</summary>
    public static IEnumerable<Finding> CheckTestList(IReadOnlyCollection<string> paths, string testScript)
    {
        var listed = TestList().Match(testScript).Groups["names"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var there = paths.Select(path => TestProject().Match(path)).Where(match => match.Success).Select(match => match.Groups["name"].Value).ToList();
        foreach (var name in there.Except(listed))
        {
            yield return new Finding("test", 1, $"does not run tests/Purser.{name}.Tests");
        }

        foreach (var name in listed.Except(there))
        {
            yield return new Finding("test", 1, $"lists {name}, and there is no tests/Purser.{name}.Tests");
        }
    }

    /// <summary>npm's lock files and settings may not say where packages come from.</summary>
    public static IEnumerable<Finding> CheckNpm(SourceFile file)
    {
        var isLock = file.Name is "package-lock.json" or "npm-shrinkwrap.json";
        if (!isLock && file.Name is not ".npmrc")
        {
            yield break;
        }

        for (var i = 0; i < file.Lines.Length; i++)
        {
            if (isLock ? ResolvedFromHost().IsMatch(file.Lines[i]) : NpmSource().IsMatch(file.Lines[i]))
            {
                yield return new Finding(file.Path, i + 1, "names a host; with omit-lockfile-registry-resolved=true in .npmrc npm leaves it out");
            }
        }
    }

    /// <summary>Package sources of .NET stand in the user's settings, never in the repository.</summary>
    public static IEnumerable<Finding> CheckNuGet(SourceFile file) =>
        file.Name.Equals("nuget.config", StringComparison.OrdinalIgnoreCase)
            ? [new Finding(file.Path, 1, "package sources are the user's setting, not the repository's")]
            : [];

    /// <summary>A switched-off warning in a project or props file needs a comment on its line or on the one before.</summary>
    public static IEnumerable<Finding> CheckNoWarn(SourceFile file)
    {
        for (var i = 0; i < file.Lines.Length; i++)
        {
            if (file.Lines[i].Contains("<NoWarn", StringComparison.Ordinal)
                && !file.Lines[i].Contains("<!--", StringComparison.Ordinal)
                && !(i > 0 && file.Lines[i - 1].Contains("-->", StringComparison.Ordinal)))
            {
                yield return new Finding(file.Path, i + 1, "switches a warning off without a reason beside it");
            }
        }
    }

    [GeneratedRegex("^projects=\"(?<names>[^\"]*)\"", RegexOptions.Multiline)]
    private static partial Regex TestList();

    [GeneratedRegex(@"^tests/Purser\.(?<name>\w+)\.Tests/Purser\.\w+\.Tests\.csproj$")]
    private static partial Regex TestProject();

    [GeneratedRegex("\"resolved\"\\s*:\\s*\"(?!file:)")]
    private static partial Regex ResolvedFromHost();

    [GeneratedRegex(@"^\s*(@[\w-]+:)?registry\s*=|//|_auth", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex NpmSource();
}
