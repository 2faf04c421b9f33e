using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;
using Purser.SystemTests.Processes;
using Purser.Testing.Custody;

namespace Purser.SystemTests.CommandLine;

/// <summary><c>wallet new --mnemonic</c> and <c>wallet import</c> of mnemonics, external signers and custodians.</summary>
public sealed class KeysElsewhereTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public KeysElsewhereTests() => File.WriteAllText(_folder.File("password"), "pass\n");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_mnemonic_is_taken_in_by_path_and_passphrase_and_its_words_are_kept_nowhere()
    {
        var second = await RunAsync($"  {DevelopmentAccounts.Mnemonic.Replace(" ", "  ", StringComparison.Ordinal)} \n", "import", "second", "--mnemonic", "--path", "m/44'/60'/0'/0/2");
        second.Data.GetProperty("address").GetString().ShouldBe(DevelopmentAccounts.Addresses[2].ToString());
        second.Data.GetProperty("kind").GetString().ShouldBe("keystore");
        await File.WriteAllTextAsync(_folder.File("words"), DevelopmentAccounts.Mnemonic + "\n");
        (await RunAsync("", "import", "first", "--mnemonic", "--key-file", _folder.File("words"))).Data.GetProperty("address").GetString().ShouldBe(DevelopmentAccounts.Addresses[0].ToString());

        using var root = HdKey.FromMnemonic(DevelopmentAccounts.Mnemonic, "TREZOR");
        using var extended = root.Derive(HdPath.FirstAccount);
        (await RunAsync("TREZOR\n", "import", "third", "--mnemonic", "--key-file", _folder.File("words"), "--passphrase")).Data.GetProperty("address").GetString().ShouldBe(extended.Address.ToString());
        foreach (var path in Directory.EnumerateFiles(_folder.File("data"), "*", SearchOption.AllDirectories))
        {
            System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path)).ShouldNotContain("test test", customMessage: path);
        }
    }

    [Theory]
    [InlineData("", "mnemonic_word_count")]
    [InlineData("test", "mnemonic_checksum")]
    [InlineData("sesame", "mnemonic_unknown_word")]
    public async Task Words_that_are_no_mnemonic_are_refused_and_not_repeated(string last, string code)
    {
        var words = DevelopmentAccounts.Mnemonic[..DevelopmentAccounts.Mnemonic.LastIndexOf(' ')];
        var refused = await RunAsync($"{words} {last}\n", "import", "a", "--mnemonic");
        refused.ErrorCode.ShouldBe(code);
        refused.ExitCode.ShouldBe(2);
        refused.Output.ShouldNotContain("sesame");
        (await RunAsync(DevelopmentAccounts.Mnemonic + "\n", "import", "a", "--mnemonic", "--path", "44/60")).ErrorCode.ShouldBe("path_invalid");
        (await RunAsync("", "import", "a", "--mnemonic", "--external", "http://127.0.0.1:1/")).ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task A_new_mnemonic_is_shown_once_at_a_terminal_and_never_in_the_answer()
    {
        (await RunAsync("", "new", "a", "--mnemonic")).ErrorCode.ShouldBe("terminal_required");
        await using (var gaveUp = Start())
        {
            await gaveUp.AnswerAsync("Press Enter", "\u0004");
            await gaveUp.EndAsync();
        }

        await using var terminal = Start();
        await terminal.AnswerAsync("Press Enter", "");
        var made = await terminal.EndAsync();
        made.ExitCode.ShouldBe(0, made.Error);
        var words = made.Error.Split('\n').Select(line => line.Trim()).Single(line => Mnemonic.Validate(line) is null);
        made.Output.ShouldNotContain(words);
        using var root = HdKey.FromMnemonic(words);
        using var key = root.Derive(HdPath.FirstAccount);
        made.Data.GetProperty("address").GetString().ShouldBe(key.Address.ToString());
        (await RunAsync("", "list")).Data.GetProperty("accounts").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task An_external_signer_s_account_is_taken_in_when_the_signer_has_it()
    {
        using var clock = SandboxClock.Follow(TimeProvider.System);
        using var chain = SandboxChain.Open(new SandboxOptions(), clock);
        using var key = DevelopmentAccounts.Key(3);
        await using var node = await SandboxNode.StartAsync(chain, new() { DevelopmentKeys = [key] });
        var url = node.Url.AbsoluteUri;
        var made = await RunAsync("", "import", "far", "--external", url, "--address", key.Address.ToString());
        made.ExitCode.ShouldBe(0, made.Output);
        made.Data.GetProperty("kind").GetString().ShouldBe("external");
        (await RunAsync("", "import", "other", "--external", url, "--address", DevelopmentAccounts.Addresses[4].ToString())).ErrorCode.ShouldBe("signer_no_account");
        (await RunAsync("", "import", "other", "--external", url)).ErrorCode.ShouldBe("address_missing");
        (await RunAsync("", "import", "other", "--external", "http://signer.example/", "--address", DevelopmentAccounts.Addresses[4].ToString())).ErrorCode.ShouldBe("signer_url_insecure");
        (await RunAsync("", "import", "other", "--external", "http://127.0.0.1:1/", "--address", DevelopmentAccounts.Addresses[4].ToString())).ShouldSatisfyAllConditions(
            a => a.ErrorCode.ShouldBe("signer_unreachable"), a => a.ExitCode.ShouldBe(7));
    }

    [Fact]
    public async Task A_custodian_s_account_is_taken_in_by_its_API_key_which_is_kept_nowhere()
    {
        using var key = DevelopmentAccounts.Key(5);
        await using var bank = BankrDouble.Start(key);
        await File.WriteAllTextAsync(_folder.File("api-key"), BankrDouble.ApiKey + "\n");
        string[] custodian = ["import", "bank", "--custodian", "--custodian-url", bank.Url.AbsoluteUri, "--password-file"];
        var wrong = await RunAsync("", [.. custodian, _folder.File("password")], password: false);
        wrong.ErrorCode.ShouldBe("api_key_invalid");
        await File.WriteAllTextAsync(_folder.File("other-key"), "bk_another_987654\n");
        (await RunAsync("", [.. custodian, _folder.File("other-key")], password: false)).ShouldSatisfyAllConditions(a => a.ErrorCode.ShouldBe("signer_unauthorized"), a => a.ExitCode.ShouldBe(5), a => a.Output.ShouldNotContain("987654"));

        var made = await RunAsync("", [.. custodian, _folder.File("api-key")], password: false);
        made.ExitCode.ShouldBe(0, made.Output);
        made.Data.GetProperty("address").GetString().ShouldBe(key.Address.ToString());
        made.Data.GetProperty("kind").GetString().ShouldBe("custodian");
        foreach (var path in Directory.EnumerateFiles(_folder.File("data"), "*", SearchOption.AllDirectories))
        {
            System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path)).ShouldNotContain(BankrDouble.ApiKey, customMessage: path);
        }

        (made.Output + made.Error).ShouldNotContain(BankrDouble.ApiKey);
        bank.Calls.ShouldAllBe(call => call == "GET /wallet/me");
    }

    [Fact]
    public async Task A_broken_file_is_named_and_hinders_no_other_account()
    {
        (await RunAsync("", "new", "good")).ExitCode.ShouldBe(0);
        var path = Path.Combine(_folder.File("data"), "keys", "bad.json");
        File.Copy(Path.Combine(_folder.File("data"), "keys", "good.json"), path);
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path))[..40]);
        var listed = await RunAsync("", "list");
        listed.Data.GetProperty("accounts").GetArrayLength().ShouldBe(1);
        listed.Data.GetProperty("broken")[0].GetProperty("code").GetString().ShouldBe("key_store_malformed");
        (await RunAsync("", "use", "bad")).ErrorCode.ShouldBe("key_store_malformed");
        (await RunAsync("", "use", "good")).ExitCode.ShouldBe(0);
    }

    private PseudoTerminal Start() => PseudoTerminal.Start("wallet", "new", "words", "--mnemonic", "--json", "--password-file", _folder.File("password"), "--data", _folder.File("data"));

    private Task<PurserAnswer> RunAsync(string input, params string[] args) => RunAsync(input, args, args[0] is "new" or "import");

    private Task<PurserAnswer> RunAsync(string input, string[] args, bool password) =>
        InProcess.RunAsync(input, ["wallet", .. args, .. password ? ["--password-file", _folder.File("password")] : Array.Empty<string>(), "--data", _folder.File("data")]);
}
