using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;
using Purser.Storage;
using Purser.Testing;
using Purser.Testing.Postgres;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests;

/// <summary>
/// Four replicas share one lane and are killed at random, while broadcasts are lost or forgotten, the base fee jumps, and the same key
/// is used elsewhere now and then. In the end there is no gap, no nonce was used twice, and every transaction is mined or provably
/// replaced: compared, nonce by nonce, with what stands in the chain's blocks.
/// </summary>
public sealed class LaneCrashTests : IClassFixture<PostgresFixture>
{
    private const int Replicas = 4;
    private static readonly UInt256 s_gwei = 1_000_000_000UL;

    private readonly PostgresFixture _postgres;

    public LaneCrashTests(PostgresFixture postgres) => _postgres = postgres;

    [Fact]
    public async Task Four_replicas_that_are_killed_at_random_leave_no_gap_and_use_no_nonce_twice()
    {
        var folder = Directory.CreateTempSubdirectory("purser-lane-").FullName;
        await KillAsync($"sqlite:{Path.Combine(folder, "lane.db")}", Tier.Pick(6, 300));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Four_replicas_that_are_killed_at_random_leave_no_gap_and_use_no_nonce_twice_on_PostgreSQL() =>
        await KillAsync((await _postgres.RequireAsync()).Url, Tier.Pick(20, 1_000));

    private static Task KillAsync(string storeUrl, int kills) => Seeded.RunAsync(1, async seeded =>
    {
        using var clock = SandboxClock.Follow(TimeProvider.System);
        using var key = PrivateKey.Generate(new SeededRandom(11));
        using var chain = SandboxChain.Open(new SandboxOptions { ChainId = TestMandate.Chain, Genesis = [new GenesisAccount(key.Address) { Balance = UInt256.Parse("1000000000000000000000000") }] }, clock);
        chain.Automine = false;
        chain.BlockInterval = TimeSpan.FromMilliseconds(200);
        await using var node = await SandboxNode.StartAsync(chain);
        var said = new Dictionary<string, string>();
        var foreign = new HashSet<Hash32>();
        var replicas = Enumerable.Range(0, Replicas).Select(i => Start($"first-{i}")).ToArray();
        try
        {
            for (var kill = 0; kill < kills; kill++)
            {
                var victim = seeded.Next(Replicas);
                chain.SetNextBaseFee(s_gwei * (ulong)seeded.Between(1, 40));
                if (kill % 5 == 4)
                {
                    foreign.Add(await SendElsewhereAsync(chain, key));
                }

                for (var until = seeded.Between(0, 2); until > 0; until--)
                {
                    Take(said, await replicas[victim].ReadLineAsync() ?? throw new InvalidOperationException(await replicas[victim].ReadToEndAsync()));
                }

                await EndAsync(replicas[victim], said);
                replicas[victim] = Start($"kill-{kill}");
            }
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await EndAsync(replica, said);
            }
        }

        await using var store = await Store.OpenAsync(StoreUrl.Parse(storeUrl), TimeProvider.System);
        await SettleAsync(store, chain);
        await CompareAsync(store, chain, node, said, foreign);

        ChildProcess Start(string prefix) => ChildProcess.Start("lane", node.Url.ToString(), storeUrl, prefix, "2");
    });

    private static async Task EndAsync(ChildProcess child, Dictionary<string, string> said)
    {
        await using (child)
        {
            child.Kill();
            foreach (var line in (await child.ReadToEndAsync()).Split('\n')[..^1])
            {
                Take(said, line);
            }
        }
    }

    private static void Take(Dictionary<string, string> said, string line) => said.Add(line.Split(' ')[0], line.Split(' ')[1]);

