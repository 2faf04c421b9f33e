using Purser.Ethereum;
using Purser.Wallet.Keys;
using Purser.Wallet.Transactions;
using static Purser.Wallet.Tests.Lanes.LaneWorld;

namespace Purser.Wallet.Tests.Lanes;

/// <summary>Fencing, and what an operator can do.</summary>
public sealed class LaneHolderTests : IAsyncLifetime
{
    private LaneWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LaneWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_paused_holder_whose_lease_passed_on_stores_nothing()
    {
        using var signer = new PausingSigner();
        using var paused = await _world.OpenLaneAsync(signer: signer);
        using var successor = await _world.OpenLaneAsync(store: await _world.OpenStoreAsync());
        signer.Pause();
        var late = paused.SendAsync(Pay("late"));
        await signer.Asked;
        _world.Clock.Advance(Options.LeaseDuration);
        (await successor.SendAsync(Pay("successor"))).ShouldBeOfType<LaneResult.Pending>();
        signer.Resume();

        (await late).ShouldBeOfType<LaneResult.Refused>().Code.ShouldBe("lane_busy");
        (await paused.FollowAsync("late", TimeSpan.Zero)).ShouldBeNull();
        (await _world.VersionsAsync(successor, "successor"))[0].Nonce.ShouldBe(0UL);
        (await paused.SendAsync(Pay("late"))).ShouldBeOfType<LaneResult.Pending>();
        _world.Mine();
        (await paused.RecoverAsync()).ShouldBe(0);
        (await _world.Chain.GetBalanceAsync(Payee)).ShouldBe((UInt256)2UL);
    }

