using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Approvals;

/// <summary>The approver's secret at real terminals, and everywhere else.</summary>
public sealed class ApproverTerminalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_human_sets_the_secret_at_a_terminal_and_changes_it_with_the_old_one()
    {
        await using (var terminal = Start())
        {
            await terminal.AnswerAsync("New approver's secret: ", "first words of mine");
            await terminal.AnswerAsync("The same again: ", "first words of mine");
            var set = await terminal.EndAsync();
            set.ExitCode.ShouldBe(0, terminal.Shown);
            set.Data.GetProperty("secret").GetString().ShouldBe("set");
            terminal.Shown.ShouldNotContain("first words");
        }
        await using (var terminal = Start())
        {
            await terminal.AnswerAsync("The approver's secret as it is: ", "not the words of mine");
            (await terminal.EndAsync()).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(5, a.Error), a => a.ErrorCode.ShouldBe("approver_secret_wrong"));
        }
        await using (var terminal = Start())
        {
            await terminal.AnswerAsync("The approver's secret as it is: ", "first words of mine");
            await terminal.AnswerAsync("New approver's secret: ", "second words of mine");
            await terminal.AnswerAsync("The same again: ", "second words of mine");
            (await terminal.EndAsync()).Data.GetProperty("secret").GetString().ShouldBe("changed");
        }
    }

    [Fact]
    public async Task An_agent_that_pipes_the_secret_is_refused_before_anything_is_read()
    {
        var piped = await PurserProcess.RunAsync("a secret that was piped\na secret that was piped\n", ["approvals", "secret", "--json", "--data", _folder.File("data")]);
        piped.ExitCode.ShouldBe(4, piped.Output);
        piped.ErrorCode.ShouldBe("terminal_required");
        var environment = await InProcess.RunAsync("approvals", "secret", "--data", _folder.File("data"));
        environment.ErrorCode.ShouldBe("terminal_required");
        foreach (var flag in (string[])["--secret", "--secret-file", "--secret-fd", "--password-file"])
        {
            (await InProcess.RunAsync("approvals", "secret", flag, "1", "--data", _folder.File("data"))).ExitCode.ShouldBe(2);
        }
    }

    [Fact]
    public async Task A_key_stores_password_which_the_agent_has_is_no_approvers_secret()
    {
        await File.WriteAllTextAsync(_folder.File("password"), "correct horse\n");
        (await InProcess.RunAsync("wallet", "new", "--password-file", _folder.File("password"), "--data", _folder.File("data"))).ExitCode.ShouldBe(0);
        await using var terminal = Start();
        await terminal.AnswerAsync("New approver's secret: ", "correct horse");
        await terminal.AnswerAsync("The same again: ", "correct horse");
        (await terminal.EndAsync()).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(2, a.Error), a => a.ErrorCode.ShouldBe("approver_secret_is_password"));
    }

    private PseudoTerminal Start() => PseudoTerminal.Start("approvals", "secret", "--json", "--data", _folder.File("data"));
}
