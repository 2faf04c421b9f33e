using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Demo;
using Purser.SystemTests.Payments;
using Purser.Testing;
using Purser.Wallet.Vault;

namespace Purser.SystemTests.Vault;

/// <summary>Everything that a login by mail, its refreshes, a payment, a logout and an imported mnemonic write, to files and to both outputs, searched for every secret that was in play.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SecretsOfALoginTests(PaymentWorld world)
{
    private const string Words = "test test test test test test test test test test test junk"; // the public development mnemonic
    private const string Password = "the folder's own pass phrase";

    [Fact]
    public async Task Key_exfiltration_a_login_by_mail_and_an_imported_mnemonic_leave_no_secret_in_any_file_or_output()
    {
        await using var vault = await VaultWorld.StartAsync(world);
        var agent = vault.NewAgent();
        List<string> secrets = ["the vault's own", Words, Words[^19..], Password];

        // In: the mnemonic, then a login by mail, whose device, attempt's code and every pair of tokens are noted.
        await File.WriteAllTextAsync(Path.Combine(agent, "password"), Password);
        var imported = await InProcess.RunAsync(Words + "\n", ["wallet", "import", "mine", "--mnemonic", "--path", "m/44'/60'/0'/0/5", "--policy", "demo", "--password-file", Path.Combine(agent, "password"), "--data", agent]);
        imported.ExitCode.ShouldBe(0, imported.Output);
        vault.Printed.Add(imported.Output + imported.Error);
        File.Delete(Path.Combine(agent, "password")); // the human's own file
        var account = await vault.LogInAsync(agent, "grep@example.org");
        secrets.Add(vault.Mail.LastFor("grep@example.org").Code);
        await vault.FundAsync(account);
        Note();
        (await vault.RunAsync(agent, VaultWorld.Pay(PaymentWorld.NewPayee(new Seeded(91))))).ExitCode.ShouldBe(0);
        for (var i = 0; i < 2; i++)
        {
            VaultWorld.Expire(agent);
            (await vault.RunAsync(agent, "wallet", "status")).Data.GetProperty("state").GetString().ShouldBe("unlocked");
            Note();
        }

        foreach (var command in (string[][])[["wallet", "verify", "00000000"], ["wallet", "login", "grep@example.org"], ["wallet", "balance"], ["wallet", "list"], ["pay", "list"], ["pay", "reconcile"], ["journal", "list"], ["doctor"], ["wallet", "logout"], ["wallet", "status"]])
        {
            await vault.RunAsync(agent, command);
        }

        // Out: everything printed, the vault's own standard error, its folder and the agent's.
        await vault.StopVaultAsync();
        List<(string Name, string Text)> texts =
        [
            .. vault.Printed.Select((text, i) => ($"output {i}", text)),
            .. PlainSecrets.TextsOf(vault.Data).Select(file => ("vault " + file.Name, file.Text)),
            .. PlainSecrets.TextsOf(agent).Select(file => ("agent " + file.Name, file.Text)),
        ];
        texts.Count.ShouldBeGreaterThan(15);
        secrets.Count.ShouldBe(14);
        foreach (var secret in secrets)
        {
            texts.Where(text => text.Text.Contains(secret, StringComparison.Ordinal)).Select(text => text.Name).ShouldBeEmpty(secret[..4]);
        }

        PlainSecrets.FindKeys(texts, Address.Parse(imported.Data.GetProperty("address").GetString()!)).ShouldBeEmpty();
        PlainSecrets.FindKeys(texts, account).ShouldBeEmpty();
        texts.Where(text => text.Text.Contains("pvk_", StringComparison.Ordinal) || text.Text.Contains("pva_", StringComparison.Ordinal) || text.Text.Contains("pvr_", StringComparison.Ordinal)).ShouldBeEmpty();

        void Note()
        {
            var session = JsonNode.Parse(File.ReadAllText(VaultWorld.SessionPath(agent)))!;
            secrets.AddRange(new[] { "device", "accessToken", "refreshToken" }.Select(name => session[name]!.GetValue<string>()));
            File.GetUnixFileMode(VaultWorld.SessionPath(agent)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, VaultSessionFile.SessionName);
        }
    }
}
