namespace Purser.Repo.Tests.Tidy;

public class TidyTests
{
    private static readonly RepositoryTree _tree = RepositoryTree.Current;

    private static List<SourceFile> TextFiles { get; } = [.. _tree.Paths.Where(LineRules.IsText).Select(path => new SourceFile(path, _tree.Read(path)))];

    public static TheoryData<string> RuleNames => [.. LineRules.All.Select(rule => rule.Name)];

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void Every_line_keeps_the_rule(string name)
    {
        var rule = LineRules.All.Single(rule => rule.Name == name);
        TextFiles.Where(file => !IsExcused(rule, file.Path)).SelectMany(rule.Check).ShouldBeClean(rule.Message);
    }

    [Fact]
    public void Files_are_short_or_have_a_reason() =>
        FileRules.CheckLengths(TextFiles, FileRules.ParseReasons(_tree.Read("tests/Purser.Repo.Tests/LongFiles.txt")))
            .ShouldBeClean($"One file, one idea: at most {FileRules.LineLimit} lines.");

    [Fact]
    public void Names_say_what_is_in_them() => TextFiles.SelectMany(FileRules.CheckNames).ShouldBeClean("A name says what is in it.");

    [Fact]
    public void No_key_and_no_mnemonic_but_the_public_ones() => TextFiles.SelectMany(Secrets.Check).ShouldBeClean("No secret in the tree.");

    [Fact]
    public void Documents_link_to_what_is_there() =>
        _tree.Files(".md").SelectMany(file => DocumentLinks.Check(file, ReadOrNull)).ShouldBeClean("A link leads somewhere.");

    [Fact]
    public void Every_project_is_locked_and_in_the_solution() =>
        ProjectRules.CheckProjects([.. _tree.Paths], _tree.Read("Purser.slnx")).ShouldBeClean("Projects are locked and built.");

    [Fact]
    public void Every_test_project_is_run() =>
        ProjectRules.CheckTestList([.. _tree.Paths], _tree.Read("test")).ShouldBeClean("./test runs every test project.");

    [Fact]
    public void No_package_source_is_named() =>
        TextFiles.SelectMany(file => ProjectRules.CheckNpm(file).Concat(ProjectRules.CheckNuGet(file))).ShouldBeClean("Package sources are the user's.");

    [Fact]
    public void Every_warning_that_is_switched_off_has_a_reason() =>
        _tree.Files(".csproj", ".props", ".targets").SelectMany(ProjectRules.CheckNoWarn).ShouldBeClean("A switched-off warning has its reason beside it.");

    [Fact]
    public void The_tree_is_seen()
    {
        TextFiles.Count.ShouldBeGreaterThan(50);
        _tree.Paths.ShouldContain("Purser.slnx");
        _tree.Paths.ShouldContain("tests/Purser.Repo.Tests/Tidy/TidyTests.cs");
        _tree.Paths.ShouldNotContain(path => path.StartsWith("artifacts/", StringComparison.Ordinal));
    }

    /// <summary>Require is the one door through which a test may be skipped.</summary>
    private static bool IsExcused(LineRule rule, string path) => rule.Name == "skip" && path == "tests/Purser.Testing/Require.cs";

    private static string? ReadOrNull(string path) =>
        _tree.Paths.Contains(path) ? LineRules.IsText(path) ? _tree.Read(path) : ""
        : _tree.Paths.Any(other => other.StartsWith(path + "/", StringComparison.Ordinal)) ? ""
        : null;
}
