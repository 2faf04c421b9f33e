using System.Text;
using Purser.Ethereum.Tests.Crypto;
using Purser.Testing;

namespace Purser.Ethereum.Tests.KnownAnswers;

/// <summary>Key store files that other wallets wrote, each opened with its password whatever it costs.</summary>
public sealed class WalletVectorTests
{
    [Fact]
    public void the_official_key_stores_open()
    {
        var seen = 0;
        foreach (var file in Vectors.Json("keystore/basic_tests.json").EnumerateObject())
        {
            Open(file.Name, file.Value.GetProperty("json").GetRawText(), file.Value.GetProperty("password").GetString()!, file.Value.Bytes("priv"), null);
            seen++;
        }

        VectorSets.Passed("key stores", seen);
    }

    [Fact]
    public void ethers_5_wallets_open_and_presale_wallets_are_refused()
    {
        var seen = 0;
        foreach (var file in Vectors.Json("ethers/v5_wallets.json").EnumerateArray())
        {
            var (name, json) = (file.GetProperty("name").GetString()!, file.GetProperty("json").GetString()!);
            if (file.GetProperty("type").GetString() == "secret-storage")
            {
                Open(name, json, file.GetProperty("password").GetString()!, file.Bytes("privateKey"), Address.Parse(file.GetProperty("address").GetString()!));
            }
            else
            {
                Refuse(json);
            }

            seen++;
        }

        VectorSets.Passed("wallets, ethers 5", seen);
    }

    [Fact]
    public void ethers_6_wallets_open_and_presale_wallets_are_refused()
    {
        var seen = 0;
        foreach (var file in Vectors.Json("ethers/v6_wallets.json").EnumerateArray())
        {
            var (name, json) = (file.GetProperty("name").GetString()!, file.GetProperty("content").GetString()!);
            if (file.GetProperty("type").GetString() == "keystore")
            {
                Open(name, json, Encoding.UTF8.GetString(file.Bytes("password")), null, Address.Parse(file.GetProperty("address").GetString()!));
            }
            else
            {
                Refuse(json);
            }

            seen++;
        }

        VectorSets.Passed("wallets, ethers 6", seen);
    }

    private static void Open(string name, string json, string password, byte[]? secret, Address? account)
    {
        KeyStoreV3.TryDecrypt(Encoding.UTF8.GetBytes(json), password, out var key, out var refusal).ShouldBeTrue($"{name}: {refusal?.Message}");
        using (key)
        {
            var bytes = new byte[32];
            key!.ExportBytes(bytes);
            bytes.ShouldBe(secret ?? bytes, name);
            key.Address.ShouldBe(account ?? key.Address, name);
        }
    }

    // The wallets of Ethereum's presale of 2014 have a form of their own, from before V3.
    private static void Refuse(string json)
    {
        KeyStoreV3.TryDecrypt(Encoding.UTF8.GetBytes(json), "foo", out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<KeyStoreRefusal.Malformed>().Member.ShouldBe("version");
    }
}
