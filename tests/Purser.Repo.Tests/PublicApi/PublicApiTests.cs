using System.Reflection;

namespace Purser.Repo.Tests.PublicApi;

public class PublicApiTests
{
    public static TheoryData<string> Assemblies =>
        [.. RepositoryTree.Current.Paths.Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(path => Path.GetFileNameWithoutExtension(path))];

    /// <summary>
    /// A change of what an assembly promises is a change of a committed file. Wanted? <c>UPDATE_SNAPSHOTS=1 ./test repo</c> rewrites it,
    /// and the review reads the difference.
    /// </summary>
    [Theory]
    [MemberData(nameof(Assemblies))]
    public void The_public_api_is_the_committed_one(string project)
    {
        // The executable carries the product's own name.
        var actual = PublicApiWriter.Write(Assembly.Load(project == "Purser.Cli" ? "purser" : project));
        var path = $"tests/Purser.Repo.Tests/PublicApi/{project}.txt";
        var file = Path.Combine(RepositoryTree.Current.Root, path);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(file, actual);
            return;
        }

        if (!File.Exists(file))
        {
            Assert.Fail($"{path} is missing: UPDATE_SNAPSHOTS=1 ./test repo writes it");
        }

        var difference = Difference(File.ReadAllText(file), actual);
        if (difference.Length > 0)
        {
            Assert.Fail($"The public API of {project} is not the one in {path}; if the change is wanted: UPDATE_SNAPSHOTS=1 ./test repo\n{difference}");
        }
    }

    [Fact]
    public void A_changed_member_is_shown_with_its_type() =>
        Difference("namespace A\n  class B\n    int C()\n    int D()\n", "namespace A\n  class B\n    int D()\n    int E()\n")
            .ShouldBe("- A | class B | int C()\n+ A | class B | int E()");

    [Fact]
    public void Every_kind_of_member_has_its_line() =>
        PublicApiWriter.Write(typeof(Samples.Expected).Assembly.GetExportedTypes()
            .Where(type => type.Namespace == typeof(Samples.Expected).Namespace && type != typeof(Samples.Expected))).ShouldBe(Samples.Expected.Text);

    /// <summary>Members that stand in one text and not in the other, each with its namespace and type.</summary>
    private static string Difference(string before, string after)
    {
        var (old, now) = (Qualified(before), Qualified(after));
        return string.Join('\n', old.Except(now).Select(line => "- " + line).Concat(now.Except(old).Select(line => "+ " + line)));
    }

    private static List<string> Qualified(string text)
    {
        var (space, type) = ("", "");
        var lines = new List<string>();
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("    ", StringComparison.Ordinal))
            {
                lines.Add($"{space} | {type} | {line.Trim()}");
            }
            else if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                type = line.Trim();
                lines.Add($"{space} | {type}");
            }
            else
            {
                space = line["namespace ".Length..];
            }
        }

        return lines;
    }
}
