using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Sandbox.Chain;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;
using Purser.Wallet;

namespace Purser.SystemTests.Approvals;

/// <summary>A wallet that a clock far ahead has stopped goes on when a human accepts it at a terminal, and in no other way.</summary>
public sealed class ClockAtTheTerminalTests : IDisposable
{
    private const string Secret = "the clock is mine";
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.File("data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_clock_that_ran_ahead_is_accepted_at_a_terminal_with_the_secret_alone()
    {
        await using (var terminal = PseudoTerminal.Start("approvals", "secret", "--json", "--data", Data))
        {
            await terminal.AnswerAsync("New approver's secret: ", Secret);
            await terminal.AnswerAsync("The same again: ", Secret);
            (await terminal.EndAsync()).ExitCode.ShouldBe(0, terminal.Shown);
        }

        await File.WriteAllTextAsync(_folder.File("password"), "correct horse\n");
        var made = await InProcess.RunAsync("wallet", "new", "agent", "--policy", "demo", "--password-file", _folder.File("password"), "--data", Data);
        made.ExitCode.ShouldBe(0, made.Output);
        await SignInAYearAheadAsync(Address.Parse(made.Data.GetProperty("address").GetString()!));

        var stopped = await ClockAsync();
        (stopped.ExitCode, stopped.Data.GetProperty("stopped").GetBoolean()).ShouldBe((0, true));
        stopped.Data.GetProperty("behindSeconds").GetInt64().ShouldBeInRange(364 * 86_400L, 366 * 86_400L);
        stopped.Json.GetProperty("next")[0].GetString().ShouldBe("purser journal clock --accept");

        var piped = await PurserProcess.RunAsync(Secret + "\n", ["journal", "clock", "--accept", "--json", "--data", Data]);
        (piped.ExitCode, piped.ErrorCode).ShouldBe((4, "terminal_required"), piped.Output);
        await using (var terminal = Accept())
        {
            await terminal.AnswerAsync("Approver's secret: ", "not what was set");
            (await terminal.EndAsync()).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(5, a.Error), a => a.ErrorCode.ShouldBe("approver_secret_wrong"));
        }

        (await ClockAsync()).Data.GetProperty("stopped").GetBoolean().ShouldBeTrue();
        await using (var terminal = Accept())
        {
            await terminal.AnswerAsync("Approver's secret: ", Secret);
            var accepted = await terminal.EndAsync();
            accepted.ExitCode.ShouldBe(0, terminal.Shown);
            accepted.Data.GetProperty("stopped").GetBoolean().ShouldBeFalse();
            accepted.Data.GetProperty("acceptedAheadSeconds").GetInt64().ShouldBeInRange(364 * 86_400L, 366 * 86_400L);
            terminal.Shown.ShouldContain("It cannot be set back.");
            terminal.Shown.ShouldNotContain(Secret);
        }

        (await ClockAsync()).Data.GetProperty("stopped").GetBoolean().ShouldBeFalse();
        (await InProcess.RunAsync("journal", "verify", "--data", Data)).ExitCode.ShouldBe(0);
    }

    private PseudoTerminal Accept() => PseudoTerminal.Start("journal", "clock", "--accept", "--json", "--data", Data);

    private Task<PurserAnswer> ClockAsync() => InProcess.RunAsync("journal", "clock", "--data", Data);

    // What a process leaves behind whose clock was wrong.
    private async Task SignInAYearAheadAsync(Address account)
    {
        using var ahead = SandboxClock.StandingAt(TimeProvider.System.GetUtcNow().AddDays(365));
        await using var folder = DataSession.Take(await WalletFolder.OpenAsync(new()
        {
            Folder = Data, Registry = AssetRegistry.BuiltIn, Chains = new Dictionary<ChainId, IChain>(), Time = ahead, Random = new SystemRandom(),
        }));
        DataSession.Take(folder.Unlock("agent", "correct horse"));
        var signed = await folder.Wallet.AuthorizeAsync(new SignInIntent
        {
            Id = "signin-a-year-ahead", Account = account, Origin = "http://127.0.0.1:4022", Domain = "127.0.0.1:4022", Uri = "http://127.0.0.1:4022/", Chain = new(31337), Nonce = "abcdefgh", IssuedAt = "2026-01-01T00:00:00Z",
        });
        signed.ShouldBeOfType<AuthorizationResult.Authorized>();
    }
}
