using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Wallet.Transactions;
using static Purser.Wallet.Tests.Lanes.LaneWorld;

namespace Purser.Wallet.Tests.Lanes;

/// <summary>What stays open gets a dearer version, and any of the versions may be the one that is mined.</summary>
public sealed class LaneFeeTests : IAsyncLifetime
{
    private LaneWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LaneWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task What_stays_open_gets_a_dearer_version_of_itself_and_is_paid_once()
    {
        using var lane = await _world.OpenLaneAsync();
        var first = await PendingAsync(lane.SendAsync(Pay("a")));
        _world.Wait();
        var second = await PendingAsync(lane.FollowAsync("a", TimeSpan.Zero));
        second.TransactionHash.ShouldNotBe(first.TransactionHash);

        var versions = await _world.VersionsAsync(lane, "a");
        versions.Count.ShouldBe(2);
        (versions[1] with { MaxFeePerGas = versions[0].MaxFeePerGas, MaxPriorityFeePerGas = versions[0].MaxPriorityFeePerGas }).ShouldBe(versions[0]);
        (versions[1].MaxFeePerGas * 8UL).ShouldBeGreaterThanOrEqualTo(versions[0].MaxFeePerGas * 9UL);
        (versions[1].MaxPriorityFeePerGas * 8UL).ShouldBeGreaterThanOrEqualTo(versions[0].MaxPriorityFeePerGas * 9UL);

        _world.Mine();
        (await MinedAsync(lane, "a")).ShouldBe(second.TransactionHash);
        (await _world.Chain.GetBalanceAsync(Payee)).ShouldBe(UInt256.One);
    }

