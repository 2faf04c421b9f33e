using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Payments;

/// <summary><c>kill -9</c> of the seller between claim and settlement: the payment is neither lost nor settled twice.</summary>
public sealed class KillOfTheSellerTests(PaymentWorld world, KilledSeller killed) : IClassFixture<KilledSeller>
{
    [Fact]
    public void At_its_death_exactly_what_the_facilitator_had_heard_of_was_paid() => killed.PaidAtDeath.ShouldBe(3UL);

    [Fact]
    public async Task A_payment_that_the_facilitator_never_heard_of_is_settled_once_and_served_from_the_first_run()
    {
        var payment = killed.Unsettled[0];
        var reply = await payment.PresentUntilDecidedAsync(killed.Shop);
        var hash = reply.ShouldBePaidAndServed();
        reply.Body.ShouldBe($"{payment.Path} run 1");
        killed.Upstream.RunsOf(payment.Path).ShouldBe(1);
        (await world.Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull().Succeeded.ShouldBeTrue();

        var again = await payment.PresentAsync(killed.Shop);
        again.ShouldBePaidAndServed().ShouldBe(hash);
        again.Body.ShouldBe(reply.Body);
    }

    [Fact]
    public async Task A_payment_that_moved_before_the_death_is_served_and_never_moves_again()
    {
        var payment = killed.Settled[0];
        var reply = await payment.PresentUntilDecidedAsync(killed.Shop);
        var hash = reply.ShouldBePaidAndServed();
        reply.Body.ShouldBe($"{payment.Path} run 1");
        killed.Upstream.RunsOf(payment.Path).ShouldBe(1);
        (await world.Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull().Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task Without_any_client_recovery_alone_ends_it_and_the_books_are_right()
    {
        // Nobody presents 1 and 2 of either kind: only the seller's own recovery can have them settled.
        foreach (var payment in killed.Unsettled.Concat(killed.Settled).Where(p => p.Path.EndsWith("/0", StringComparison.Ordinal)))
        {
            (await payment.PresentUntilDecidedAsync(killed.Shop)).ShouldBePaidAndServed();
        }
        await Eventually.HoldsAsync("all six are paid", async () => await world.PaymentsToAsync(killed.Payee) == 6UL);

        // A client who does come back in the end is served what was made for him the first time.
        foreach (var payment in killed.Unsettled.Concat(killed.Settled))
        {
            var reply = await payment.PresentUntilDecidedAsync(killed.Shop);
            reply.ShouldBePaidAndServed();
            reply.Body.ShouldBe($"{payment.Path} run 1");
        }
        killed.Upstream.Total.ShouldBe(6);
        (await world.PaymentsToAsync(killed.Payee)).ShouldBe(6UL);
    }

    [Fact]
    public async Task What_was_claimed_for_one_resource_buys_no_other_after_the_restart()
    {
        var reply = await (killed.Settled[1] with { Path = "/another" }).PresentAsync(killed.Shop);
        reply.Status.ShouldBe(System.Net.HttpStatusCode.PaymentRequired);
        killed.Upstream.RunsOf("/another").ShouldBe(0);
    }
}
