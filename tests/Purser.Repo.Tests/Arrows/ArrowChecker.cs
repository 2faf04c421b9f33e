using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Purser.Repo.Tests.Arrows;

/// <summary>Holds project files and source files against <see cref="House"/>.</summary>
internal static partial class ArrowChecker
{
    /// <summary>What a project file in <c>src/</c> states and may not.</summary>
    public static IEnumerable<Finding> CheckProject(SourceFile project)
    {
        var name = Path.GetFileNameWithoutExtension(project.Name);
        if (!House.MayUse.TryGetValue(name, out var mayUse))
        {
            yield return new Finding(project.Path, 1, $"{name} has no place in the house yet: enter it in {nameof(House)} and in docs/architecture.md");
            yield break;
        }

        var xml = XDocument.Parse(project.Text);
        foreach (var reference in Includes(xml, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))))
        {
            if (!mayUse.Contains(reference))
            {
                yield return new Finding(project.Path, 1, $"{name} may not reference {reference}");
            }
        }

        foreach (var framework in Includes(xml, "FrameworkReference"))
        {
            if (!House.OnAspNetCore.Contains(name))
            {
                yield return new Finding(project.Path, 1, $"{name} may not stand on {framework}");
            }
        }

        foreach (var package in Includes(xml, "PackageReference"))
        {
            if (House.Packages.TryGetValue(name, out var packages) && !packages.Contains(package))
            {
                yield return new Finding(project.Path, 1, $"{name} may not take the package {package}");
            }
        }
    }

    /// <summary>What a source file in <c>src/</c> names and may not: assemblies above or beside its own, Protocol's folders to its right.</summary>
    public static IEnumerable<Finding> CheckSource(SourceFile source)
    {
        var parts = source.Path.Split('/');
        var (assembly, folder) = (parts[1], parts.Length > 3 ? parts[2] : null);
        if (!House.MayUse.ContainsKey(assembly))
        {
            yield break; // CheckProject says so
        }

        var below = House.Below(assembly);
        var right = RightOf(assembly, folder);
        var lines = CSharpText.WithoutCommentsAndStrings(source.Text).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            foreach (Match match in HouseName().Matches(lines[i]))
            {
                var used = "Purser." + match.Groups["assembly"].Value;
                if (used != assembly && House.MayUse.ContainsKey(used) && !below.Contains(used))
                {
                    yield return new Finding(source.Path, i + 1, $"{assembly} may not use {used}");
                }
            }

            foreach (Match match in ProtocolName().Matches(lines[i]))
            {
                if (right.Contains(match.Groups["folder"].Value))
                {
                    yield return new Finding(source.Path, i + 1, $"Protocol's {folder} may not use its {match.Groups["folder"].Value}, which stands to its right");
                }
            }
        }
    }

    /// <summary>Namespace = folder; Purser.Ethereum may be flat.</summary>
    public static IEnumerable<Finding> CheckNamespace(SourceFile source)
    {
        var parts = source.Path.Split('/');
        var expected = string.Join('.', parts[1..^1]);
        var text = CSharpText.WithoutCommentsAndStrings(source.Text);
        var declared = NamespaceDeclaration().Matches(text).Select(match => match.Groups["name"].Value).ToList();
        foreach (var name in declared)
        {
            var isFlat = parts[1] == "Purser.Ethereum" && expected.StartsWith(name, StringComparison.Ordinal) && name.StartsWith(parts[1], StringComparison.Ordinal);
            if (name != expected && !isFlat)
            {
                yield return new Finding(source.Path, 1, $"stands in namespace {name}; its folder says {expected}");
            }
        }

        if (parts[1] == "Purser.Protocol" && parts.Length > 3 && !House.ProtocolFolders.Contains(parts[2]))
        {
            yield return new Finding(source.Path, 1, $"Protocol has no folder {parts[2]} in its order: enter it in {nameof(House)}");
        }
    }

    private static HashSet<string> RightOf(string assembly, string? folder)
    {
        if (assembly != "Purser.Protocol")
        {
            return [];
        }

        // A file beside the folders stands to the left of all of them.
        var at = folder is null ? -1 : House.ProtocolFolders.ToList().IndexOf(folder);
        return [.. House.ProtocolFolders.Skip(at + 1)];
    }

    private static IEnumerable<string> Includes(XDocument xml, string element) =>
        xml.Descendants(element).Select(item => (string?)item.Attribute("Include")).OfType<string>();

    [GeneratedRegex(@"(?<![\w.])(?:global::)?Purser\.(?<assembly>\w+)")]
    private static partial Regex HouseName();

    // Qualified from the root, or relative as the compiler would take it inside the namespace Purser.Protocol.
    [GeneratedRegex(@"(?<![\w.])(?:(?:global::)?Purser\.Protocol\.|Protocol\.)(?<folder>[A-Z]\w+)")]
    private static partial Regex ProtocolName();

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();
}
