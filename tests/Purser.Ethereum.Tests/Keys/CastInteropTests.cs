using System.Text;

namespace Purser.Ethereum.Tests.Keys;

/// <summary>Key stores, mnemonics and signatures go both ways between us and Foundry's <c>cast wallet</c>.</summary>
public sealed class CastInteropTests
{
    private const string Development = "test test test test test test test test test test test junk";

    // Text that Unicode normalization would change: cast takes its UTF-8 as it is, and so do we.
    public static TheoryData<string> Passwords => ["correct horse", " spaces count ", "p\u00e4ssw\u00f6rd \U0001f680", "pa\u0308ss \ufb01 \u00bd", "\"quotes' and $dollars\\"];

    [Theory]
    [MemberData(nameof(Passwords))]
    public async Task cast_opens_what_we_write(string password)
    {
        using var cast = await CastBinary.FindAsync();
        using var key = PrivateKey.Generate(new SystemRandom());
        var file = cast.Write("ours", KeyStoreV3.Encrypt(key, password, new SystemRandom(), ScryptCost.Light));
        var passwordFile = cast.Write("password", Encoding.UTF8.GetBytes(password.Trim()));

        var printed = await cast.WalletAsync(["decrypt-keystore", "ours", "-k", cast.Folder], ("CAST_UNSAFE_PASSWORD", password));
        var secret = new byte[32];
        key.ExportBytes(secret);
        printed.ShouldContain(Hex.Encode(secret));

        // cast trims a password file.
        if (password == password.Trim())
        {
            (await cast.WalletAsync(["address", "--keystore", file, "--password-file", passwordFile])).Trim().ShouldBe(key.Address.ToString());
        }

        (await cast.RefusesAsync(["decrypt-keystore", "ours", "-k", cast.Folder], ("CAST_UNSAFE_PASSWORD", password + "x"))).ShouldBeTrue();
    }

    [Fact]
    public async Task cast_opens_a_file_at_the_cost_that_we_take_for_keys_with_money()
    {
        using var cast = await CastBinary.FindAsync();
        using var key = PrivateKey.Generate(new SystemRandom());
        var file = cast.Write("ours", KeyStoreV3.Encrypt(key, "correct horse", new SystemRandom(), ScryptCost.Standard));
        var password = cast.Write("password", "correct horse"u8.ToArray());
        (await cast.WalletAsync(["address", "--keystore", file, "--password-file", password])).Trim().ShouldBe(key.Address.ToString());
    }

    [Theory]
    [MemberData(nameof(Passwords))]
    public async Task we_open_what_cast_makes(string password)
    {
        using var cast = await CastBinary.FindAsync();
        var printed = await cast.WalletAsync(["new", cast.Folder, "theirs"], ("CAST_PASSWORD", password));
        var file = await File.ReadAllBytesAsync(Path.Combine(cast.Folder, "theirs"), TestContext.Current.CancellationToken);
        KeyStoreV3.TryDecrypt(file, password, out var key, out var refusal).ShouldBeTrue(refusal?.Message);
        using (key)
        {
            printed.ShouldContain(key!.Address.ToString());
        }

        KeyStoreV3.TryDecrypt(file, password + "x", out _, out refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<KeyStoreRefusal.WrongPassword>();
    }

    [Fact]
    public async Task we_open_what_cast_imports()
    {
        using var cast = await CastBinary.FindAsync();
        var mnemonic = cast.Write("words", Encoding.ASCII.GetBytes(Development));
        await cast.WalletAsync(["import", "theirs", "-k", cast.Folder, "--mnemonic", mnemonic, "--mnemonic-index", "3"], ("CAST_UNSAFE_PASSWORD", "correct horse"));
        var file = await File.ReadAllBytesAsync(Path.Combine(cast.Folder, "theirs"), TestContext.Current.CancellationToken);
        KeyStoreV3.TryDecrypt(file, "correct horse", out var key, out var refusal).ShouldBeTrue(refusal?.Message);
        using (key)
        {
            key!.Address.ToString().ShouldBe("0x90F79bf6EB2c4f870365E785982E1f101E93b906");
        }
    }

    [Theory]
    [InlineData(12, "")]
    [InlineData(24, "TREZOR")]
    public async Task cast_derives_the_same_accounts_from_the_words_that_we_generate(int words, string passphrase)
    {
        using var cast = await CastBinary.FindAsync();
        var sentence = Mnemonic.Generate(new SystemRandom(), words);
        var file = cast.Write("words", Encoding.ASCII.GetBytes(sentence));
        var seed = new byte[Mnemonic.SeedSize];
        Mnemonic.ToSeed(sentence, passphrase, seed);
        using var master = HdKey.FromSeed(seed);
        foreach (var index in new[] { "0", "7" })
        {
            using var key = master.Derive($"m/44'/60'/0'/0/{index}");
            string[] more = passphrase.Length > 0 ? ["--mnemonic-passphrase", passphrase] : [];
            (await cast.WalletAsync(["address", "--mnemonic", file, "--mnemonic-index", index, .. more])).Trim().ShouldBe(key.Address.ToString());
        }
    }

    [Fact]
    public async Task cast_signs_with_our_file_what_we_verify()
    {
        using var cast = await CastBinary.FindAsync();
        using var key = PrivateKey.Generate(new SystemRandom());
        var file = cast.Write("ours", KeyStoreV3.Encrypt(key, "correct horse", new SystemRandom(), ScryptCost.Light));
        var password = cast.Write("password", "correct horse"u8.ToArray());
        var signature = Signature.Parse((await cast.WalletAsync(["sign", "--keystore", file, "--password-file", password, "hello"])).Trim());
        var digest = Eip191.HashPersonalMessage("hello");
        Secp256k1.TryRecover(digest, signature, out var signer).ShouldBeTrue();
        signer.ShouldBe(key.Address);
        if (Secp256k1.Backend == "libsecp256k1")
        {
            key.Sign(digest).ShouldBe(signature);
        }
    }
}
