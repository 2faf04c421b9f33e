namespace Purser.Repo.Tests.Scripts;

/// <summary>./test itself: what it counts, and that nothing red can look green.</summary>
public sealed class TestScriptTests : IDisposable
{
    private readonly ScriptFolder _folder = new("test");

    public TestScriptTests()
    {
        _folder.WriteDotnet("exit 0");
        _folder.WriteScript("purser", "exit 0");
        _folder.WriteScript("eng/prepare.sh", "prepare_machine() { :; }");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Counts_of_all_parts_are_summed_in_the_last_line()
    {
        Project("Repo", passed: 3, failed: 0, skipped: 0, exitCode: 0);
        Project("Ethereum", passed: 40, failed: 0, skipped: 0, exitCode: 0);
        Script("eng/contracts.sh", "contracts: 2 passed, 0 failed, 0 skipped", exitCode: 0);
        var result = await RunAsync("repo", "ethereum", "contracts");
        result.LastLine.ShouldBe("45 passed, 0 failed, 0 skipped");
        result.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData(3, 1, 0, 2, "3 passed, 1 failed, 0 skipped")]
    [InlineData(3, 0, 1, 0, "3 passed, 0 failed, 1 skipped")]
    [InlineData(3, 0, 0, 134, "3 passed, 1 failed, 0 skipped")]
    [InlineData(0, 0, 0, 8, "0 passed, 1 failed, 0 skipped")]
    [InlineData(0, 0, 0, 0, "0 passed, 1 failed, 0 skipped")]
    public async Task A_failure_a_skip_a_crash_and_an_empty_project_are_red(int passed, int failed, int skipped, int exitCode, string last)
    {
        Project("Repo", passed, failed, skipped, exitCode);
        var result = await RunAsync("repo");
        result.LastLine.ShouldBe(last);
        result.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task A_project_that_leaves_no_report_is_red()
    {
        _folder.WriteScript("artifacts/bin/Purser.Repo.Tests/release/Purser.Repo.Tests", "echo 'total: 12'; exit 0");
        var result = await RunAsync("repo");
        result.LastLine.ShouldBe("0 passed, 1 failed, 0 skipped");
        result.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task An_error_outside_of_the_tests_is_red()
    {
        Project("Repo", passed: 5, failed: 0, skipped: 0, exitCode: 0, errors: 1);
        (await RunAsync("repo")).LastLine.ShouldBe("5 passed, 1 failed, 0 skipped");
    }

    [Theory]
    [InlineData("contracts: 2 passed, 1 failed, 0 skipped", 1, "2 passed, 1 failed, 0 skipped")]
    [InlineData("contracts: 2 passed, 0 failed, 0 skipped", 3, "2 passed, 1 failed, 0 skipped")]
    [InlineData("contracts: all is well", 0, "0 passed, 1 failed, 0 skipped")]
    public async Task A_script_that_fails_or_does_not_say_its_count_is_red(string line, int exitCode, string last)
    {
        Script("eng/contracts.sh", line, exitCode);
        var result = await RunAsync("contracts");
        result.LastLine.ShouldBe(last);
        result.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Artifacts_that_differ_from_a_rebuild_are_red()
    {
        _folder.WriteScript("eng/contracts.sh", "[ $1 = test ] && echo 'contracts: 2 passed, 0 failed, 0 skipped'; [ $1 = test ]");
        var result = await RunAsync("contracts");
        result.LastLine.ShouldBe("0 passed, 1 failed, 0 skipped");
        result.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_build_is_red_and_runs_nothing()
    {
        Project("Repo", passed: 3, failed: 0, skipped: 0, exitCode: 0);
        _folder.WriteDotnet("exit 1");
        var result = await RunAsync("repo");
        result.LastLine.ShouldBe("0 passed, 1 failed, 0 skipped");
        result.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task The_database_that_was_started_is_stopped_also_after_a_failure()
    {
        _folder.WriteScript("eng/postgres.sh", "echo \"$1 $2\" >>\"$(dirname \"$0\")/calls\"; [ $1 = start ] && echo Host=here");
        _folder.WriteScript("artifacts/bin/Purser.Storage.Tests/release/Purser.Storage.Tests", "echo \"got $PURSER_TEST_POSTGRES\"; exit 5");
        var result = await RunAsync("storage");
        result.Output.ShouldContain("got Host=here");
        result.ExitCode.ShouldBe(1);
        var calls = await File.ReadAllLinesAsync(Path.Combine(_folder.Root, "eng/calls"), TestContext.Current.CancellationToken);
        calls.Select(call => call.Split(' ')[0]).ShouldBe(["start", "stop"]);
        calls[1].ShouldBe(calls[0].Replace("start", "stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_part_is_a_usage_error() => (await RunAsync("storrage")).ExitCode.ShouldBe(2);

    private Task<ScriptResult> RunAsync(params string[] arguments) => _folder.RunAsync("test", arguments);

    private void Project(string name, int passed, int failed, int skipped, int exitCode, int errors = 0) =>
        _folder.WriteScript($"artifacts/bin/Purser.{name}.Tests/release/Purser.{name}.Tests",
            $"""
            while [ $# -gt 0 ]; do
              case $1 in --results-directory) folder=$2 ;; --report-xunit-filename) file=$2 ;; esac; shift
            done
            echo '<assemblies><assembly name="x" total="9" passed="{passed}" failed="{failed}" skipped="{skipped}" errors="{errors}"></assembly></assemblies>' >"$folder/$file"
            exit {exitCode}
            """);

    private void Script(string path, string line, int exitCode) => _folder.WriteScript(path, $"echo '{line}'\nexit {exitCode}\n");
}