    // Another program with the same key takes the account's next nonce, and outbids what the lane may have there.
    private static async Task<Hash32> SendElsewhereAsync(SandboxChain chain, PrivateKey key)
    {
        for (var attempt = 0; ; attempt++)
        {
            var unsigned = new Transaction1559
            {
                ChainId = TestMandate.Chain,
                Nonce = await chain.GetTransactionCountAsync(key.Address),
                GasLimit = 21_000,
                MaxFeePerGas = s_gwei * 400UL,
                MaxPriorityFeePerGas = s_gwei * 100UL,
                To = Address.Zero,
            };
            try
            {
                return await chain.SendRawTransactionAsync(unsigned.WithSignature(key.Sign(unsigned.SigningHash)).Raw);
            }
            catch (ChainException) when (attempt < 20)
            {
                // A block came between.
            }
        }
    }

    // What the killed ones left open is brought to its end, on a chain without faults. Bounded, and only by a test that fails.
    private static async Task SettleAsync(Store store, SandboxChain chain)
    {
        using var signer = ChildLane.Signer();
        using var lane = await NonceLane.OpenAsync(store, chain, TestMandate.Chain, signer, TimeProvider.System, ChildLane.Options);
        chain.SetNextBaseFee(s_gwei);
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (await lane.RecoverAsync(bound.Token) > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, bound.Token);
        }

        chain.BlockInterval = null;
    }

    private static async Task CompareAsync(Store store, SandboxChain chain, SandboxNode node, Dictionary<string, string> said, HashSet<Hash32> foreign)
    {
        using var signer = ChildLane.Signer();
        var onChain = await ReadBlocksAsync(chain, node, signer.Address);
        var table = new LaneTable(store, TestMandate.Chain, signer.Address, TimeProvider.System);
        var rows = new Dictionary<ulong, LaneRow>();
        foreach (var key in await store.ReadAsync(reader => reader.Query<string>("SELECT request_key FROM lane_transactions")))
        {
            var row = (await table.FindAsync(key, CancellationToken.None)).ShouldNotBeNull();
            rows.Add((ulong)row.Nonce, row);
        }

        var paid = 0UL;
        foreach (var (nonce, hash) in onChain)
        {
            var row = rows.GetValueOrDefault(nonce);
            if (row is not null && row.Versions.Any(version => version.Hash == hash))
            {
                row.State.ShouldBe("mined");
                new Hash32(row.MinedHash).ShouldBe(hash);
                paid++;
            }
            else
            {
                foreign.ShouldContain(hash);
                row?.State.ShouldBe("replaced");
                row?.ReplacedBy.ShouldBe(hash.ToArray());
            }
        }

        // Every nonce of the lane is in a block, and there is none without a transaction.
        rows.Keys.ShouldAllBe(nonce => onChain.ContainsKey(nonce));
        onChain.Keys.ShouldBe(Enumerable.Range(0, onChain.Count).Select(n => (ulong)n));
        (await chain.GetTransactionCountAsync(signer.Address)).ShouldBe((ulong)onChain.Count);
        (await chain.GetBalanceAsync(ChildLane.Payee)).ShouldBe((UInt256)paid);
        foreach (var row in rows.Values)
        {
            var contents = row.Versions.Select(version => version.Decode() with { MaxFeePerGas = 0, MaxPriorityFeePerGas = 0 });
            contents.Distinct().Count().ShouldBe(1);
        }

        // What a replica said is so.
        var mined = rows.Values.Where(row => row.State == "mined").ToDictionary(row => row.RequestKey, row => new Hash32(row.MinedHash).ToString());
        said.ShouldAllBe(line => mined[line.Key] == line.Value);
        rows.Values.Count(row => row.Versions.Count > 1).ShouldBeGreaterThan(0);
    }

    private static async Task<SortedDictionary<ulong, Hash32>> ReadBlocksAsync(SandboxChain chain, SandboxNode node, Address sender)
    {
        using var http = new HttpClient();
        var rpc = new JsonRpcChain(http, node.Url, TimeProvider.System);
        var found = new SortedDictionary<ulong, Hash32>();
        for (var number = await chain.GetBlockNumberAsync(); number > 0; number--)
        {
            var block = (await rpc.SendAsync(Eth.Block(BlockTag.At(number), withTransactions: true))).ShouldNotBeNull();
            foreach (var transaction in block.Transactions!.Where(t => t.From == sender))
            {
                found.Add(transaction.Nonce, transaction.Hash);
            }
        }

        return found;
    }
}
