namespace Purser.Repo.Tests.Tidy;

/// <summary>Every checker can fail, and lets what is right pass. What it must find is put together here, so that this file stays clean itself.</summary>
public class CanaryTests
{
    private const string Slash = "/";

    [Theory]
    [InlineData("leftover", "src/A.cs", "// TO", "DO: later")]
    [InlineData("leftover", "contracts/src/A.sol", "// FIX", "ME")]
    [InlineData("leftover", "test", "# HA", "CK")]
    [InlineData("unfinished", "src/A.cs", "throw new NotImplemented", "Exception();")]
    [InlineData("sleep", "src/A.cs", "Thread", ".Sleep(1);")]
    [InlineData("skip", "tests/A.cs", "[Fact(Ski", "p = \"later\")]")]
    [InlineData("skip", "tests/A.cs", "Assert.Ski", "pUnless(there, \"why\");")]
    [InlineData("empty test", "tests/A.cs", "Assert.True(", "true);")]
    [InlineData("pragma", "src/A.cs", "#pragma warning disable", " CS0001")]
    [InlineData("pragma", "src/A.cs", "    #pragma warning disable", " CS0001 //")]
    [InlineData("suppression", "src/A.cs", "[SuppressMess", "age(\"Design\", \"CA1000\")]")]
    [InlineData("machine path", "docs/a.md", "see /wo", "rk/notes")]
    [InlineData("machine path", "eng/a.sh", "cd \"/ho", "me/me/purser\"")]
    [InlineData("registry host", ".npmrc", "https://registry.npm", "js.org")]
    [InlineData("registry host", "test", "curl api.nuget", ".org")]
    [InlineData("claim", "README.md", "Compatible ", "with everything.")]
    [InlineData("private key", "eng/a.pem", "-----BEGIN EC PRIVATE ", "KEY-----")]
    public void A_broken_line_is_found(string rule, string path, string first, string second)
    {
        var finding = LineRules.All.Single(one => one.Name == rule).Check(new SourceFile(path, "// fine\n" + first + second)).ShouldHaveSingleItem();
        finding.Line.ShouldBe(2);
        finding.ToString().ShouldStartWith($"{path}:2: ");
    }

    [Theory]
    [InlineData("leftover", "src/A.cs", "var todo = Todos.First();")]
    [InlineData("sleep", "src/A.cs", "// never Thread.", "Sleep here")]
    [InlineData("pragma", "src/A.cs", "#pragma warning disable RS0030 // A clock is an engine")]
    [InlineData("suppression", "src/A.cs", "[SuppressMessage(\"Design\", \"CA1000\", Justification = \"a factory\")]")]
    [InlineData("machine path", "docs/a.md", "[x](../wo", "rk/a.md)")]
    [InlineData("machine path", "docs/a.md", "https://example.org/wo", "rk/x")]
    [InlineData("machine path", "docs/a.md", "src/wo", "rk/")]
    [InlineData("claim", "src/A.cs", "// compatible ", "with the old form")]
    public void A_good_line_passes(string rule, string path, string first, string second = "") =>
        LineRules.All.Single(one => one.Name == rule).Check(new SourceFile(path, first + second)).ShouldBeEmpty();

    [Fact]
    public void Every_line_rule_has_a_canary()
    {
        var tried = typeof(CanaryTests).GetMethod(nameof(A_broken_line_is_found))!.GetCustomAttributes(typeof(InlineDataAttribute), false)
            .Cast<InlineDataAttribute>().Select(data => (string)data.Data[0]!);
        tried.Distinct().ShouldBe(LineRules.All.Select(rule => rule.Name), ignoreOrder: true);
    }

    [Fact]
    public void A_long_file_is_found_until_it_has_a_reason()
    {
        SourceFile[] files = [new("src/Long.cs", Lines(401)), new("src/Short.cs", Lines(400)), new("docs/long.md", Lines(900))];
        FileRules.CheckLengths(files, FileRules.ParseReasons("")).ShouldHaveSingleItem().Path.ShouldBe("src/Long.cs");
        FileRules.CheckLengths(files, FileRules.ParseReasons("# why\nsrc/Long.cs: short")).ShouldHaveSingleItem();
        FileRules.CheckLengths(files, FileRules.ParseReasons("src/Long.cs: one table of opcodes, read as one")).ShouldBeEmpty();
        FileRules.CheckLengths(files, FileRules.ParseReasons("src/Long.cs: one table of opcodes, read as one\nsrc/Short.cs: was once a long table"))
            .ShouldHaveSingleItem().Message.ShouldContain("src/Short.cs");

        static string Lines(int count) => string.Concat(Enumerable.Repeat("x\n", count));
    }

    [Theory]
    [InlineData("src/Purser.Wallet/Utils/A.cs", "")]
    [InlineData("src/Purser.Wallet/StringHelper.cs", "")]
    [InlineData("interop/utils.mjs", "")]
    [InlineData("src/Purser.Wallet/A.cs", "internal static class HexUtils")]
    [InlineData("src/Purser.Wallet/A.cs", "public readonly record struct CommonThings(int A);")]
    public void A_vague_name_is_found(string path, string text) => FileRules.CheckNames(new SourceFile(path, text)).ShouldNotBeEmpty();

