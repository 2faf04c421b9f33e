using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Ethereum.Tests.Crypto;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Keys;

public sealed class KeyStoreV3Tests
{
    private const string Password = "correct horse";

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static (byte[] File, Address Account) Sample(string password = Password)
    {
        using var key = PrivateKey.FromBytes(Backends.Bytes("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
        return (KeyStoreV3.Encrypt(key, password, new SystemRandom(), new ScryptCost(2, 1, 1)), key.Address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("correct horse")]
    [InlineData("pässwörd 🚀")]
    public void what_is_written_is_read_back(string password)
    {
        using var key = PrivateKey.Generate(new SystemRandom());
        var file = KeyStoreV3.Encrypt(key, password, new SystemRandom(), ScryptCost.Light);
        KeyStoreV3.TryReadAddress(file, out var claimed).ShouldBeTrue();
        claimed.ShouldBe(key.Address);
        KeyStoreV3.TryDecrypt(file, password, out var again, out _).ShouldBeTrue();
        again!.Address.ShouldBe(key.Address);
        again.Dispose();
    }

    // Written by ethers 6.17.0 with the password "pa\u0308ss \ufb01 \u00bd", which it normalizes.
    private const string EthersFile = """
        {"address":"f39fd6e51aad88f6f4ce6ab8827279cfffb92266","id":"03030303-0303-4303-8303-030303030303","version":3,"Crypto":{
        "cipher":"aes-128-ctr","cipherparams":{"iv":"01010101010101010101010101010101"},
        "ciphertext":"3f88eef8a2e725dc5cf72e9e12b39d0febbcec634e1d78fe4cc2c5c5bdf35497","kdf":"scrypt",
        "kdfparams":{"salt":"0202020202020202020202020202020202020202020202020202020202020202","n":1024,"dklen":32,"p":1,"r":8},
        "mac":"d78b3a21c7b6097845faaae443669ebc409bdefcc30074a7d9c69859d00c5125"}}
        """;

    [Theory]
    [InlineData("pa\u0308ss \ufb01 \u00bd", true)] // as it was typed to ethers
    [InlineData("p\u00e4ss fi \u00bd", true)] // another spelling of the same
    [InlineData("p\u00e4ss fi 1\u20442", true)] // the normalized form itself
    [InlineData("pass fi 1/2", false)]
    [InlineData("\ud83d", false)] // half a surrogate pair has no normalized form
    public void a_password_that_ethers_normalized_opens_its_file(string password, bool opens)
    {
        KeyStoreV3.TryDecrypt(Utf8(EthersFile), password, out var key, out var refusal).ShouldBe(opens, refusal?.Message);
        using (key)
        {
            (key?.Address.ToString() ?? "").ShouldBe(opens ? "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" : "");
        }
    }

    [Fact]
    public void the_written_file_has_the_shape_that_geth_reads_and_no_secret_in_it()
    {
        var (file, account) = Sample();
        var root = JsonDocument.Parse(file).RootElement;
        root.GetProperty("address").GetString().ShouldBe(account.ToLowerHex()[2..]);
        root.GetProperty("version").GetInt32().ShouldBe(3);
        Guid.Parse(root.GetProperty("id").GetString()!).Version.ShouldBe(4);
        var crypto = root.GetProperty("crypto");
        crypto.EnumerateObject().Select(member => member.Name).Order().ShouldBe(["cipher", "cipherparams", "ciphertext", "kdf", "kdfparams", "mac"]);
        crypto.GetProperty("kdfparams").EnumerateObject().Select(member => member.Name).Order().ShouldBe(["dklen", "n", "p", "r", "salt"]);
        Encoding.UTF8.GetString(file).ShouldNotContain("ac0974bec39a17e3");
    }

    [Theory]
    [InlineData("Correct horse")]
    [InlineData("correct horse ")]
    [InlineData("")]
    public void a_wrong_password_is_refused(string password)
    {
        KeyStoreV3.TryDecrypt(Sample().File, password, out var key, out var refusal).ShouldBeFalse();
        key.ShouldBeNull();
        refusal.ShouldBeOfType<KeyStoreRefusal.WrongPassword>().Code.ShouldBe("wrong_password");
    }

    [Theory]
    [InlineData("ciphertext")]
    [InlineData("mac")]
    public void a_changed_byte_does_not_open(string member)
    {
        var root = JsonNode.Parse(Sample().File)!;
        var hex = (string)root["crypto"]![member]!;
        root["crypto"]![member] = (hex[0] == '0' ? '1' : '0') + hex[1..];
        KeyStoreV3.TryDecrypt(Utf8(root.ToJsonString()), Password, out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<KeyStoreRefusal.WrongPassword>();
    }

    // The MAC covers neither the address nor the IV.
    [Fact]
    public void a_file_that_claims_another_account_or_has_another_iv_is_refused()
    {
        var root = JsonNode.Parse(Sample().File)!;
        root["address"] = "70997970c51812dc3a010c7d01b50e0d17dc79c8";
        Refused(root).ShouldBe("address");

        root = JsonNode.Parse(Sample().File)!;
        root["crypto"]!["cipherparams"]!["iv"] = new string('0', 32);
        Refused(root).ShouldBe("address");
    }

    [Theory]
    [InlineData("version", "4", "version")]
    [InlineData("version", "\"3\"", "version")]
    [InlineData("version", "3.5", "version")]
    [InlineData("version", null, "version")]
    [InlineData("address", "\"0x12\"", "address")]
    [InlineData("address", "12", "address")]
    [InlineData("crypto", null, "crypto")]
    [InlineData("crypto", "[]", "crypto")]
    [InlineData("crypto.cipher", "\"aes-256-ctr\"", "crypto.cipher")]
    [InlineData("crypto.cipher", null, "crypto.cipher")]
    [InlineData("crypto.cipherparams", "\"iv\"", "crypto.cipherparams")]
    [InlineData("crypto.cipherparams.iv", "\"00\"", "crypto.cipherparams.iv")]
    [InlineData("crypto.cipherparams.iv", "\"0x000000000000000000000000000000\"", "crypto.cipherparams.iv")]
    [InlineData("crypto.ciphertext", "\"abc\"", "crypto.ciphertext")]
    [InlineData("crypto.ciphertext", "\"\"", "crypto.ciphertext")]
    [InlineData("crypto.mac", "\"zz\"", "crypto.mac")]
    [InlineData("crypto.mac", "7", "crypto.mac")]
    [InlineData("crypto.kdf", "\"argon2\"", "crypto.kdf")]
    [InlineData("crypto.kdfparams", null, "crypto.kdfparams")]
    [InlineData("crypto.kdfparams.dklen", "64", "crypto.kdfparams.dklen")]
    [InlineData("crypto.kdfparams.salt", "\"f\"", "crypto.kdfparams.salt")]
    [InlineData("crypto.kdfparams.n", "3", "crypto.kdfparams.n")]
    [InlineData("crypto.kdfparams.n", "1", "crypto.kdfparams.n")]
    [InlineData("crypto.kdfparams.n", "0", "crypto.kdfparams.n")]
    [InlineData("crypto.kdfparams.n", "4294967296", "crypto.kdfparams.n")]
    [InlineData("crypto.kdfparams.r", "0", "crypto.kdfparams.r")]
    [InlineData("crypto.kdfparams.p", "-1", "crypto.kdfparams.p")]
    public void a_malformed_member_is_named(string path, string? json, string member)
    {
        var root = JsonNode.Parse(Sample().File)!;
        var names = path.Split('.');
        var parent = names[..^1].Aggregate(root, (node, name) => node[name]!).AsObject();
        if (json is null)
        {
            parent.Remove(names[^1]);
        }
        else
        {
            parent[names[^1]] = JsonNode.Parse(json);
        }

        Refused(root).ShouldBe(member);
    }

    [Fact]
    public void a_pbkdf2_file_with_another_prf_is_refused()
    {
        var root = JsonNode.Parse(Vectors.Json("keystore/basic_tests.json").GetProperty("test1").GetProperty("json").GetRawText())!;
        root["crypto"]!["kdfparams"]!["prf"] = "hmac-sha512";
        Refused(root).ShouldBe("crypto.kdfparams.prf");
        root["crypto"]!["kdfparams"]!["prf"] = "hmac-sha256";
        root["crypto"]!["kdfparams"]!["c"] = 0;
        Refused(root).ShouldBe("crypto.kdfparams.c");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{} {}")]
    [InlineData("{\"version\":3,\"version\":3}")]
    public void what_is_no_strict_json_object_is_refused_as_a_whole(string text)
    {
        KeyStoreV3.TryDecrypt(Utf8(text), Password, out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<KeyStoreRefusal.Malformed>().Member.ShouldBe("$");
        KeyStoreV3.TryReadAddress(Utf8(text), out _).ShouldBeFalse();
    }

    [Fact]
    public void duplicate_members_at_any_depth_and_crypto_twice_in_two_spellings_are_refused()
    {
        var text = Encoding.UTF8.GetString(Sample().File);
        Refused(text.Replace("\"n\":2,", "\"n\":2,\"n\":2,", StringComparison.Ordinal)).ShouldBe("$");
        var root = JsonNode.Parse(text)!;
        root["Crypto"] = root["crypto"]!.DeepClone();
        Refused(root).ShouldBe("Crypto");
        root.AsObject().Remove("crypto");
        KeyStoreV3.TryDecrypt(Utf8(root.ToJsonString()), Password, out var key, out _).ShouldBeTrue();
        key!.Dispose();
    }

    [Fact]
    public void an_oversized_or_truncated_file_is_refused()
    {
        var (file, _) = Sample();
        Refused(Encoding.UTF8.GetString(file) + new string(' ', KeyStoreFile.MaxBytes)).ShouldBe("$");
        for (var length = 0; length < file.Length; length++)
        {
            KeyStoreV3.TryDecrypt(file.AsSpan(0, length), Password, out _, out var refusal).ShouldBeFalse();
            refusal.ShouldBeOfType<KeyStoreRefusal.Malformed>();
        }
    }

    [Theory]
    [InlineData(1 << 30, 8, 1)]
    [InlineData(1 << 18, 8, 3)]
    [InlineData(2, int.MaxValue, 1)]
    [InlineData(2, 1, int.MaxValue)]
    [InlineData(1 << 30, int.MaxValue, int.MaxValue)]
    public void a_file_that_would_eat_the_machine_is_refused_before_any_work(int n, int r, int p)
    {
        var root = JsonNode.Parse(Sample().File)!;
        root["crypto"]!["kdfparams"]!["n"] = n;
        root["crypto"]!["kdfparams"]!["r"] = r;
        root["crypto"]!["kdfparams"]!["p"] = p;
        KeyStoreV3.TryDecrypt(Utf8(root.ToJsonString()), Password, out _, out var refusal).ShouldBeFalse();
        var cost = refusal.ShouldBeOfType<KeyStoreRefusal.CostRefused>();
        cost.Code.ShouldBe("keystore_cost_refused");
        cost.Unit.ShouldBe("bytes");
    }

    [Fact]
    public void iterations_are_bounded_and_limits_are_the_callers()
    {
        var root = JsonNode.Parse(Vectors.Json("keystore/basic_tests.json").GetProperty("test1").GetProperty("json").GetRawText())!;
        root["crypto"]!["kdfparams"]!["c"] = int.MaxValue;
        KeyStoreV3.TryDecrypt(Utf8(root.ToJsonString()), Password, out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<KeyStoreRefusal.CostRefused>().Unit.ShouldBe("iterations");

        KeyStoreV3.TryDecrypt(Sample().File, Password, out _, out refusal, new KeyStoreLimits(255, 1)).ShouldBeFalse();
        refusal.ShouldBe(new KeyStoreRefusal.CostRefused(256, 255, "bytes"));
    }

    private static string Refused(JsonNode root) => Refused(root.ToJsonString());

    private static string Refused(string text)
    {
        KeyStoreV3.TryDecrypt(Utf8(text), Password, out var key, out var refusal).ShouldBeFalse();
        key.ShouldBeNull();
        var malformed = refusal.ShouldBeOfType<KeyStoreRefusal.Malformed>();
        malformed.Code.ShouldBe("keystore_malformed");
        return malformed.Member;
    }
}
