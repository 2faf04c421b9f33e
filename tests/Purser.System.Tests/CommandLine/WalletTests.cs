using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.SystemTests.Demo;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary><c>purser wallet new · import · list · use · chains</c>: accounts are made, named and chosen, and a key never comes out.</summary>
public sealed class WalletTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _printed = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Accounts_are_made_imported_listed_and_chosen()
    {
        await File.WriteAllTextAsync(_folder.File("password"), "pass\n");
        var first = await RunAsync("", "wallet", "new", "first", "--password-file", _folder.File("password"));
        first.ExitCode.ShouldBe(0, first.Output);
        Address.TryParse(first.Data.GetProperty("address").GetString(), out _).ShouldBeTrue();

        var digits = KeyDigits(4);
        await File.WriteAllTextAsync(_folder.File("key"), $"0x{digits}\n");
        var second = await RunAsync("", "wallet", "import", "second", "--key-file", _folder.File("key"), "--password-file", _folder.File("password"));
        second.ExitCode.ShouldBe(0, second.Output);
        second.Data.GetProperty("address").GetString().ShouldBe(DevelopmentAccounts.Addresses[4].ToString());

        (await RunAsync("", "wallet", "use", "second")).ExitCode.ShouldBe(0);
        (await RunAsync("", "wallet", "use", first.Data.GetProperty("address").GetString()!)).ExitCode.ShouldBe(0);
        var listed = (await RunAsync("", "wallet", "list")).Data.GetProperty("accounts").EnumerateArray().ToList();
        listed.Select(a => a.GetProperty("name").GetString()).Order(StringComparer.Ordinal).ShouldBe(["first", "second"]);
        listed.Single(a => a.GetProperty("current").GetBoolean()).GetProperty("name").GetString().ShouldBe("first");

        var texts = PlainSecrets.TextsOf(_folder.File("data")).Concat(_printed.Select((text, i) => ($"output {i}", text))).ToList();
        PlainSecrets.FindKeys(texts, DevelopmentAccounts.Addresses[4]).ShouldBeEmpty();
        foreach (var (name, text) in texts)
        {
            text.Contains(digits, StringComparison.OrdinalIgnoreCase).ShouldBeFalse(name);
        }
    }

    [Fact]
    public async Task What_cannot_be_an_account_is_refused_and_leaves_none()
    {
        await File.WriteAllTextAsync(_folder.File("password"), "pass\n");
        await File.WriteAllTextAsync(_folder.File("empty"), "\n");
        var password = new[] { "--password-file", _folder.File("password") };
        (await RunAsync("", ["wallet", "new", "../escape", .. password])).ExitCode.ShouldBe(2);
        (await RunAsync("", ["wallet", "new", "Über", .. password])).ErrorCode.ShouldBe("account_name_invalid");
        (await RunAsync("", ["wallet", "new", "a", "--policy", "reckless", .. password])).ErrorCode.ShouldBe("policy_unknown");
        (await RunAsync("", "wallet", "new", "a", "--password-file", _folder.File("empty"))).ErrorCode.ShouldBe("password_empty");
        (await RunAsync("", "wallet", "new", "a")).ErrorCode.ShouldBe("password_needed");
        (await RunAsync("", "wallet", "new", "a", "--password-file", _folder.File("missing"))).ErrorCode.ShouldBe("secret_unreadable");
        (await RunAsync("", "wallet", "use", "nobody")).ExitCode.ShouldBe(5);
        foreach (var key in new[] { "", "zz", new string('0', 64), new string('f', 64), KeyDigits(4)[1..], KeyDigits(4) + "00", new string('1', 5000) })
        {
            var refused = await RunAsync(key + "\n", ["wallet", "import", "a", .. password]);
            refused.ExitCode.ShouldBe(2, refused.Output);
            if (key.Length > 8)
            {
                refused.Output.ShouldNotContain(key);
            }
        }
        (await RunAsync("", "wallet", "import", "a", "--password-file", _folder.File("password"))).ExitCode.ShouldBe(5); // nothing on standard input
        (await RunAsync("", "wallet", "list")).Data.GetProperty("accounts").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_name_or_a_key_that_is_there_is_never_written_over()
    {
        await File.WriteAllTextAsync(_folder.File("password"), "pass\n");
        (await RunAsync(KeyDigits(4), "wallet", "import", "mine", "--password-file", _folder.File("password"))).ExitCode.ShouldBe(0);
        (await RunAsync(KeyDigits(5), "wallet", "import", "mine", "--password-file", _folder.File("password"))).ErrorCode.ShouldBe("account_exists");
        (await RunAsync(KeyDigits(4), "wallet", "import", "other", "--password-file", _folder.File("password"))).ErrorCode.ShouldBe("account_exists");
        (await RunAsync("", "wallet", "list")).Data.GetProperty("accounts").EnumerateArray().Single().GetProperty("address").GetString().ShouldBe(DevelopmentAccounts.Addresses[4].ToString());
    }

    [Fact]
    public async Task Chains_are_listed_with_the_number_that_a_network_names()
    {
        var chains = (await RunAsync("", "wallet", "chains")).Data.GetProperty("chains").EnumerateArray().ToList();
        foreach (var id in new[] { 1, 196, 8453, 42161, 59144 })
        {
            chains.Single(c => c.GetProperty("realChainIndex").GetInt64() == id).GetProperty("network").GetString().ShouldBe($"eip155:{id}");
        }
        chains.ShouldAllBe(c => c.GetProperty("network").GetString()!.StartsWith("eip155:", StringComparison.Ordinal));
    }

    private async Task<PurserAnswer> RunAsync(string input, params string[] args)
    {
        var answer = await InProcess.RunAsync(input, [.. args, "--data", _folder.File("data")]);
        _printed.Add(answer.Output + answer.Error);
        return answer;
    }

    private static string KeyDigits(int account)
    {
        using var key = DevelopmentAccounts.Key(account);
        var bytes = new byte[PrivateKey.Size];
        key.ExportBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
