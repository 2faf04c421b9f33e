using Purser.Agent.Payments;
using Purser.Protocol.Payments;
using Purser.Services.Payments;
using Purser.Wallet;

namespace Purser.Services.Tests.Payments;

/// <summary>
/// The reply to a payment is lost, and the seller answers the second sending of the same header with a 402, as many do: the money has moved, so the agent must
/// not be told that the payment was not taken.
/// </summary>
public sealed class LostReplyTests : IAsyncLifetime
{
    private MoneyWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await MoneyWorld.OpenAsync();

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_402_after_a_lost_reply_is_unknown_and_never_a_refusal(int lost)
    {
        var shop = await _world.OpenShopAsync(configure: options => options.Repeat = RepeatPolicy.Refuse);
        var wire = new LosingWire(shop.Wire(), lost);
        var client = _world.ClientOf(shop, wire);
        var quote = (await client.QuoteAsync(new HttpRequestMessage(HttpMethod.Get, "http://shop.test/report"))).ShouldBeOfType<QuoteResult.Offered>().Quote;

        // With one reply lost the client itself sends again; with two it is asked to confirm again.
        var result = await client.ConfirmAsync(quote.Id, _world.Agent);
        if (lost == 2)
        {
            result.ShouldBeOfType<PaymentResult.Unknown>();
            result = await client.ConfirmAsync(quote.Id, _world.Agent);
        }

        var unknown = result.ShouldBeOfType<PaymentResult.Unknown>();
        (await _world.Wallet.GetPaymentAsync(unknown.IntentId))!.State.ShouldBe(PaymentState.Unknown);
        (await _world.Wallet.ReconcileAsync(unknown.IntentId)).State.ShouldBe(PaymentState.Settled);
        shop.Runs.ShouldBe(1);
        await _world.ShouldHaveMovedAsync(Shop.Price);
    }

    /// <summary>Delivers paid requests and loses the first replies to them.</summary>
    private sealed class LosingWire(HttpMessageHandler inner, int lost) : DelegatingHandler(inner)
    {
        private int _lost = lost;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (!request.Headers.Contains(PaymentHeader.Signature) || _lost-- <= 0)
            {
                return response;
            }

            response.Dispose();
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "the connection broke");
        }
    }
}
