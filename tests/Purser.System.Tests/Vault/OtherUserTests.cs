using System.Diagnostics;
using System.Globalization;
using Purser.Testing;
using Purser.Wallet;

namespace Purser.SystemTests.Vault;

/// <summary>specs/threats.md, "the agent is taken over": the vault under one user of the system, the agent under another.</summary>
public sealed class OtherUserTests
{
    [Fact]
    public async Task An_agent_under_another_user_can_neither_read_a_key_nor_exceed_the_mandate()
    {
        Require.Component("root and setpriv", OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && File.Exists("/usr/bin/setpriv"), "run the tests as root on Linux with util-linux");
        await using var vault = await VaultProcess.StartAsync(asOtherUser: true);
        var token = await vault.LogInAsync();
        var wallet = vault.Wallet(token);
        var account = (await wallet.ListAccountsAsync()).ShouldHaveSingleItem().Address;
        await vault.FundAsync(account);

        // Every file that there is, so that none is missed because the attacker could not list it.
        var files = Directory.GetFiles(vault.Data, "*", SearchOption.AllDirectories);
        files.ShouldContain(file => file.EndsWith("agent.json", StringComparison.Ordinal), "the key store is there to be stolen");
        var before = files.Where(file => file.EndsWith(".json", StringComparison.Ordinal)).ToDictionary(file => file, File.ReadAllText);

        var lines = await AttackAsync(vault, token, account.ToString(), files);
        lines.Count.ShouldBeGreaterThan((files.Length * 4) + 25);
        lines.Where(line => !line.StartsWith("held\t", StringComparison.Ordinal)).ShouldBeEmpty();

        foreach (var (file, text) in before)
        {
            File.ReadAllText(file).ShouldBe(text, file);
        }

        // The mandate holds afterwards too, and the vault still serves.
        (await wallet.ListPaymentsAsync()).Count(payment => payment.State is PaymentState.Signed).ShouldBe(10);
        (await wallet.AuthorizeAsync(VaultProcess.Intent("one-more", account, 1))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_cap_per_day");
        (await vault.Process.StopAsync()).ShouldBe(0);
        File.Exists(vault.Socket).ShouldBeFalse();
    }

    private static async Task<IReadOnlyList<string>> AttackAsync(VaultProcess vault, string token, string account, string[] files)
    {
        var setpriv = VaultProcess.SetPriv(VaultProcess.AgentUser);
        var start = new ProcessStartInfo(setpriv[0], [.. setpriv[1..], Environment.ProcessPath!, VaultAttacker.Marker, vault.Process.Id.ToString(CultureInfo.InvariantCulture), vault.Data, vault.Socket])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var attacker = Process.Start(start)!;
        await attacker.StandardInput.WriteAsync($"{token}\n{account}\n{string.Join('\n', files)}\n");
        attacker.StandardInput.Close();
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var error = attacker.StandardError.ReadToEndAsync(bound.Token);
        var text = await attacker.StandardOutput.ReadToEndAsync(bound.Token);
        await attacker.WaitForExitAsync(bound.Token);
        attacker.ExitCode.ShouldBe(0, await error);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
