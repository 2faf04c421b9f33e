using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;
using Purser.Storage;
using Purser.Testing;
using Purser.Testing.Postgres;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests;

/// <summary>Replicas that share one lane and are killed at random: no nonce is left out or used twice, and every transaction that was stored is mined.</summary>
public sealed class LaneCrashTests : IClassFixture<PostgresFixture>
{
    private readonly PostgresFixture _postgres;

    public LaneCrashTests(PostgresFixture postgres) => _postgres = postgres;

    [Fact]
    public async Task Killed_replicas_of_one_lane_leave_no_gap_and_send_nothing_twice()
    {
        var folder = Directory.CreateTempSubdirectory("purser-lane-").FullName;
        await KillAsync($"sqlite:{Path.Combine(folder, "lane.db")}", Tier.Pick(8, 300));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Killed_replicas_of_one_lane_leave_no_gap_and_send_nothing_twice_on_PostgreSQL() =>
        await KillAsync((await _postgres.RequireAsync()).Url, Tier.Pick(4, 100));

    private static Task KillAsync(string storeUrl, int kills) => Seeded.RunAsync(1, async seeded =>
    {
        using var clock = SandboxClock.Follow(TimeProvider.System);
        using var signer = ChildLane.Signer();
        using var chain = SandboxChain.Open(new SandboxOptions { ChainId = TestMandate.Chain, Genesis = [new GenesisAccount(signer.Address) { Balance = UInt256.Parse("1000000000000000000") }] }, clock);
        await using var node = await SandboxNode.StartAsync(chain);
        var said = new HashSet<string>();
        await using (var steady = ChildProcess.Start("lane", node.Url.ToString(), storeUrl, "steady", "2"))
        {
            Take(said, await NextAsync(steady));
            for (var kill = 0; kill < kills; kill++)
            {
                await using var child = ChildProcess.Start("lane", node.Url.ToString(), storeUrl, $"kill-{kill}", $"{seeded.Between(1, 4)}");
                for (var until = seeded.Between(1, 8); until > 0; until--)
                {
                    Take(said, await NextAsync(child));
                }

                child.Kill();
                Take(said, (await child.ReadToEndAsync()).Split('\n')[..^1]);
            }

            steady.Kill();
            Take(said, (await steady.ReadToEndAsync()).Split('\n')[..^1]);
        }

        await using var store = await Store.OpenAsync(StoreUrl.Parse(storeUrl), TimeProvider.System);
        using var lane = await NonceLane.OpenAsync(store, chain, TestMandate.Chain, signer, TimeProvider.System, ChildLane.Options);
        (await lane.RecoverAsync()).ShouldBe(0);
        foreach (var line in said)
        {
            var mined = (await lane.FollowAsync(line.Split(' ')[0], TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
            mined.Receipt.TransactionHash.ToString().ShouldBe(line.Split(' ')[1]);
        }

        // One wei for each stored transaction, one nonce for each, none left out.
        var nonces = await store.ReadAsync(reader => reader.Query<long>("SELECT nonce FROM lane_transactions ORDER BY nonce"));
        nonces.ShouldBe(Enumerable.Range(0, nonces.Count).Select(n => (long)n));
        (await chain.GetTransactionCountAsync(signer.Address, BlockTag.Latest)).ShouldBe((ulong)nonces.Count);
        (await chain.GetBalanceAsync(ChildLane.Payee)).ShouldBe((UInt256)(ulong)nonces.Count);
        said.Count.ShouldBeGreaterThan(kills);
    });

    private static async Task<string> NextAsync(ChildProcess child) => await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadToEndAsync());

    private static void Take(HashSet<string> said, params IEnumerable<string> lines) => said.UnionWith(lines);
}