    // On a chain without tips a tip of nothing stays nothing by any percentage, and pools take no version that is not dearer in both.
    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(7UL, 0UL)]
    [InlineData(1UL, 1UL)]
    [InlineData(1_000_000_007UL, 0UL)]
    public async Task Bump_below_the_pool_s_minimum_is_never_offered(ulong fee, ulong tip)
    {
        var head = (await _world.Chain.GetBlockAsync(BlockTag.Latest)).ShouldNotBeNull() with { BaseFeePerGas = UInt256.Zero };
        var before = new Transaction1559 { ChainId = TestMandate.Chain, MaxFeePerGas = fee, MaxPriorityFeePerGas = tip, GasLimit = 21_000, To = Payee };
        var (dearer, dearerTip) = new LaneFees(_world.Chain, Payee, Options).Raise(before, new(head, UInt256.Zero)).ShouldNotBeNull();
        foreach (var (now, was) in new[] { (dearer, (UInt256)fee), (dearerTip, (UInt256)tip) })
        {
            now.ShouldBeGreaterThan(was);
            (now * 100UL).ShouldBeGreaterThanOrEqualTo(was * 110UL);
        }

        dearerTip.ShouldBeLessThanOrEqualTo(dearer);
    }

    [Fact]
    public async Task It_is_not_raised_before_its_time_and_what_waits_behind_another_is_not_raised_at_all()
    {
        using var lane = await _world.OpenLaneAsync();
        await PendingAsync(lane.SendAsync(Pay("a")));
        await PendingAsync(lane.SendAsync(Pay("b")));
        _world.Clock.Advance(Options.BumpAfter - TimeSpan.FromSeconds(1));
        (await lane.RecoverAsync()).ShouldBe(2);
        (await _world.VersionsAsync(lane, "a")).Count.ShouldBe(1);
        _world.Wait();
        (await lane.RecoverAsync()).ShouldBe(2);
        (await _world.VersionsAsync(lane, "a")).Count.ShouldBe(2);
        (await _world.VersionsAsync(lane, "b")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task All_that_offer_less_than_a_risen_base_fee_are_raised_to_the_market_and_mined_together()
    {
        using var lane = await _world.OpenLaneAsync();
        await PendingAsync(lane.SendAsync(Pay("a")));
        await PendingAsync(lane.SendAsync(Pay("b")));
        var baseFee = (UInt256)20_000_000_000UL;
        _world.Chain.SetNextBaseFee(baseFee);
        _world.Mine();
        (await lane.ListOpenAsync()).Select(open => open.Reason).ShouldBe(["underpriced", "underpriced"]);
        _world.Wait();
        (await lane.RecoverAsync()).ShouldBe(2);
        (await _world.VersionsAsync(lane, "b"))[^1].MaxFeePerGas.ShouldBeGreaterThan(baseFee);
        _world.Mine();
        (await lane.RecoverAsync()).ShouldBe(0);
        (await _world.Chain.GetBalanceAsync(Payee)).ShouldBe((UInt256)2UL);
    }

    [Fact]
    public async Task An_older_version_that_is_mined_counts_and_is_the_one_that_is_named()
    {
        var lossy = new UnreachableChain(_world.Chain) { ReadsFail = false };
        using var lane = await _world.OpenLaneAsync(chain: lossy);
        var first = await PendingAsync(lane.SendAsync(Pay("a")));
        lossy.SendsAreLost = true;
        _world.Wait();
        (await PendingAsync(lane.FollowAsync("a", TimeSpan.Zero))).TransactionHash.ShouldNotBe(first.TransactionHash);
        _world.Mine();
        (await MinedAsync(lane, "a")).ShouldBe(first.TransactionHash);
        (await lane.ListOpenAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task At_the_cap_it_stays_pending_and_is_told_as_stuck()
    {
        var scout = await _world.OpenLaneAsync();
        await PendingAsync(scout.SendAsync(Pay("scout")));
        var fee = (await _world.VersionsAsync(scout, "scout"))[0].MaxFeePerGas;
        scout.Dispose();
        _world.Mine();
        using var lane = await _world.OpenLaneAsync(Options with { MaxFeePerGas = fee });
        await lane.RecoverAsync();
        (await PendingAsync(lane.SendAsync(Pay("a")))).IsStuck.ShouldBeFalse();
        _world.Chain.SetNextBaseFee(fee * 2UL);
        _world.Mine();
        for (var round = 0; round < 3; round++)
        {
            _world.Wait();
            (await PendingAsync(lane.FollowAsync("a", TimeSpan.Zero))).StuckReason.ShouldBe("fee_cap_reached");
        }

        var open = (await lane.ListOpenAsync()).ShouldHaveSingleItem();
        open.IsStuck.ShouldBeTrue();
        open.Reason.ShouldBe("fee_cap_reached");
        open.Versions.ShouldBe(1);
        open.MaxFeePerGas.ShouldBeLessThanOrEqualTo(fee);

        // It is not lost: when gas is cheaper it goes through.
        _world.Chain.SetNextBaseFee(1_000_000UL);
        _world.Mine();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
    }

    [Fact]
    public async Task What_the_account_cannot_pay_for_is_told_and_not_raised()
    {
        using var lane = await _world.OpenLaneAsync();
        await PendingAsync(lane.SendAsync(Pay("a")));
        _world.Chain.SetBalance(lane.Address, UInt256.One);
        _world.Wait();
        (await PendingAsync(lane.FollowAsync("a", TimeSpan.Zero))).StuckReason.ShouldBe("insufficient_gas_funds");
        (await _world.VersionsAsync(lane, "a")).Count.ShouldBe(1);
        _world.Chain.SetBalance(lane.Address, UInt256.Parse("1000000000000000000"));
        _world.Mine();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
    }

    [Fact]
    public async Task Two_replicas_that_raise_at_once_make_one_version()
    {
        using var lane = await _world.OpenLaneAsync(Options with { LeaseWait = TimeSpan.FromSeconds(30) });
        using var other = await _world.OpenLaneAsync(Options with { LeaseWait = TimeSpan.FromSeconds(30) }, store: await _world.OpenStoreAsync());
        await PendingAsync(lane.SendAsync(Pay("a")));
        _world.Wait();
        await Task.WhenAll(lane.RecoverAsync(), other.RecoverAsync());
        (await _world.VersionsAsync(lane, "a")).Count.ShouldBe(2);
    }

    [Theory]
    // geth, erigon; nethermind; besu; anvil; our sandbox.
    [InlineData("already known", -32000, nameof(LaneAnswer.Accepted))]
    [InlineData("AlreadyKnown", -32010, nameof(LaneAnswer.Accepted))]
    [InlineData("Known transaction", -32000, nameof(LaneAnswer.Accepted))]
    [InlineData("transaction already imported", -32003, nameof(LaneAnswer.Accepted))]
    [InlineData("unknown transaction type", -32000, nameof(LaneAnswer.Refused))]
    [InlineData("nonce too low: address 0x00, tx: 1 state: 2", -32000, nameof(LaneAnswer.NonceUsed))]
    [InlineData("OldNonce, Current nonce: 5, nonce of rejected tx: 4", -32010, nameof(LaneAnswer.NonceUsed))]
    [InlineData("Nonce too low", -32001, nameof(LaneAnswer.NonceUsed))]
    [InlineData("replacement transaction underpriced", -32000, nameof(LaneAnswer.CannotReplace))]
    [InlineData("ReplacementNotAllowed, replacing tx has lower fee", -32010, nameof(LaneAnswer.CannotReplace))]
    [InlineData("transaction underpriced: tip needed 1000000000, tip permitted 1", -32000, nameof(LaneAnswer.Underpriced))]
    [InlineData("max fee per gas less than block base fee: address 0x00", -32000, nameof(LaneAnswer.Underpriced))]
    [InlineData("Insufficient funds for gas * price + value", -32003, nameof(LaneAnswer.NoFunds))]
    [InlineData("Upfront cost exceeds account balance", -32004, nameof(LaneAnswer.NoFunds))]
    [InlineData("something of tomorrow", -32000, nameof(LaneAnswer.Refused))]
    [InlineData("connection refused", 0, nameof(LaneAnswer.Lost))]
    public void The_words_of_nodes_are_understood(string message, int code, string answer) =>
        LaneBroadcast.Read(new ChainException(message) { Code = code }).ToString().ShouldBe(answer);

    private static async Task<LaneResult.Pending> PendingAsync<T>(Task<T> result)
        where T : LaneResult? => (await result).ShouldBeOfType<LaneResult.Pending>();

    private static async Task<Hash32> MinedAsync(NonceLane lane, string key) =>
        (await lane.FollowAsync(key, TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>().Receipt.TransactionHash;
}
