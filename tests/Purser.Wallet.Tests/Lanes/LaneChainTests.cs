using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Transactions;
using static Purser.Wallet.Tests.Lanes.LaneWorld;

namespace Purser.Wallet.Tests.Lanes;

/// <summary>What the chain does to a lane: nonces used elsewhere, blocks that are reorganised away, pools that forget.</summary>
public sealed class LaneChainTests : IAsyncLifetime
{
    private LaneWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LaneWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_nonce_that_was_used_elsewhere_is_replaced_only_after_proof_and_the_wish_goes_out_under_a_new_key()
    {
        using var lane = await _world.OpenLaneAsync();
        _world.Mine(2);
        (await lane.SendAsync(Pay("mine"))).ShouldBeOfType<LaneResult.Pending>();
        var foreign = await _world.SendElsewhereAsync(0);
        var behind = await _world.SendElsewhereAsync(1);
        _world.Mine();

        // In a block, but that block could go yet.
        await NextRoundAsync(lane, "mine");
        var open = (await lane.ListOpenAsync()).ShouldHaveSingleItem();
        (open.Reason, open.Ahead, open.HeadNonce).ShouldBe(("nonce_used", -2L, 2UL));
        _world.Mine(2);
        await NextRoundAsync(lane, "mine");

        var replaced = (await lane.FollowAsync("mine", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Replaced>();
        replaced.ShouldBe(new LaneResult.Replaced(0, foreign));
        behind.ShouldNotBe(foreign);
        (await lane.SendAsync(Pay("mine"))).ShouldBe(replaced);
        (await lane.SendAsync(Pay("mine again"))).ShouldBeOfType<LaneResult.Pending>();
        _world.Mine();
        (await lane.FollowAsync("mine again", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        (await _world.VersionsAsync(lane, "mine again"))[0].Nonce.ShouldBe(2UL);
        (await _world.Chain.GetBalanceAsync(Payee)).ShouldBe(UInt256.One);
    }

    [Fact]
    public async Task A_node_that_is_behind_with_its_receipts_does_not_make_a_mined_transaction_a_replaced_one()
    {
        var behind = new UnreachableChain(_world.Chain) { ReadsFail = false };
        using var lane = await _world.OpenLaneAsync(chain: behind);
        (await lane.SendAsync(Pay("mine"))).ShouldBeOfType<LaneResult.Pending>();
        behind.ReceiptsAreMissing = true;
        _world.Mine(40);
        await NextRoundAsync(lane, "mine");
        (await lane.FollowAsync("mine", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Pending>();
        behind.ReceiptsAreMissing = false;
        (await lane.FollowAsync("mine", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
    }

    [Fact]
    public async Task A_receipt_that_a_reorganisation_took_away_is_followed_again()
    {
        using var lane = await _world.OpenLaneAsync();
        var snapshot = _world.Chain.Snapshot();
        await lane.SendAsync(Pay("a"));
        await lane.SendAsync(Pay("b"));
        _world.Mine();
        var before = (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        (await lane.FollowAsync("b", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();

        _world.Chain.Revert(snapshot).ShouldBeTrue();
        _world.Chain.DropTransactions();
        _world.Clock.Advance(TimeSpan.FromSeconds(7));
        _world.Mine();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Pending>();
        (await lane.RecoverAsync()).ShouldBe(2);
        _world.Mine();
        var after = (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        after.Receipt.TransactionHash.ShouldBe(before.Receipt.TransactionHash);
        after.Receipt.BlockHash.ShouldNotBe(before.Receipt.BlockHash);
        (await lane.FollowAsync("b", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        (await _world.Chain.GetBalanceAsync(Payee)).ShouldBe((UInt256)2UL);
    }

    [Fact]
    public async Task What_a_reorganisation_took_away_goes_out_again_before_what_is_new()
    {
        using var lane = await _world.OpenLaneAsync();
        var snapshot = _world.Chain.Snapshot();
        await lane.SendAsync(Pay("a"));
        _world.Mine();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        _world.Chain.Revert(snapshot).ShouldBeTrue();
        _world.Chain.DropTransactions();
        (await lane.SendAsync(Pay("b"))).ShouldBeOfType<LaneResult.Pending>();
        _world.Mine();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        (await lane.FollowAsync("b", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
    }

    [Fact]
    public async Task A_receipt_counts_only_when_it_is_as_deep_as_was_asked()
    {
        using var lane = await _world.OpenLaneAsync(Options with { Confirmations = 3 });
        await lane.SendAsync(Pay("a"));
        _world.Mine();
        await NextRoundAsync(lane, "a");
        (await lane.ListOpenAsync()).ShouldHaveSingleItem().Reason.ShouldBe("confirming");
        _world.Mine();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Pending>();
        _world.Mine();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        (await _world.VersionsAsync(lane, "a")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_a_pool_forgot_is_broadcast_again_in_order()
    {
        using var lane = await _world.OpenLaneAsync();
        foreach (var key in new[] { "a", "b", "c" })
        {
            await lane.SendAsync(Pay(key));
        }

        _world.Chain.DropTransactions();
        _world.Clock.Advance(Options.Rebroadcast);
        await lane.FollowAsync("c", TimeSpan.Zero);
        _world.Mine();
        (await lane.RecoverAsync()).ShouldBe(0);
        (await _world.Chain.GetBalanceAsync(Payee)).ShouldBe((UInt256)3UL);
    }

    [Fact]
    public async Task A_nonce_before_ours_that_nobody_sends_is_told_as_a_gap()
    {
        using var lane = await _world.OpenLaneAsync();
        await _world.SendElsewhereAsync(0);
        var snapshot = _world.Chain.Snapshot();
        _world.Mine();
        await lane.SendAsync(Pay("after a foreign one"));
        _world.Chain.Revert(snapshot).ShouldBeTrue();
        _world.Chain.DropTransactions();
        await NextRoundAsync(lane, "after a foreign one");
        var open = (await lane.ListOpenAsync()).ShouldHaveSingleItem();
        (open.Reason, open.Ahead, open.IsStuck).ShouldBe(("nonce_gap", 1L, true));
    }

    [Fact]
    public async Task Rows_of_the_first_schema_are_kept_and_go_on()
    {
        var store = await _world.OpenStoreAsync();
        await store.MigrateAsync(new MigrationSet("lane", [LaneTable.Migrations.Migrations[0]]));
        var unsigned = new Transaction1559 { ChainId = TestMandate.Chain, GasLimit = 21_000, MaxFeePerGas = 3_000_000_000UL, MaxPriorityFeePerGas = 1_000_000_000UL, To = Payee, Value = 1 };
        var signed = unsigned.WithSignature(_world.Key.Sign(unsigned.SigningHash));
        await store.WriteAsync(transaction =>
        {
            transaction.Execute(
                """
                INSERT INTO lane_transactions (chain, address, request_key, content_hash, nonce, raw, tx_hash, state, fence, created_at)
                VALUES (@chain, @address, 'old', @content, 0, @raw, @hash, 'open', 1, @now)
                """,
                new { chain = TestMandate.Chain.ToString(), address = _world.Key.Address.ToArray(), content = new byte[32], raw = signed.Raw.ToArray(), hash = signed.Hash.ToArray(), now = _world.Clock.GetUtcNow().ToUnixTimeMilliseconds() });
            transaction.Execute("INSERT INTO lane_nonces (chain, address, next_nonce) VALUES (@chain, @address, 1)", new { chain = TestMandate.Chain.ToString(), address = _world.Key.Address.ToArray() });
        });

        using var lane = await _world.OpenLaneAsync();
        (await lane.FollowAsync("old", TimeSpan.Zero)).ShouldBe(new LaneResult.Pending(signed.Hash));
        await lane.SendAsync(Pay("new"));
        _world.Wait();
        await lane.FollowAsync("old", TimeSpan.Zero);
        (await _world.VersionsAsync(lane, "old")).Count.ShouldBe(2);
        _world.Mine();
        (await lane.RecoverAsync()).ShouldBe(0);
        (await _world.Chain.GetTransactionCountAsync(lane.Address)).ShouldBe(2UL);
    }

    private async Task NextRoundAsync(NonceLane lane, string key)
    {
        _world.Clock.Advance(Options.Rebroadcast);
        await lane.FollowAsync(key, TimeSpan.Zero);
    }
}
