namespace Purser.Repo.Tests.Scripts;

public sealed class LauncherTests : IDisposable
{
    // A build that takes note of itself and makes a program which shows what it was given.
    private const string Build =
        """
        root=$(dirname "$(dirname "$(dirname "$2")")")
        echo build >>"$root/builds"
        echo "build output"
        [ -f "$root/src/broken" ] && exit 1
        mkdir -p "$root/artifacts/bin/Purser.Cli/release"
        cat >"$root/artifacts/bin/Purser.Cli/release/purser" <<'PROGRAM'
        #!/usr/bin/env bash
        printf '[%s]' "$@"
        cat
        exit 7
        PROGRAM
        chmod +x "$root/artifacts/bin/Purser.Cli/release/purser"
        touch "$root/artifacts/bin/Purser.Cli/release/purser.dll"
        """;

    private readonly ScriptFolder _folder = new("purser");

    public LauncherTests()
    {
        _folder.WriteDotnet(Build);
        Source("src/Purser.Cli/Purser.Cli.csproj", TimeSpan.FromMinutes(-5));
    }

    private int Builds => File.Exists(Path.Combine(_folder.Root, "builds")) ? File.ReadAllLines(Path.Combine(_folder.Root, "builds")).Length : 0;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_first_start_builds_and_passes_arguments_input_and_exit_code_through()
    {
        var result = await _folder.RunAsync("purser", ["pay", "a b", ""], "from standard input");
        result.ShouldBe(new ScriptResult(7, "[pay][a b][]from standard input", ""));
        Builds.ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_is_built_where_nothing_changed()
    {
        await _folder.RunAsync("purser", []);
        (await _folder.RunAsync("purser", ["again"])).Output.ShouldBe("[again]");
        Builds.ShouldBe(1);
    }

    [Fact]
    public async Task A_changed_source_and_a_changed_folder_are_built()
    {
        await _folder.RunAsync("purser", []);
        Source("src/Purser.Cli/Purser.Cli.csproj", TimeSpan.FromMinutes(1));
        await _folder.RunAsync("purser", []);
        Builds.ShouldBe(2);

        // What is added or deleted shows in the time of its folder.
        Directory.SetLastWriteTimeUtc(Path.Combine(_folder.Root, "src/Purser.Cli"), File.GetLastWriteTimeUtc(Path.Combine(_folder.Root, "purser")).AddMinutes(1));
        await _folder.RunAsync("purser", []);
        Builds.ShouldBe(3);
    }

    [Fact]
    public async Task Two_first_starts_at_once_build_once()
    {
        var results = await Task.WhenAll(_folder.RunAsync("purser", ["one"]), _folder.RunAsync("purser", ["two"]));
        results.Select(result => result.Output).ShouldBe(["[one]", "[two]"]);
        Builds.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_build_speaks_on_standard_error_alone_and_is_tried_again()
    {
        Source("src/broken", TimeSpan.FromMinutes(-5));
        var result = await _folder.RunAsync("purser", ["demo"]);
        result.ExitCode.ShouldBe(1);
        result.Output.ShouldBeEmpty();
        result.Error.ShouldContain("build output");
        File.Delete(Path.Combine(_folder.Root, "src/broken"));
        (await _folder.RunAsync("purser", ["demo"])).ExitCode.ShouldBe(7);
    }

    [Fact]
    public async Task A_link_in_another_folder_finds_its_clone()
    {
        File.CreateSymbolicLink(Path.Combine(_folder.Root, "src/link"), "../purser");
        (await _folder.RunAsync("src/link", ["x"])).Output.ShouldBe("[x]");
    }

    private void Source(string path, TimeSpan age)
    {
        var file = _folder.Write(path, "");
        var now = File.GetLastWriteTimeUtc(file);
        File.SetLastWriteTimeUtc(file, now + age);
        foreach (var folder in new[] { "src", "src/Purser.Cli" }.Select(one => Path.Combine(_folder.Root, one)).Where(Directory.Exists))
        {
            Directory.SetLastWriteTimeUtc(folder, now + age);
        }
    }
}
