namespace Purser.Repo.Tests.Scripts;

/// <summary>What ./test does on a machine that lacks something. The machine's own commands are replaced by functions.</summary>
public sealed class PrepareScriptTests : IDisposable
{
    // A machine without library, database and browser, on which apt-get takes note of what it is asked.
    private const string Machine =
        """
        . eng/prepare.sh
        has_secp256k1() { false; }
        has_postgres() { false; }
        has_chromium() { false; }
        secp256k1_package() { echo libsecp256k1-1; }
        without_system_cluster() { :; }
        wanted() { true; }
        give_up() { echo "gave up: $*"; exit 1; }
        work=.
        """;

    private readonly ScriptFolder _folder = new("eng/prepare.sh");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_ordinary_user_is_told_what_to_install_and_nothing_is_installed()
    {
        var result = await RunAsync("id() { echo 1000; }; apt-get() { echo called >>calls; }");
        result.ExitCode.ShouldBe(1);
        result.Output.ShouldContain("as root: apt-get install libsecp256k1-1 postgresql chromium");
        Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Root_installs_without_a_fresh_list_where_that_is_enough()
    {
        (await RunAsync("id() { echo 0; }; apt-get() { echo $1 >>calls; }")).ExitCode.ShouldBe(0);
        Calls.ShouldBe(["install"]);
    }

    [Fact]
    public async Task The_list_is_fetched_only_after_a_first_failure()
    {
        (await RunAsync("id() { echo 0; }; apt-get() { echo $1 >>calls; [ $1 = update ] || grep -q update calls; }")).ExitCode.ShouldBe(0);
        Calls.ShouldBe(["install", "update", "install"]);
    }

    [Fact]
    public async Task What_cannot_be_installed_ends_the_run()
    {
        var result = await RunAsync("id() { echo 0; }; apt-get() { false; }");
        result.ExitCode.ShouldBe(1);
        result.Output.ShouldContain("gave up: apt-get could not install libsecp256k1-1 postgresql chromium");
    }

    [Fact]
    public async Task A_machine_that_has_everything_is_left_alone()
    {
        (await RunAsync("has_secp256k1() { true; }; has_postgres() { true; }; has_chromium() { true; }; apt-get() { echo called >>calls; }")).ExitCode.ShouldBe(0);
        Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_browser_is_installed_for_the_services_alone()
    {
        (await RunAsync("id() { echo 0; }; wanted() { [ $1 = services ]; }; apt-get() { echo \"$*\" >>calls; }")).ExitCode.ShouldBe(0);
        Calls.Single().ShouldEndWith("libsecp256k1-1 postgresql chromium");
        File.Delete(Path.Combine(_folder.Root, "calls"));
        (await RunAsync("id() { echo 0; }; wanted() { [ $1 = storage ]; }; apt-get() { echo \"$*\" >>calls; }")).ExitCode.ShouldBe(0);
        Calls.Single().ShouldEndWith("libsecp256k1-1 postgresql");
    }

    private string[] Calls => File.Exists(Path.Combine(_folder.Root, "calls")) ? File.ReadAllLines(Path.Combine(_folder.Root, "calls")) : [];

    private Task<ScriptResult> RunAsync(string stubs)
    {
        _folder.WriteScript("run", $"cd \"$(dirname \"$0\")\"\n{Machine}\n{stubs}\nprepare_debian\n");
        return _folder.RunAsync("run", []);
    }
}
