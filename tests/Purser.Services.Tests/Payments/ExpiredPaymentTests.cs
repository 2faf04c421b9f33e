using Purser.Agent.Payments;
using Purser.Protocol.Intents;
using Purser.Wallet;

namespace Purser.Services.Tests.Payments;

/// <summary>A payment whose time ran out: only when the chain says that it can no longer be settled is the same request paid by another (x402-skill I12, K5, M3).</summary>
public sealed class ExpiredPaymentTests : IAsyncLifetime
{
    private MoneyWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await MoneyWorld.OpenAsync();

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task I12_K5_M3_an_expired_payment_is_followed_by_a_fresh_one_only_when_the_chain_says_that_it_is_dead()
    {
        var shop = await _world.OpenShopAsync();
        var client = _world.ClientOf(shop);
        var first = await QuoteAsync(client);
        _world.OnWire = (_, _) => throw new HttpRequestException(HttpRequestError.ConnectionError, "no connection");
        var lost = (await client.ConfirmAsync(first.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Unknown>();
        _world.OnWire = (_, response) => response;

        // Past its end by the machine's clock, but the chain has not been asked: the same request gets no second signature.
        _world.Clock.Advance(TimeSpan.FromMinutes(20));
        _world.Chain.Mine();
        var second = await QuoteAsync(client);
        (await client.ConfirmAsync(second.Id, _world.Agent)).ShouldBeOfType<PaymentResult.WalletRefused>().Reason.Code.ShouldBe("payment_open");
        await _world.ShouldHaveMovedAsync(0);

        (await _world.Wallet.ReconcileAsync(lost.IntentId)).State.ShouldBe(PaymentState.Expired);
        (await client.ConfirmAsync(second.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
        var (dead, fresh) = (await NonceAsync(lost.IntentId), await NonceAsync(second.IntentId));
        fresh.ShouldNotBe(dead);
        await _world.ShouldHaveMovedAsync(Shop.Price);
    }

    private async Task<Ethereum.Hash32> NonceAsync(string intentId) => ((SignedEip3009)(await _world.Wallet.GetPaymentAsync(intentId))!.Statement!).Authorization.Nonce;

    private static async Task<Quote> QuoteAsync(PaymentClient client) =>
        (await client.QuoteAsync(new(HttpMethod.Get, "http://shop.test/report"))).ShouldBeOfType<QuoteResult.Offered>().Quote;
}
