using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Payments;

/// <summary>Twenty concurrent requests with one payment header, through processes as they are run.</summary>
public sealed class TwentyAtOnceTests(PaymentWorld world)
{
    [Fact]
    public async Task Twenty_requests_with_one_header_run_the_handler_once_and_settle_once()
    {
        var seeded = new Seeded(20);
        var payee = PaymentWorld.NewPayee(seeded);
        await using var upstream = await CountingUpstream.StartAsync();
        await using var relay = await Relay.StartAsync(world.FacilitatorUrl, (path, _) => path == "/settle");
        await using var seller = await world.StartSellerAsync(world.NewDataFolder("twenty"), upstream, payee, relay.Url);
        var payment = PreparedPayment.Sign("/once", PaymentWorld.Offer(payee), 2, seeded);
        var payer = Cli.Composition.DevelopmentAccounts.Addresses[2];

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => payment.PresentAsync(PaymentWorld.UrlOf(seller))));

        replies.Select(reply => reply.ShouldBePaidAndServed()).Distinct().ShouldHaveSingleItem();
        replies.ShouldAllBe(reply => reply.Body == "/once run 1");
        replies.Count(reply => !reply.Replayed).ShouldBe(1);
        upstream.Total.ShouldBe(1);
        relay.Seen.ShouldHaveSingleItem();
        (await world.PaymentsToAsync(payee)).ShouldBe(1UL);
        payment.Payload.Payload.GetRawText().ShouldContain(payer.ToString());
        (await seller.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Twenty_different_payments_at_once_are_twenty()
    {
        var seeded = new Seeded(21);
        var payee = PaymentWorld.NewPayee(seeded);
        await using var upstream = await CountingUpstream.StartAsync();
        await using var seller = await world.StartSellerAsync(world.NewDataFolder("twenty-different"), upstream, payee);
        var payments = Enumerable.Range(0, 20).Select(i => PreparedPayment.Sign($"/each/{i}", PaymentWorld.Offer(payee), 2 + (i % 4), seeded)).ToList();

        var replies = await Task.WhenAll(payments.Select(payment => payment.PresentUntilDecidedAsync(PaymentWorld.UrlOf(seller))));

        replies.Select(reply => reply.ShouldBePaidAndServed()).Distinct().Count().ShouldBe(20);
        upstream.Total.ShouldBe(20);
        (await world.PaymentsToAsync(payee)).ShouldBe(20UL);
    }
}
