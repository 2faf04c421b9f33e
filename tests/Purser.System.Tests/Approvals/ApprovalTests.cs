using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Demo;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Approvals;

/// <summary>Payments that the policy holds, through real processes: the agent's commands, the human's terminal, the chain.</summary>
public sealed class ApprovalTests(RunningUp up) : IClassFixture<RunningUp>, IAsyncLifetime
{
    private const string Secret = "what only I know";
    private static readonly SemaphoreSlim s_first = new(1);
    private static bool s_prepared;

    private string[] Unlock => ["--account", "payer", "--password-file", up.PasswordFile];

    public async ValueTask InitializeAsync()
    {
        await s_first.WaitAsync();
        try
        {
            if (s_prepared)
            {
                return;
            }
            s_prepared = true;
            await using var terminal = PseudoTerminal.Start("approvals", "secret", "--json", "--data", up.Data);
            await terminal.AnswerAsync("New approver's secret: ", Secret);
            await terminal.AnswerAsync("The same again: ", Secret);
            (await terminal.EndAsync()).ExitCode.ShouldBe(0, terminal.Shown);
            // The folder's policy, tightened: more than 0.001 TUSD is a human's to decide.
            var file = Path.Combine(up.Data, "policy.json");
            var text = await File.ReadAllTextAsync(file);
            await File.WriteAllTextAsync(file, text.Replace("\"perPayment\":", "\"askAbove\": \"1000\", \"perPayment\":", StringComparison.Ordinal));
        }
        finally
        {
            s_first.Release();
        }
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_held_payment_is_listed_approved_at_a_terminal_and_paid_exactly_once()
    {
        var quote = await QuoteAsync("weather?city=Porto");
        var before = await BalanceAsync();
        var held = await ConfirmAsync(quote);
        held.ExitCode.ShouldBe(3, held.Output + held.Error);
        var pending = held.Json.GetProperty("pending");
        pending.GetProperty("kind").GetString().ShouldBe("approval");
        var id = pending.GetProperty("id").GetString()!;
        pending.GetProperty("approveWith").GetString().ShouldBe($"purser approvals approve {id}");
        (await ConfirmAsync(quote)).Json.GetProperty("pending").GetProperty("id").GetString().ShouldBe(id);

        var listed = await RunAsync("approvals", "list");
        var entry = listed.Data.GetProperty("approvals").EnumerateArray().Single(a => a.GetProperty("id").GetString() == id);
        entry.GetProperty("summary").GetString()!.ShouldContain("Pay 0.01 TUSD");
        entry.GetProperty("origin").GetString().ShouldBe(up.Shop.TrimEnd('/'));
        entry.GetProperty("reasons")[0].GetProperty("code").GetString().ShouldBe("policy_ask_above");
        entry.GetProperty("state").GetString().ShouldBe("pending");

        var piped = await PurserProcess.RunAsync(Secret + "\n", ["approvals", "approve", id, "--json", "--data", up.Data]);
        piped.ExitCode.ShouldBe(4, piped.Output);
        piped.ErrorCode.ShouldBe("terminal_required");
        (await ConfirmAsync(quote)).ExitCode.ShouldBe(3);

        var seen = await ApproveAsync(id);
        seen.ShouldContain("Pay 0.01 TUSD");
        seen.ShouldNotContain(Secret);

        var paid = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ConfirmAsync(quote)));
        paid.ShouldAllBe(answer => answer.ExitCode == 0);
        (before - await BalanceAsync()).ShouldBe(10_000UL);
        (await RunAsync("approvals", "approve", id)).ErrorCode.ShouldBe("approval_used");
    }

    [Fact]
    public async Task A_denied_payment_is_refused_by_the_policys_exit_code()
    {
        var quote = await QuoteAsync("weather?city=Braga");
        var id = (await ConfirmAsync(quote)).Json.GetProperty("pending").GetProperty("id").GetString()!;
        (await RunAsync("approvals", "deny", id)).Data.GetProperty("state").GetString().ShouldBe("denied");
        var refused = await ConfirmAsync(quote);
        refused.ExitCode.ShouldBe(4, refused.Output);
        refused.ErrorCode.ShouldBe("approval_denied");
        (await RunAsync("approvals", "approve", id)).ErrorCode.ShouldBe("approval_denied");
    }

    [Fact]
    public async Task Seed_001s_command_given_again_after_the_approval_signs_what_was_approved_and_then_asks_anew()
    {
        var asset = Sandboxes.TestUsd.ToString();
        string[] pay = ["payment", "x402-pay", "--network", "eip155:31337", "--amount", "5000", "--pay-to", DevelopmentAccounts.Addresses[7].ToString(), "--asset", asset, "--from", "payer", "--password-file", up.PasswordFile];
        var held = await up.RunAsync(pay);
        held.ExitCode.ShouldBe(3, held.Output);
        var id = held.Json.GetProperty("pending").GetProperty("id").GetString()!;
        await ApproveAsync(id);

        (await up.RunAsync([.. pay[..5], "50000", .. pay[6..]])).ExitCode.ShouldBe(3);
        var signed = await up.RunAsync(pay);
        signed.ExitCode.ShouldBe(0, signed.Output);
        signed.Data.GetProperty("authorization").GetProperty("value").GetString().ShouldBe("5000");

        var again = await up.RunAsync(pay);
        again.ExitCode.ShouldBe(3, again.Output);
        again.Json.GetProperty("pending").GetProperty("id").GetString().ShouldNotBe(id);
    }

    [Fact]
    public async Task Key_exfiltration_neither_files_nor_outputs_of_an_approved_payment_hold_the_key_the_password_or_the_approvers_secret()
    {
        var quote = await QuoteAsync("weather?city=Faro");
        await ApproveAsync((await ConfirmAsync(quote)).Json.GetProperty("pending").GetProperty("id").GetString()!);
        (await ConfirmAsync(quote)).ExitCode.ShouldBe(0);
        foreach (var command in (string[][])[["approvals", "list", "--all"], ["approvals", "forget", "x"], ["wallet", "list"], ["wallet", "chains"], ["pay", "list"], ["pay", "show", quote], ["pay", "reconcile"], ["policy", "show"], ["journal", "list"], ["journal", "verify"]])
        {
            await RunAsync(command);
        }
        List<(string Name, string Text)> texts = [];
        await up.RestartAsync(() => texts.AddRange(PlainSecrets.TextsOf(up.Data)));
        texts.AddRange(up.Printed.Select((text, i) => ($"output {i}", text)));
        PlainSecrets.FindKeys(texts, DevelopmentAccounts.Addresses[RunningUp.Payer]).ShouldBeEmpty();
        texts.Where(t => t.Text.Contains("correct horse", StringComparison.Ordinal) || t.Text.Contains(Secret, StringComparison.Ordinal)).ShouldBeEmpty();
        // The test chain's own file is public, as a chain is.
        Directory.EnumerateFiles(up.Data, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".state", StringComparison.Ordinal))
            .Where(file => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0).ShouldBeEmpty();
    }

    private async Task<string> ApproveAsync(string id)
    {
        await using var terminal = PseudoTerminal.Start("approvals", "approve", id, "--json", "--data", up.Data);
        await terminal.AnswerAsync("Approver's secret: ", Secret);
        var approved = await terminal.EndAsync();
        approved.ExitCode.ShouldBe(0, terminal.Shown);
        approved.Data.GetProperty("state").GetString().ShouldBe("approved");
        return terminal.Shown;
    }

    private Task<PurserAnswer> RunAsync(params string[] args) => up.RunAsync(args);

    private Task<PurserAnswer> ConfirmAsync(string quote) => up.RunAsync(["pay", "confirm", quote, "--yes", .. Unlock]);

    private async Task<string> QuoteAsync(string path)
    {
        var quote = await up.RunAsync("pay", "quote", up.Shop + path);
        quote.ExitCode.ShouldBe(3, quote.Output);
        return quote.Json.GetProperty("pending").GetProperty("id").GetString()!;
    }

    private async Task<UInt256> BalanceAsync()
    {
        var answer = await up.RunAsync("wallet", "balance", "--chain", "31337", "--account", "payer");
        return UInt256.Parse(answer.Data.GetProperty("balances").EnumerateArray().Single(b => b.GetProperty("display").GetString()!.Contains("TUSD", StringComparison.Ordinal)).GetProperty("units").GetString()!);
    }
}
