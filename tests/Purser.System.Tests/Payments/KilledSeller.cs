using Purser.Ethereum;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Payments;

/// <summary>
/// A seller that was killed (SIGKILL) with six payments between claim and settlement, and started again on the same data folder. Of three the facilitator never heard; of
/// three the money had moved, and the seller had not heard of it.
/// </summary>
public sealed class KilledSeller(PaymentWorld world) : IAsyncLifetime
{
    private readonly Seeded _seeded = new(0x6b696c6c);
    private PurserProcess? _seller;

    /// <summary>The server behind.</summary>
    public CountingUpstream Upstream { get; private set; } = null!;

    /// <summary>Who gains.</summary>
    public Address Payee { get; private set; }

    /// <summary>The shop after its restart.</summary>
    public Uri Shop { get; private set; } = null!;

    /// <summary>Payments of which the facilitator never heard.</summary>
    public IReadOnlyList<PreparedPayment> Unsettled { get; private set; } = [];

    /// <summary>Payments that were settled, without an answer to the seller.</summary>
    public IReadOnlyList<PreparedPayment> Settled { get; private set; } = [];

    /// <summary>What the payee held when the seller was dead.</summary>
    public UInt256 PaidAtDeath { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Upstream = await CountingUpstream.StartAsync();
        Payee = PaymentWorld.NewPayee(_seeded);
        Unsettled = Prepare("held");
        Settled = Prepare("moved");
        await using var relay = await Relay.StartAsync(world.FacilitatorUrl, (path, _) => path == "/settle");
        relay.Mode = body => Unsettled.Any(p => body.Contains(p.Nonce, StringComparison.Ordinal)) ? RelayMode.HoldBefore : RelayMode.HoldAfter;
        var data = world.NewDataFolder("killed-seller");
        await using var first = await world.StartSellerAsync(data, Upstream, Payee, relay.Url);
        var requests = Unsettled.Concat(Settled).Select(p => p.TryPresentAsync(PaymentWorld.UrlOf(first))).ToList();
        await Eventually.HoldsAsync("six settlements are held", () => relay.Held == 6);
        await first.KillAsync();
        (await Task.WhenAll(requests)).ShouldAllBe(reply => reply == null);
        PaidAtDeath = await world.PaymentsToAsync(Payee);
        _seller = await world.StartSellerAsync(data, Upstream, Payee);
        Shop = PaymentWorld.UrlOf(_seller);
    }

    public async ValueTask DisposeAsync()
    {
        if (_seller is not null)
        {
            await _seller.DisposeAsync();
        }
        await Upstream.DisposeAsync();
    }

    private List<PreparedPayment> Prepare(string name) =>
        [.. Enumerable.Range(0, 3).Select(i => PreparedPayment.Sign($"/{name}/{i}", PaymentWorld.Offer(Payee), 2 + i, _seeded))];
}
