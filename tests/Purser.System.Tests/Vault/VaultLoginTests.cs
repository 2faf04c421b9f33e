using System.Text.Json.Nodes;
using Purser.Cli.Commands;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Vault;

/// <summary>Seed 001's wallet at a vault, as real processes: log in, sign, lose the session, log in again.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class VaultLoginTests(PaymentWorld world)
{
    private static readonly string[] s_members = ["from", "to", "value", "validAfter", "validBefore", "nonce"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wallet_that_is_logged_in_by_email_code_signs_seed_001s_command_and_the_chain_takes_it(bool socket)
    {
        await using var vault = await VaultWorld.StartAsync(world, socket);
        var agent = vault.NewAgent();
        (await vault.RunAsync(agent, "wallet", "status")).Data.GetProperty("state").GetString().ShouldBe("none");
        var account = await vault.LogInAsync(agent, "agent@example.org");
        await vault.FundAsync(account);
        var status = (await vault.RunAsync(agent, "wallet", "status")).Data;
        status.GetProperty("state").GetString().ShouldBe("unlocked");
        status.GetProperty("loggedIn").GetBoolean().ShouldBeTrue();
        status.GetProperty("account").GetProperty("address").GetString().ShouldBe(account.ToString());

        // The command itself in a process of its own, and after its access token has expired.
        VaultWorld.Expire(agent);
        var payee = PaymentWorld.NewPayee(new Seeded(socket ? 71UL : 72UL));
        var proof = await PurserProcess.RunAsync([.. VaultWorld.Pay(payee), "--data", agent]);
        proof.ExitCode.ShouldBe(0, proof.Output + proof.Error);
        proof.Data.EnumerateObject().Select(member => member.Name).ShouldBe(["signature", "authorization"]);
        proof.Data.GetProperty("authorization").EnumerateObject().Select(member => member.Name).ShouldBe(s_members);
        proof.Data.GetProperty("authorization").GetProperty("from").GetString().ShouldBe(account.ToString());
        await vault.SettleAsync(proof.Data, payee);

        await vault.StopVaultAsync();
        var down = await PurserProcess.RunAsync([.. VaultWorld.Pay(payee), "--data", agent]);
        (down.ExitCode, down.ErrorCode).ShouldBe((5, "vault_unreachable"));
        down.Json.GetProperty("error").GetProperty("hint").GetString()!.ShouldContain("purser vault");
        (await vault.RunAsync(agent, "wallet", "status")).Data.GetProperty("state").GetString().ShouldBe("signer_down");

        if (socket)
        {
            await vault.StartVaultAsync(); // the session outlives the vault's restart
            (await vault.RunAsync(agent, VaultWorld.Pay(payee))).ExitCode.ShouldBe(0);
        }

        (await vault.RunAsync(agent, "wallet", "logout")).ExitCode.ShouldBe(0);
        var out1 = await vault.RunAsync(agent, VaultWorld.Pay(payee));
        (out1.ExitCode, out1.ErrorCode).ShouldBe((5, "no_account"));
        out1.Json.GetProperty("error").GetProperty("question").GetString()!.ShouldStartWith("This resource requires payment (x402). You need a wallet");
        (await vault.RunAsync(agent, [.. VaultWorld.Pay(payee), "--lang", "zh"])).Output.ShouldContain("是否需要创建一个钱包");
    }

    [Fact]
    public async Task By_api_key_the_same_and_a_revoked_key_ends_it()
    {
        await using var vault = await VaultWorld.StartAsync(world);
        var agent = vault.NewAgent();
        var made = await InProcess.RunAsync("vault", "key", "new", "ci", "--data", vault.Data); // not among what is searched: it prints the key by design
        var key = made.Data.GetProperty("apiKey").GetString()!;
        (await InProcess.RunAsync("vault", "key", "list", "--data", vault.Data)).Output.ShouldNotContain("pvk_");

        var wrong = await InProcess.RunAsync("pvk_wrong\n", ["wallet", "login", "--vault", vault.Address, "--data", agent]);
        (wrong.ExitCode, wrong.ErrorCode).ShouldBe((5, "api_key_refused"));
        var none = await InProcess.RunAsync("", ["wallet", "login", "--vault", vault.Address, "--data", agent]);
        (none.ExitCode, none.ErrorCode).ShouldBe((5, "api_key_needed"));
        var login = await InProcess.RunAsync(key + "\n", ["wallet", "login", "--vault", vault.Address, "--data", agent]);
        login.ExitCode.ShouldBe(0, login.Output);
        login.Output.ShouldNotContain("pv");
        await vault.FundAsync(VaultWorld.AccountOf(login));
        var payee = PaymentWorld.NewPayee(new Seeded(73));
        (await vault.RunAsync(agent, VaultWorld.Pay(payee))).ExitCode.ShouldBe(0);

        // Several processes find the token expired at once: one refreshes, the others take what it got.
        VaultWorld.Expire(agent);
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => PurserProcess.RunAsync("wallet", "status", "--data", agent)));
        answers.Select(answer => answer.Data.GetProperty("state").GetString()).ShouldAllBe(state => state == "unlocked");

        (await InProcess.RunAsync("vault", "key", "revoke", "ci", "--data", vault.Data)).ExitCode.ShouldBe(0);
        var ended = await vault.RunAsync(agent, VaultWorld.Pay(payee));
        (ended.ExitCode, ended.ErrorCode).ShouldBe((5, "session_expired"));
        var error = ended.Json.GetProperty("error");
        error.GetProperty("question").GetString().ShouldBe("Signing failed because there is no active wallet session. Would you like to log in now, or sign locally with your own private key?");
        error.GetProperty("next").EnumerateArray().Select(branch => branch.GetProperty("answer").GetString()).ShouldBe(["log in", "sign locally", "cancel"]);
        (await vault.RunAsync(agent, "wallet", "status")).Data.GetProperty("state").GetString().ShouldBe("expired");

        // No token or key in anything that was printed, nor anywhere in the vault's folder.
        var session = JsonNode.Parse(await File.ReadAllTextAsync(VaultWorld.SessionPath(agent)))!;
        string[] secrets = [key, .. new[] { "device", "accessToken", "refreshToken" }.Select(name => session[name]!.GetValue<string>())];
        await vault.StopVaultAsync();
        var written = vault.Printed.Concat(Directory.EnumerateFiles(vault.Data, "*", SearchOption.AllDirectories).Select(path => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(path)))).ToList();
        foreach (var secret in secrets)
        {
            written.ShouldAllBe(text => !text.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task When_signing_fails_for_want_of_a_session_each_of_the_three_replies_goes_its_way()
    {
        await using var vault = await VaultWorld.StartAsync(world);
        var agent = vault.NewAgent();
        var account = await vault.LogInAsync(agent, "three@example.org");
        await vault.FundAsync(account);
        var payee = PaymentWorld.NewPayee(new Seeded(74));
        var path = VaultWorld.SessionPath(agent);
        var file = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        file["ended"] = true;
        await File.WriteAllTextAsync(path, file.ToJsonString());

        foreach (var unclear in new[] { "", "ok?", "yes", "cancel", "no" })
        {
            using var reply = new StringReader(unclear + "\n");
            var cancelled = await vault.AskedAsync(agent, reply, VaultWorld.Pay(payee));
            (cancelled.ExitCode, cancelled.ErrorCode).ShouldBe((5, "session_expired"), unclear);
            cancelled.Error.ShouldContain("Signing failed because there is no active wallet session.");
        }

        using (var local = new StringReader("sign locally\n"))
        {
            var none = await vault.AskedAsync(agent, local, VaultWorld.Pay(payee));
            (none.ExitCode, none.ErrorCode).ShouldBe((5, "no_account"));
            none.Output.ShouldContain("purser wallet import");
        }

        using var replies = new Replies(vault, "log in", "three@example.org");
        var signed = await vault.AskedAsync(agent, replies, VaultWorld.Pay(payee));
        signed.ExitCode.ShouldBe(0, signed.Output + signed.Error);
        await vault.SettleAsync(signed.Data, payee);

        // The local branch with a key: what is missing is its password, and the vault is not asked.
        using var key = Cli.Composition.DevelopmentAccounts.Key(5);
        var bytes = new byte[PrivateKey.Size];
        key.ExportBytes(bytes);
        await File.WriteAllTextAsync(Path.Combine(agent, "password"), "local\n");
        (await InProcess.RunAsync(Convert.ToHexStringLower(bytes) + "\n", ["wallet", "import", "mine", "--policy", "demo", "--password-file", Path.Combine(agent, "password"), "--data", agent])).ExitCode.ShouldBe(0);
        await File.WriteAllTextAsync(path, file.ToJsonString());
        using var locally = new StringReader("sign locally\n");
        var own = await vault.AskedAsync(agent, locally, [.. VaultWorld.Pay(payee), "--password-file", Path.Combine(agent, "password")]);
        own.ExitCode.ShouldBe(0, own.Output + own.Error);
        own.Data.GetProperty("authorization").GetProperty("from").GetString().ShouldBe(Cli.Composition.DevelopmentAccounts.Addresses[5].ToString());
    }

    [Fact]
    public async Task Threat_a_login_that_fails_is_exit_5_and_never_0()
    {
        using var folder = new TemporaryFolder();
        var nobody = "http://127.0.0.1:9";
        (await InProcess.RunAsync("wallet", "verify", "12345678", "--data", folder.Path)).ErrorCode.ShouldBe("login_unknown");
        foreach (var args in new string[][] { ["wallet", "verify", "12345678"], ["wallet", "login", "a@b.c", "--vault", nobody], ["wallet", "login", "--vault", nobody] })
        {
            (await InProcess.RunAsync("pvk_x\n", [.. args, "--data", folder.Path])).ExitCode.ShouldBe(5);
        }

        // A container without a home that can be written: the data folder cannot be made.
        await File.WriteAllTextAsync(folder.File("file"), "");
        var unwritable = await InProcess.RunAsync("pvk_x\n", ["wallet", "login", "--vault", nobody, "--data", Path.Combine(folder.File("file"), "home")]);
        (unwritable.ExitCode, unwritable.ErrorCode).ShouldBe((5, "data_folder_unwritable"));
        (await InProcess.RunAsync("wallet", "login", "--vault", "http://example.org", "--data", folder.Path)).ErrorCode.ShouldBe("vault_invalid");
    }

    [Theory]
    [InlineData("wallet", "login")]
    [InlineData("wallet", "import", "--mnemonic")]
    [InlineData("wallet", "import")]
    public async Task Threat_an_endless_line_where_a_secret_is_awaited_is_given_up_at_the_bound(params string[] command)
    {
        using var folder = new TemporaryFolder();
        var endless = new EndlessReader();
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        using var console = new CliOutput(endless, output, error, inputIsTerminal: false, outputIsTerminal: false);
        (await PurserCommand.InvokeAsync([.. command, "--data", folder.Path], console, CancellationToken.None)).ShouldBe(2);
        output.ToString().ShouldContain("secret_too_long");
        endless.Given.ShouldBeLessThan(5000);
    }

    [Fact]
    public async Task Threat_an_endless_file_where_a_secret_is_awaited_is_given_up_at_the_bound()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("secret");
        await File.WriteAllTextAsync(file, new string('x', 100_000));
        foreach (var args in new string[][] { ["wallet", "new", "--password-file", file], ["wallet", "login", "--api-key-file", file], ["wallet", "import", "--key-file", file], ["wallet", "import", "--custodian", "--password-file", file] })
        {
            (await InProcess.RunAsync([.. args, "--data", folder.File("data")])).ErrorCode.ShouldBe("secret_too_long", string.Join(' ', args));
        }
    }

    [Fact]
    public async Task Status_knows_an_account_that_is_only_watched_and_a_signer_that_does_not_answer()
    {
        using var folder = new TemporaryFolder();
        var data = folder.File("data");
        var account = PaymentWorld.NewPayee(new Seeded(81)).ToString();
        (await InProcess.RunAsync("wallet", "import", "eye", "--watch", "--address", account, "--data", data)).Data.GetProperty("kind").GetString().ShouldBe("watch");
        var watching = await InProcess.RunAsync("wallet", "status", "--data", data);
        (watching.ExitCode, watching.Data.GetProperty("state").GetString()).ShouldBe((0, "watch_only"));
        watching.Data.GetProperty("account").GetProperty("address").GetString().ShouldBe(account);
        var refused = await InProcess.RunAsync([.. VaultWorld.Pay(PaymentWorld.NewPayee(new Seeded(82))), "--local", "--data", data]);
        (refused.ExitCode, refused.ErrorCode).ShouldBe((5, "watch_only"));

        // An external signer that is there, and then is not.
        await using (var signer = new Purser.Testing.Custody.LoopbackHttp((request, _) => Task.FromResult<Purser.Testing.Custody.LoopbackAnswer?>(
            new(200, $$"""{"jsonrpc":"2.0","id":{{JsonNode.Parse(request.Body)!["id"]!.ToJsonString()}},"result":["{{account}}"]}"""))))
        {
            await File.WriteAllTextAsync(Path.Combine(data, "keys", "eye.json"), $$"""{"purserAccount":1,"kind":"external","address":"{{account}}","url":"{{signer.Url}}","allowHttp":false}""");
            (await InProcess.RunAsync("wallet", "status", "--data", data)).Data.GetProperty("state").GetString().ShouldBe("unlocked");
        }

        var down = (await InProcess.RunAsync("wallet", "status", "--data", data)).Data;
        down.GetProperty("state").GetString().ShouldBe("signer_down");
        down.GetProperty("account").GetProperty("at").GetString().ShouldBe("external");
    }

    [Fact]
    public async Task Balance_is_that_of_the_vaults_account_while_somebody_is_logged_in()
    {
        await using var vault = await VaultWorld.StartAsync(world);
        var agent = vault.NewAgent();
        (await InProcess.RunAsync("wallet", "import", "eye", "--watch", "--address", PaymentWorld.NewPayee(new Seeded(83)).ToString(), "--data", agent)).ExitCode.ShouldBe(0);
        var account = await vault.LogInAsync(agent, "balance@example.org");
        var balance = await vault.RunAsync(agent, "wallet", "balance", "--rpc", world.RpcUrl.AbsoluteUri);
        balance.Data.GetProperty("account").GetString().ShouldBe(account.ToString());
        balance.Data.GetProperty("at").GetString().ShouldBe("vault");
        var local = await vault.RunAsync(agent, "wallet", "balance", "--local", "--rpc", world.RpcUrl.AbsoluteUri);
        local.Data.GetProperty("account").GetString().ShouldBe(PaymentWorld.NewPayee(new Seeded(83)).ToString());
    }

    [Fact]
    public async Task A_journal_that_lies_in_the_vault_is_told_with_where_it_is_to_be_looked_at()
    {
        await using var vault = await VaultWorld.StartAsync(world);
        var agent = vault.NewAgent();
        await vault.LogInAsync(agent, "journal@example.org");
        foreach (var args in new string[][] { ["journal", "list"], ["journal", "verify"], ["journal", "export", "-o", "-"] })
        {
            var refused = await vault.RunAsync(agent, args);
            (refused.ExitCode, refused.ErrorCode).ShouldBe((5, "journal_at_vault"));
            refused.Json.GetProperty("error").GetProperty("hint").GetString()!.ShouldContain("users/u_");
        }

        (await vault.RunAsync(agent, "journal", "verify", "--local")).ErrorCode.ShouldBe("no_journal"); // the folder has no wallet of its own
    }

    private sealed class EndlessReader : TextReader
    {
        public int Given { get; private set; }

        public override int Read() => Given++ < 1_000_000 ? 'x' : throw new InvalidOperationException("read far beyond every bound");

        public override int Peek() => 'x';
    }

    [Fact]
    public async Task Threat_a_session_file_that_others_can_read_is_refused()
    {
        await using var vault = await VaultWorld.StartAsync(world);
        var agent = vault.NewAgent();
        await vault.LogInAsync(agent, "wide@example.org");
        File.GetUnixFileMode(VaultWorld.SessionPath(agent)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetUnixFileMode(VaultWorld.SessionPath(agent), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        foreach (var args in new string[][] { ["wallet", "status"], ["wallet", "logout"], VaultWorld.Pay(PaymentWorld.NewPayee(new Seeded(75))) })
        {
            var refused = await vault.RunAsync(agent, args);
            (refused.ExitCode, refused.ErrorCode).ShouldBe((5, "permissions_too_wide"));
        }
    }

    /// <summary>A human at the terminal, who reads the code in his mail when he is asked for it.</summary>
    private sealed class Replies(VaultWorld vault, params string[] first) : TextReader
    {
        private readonly Queue<string> _first = new(first);

        private string _line = "";
        private int _next;

        public override int Peek() => throw new NotSupportedException();

        public override int Read()
        {
            if (_next == _line.Length)
            {
                // The second code: by the first the wallet was logged in at the beginning.
                _line = (_first.TryDequeue(out var reply) ? reply : vault.Mail.WaitForAsync("three@example.org", 2).GetAwaiter().GetResult().Code) + "\n";
                _next = 0;
            }

            return _line[_next++];
        }
    }
}
