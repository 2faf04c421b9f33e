using Purser.Ethereum;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Tests;

public sealed class KeyStoreDirectoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-keys-").FullName;
    private readonly KeyStoreDirectory _accounts;

    public KeyStoreDirectoryTests() => _accounts = new KeyStoreDirectory(_folder, new SeededRandom(4), ScryptCost.Light);

    public void Dispose()
    {
        Restore(_folder);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void The_first_account_is_the_current_one_and_another_can_be_selected_by_name_or_address()
    {
        Code(_accounts.Current()).ShouldBe("no_account");
        var one = Found(_accounts.Create("one", "pw"));
        one.IsCurrent.ShouldBeTrue();
        var two = Found(_accounts.Create("two", "pw"));
        two.IsCurrent.ShouldBeFalse();

        Found(_accounts.Use("two")).Address.ShouldBe(two.Address);
        Found(_accounts.Current()).Name.ShouldBe("two");
        Found(_accounts.Use(one.Address.ToLowerHex())).Name.ShouldBe("one");
        Found(_accounts.List()).Select(account => (account.Name, account.IsCurrent)).ShouldBe([("one", true), ("two", false)]);
        Code(_accounts.Use("three")).ShouldBe("no_account");
    }

    [Fact]
    public void An_imported_key_opens_with_its_password_and_with_no_other()
    {
        using var key = PrivateKey.Generate(new SeededRandom(5));
        Found(_accounts.Import("mine", key, "pässword 1")).Address.ShouldBe(key.Address);
        using var signer = Found(_accounts.Unlock("mine", "pässword 1"));
        signer.Address.ShouldBe(key.Address);
        Code(_accounts.Unlock("mine", "password 1")).ShouldBe("wrong_password");
        Code(_accounts.Unlock("mine", "")).ShouldBe("wrong_password");
        Code(_accounts.Unlock("other", "x")).ShouldBe("no_account");
        Code(_accounts.Import("again", key, "x")).ShouldBe("account_exists");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("1st")]
    [InlineData("../escape")]
    [InlineData("a/b")]
    [InlineData("dot.ted")]
    [InlineData("a-name-that-is-longer-than-forty-characters")]
    public void A_name_that_could_be_a_path_or_an_address_is_refused(string name) =>
        Code(_accounts.Create(name, "pw")).ShouldBe("account_name_invalid");

    [Fact]
    public async Task Of_many_who_write_one_private_file_at_once_exactly_one_does_and_its_bytes_stay()
    {
        var wins = 0;
        for (var round = 0; round < 200; round++)
        {
            var path = Path.Combine(_folder, $"file-{round}");
            using var gate = new Barrier(4);
            var written = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Factory.StartNew(
                () =>
                {
                    var random = new SeededRandom((ulong)((round * 4) + i));
                    gate.SignalAndWait();
                    return PrivateFile.TryWrite(path, [(byte)i], replace: false, random) ? i : -1;
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
            var winner = written.Where(i => i >= 0).ShouldHaveSingleItem();
            File.ReadAllBytes(path).ShouldBe([(byte)winner]);
            wins++;
        }

        wins.ShouldBe(200);
        Directory.GetFiles(_folder, "*.tmp").ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_many_who_make_one_name_at_once_exactly_one_does()
    {
        Found(_accounts.List());
        var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => new KeyStoreDirectory(_folder, new SeededRandom((ulong)i + 100), ScryptCost.Light).Create("same", "pw"))));
        results.OfType<KeyResult<AccountInfo>.Found>().Count().ShouldBe(1);
        results.OfType<KeyResult<AccountInfo>.Refused>().ShouldAllBe(refused => refused.Reason.Code == "account_exists");
        Directory.GetFiles(Path.Combine(_folder, "keys")).Select(Path.GetFileName).Order().ShouldBe(["current", "same.json"]);
        Found(_accounts.Unlock("same", "pw")).Dispose();
    }

    [Fact]
    public void Files_are_made_for_their_owner_alone_and_wider_ones_are_refused()
    {
        Found(_accounts.Create("one", "pw"));
        var keys = Path.Combine(_folder, "keys");
        var file = Path.Combine(keys, "one.json");
        File.GetUnixFileMode(keys).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Code(_accounts.Unlock("one", "pw")).ShouldBe("permissions_too_wide");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetUnixFileMode(keys, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        Code(_accounts.Unlock("one", "pw")).ShouldBe("permissions_too_wide");
        Code(_accounts.Create("two", "pw")).ShouldBe("permissions_too_wide");
    }

    [Fact]
    public void A_key_store_half_written_or_swapped_is_refused_and_leftovers_are_not_accounts()
    {
        var one = Found(_accounts.Create("one", "pw"));
        var path = Path.Combine(_folder, "keys", "one.json");
        var whole = File.ReadAllText(path);
        File.WriteAllText(Path.Combine(_folder, "keys", "one.json.0123456789abcdef.tmp"), whole[..50]);
        Found(_accounts.List()).Count.ShouldBe(1);

        File.WriteAllText(path, whole[..(whole.Length / 2)]);
        Code(_accounts.Unlock("one", "pw")).ShouldBe("key_store_malformed");
        File.WriteAllText(path, "");
        Code(_accounts.Unlock("one", "pw")).ShouldBe("key_store_malformed");
        Code(_accounts.Current()).ShouldBe("key_store_malformed");

        // The others go on: they list, open, and new ones are made; but never over the broken file.
        Found(_accounts.Create("two", "pw"));
        Code(_accounts.Create("one", "pw")).ShouldBe("account_exists");
        var listing = Found(_accounts.ListAll());
        listing.Accounts.Select(account => account.Name).ShouldBe(["two"]);
        listing.Broken.Select(file => (file.Name, file.Reason.Code)).ShouldBe([("one", "key_store_malformed")]);
        Found(_accounts.Unlock("two", "pw")).Dispose();
        File.SetUnixFileMode(Path.Combine(_folder, "keys", "two.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Found(_accounts.ListAll()).Broken.Select(file => file.Reason.Code).ShouldBe(["key_store_malformed", "permissions_too_wide"]);

        // Another account's file under this address: the password opens it, and it is not the key that it claims to be.
        var lie = whole.Replace(one.Address.ToLowerHex()[2..], "00000000000000000000000000000000000000aa", StringComparison.Ordinal);
        lie.ShouldNotBe(whole);
        File.WriteAllText(path, lie);
        Code(_accounts.Unlock("one", "pw")).ShouldBe("key_store_malformed");
    }

    [Fact]
    public void A_data_folder_that_is_a_file_or_cannot_be_written_is_refused_in_a_line()
    {
        // Not even root can write there; a mode of 0500 would not stop him.
        if (Directory.Exists("/proc/self"))
        {
            Code(new KeyStoreDirectory("/proc/self", new SeededRandom(1), ScryptCost.Light).Create("one", "pw")).ShouldBe("data_folder_read_only");
            Code(JournalKey.LoadOrCreate("/proc/self", new SeededRandom(1))).ShouldBe("data_folder_read_only");
        }

        File.WriteAllText(Path.Combine(_folder, "file"), "x");
        Code(new KeyStoreDirectory(Path.Combine(_folder, "file"), new SeededRandom(1), ScryptCost.Light).Create("one", "pw")).ShouldBe("data_folder_read_only");
        Code(JournalKey.LoadOrCreate(Path.Combine(_folder, "file"), new SeededRandom(1))).ShouldBe("data_folder_read_only");
    }

    [Fact]
    public void A_journal_key_that_is_cut_or_readable_by_others_is_refused()
    {
        Found(JournalKey.LoadOrCreate(_folder, new SeededRandom(1))).Dispose();
        var path = Path.Combine(_folder, JournalKey.FileName);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Code(JournalKey.LoadOrCreate(_folder, new SeededRandom(1))).ShouldBe("permissions_too_wide");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllBytes(path, new byte[31]);
        Code(JournalKey.LoadOrCreate(_folder, new SeededRandom(1))).ShouldBe("journal_key_malformed");
    }

    private static T Found<T>(KeyResult<T> result) => result.ShouldBeOfType<KeyResult<T>.Found>().Value;

    private static string Code<T>(KeyResult<T> result) => result.ShouldBeOfType<KeyResult<T>.Refused>().Reason.Code;

    private static void Restore(string folder)
    {
        foreach (var inner in Directory.EnumerateDirectories(folder))
        {
            File.SetUnixFileMode(inner, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
