using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Tests.Lanes;

public sealed class WalletLanesTests : IAsyncLifetime
{
    private LaneWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LaneWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task One_key_on_one_chain_has_one_lane_in_a_process_whatever_the_policy_lets_gas_cost_and_the_lane_keeps_to_the_latest_cap()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(1, 1), _world.Clock);
        using var keys = new KeyRing();
        keys.Add(new LocalSigner(PrivateKey.Generate(new SeededRandom(11))));
        var lanes = new WalletLanes(new()
        {
            Store = _world.Store,
            JournalKey = mandate.JournalKey,
            Keys = keys,
            Policy = mandate.Policy,
            Registry = AssetRegistry.BuiltIn,
            Chains = new Dictionary<ChainId, Purser.Ethereum.Rpc.IChain> { [TestMandate.Chain] = _world.Chain },
            Time = _world.Clock,
            Random = new SeededRandom(1),
            Lanes = LaneWorld.Options,
        });
        var found = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => Task.Run(() => lanes.FindAsync(TestMandate.Chain, _world.Key.Address, (UInt256)(ulong)i, CancellationToken.None))));
        found.ShouldAllBe(lane => ReferenceEquals(lane, found[0]));

        // Lowered, the cap holds at once for what the lane does from then on; raised, it lets through again.
        (await lanes.FindAsync(TestMandate.Chain, _world.Key.Address, UInt256.One, CancellationToken.None))!.FeeCap.ShouldBe(UInt256.One);
        (await found[0]!.SendAsync(LaneWorld.Pay("capped"))).ShouldBeOfType<Purser.Wallet.Transactions.LaneResult.Refused>().Code.ShouldBe("fee_over_cap");
        var open = await lanes.FindAsync(TestMandate.Chain, _world.Key.Address, UInt256.MaxValue, CancellationToken.None);
        open!.FeeCap.ShouldBe(LaneWorld.Options.MaxFeePerGas);
        (await open.SendAsync(LaneWorld.Pay("sent"))).ShouldBeOfType<Purser.Wallet.Transactions.LaneResult.Pending>();
    }
}