    [Fact]
    public async Task A_paused_holder_whose_lease_passed_on_raises_nothing()
    {
        using var signer = new PausingSigner();
        using var paused = await _world.OpenLaneAsync(signer: signer);
        using var successor = await _world.OpenLaneAsync(store: await _world.OpenStoreAsync());
        await paused.SendAsync(Pay("a"));
        _world.Wait();
        signer.Pause();
        var late = paused.RecoverAsync();
        await signer.Asked;
        _world.Clock.Advance(Options.LeaseDuration);
        await successor.RecoverAsync();
        var versions = await _world.VersionsAsync(successor, "a");
        versions.Count.ShouldBe(2);
        signer.Resume();

        (await late).ShouldBe(1);
        (await _world.VersionsAsync(successor, "a")).ShouldBe(versions);
        _world.Mine();
        (await paused.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
    }

    [Fact]
    public async Task A_signer_that_takes_longer_than_a_lease_keeps_the_lane_and_is_not_asked_for_nothing()
    {
        using var signer = new PausingSigner();
        using var lane = await _world.OpenLaneAsync(signer: signer);
        signer.Pause();
        var slow = lane.SendAsync(Pay("slow"));
        await signer.Asked;
        for (var i = 0; i < 4; i++)
        {
            var renewed = _world.Clock.GetUtcNow().ToUnixTimeMilliseconds();
            renewed += (long)Options.LeaseDuration.TotalMilliseconds;
            _world.Clock.Advance(Options.LeaseDuration * 0.4);
            for (var look = 0; look < 1000 && await LeaseEndsAsync() <= renewed; look++)
            {
                // The pause may have begun after the clock was moved; a little more is still within the lease.
                _world.Clock.Advance(look == 200 ? Options.LeaseDuration * 0.4 : TimeSpan.Zero);
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }
        }

        signer.Resume();
        (await slow).ShouldBeOfType<LaneResult.Pending>();
        _world.Mine();
        (await lane.FollowAsync("slow", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
    }

    private Task<long> LeaseEndsAsync() => _world.Store.ReadAsync(reader => reader.QuerySingleOrDefault<long>("SELECT MAX(expires_at) FROM purser_leases"));

    [Fact]
    public async Task A_signer_that_does_not_sign_takes_no_nonce_and_a_fee_that_it_does_not_sign_is_told()
    {
        using var signer = new PausingSigner { Refuses = true };
        using var lane = await _world.OpenLaneAsync(signer: signer);
        (await lane.SendAsync(Pay("a"))).ShouldBeOfType<LaneResult.Refused>().Code.ShouldStartWith("signer_");
        signer.Refuses = false;
        (await lane.SendAsync(Pay("a"))).ShouldBeOfType<LaneResult.Pending>();
        signer.Refuses = true;
        _world.Wait();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Pending>().StuckReason.ShouldBe("signer_failed");
        _world.Mine();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
    }

    [Fact]
    public async Task A_cancelled_transaction_takes_its_nonce_and_pays_nobody()
    {
        using var lane = await _world.OpenLaneAsync();
        (await lane.CancelAsync("never sent", TimeSpan.Zero)).ShouldBeNull();
        await lane.SendAsync(Pay("a"));
        await lane.SendAsync(Pay("b"));
        (await lane.CancelAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Pending>();
        (await lane.ListOpenAsync()).Select(open => (open.Key, open.IsCancelling)).ShouldBe([("a", true), ("b", false)]);
        (await lane.CancelAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Pending>();
        (await _world.VersionsAsync(lane, "a")).Count.ShouldBe(2);

        // A cancellation is raised like anything else, and stays one.
        _world.Wait();
        await lane.RecoverAsync();
        var versions = await _world.VersionsAsync(lane, "a");
        (versions.Count, versions[^1].To, versions[^1].Value, versions[^1].Data.Length).ShouldBe((3, lane.Address, UInt256.Zero, 0));
        _world.Mine();
        var cancelled = (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Cancelled>();
        (await lane.SendAsync(Pay("a"))).ShouldBeOfType<LaneResult.Cancelled>().Receipt.TransactionHash.ShouldBe(cancelled.Receipt.TransactionHash);
        (await lane.FollowAsync("b", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        (await _world.Chain.GetBalanceAsync(Payee)).ShouldBe(UInt256.One);
    }

    [Fact]
    public async Task A_cancellation_that_comes_too_late_says_that_it_was_mined()
    {
        var lossy = new UnreachableChain(_world.Chain) { ReadsFail = false };
        using var lane = await _world.OpenLaneAsync(chain: lossy);
        await lane.SendAsync(Pay("a"));
        lossy.SendsAreLost = true;
        (await lane.CancelAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Pending>();
        _world.Mine();
        (await lane.CancelAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
        (await _world.Chain.GetBalanceAsync(Payee)).ShouldBe(UInt256.One);
    }

    [Fact]
    public async Task A_cancellation_above_the_fee_cap_is_refused_and_changes_nothing()
    {
        using var lane = await _world.OpenLaneAsync();
        await lane.SendAsync(Pay("a"));
        using var stingy = await _world.OpenLaneAsync(Options with { MaxFeePerGas = 1_000UL });
        (await stingy.CancelAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Refused>().Code.ShouldBe("fee_over_cap");
        _world.Mine();
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Mined>();
    }

    [Fact]
    public async Task A_lane_with_too_many_open_takes_no_more_until_one_is_mined()
    {
        using var lane = await _world.OpenLaneAsync(Options with { MaxOpen = 2 });
        await lane.SendAsync(Pay("a"));
        await lane.SendAsync(Pay("b"));
        (await lane.SendAsync(Pay("c"))).ShouldBeOfType<LaneResult.Refused>().Code.ShouldBe("lane_full");
        _world.Mine();
        await lane.RecoverAsync();
        (await lane.SendAsync(Pay("c"))).ShouldBeOfType<LaneResult.Pending>();
    }

    [Fact]
    public async Task The_operator_sees_age_and_what_has_been_open_for_too_long()
    {
        using var lane = await _world.OpenLaneAsync(Options with { BumpAfter = TimeSpan.FromDays(1) });
        await lane.SendAsync(Pay("a"));
        await lane.SendAsync(Pay("b"));
        _world.Clock.Advance(Options.StuckAfter);
        var open = await lane.ListOpenAsync();
        open.Select(t => (t.Key, t.Nonce, t.Ahead, t.Reason, t.IsStuck, t.Age, t.Versions)).ShouldBe(
        [
            ("a", 0UL, 0L, "waiting", true, Options.StuckAfter, 1),
            ("b", 1UL, 1L, "waits_behind", true, Options.StuckAfter, 1),
        ]);
        (await lane.FollowAsync("a", TimeSpan.Zero)).ShouldBeOfType<LaneResult.Pending>().IsStuck.ShouldBeTrue();
    }

    /// <summary>The world's key, which signs when it is let.</summary>
    private sealed class PausingSigner : ISigner
    {
        private readonly LocalSigner _inner = new(PrivateKey.Generate(new SeededRandom(11)));
        private TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource? _gate;

        public Address Address => _inner.Address;

        public Task Asked => _asked.Task;

        public bool Refuses { get; set; }

        public void Pause()
        {
            _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public void Resume() => _gate!.SetResult();

        public void Dispose() => _inner.Dispose();

        async ValueTask<Signature> ISigner.SignAsync(SigningPayload payload, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            if (_gate is { } gate)
            {
                await gate.Task;
            }

            return Refuses ? throw new SignerException("no") : await ((ISigner)_inner).SignAsync(payload, cancellationToken);
        }
    }
}
