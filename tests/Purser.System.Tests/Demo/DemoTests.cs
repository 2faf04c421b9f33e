using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.SystemTests.Payments;

namespace Purser.SystemTests.Demo;

/// <summary><c>purser demo</c>: its hashes are confirmed by its chain, and its ledger balances.</summary>
public sealed class DemoTests(RunningDemo demo) : IClassFixture<RunningDemo>
{
    [Fact]
    public async Task Every_transaction_hash_is_confirmed_by_a_query_to_its_chain()
    {
        demo.Hashes.Count.ShouldBeGreaterThanOrEqualTo(3);
        demo.Hashes.Distinct().Count().ShouldBe(demo.Hashes.Count);
        var chain = new JsonRpcChain(PaymentWorld.Http, new Uri(demo.Data.GetProperty("rpcUrl").GetString()!), TimeProvider.System);
        foreach (var hash in demo.Hashes)
        {
            (await chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull(hash.ToString()).Succeeded.ShouldBeTrue(hash.ToString());
        }
        (await chain.GetTransactionReceiptAsync(Keccak256.Hash("no transaction"u8))).ShouldBeNull();
    }

    [Fact]
    public void The_acts_are_told()
    {
        var names = demo.Data.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("name").GetString()).ToList();
        foreach (var act in new[] { "deploy", "agent", "mint", "services", "pay", "repeat", "replay refused", "over the cap" })
        {
            names.ShouldContain(act);
        }
        demo.Data.GetProperty("steps").EnumerateArray().ShouldAllBe(step => step.GetProperty("detail").GetString()!.Length > 0);
    }

    [Fact]
    public void The_ledgers_deltas_sum_to_zero_for_every_asset()
    {
        var rows = demo.Data.GetProperty("ledger").EnumerateArray().ToList();
        rows.ShouldAllBe(row => Number(row, "after") - Number(row, "before") == Number(row, "delta"));
        var assets = rows.GroupBy(row => row.GetProperty("asset").GetString()!, StringComparer.Ordinal).ToList();
        assets.Select(asset => asset.Key).Order(StringComparer.Ordinal).ShouldBe(["ETH", "TUSD"]);
        assets.ShouldAllBe(asset => asset.Aggregate(BigInteger.Zero, (sum, row) => sum + Number(row, "delta")).IsZero);
        Delta(rows, "agent", "TUSD").ShouldBe(99_990_000); // 100.00 minted, 0.01 paid
        Delta(rows, "seller", "TUSD").ShouldBe(10_000);
        Delta(rows, "mint", "TUSD").ShouldBe(-100_000_000);
        Delta(rows, "agent", "ETH").ShouldBe(0);
        Delta(rows, "burned base fee", "ETH").ShouldBeGreaterThan(0);
    }

    [Fact]
    public void The_search_for_secrets_finds_what_is_there()
    {
        using var key = Cli.Composition.DevelopmentAccounts.Key(0);
        var bytes = new byte[32];
        key.ExportBytes(bytes);
        var store = KeyStoreV3.Encrypt(key, new string('a', 32), new SystemRandom(), ScryptCost.Light);
        var texts = new[] { ("one", $"x=0x{Convert.ToHexString(bytes)};"), ("two", $"\"{new string('a', 32)}\""), ("three", Convert.ToBase64String(bytes)), ("four", new string('f', 64)), ("five", $"d={UInt256.FromBigEndian(bytes)}"), ("six", System.Buffers.Text.Base64Url.EncodeToString(bytes)) };
        PlainSecrets.FindKeys(texts, key.Address).ShouldBe(["one", "three", "five", "six"]);
        PlainSecrets.FindPasswords(texts, store).ShouldBe(["two"]);
    }

    private static BigInteger Number(JsonElement row, string name) => BigInteger.Parse(row.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private static BigInteger Delta(List<JsonElement> rows, string account, string asset) =>
        Number(rows.Single(row => row.GetProperty("account").GetString() == account && row.GetProperty("asset").GetString() == asset), "delta");
}
