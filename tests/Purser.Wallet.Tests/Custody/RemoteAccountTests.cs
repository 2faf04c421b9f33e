using Purser.Ethereum;
using Purser.Testing;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Tests.Custody;

public sealed class RemoteAccountTests : IDisposable
{
    private static readonly Address s_account = Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");

    private readonly string _folder = Directory.CreateTempSubdirectory("purser-remote-").FullName;
    private readonly HttpClient _http = new();
    private readonly KeyStoreDirectory _accounts;

    public RemoteAccountTests() => _accounts = new KeyStoreDirectory(_folder, new SeededRandom(4), ScryptCost.Light);

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void An_account_elsewhere_lists_and_connects_without_a_password_and_has_no_key_here()
    {
        var remote = new RemoteAccount(AccountKind.External, s_account, new("http://127.0.0.1:8550/secret-path"));
        Found(_accounts.AddRemote("ledger", remote)).IsCurrent.ShouldBeTrue();
        Found(_accounts.AddRemote("bank", new(AccountKind.Custodian, Other(1), new("https://api.bankr.bot")))).IsCurrent.ShouldBeFalse();
        Found(_accounts.Find("ledger")).Remote.ShouldBe(remote);
        Found(_accounts.List()).Select(account => (account.Name, account.Kind)).ShouldBe([("bank", AccountKind.Custodian), ("ledger", AccountKind.External)]);
        using var signer = Found(_accounts.Connect("ledger", _http, TimeProvider.System));
        signer.Address.ShouldBe(s_account);
        Code(_accounts.Connect("bank", _http, TimeProvider.System)).ShouldBe("not_external");
        Code(_accounts.Unlock("ledger", "pw")).ShouldBe("no_key_here");
        File.GetUnixFileMode(Path.Combine(_folder, "keys", "ledger.json")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Code(_accounts.AddRemote("again", remote)).ShouldBe("account_exists");
        Code(_accounts.AddRemote("ledger", remote with { Address = Other(2) })).ShouldBe("account_exists");
        Code(_accounts.AddRemote("plain", remote with { Address = Other(2), Url = new("http://10.0.0.1/") })).ShouldBe("signer_url_insecure");
        Code(_accounts.AddRemote("bank2", new(AccountKind.Custodian, Other(2), new("http://10.0.0.1/"), AllowPlainHttp: true))).ShouldBe("signer_url_insecure");
        Code(_accounts.AddRemote("zero", remote with { Address = default })).ShouldBe("address_zero");
        Code(_accounts.AddRemote("keys", remote with { Address = Other(2), Kind = AccountKind.KeyStore })).ShouldBe("account_kind_invalid");
    }

    [Fact]
    public void An_account_that_is_only_watched_lists_and_signs_nothing()
    {
        Found(_accounts.AddWatched("eye", s_account)).ShouldSatisfyAllConditions(a => a.Kind.ShouldBe(AccountKind.Watched), a => a.IsCurrent.ShouldBeTrue());
        Found(_accounts.List()).ShouldHaveSingleItem().ShouldSatisfyAllConditions(a => a.IsWatched.ShouldBeTrue(), a => a.Address.ShouldBe(s_account));
        Code(_accounts.Unlock("eye", "pw")).ShouldBe("watch_only");
        Code(_accounts.Connect("eye", _http, TimeProvider.System)).ShouldBe("watch_only");
        Code(_accounts.AddWatched("zero", default)).ShouldBe("address_zero");
        Code(_accounts.AddWatched("again", s_account)).ShouldBe("account_exists");
        File.WriteAllText(Path.Combine(_folder, "keys", "eye.json"), $$"""{"purserAccount":1,"kind":"watch","address":"{{s_account}}","url":"http://127.0.0.1/"}""");
        Code(_accounts.Find("eye")).ShouldBe("key_store_malformed");
    }

    [Theory]
    [InlineData("""{"purserAccount":2,"kind":"external","address":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","url":"http://127.0.0.1/","allowHttp":false}""")]
    [InlineData("""{"purserAccount":1,"kind":"other","address":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","url":"http://127.0.0.1/","allowHttp":false}""")]
    [InlineData("""{"purserAccount":1,"kind":"external","address":"0x3C44","url":"http://127.0.0.1/","allowHttp":false}""")]
    [InlineData("""{"purserAccount":1,"kind":"external","address":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","url":"http://evil.example/","allowHttp":false}""")]
    [InlineData("""{"purserAccount":1,"kind":"external","address":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","url":"nothing","allowHttp":false}""")]
    [InlineData("""{"purserAccount":1,"kind":"external","address":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","url":"http://127.0.0.1/"}""")]
    [InlineData("""{"purserAccount":1,"kind":"external","address":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","url":"http://127.0.0.1/","allowHttp":false,"more":1}""")]
    [InlineData("""{"purserAccount":1,"kind":"external","kind":"external","address":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","url":"http://127.0.0.1/","allowHttp":false}""")]
    public void A_file_of_an_account_elsewhere_in_another_form_is_refused_alone(string text)
    {
        Found(_accounts.Create("good", "pw"));
        PrivateFile.TryWrite(Path.Combine(_folder, "keys", "bad.json"), System.Text.Encoding.UTF8.GetBytes(text), replace: false, new SeededRandom(9)).ShouldBeTrue();
        Code(_accounts.Find("bad")).ShouldBe("key_store_malformed");
        Found(_accounts.List()).Single().Name.ShouldBe("good");
    }

    [Fact]
    public void Bytes_that_are_changed_or_cut_never_throw_and_never_hide_the_other_accounts()
    {
        Found(_accounts.Create("good", "pw"));
        Found(_accounts.AddRemote("far", new(AccountKind.External, s_account, new("http://127.0.0.1:8550/"))));
        var sources = new[] { "good", "far" }.Select(name => File.ReadAllBytes(Path.Combine(_folder, "keys", name + ".json"))).ToArray();
        var path = Path.Combine(_folder, "keys", "fuzz.json");
        PrivateFile.TryWrite(path, [], replace: false, new SeededRandom(9)).ShouldBeTrue();
        Seeded.Run(Tier.Pick(200, 20_000), seeded =>
        {
            var bytes = seeded.Pick(sources).ToArray();
            if (seeded.OneIn(3))
            {
                bytes = bytes[..seeded.Next(bytes.Length + 1)];
            }
            else
            {
                bytes[seeded.Next(bytes.Length)] ^= (byte)seeded.Between(1, 255);
            }

            File.WriteAllBytes(path, bytes);
            var listing = Found(_accounts.ListAll());
            listing.Accounts.Count(account => account.Name is "good" or "far").ShouldBe(2);
            (listing.Accounts.Count + listing.Broken.Count).ShouldBe(3);
        });
    }

    private static Address Other(byte last) => new([.. new byte[19], last]);

    private static T Found<T>(KeyResult<T> result) => result.ShouldBeOfType<KeyResult<T>.Found>().Value;

    private static string Code<T>(KeyResult<T> result) => result.ShouldBeOfType<KeyResult<T>.Refused>().Reason.Code;
}
