using System.Collections.Concurrent;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Payments;

/// <summary>
/// A seller that is killed again and again under load, at moments that a seed chooses: when a handler begins, when a settlement is asked, when it is answered, or some
/// milliseconds after. The seed gives the same payments and the same choices of moments; how far each request has come by then is the machine's.
/// </summary>
public sealed class RollingKillsTests(PaymentWorld world)
{
    private const int PaymentsPerKill = 3;
    private const int MaxOpenPresented = 6;

    [Fact]
    public Task Whatever_the_moment_each_payment_is_served_once_settled_once_and_never_unpaid() =>
        Seeded.RunAsync(1, seeded => new Run(world, seeded).PlayAsync(Tier.Pick(20, 1000)));

    private sealed class Run(PaymentWorld world, Seeded seeded)
    {
        private readonly List<PreparedPayment> _open = [];
        private IReadOnlyList<PreparedPayment> _all = []; // replaced, never changed: the relay reads it
        private readonly ConcurrentDictionary<string, int> _runsAtSettlement = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, string> _bodies = new(StringComparer.Ordinal);
        private CountingUpstream _upstream = null!;
        private Relay _relay = null!;

        public async Task PlayAsync(int kills)
        {
            var payee = PaymentWorld.NewPayee(seeded);
            var data = world.NewDataFolder($"rolling-{seeded.Seed:x}");
            await using var upstream = _upstream = await CountingUpstream.StartAsync();
            await using var relay = _relay = await Relay.StartAsync(world.FacilitatorUrl, (path, _) => path == "/settle");
            relay.OnSeen = NoteSettlement;
            for (var kill = 0; kill < kills; kill++)
            {
                _open.AddRange(Enumerable.Range(0, PaymentsPerKill).Select(i => PreparedPayment.Sign($"/rolling/{kill}/{i}", PaymentWorld.Offer(payee), 2 + i, seeded)));
                _all = [.. _all, .. _open.TakeLast(PaymentsPerKill)];
                await using var seller = await world.StartSellerAsync(data, upstream, payee, relay.Url);
                await LoadAndKillAsync(seller);
            }

            await using var last = await world.StartSellerAsync(data, upstream, payee, relay.Url);
            await FinishAsync(PaymentWorld.UrlOf(last));
            foreach (var payment in _all)
            {
                upstream.RunsOf(payment.Path).ShouldBe(_runsAtSettlement[payment.Path], payment.Path);
                _bodies[payment.Path].ShouldBe($"{payment.Path} run {upstream.RunsOf(payment.Path)}");
            }
            (await world.PaymentsToAsync(payee)).ShouldBe((ulong)_all.Count);
        }

        private async Task LoadAndKillAsync(PurserProcess seller)
        {
            var shop = PaymentWorld.UrlOf(seller);
            var (runs, asked, answered) = (_upstream.Total, _relay.Seen.Count, _relay.Answered);
            // The newest always, and the oldest of what earlier deaths left: their claims pass on once the dead worker's lease is over.
            var presented = _open.TakeLast(PaymentsPerKill).Concat(_open.Take(MaxOpenPresented)).Distinct().ToList();
            var requests = presented.Select(async payment => (payment, Reply: await payment.TryPresentAsync(shop))).ToList();
            var all = Task.WhenAll(requests);
            var moment = seeded.Next(4);
            var more = TimeSpan.FromMilliseconds(seeded.Next(40));
            Func<bool> reached = moment switch
            {
                0 => () => _upstream.Total > runs,
                1 => () => _relay.Seen.Count > asked,
                2 => () => _relay.Answered > answered,
                _ => () => true,
            };
            await Eventually.HoldsAsync($"moment {moment}", () => reached() || all.IsCompleted);
            await Task.Delay(more, TimeProvider.System, CancellationToken.None);
            await seller.KillAsync();
            foreach (var (payment, reply) in await all)
            {
                Note(payment, reply);
            }
        }

        // The rest is presented until all is served, a few at a time.
        private async Task FinishAsync(Uri shop)
        {
            foreach (var some in _open.ToList().Chunk(10))
            {
                foreach (var (payment, reply) in await Task.WhenAll(some.Select(async p => (p, await p.PresentUntilDecidedAsync(shop)))))
                {
                    reply.ShouldBePaidAndServed();
                    Note(payment, reply);
                }
            }
            _open.ShouldBeEmpty();
        }

        private void Note(PreparedPayment payment, PaidReply? reply)
        {
            if (reply is not { Status: System.Net.HttpStatusCode.OK })
            {
                reply?.Status.ShouldBe(System.Net.HttpStatusCode.ServiceUnavailable, reply.Body); // never a fresh 402: a client would pay again
                return;
            }
            reply.ShouldBePaidAndServed();
            _bodies.GetOrAdd(payment.Path, reply.Body).ShouldBe(reply.Body);
            _open.Remove(payment);
        }

        // By the time that a settlement is asked, the work is on record: from here on it is never done again.
        private void NoteSettlement(string body)
        {
            foreach (var payment in _all.Where(p => body.Contains(p.Nonce, StringComparison.Ordinal)))
            {
                _runsAtSettlement.GetOrAdd(payment.Path, _upstream.RunsOf(payment.Path));
            }
        }
    }
}
