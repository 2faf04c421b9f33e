using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Wallet;

namespace Purser.Services.Tests.Payments;

/// <summary>A settlement that a reorganisation takes off the chain again: nobody pays or is served twice for it, and the wallet believes the chain.</summary>
public sealed class ReorganisedUptoTests : IAsyncLifetime
{
    private MoneyWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await MoneyWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upto_settlement_that_is_reorganised_away_is_open_again_until_it_is_mined_again_or_dead(bool minedAgain)
    {
        var shop = await _world.OpenShopAsync();
        using (var key = MoneyWorld.AgentKey())
        {
            await _world.ApprovePermit2Async(key, 1_000_000UL);
        }

        var client = _world.ClientOf(shop);
        var quote = (await client.QuoteAsync(new(HttpMethod.Get, "http://shop.test/metered?take=250"))).ShouldBeOfType<QuoteResult.Offered>().Quote;
        var before = _world.Chain.Snapshot();
        var served = (await client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
        var settlement = served.Settlement.ShouldNotBeNull();
        settlement.Amount.ShouldBe("250");
        await _world.ShouldHaveMovedAsync(250);
        (await _world.Wallet.GetPaymentAsync(quote.IntentId))!.State.ShouldBe(PaymentState.Settled);
        var transaction = Convert.FromHexString(_world.Node.Transactions.Single());

        // Another branch without the transaction wins.
        _world.Chain.Revert(before).ShouldBeTrue();
        (await _world.Chain.GetTransactionReceiptAsync(Hash32.Parse(settlement.Transaction))).ShouldBeNull();
        await _world.ShouldHaveMovedAsync(0);
        _world.Clock.Advance(TimeSpan.FromSeconds(90));
        _world.Chain.Mine();
        (await _world.Wallet.ReconcileAsync(quote.IntentId)).State.ShouldBe(PaymentState.Unknown);

        if (minedAgain)
        {
            // It is still valid, and any node that has seen it mines it again: the same transaction, the same amount.
            await _world.Chain.SendRawTransactionAsync(transaction);
            (await _world.Chain.GetTransactionReceiptAsync(Hash32.Parse(settlement.Transaction))).ShouldNotBeNull().Succeeded.ShouldBeTrue();
            (await _world.Wallet.ReconcileAsync(quote.IntentId)).State.ShouldBe(PaymentState.Settled);
            await _world.ShouldHaveMovedAsync(250);
        }
        else
        {
            _world.Clock.Advance(TimeSpan.FromMinutes(20));
            _world.Chain.Mine();
            (await _world.Wallet.ReconcileAsync(quote.IntentId)).State.ShouldBe(PaymentState.Expired);
            await _world.ShouldHaveMovedAsync(0);
        }

        // Asked for again, the seller gives no second run of the work for it.
        var again = await client.ConfirmAsync(quote.Id, _world.Agent);
        again.ShouldNotBeOfType<PaymentResult.Rejected>();
        shop.Runs.ShouldBe(1);
    }
}