    [Theory]
    [InlineData("src/Purser.Wallet/Commons.cs", "class Commonwealth")]
    [InlineData("src/Purser.Wallet/A.cs", "// a class Helpers would be wrong")]
    public void A_telling_name_passes(string path, string text) => FileRules.CheckNames(new SourceFile(path, text)).ShouldBeEmpty();

    [Fact]
    public void A_private_key_is_found_unless_it_is_a_public_one()
    {
        var secret = string.Concat(Enumerable.Range(0, 32).Select(i => $"{(i * 37 + 11) % 256:x2}"));
        Secrets.Check(new SourceFile("a.cs", $"var privateKey = \"0x{secret}\";")).ShouldHaveSingleItem();
        Secrets.Check(new SourceFile("a.cs", $"// the private key\nvar x = \"{secret}\";")).ShouldHaveSingleItem().Line.ShouldBe(2);
        Secrets.Check(new SourceFile("a.cs", $"var hash = \"{secret}\";")).ShouldBeEmpty();
        Secrets.Check(new SourceFile("a.cs", "var privateKey = \"0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80\";")).ShouldBeEmpty();
    }

    [Fact]
    public void A_mnemonic_is_found_unless_it_is_a_public_one()
    {
        Secrets.Check(new SourceFile("a.cs", "M(\"" + string.Join(' ', Enumerable.Repeat("zebra", 12)) + "\")")).ShouldHaveSingleItem();
        Secrets.Check(new SourceFile("a.cs", "M(\"check that the server runs and that host and port are right\")")).ShouldBeEmpty();
        Secrets.Check(new SourceFile("a.cs", "M(\"test test test test test test test test test test test junk\")")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("[a](missing.md)", "missing.md")]
    [InlineData("[a](there.md#nothing)", "#nothing")]
    [InlineData("[a](#not-here)", "#not-here")]
    public void A_dead_link_is_found(string line, string target) =>
        DocumentLinks.Check(new SourceFile("docs/a.md", "# Title\n" + line), Docs).ShouldHaveSingleItem().Message.ShouldContain(target);

    [Theory]
    [InlineData("[a](there.md) [b](there.md#a-heading-its-own) [c](../docs/there.md) [d](#title) [e](https://example.org/x)")]
    [InlineData("```\n[a](missing.md)\n```")]
    public void A_live_link_passes(string text) => DocumentLinks.Check(new SourceFile("docs/a.md", "# Title\n" + text), Docs).ShouldBeEmpty();

    [Fact]
    public void A_project_outside_the_solution_or_without_a_lock_file_is_found()
    {
        string[] paths = ["src/A/A.csproj", "src/A/packages.lock.json", "src/B/B.csproj"];
        ProjectRules.CheckProjects(paths, "<Project Path=\"src/A/A.csproj\" />").Select(finding => finding.Path).ShouldBe(["src/B/B.csproj", "src/B/B.csproj"]);
    }

    [Fact]
    public void A_test_project_that_is_not_run_is_found()
    {
        string[] paths = ["tests/Purser.One.Tests/Purser.One.Tests.csproj", "tests/Purser.Two.Tests/Purser.Two.Tests.csproj"];
        ProjectRules.CheckTestList(paths, "x=1\nprojects=\"One\"\n").ShouldHaveSingleItem().Message.ShouldContain("Two");
        ProjectRules.CheckTestList(paths, "projects=\"One Two Three\"\n").ShouldHaveSingleItem().Message.ShouldContain("Three");
    }

    [Fact]
    public void A_package_source_is_found()
    {
        ProjectRules.CheckNpm(new SourceFile("a/package-lock.json", "\"resolved\": \"https:" + Slash + "/host/x.tgz\"")).ShouldHaveSingleItem();
        ProjectRules.CheckNpm(new SourceFile("a/.npmrc", "registry=somewhere")).ShouldHaveSingleItem();
        ProjectRules.CheckNpm(new SourceFile("a/.npmrc", "omit-lockfile-registry-resolved=true")).ShouldBeEmpty();
        ProjectRules.CheckNuGet(new SourceFile("NuGet.Config", "")).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_warning_switched_off_without_a_reason_is_found()
    {
        ProjectRules.CheckNoWarn(new SourceFile("a.csproj", "<NoWarn>CS1</NoWarn>")).ShouldHaveSingleItem();
        ProjectRules.CheckNoWarn(new SourceFile("a.csproj", "<!-- why -->\n<NoWarn>CS1</NoWarn>")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a // b \"c\"\nd", "a\nd")]
    [InlineData("a /* b\nc */ d", "a\n d")]
    [InlineData("x = \"a\\\"b\"; y", "x = ; y")]
    [InlineData("x = @\"a\"\"b\\\"; y", "x = ; y")]
    [InlineData("x = $$\"\"\"a\n\" {{b}}\"\"\"; y", "x =\n; y")]
    [InlineData("c = '\"'; y", "c = ; y")]
    [InlineData("@class a", "@class a")]
    public void Comments_and_strings_are_told_from_code(string text, string code) =>
        string.Join('\n', CSharpText.WithoutCommentsAndStrings(text).Split('\n').Select(Squeeze)).ShouldBe(string.Join('\n', code.Split('\n').Select(Squeeze)));

    private static string Squeeze(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string? Docs(string path) => path == "docs/there.md" ? "## A heading, its own\n" : null;
}
