using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Services.Tests.Payments;

/// <summary>
/// One signed payment, handed in by others than the shop that it was presented to: by a stranger on the chain, or by a second shop with another store
/// (docs/payments.md, "Whose payment is it").
/// </summary>
public sealed class SharedPayeeTests : IAsyncLifetime
{
    private static readonly AbiFunction s_transfer = AbiFunction.Parse(
        "function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)");

    private MoneyWorld _world = null!;
    private Payer _payer = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await MoneyWorld.OpenAsync();
        _payer = new(_world.Clock, 23);
        await _world.MintAsync(_payer.Address, 5000);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    /// <summary>Hands a payment in on the chain, as anybody can who has seen it.</summary>
    private Task FrontRunAsync(string payment)
    {
        var payload = PaymentPayload.Read(PaymentHeader.Decode(payment));
        var terms = PaymentSchemes.ReadTerms(payload.Accepted, out _)!;
        var proof = (Eip3009Proof)terms.Rules.ReadProof(terms, JsonShape.Of(payload.Payload));
        var (message, signature) = (proof.Authorization, proof.Signature.ToArray());
        return _world.SendAsStrangerAsync(s_transfer.Encode(message.From, message.To, message.Value, message.ValidAfter, message.ValidBefore, message.Nonce,
            (UInt256)signature[64], new Hash32(signature.AsSpan(0, 32)), new Hash32(signature.AsSpan(32, 32))));
    }

    private async Task<(HttpResponseMessage Response, Shop Shop)> BeFrontRunAsync(Action<Services.Payments.PaymentsOptions>? configure = null)
    {
        var shop = await _world.OpenShopAsync(configure: configure);
        var payment = _payer.Pay(await shop.TermsAsync("/slow"));
        using var client = shop.Client();
        var asking = client.SendAsync(Shop.Get("/slow", payment));
        await shop.SlowEntered.Task;
        await FrontRunAsync(payment);
        shop.SlowMayEnd.SetResult();
        return (await asking, shop);
    }

    [Fact]
    public async Task A_stranger_who_hands_the_payment_in_while_the_shop_works_does_not_cost_the_payer_his_reply()
    {
        var (response, shop) = await BeFrontRunAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Payer.ReadSettled(response).Transaction.ShouldNotBeEmpty();
        shop.Runs.ShouldBe(1);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
        (await _world.BalanceAsync(_payer.Address)).ShouldBe(5000 - Shop.Price);
    }

    [Fact]
    public async Task Where_the_payee_is_shared_with_other_stores_such_a_payment_may_be_theirs_and_is_refused()
    {
        var (response, shop) = await BeFrontRunAsync(options => options.PayeeIsShared = true);
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("slow 1");
        shop.Runs.ShouldBe(1);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
    }

    [Fact]
    public async Task A_payment_that_was_handed_in_before_the_shop_saw_it_buys_nothing()
    {
        var shop = await _world.OpenShopAsync();
        var payment = _payer.Pay(await shop.TermsAsync("/report"));
        await FrontRunAsync(payment);
        using var client = shop.Client();
        (await client.SendAsync(Shop.Get("/report", payment))).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        shop.Runs.ShouldBe(0);
    }

    [Fact]
    public async Task Two_shops_with_a_payee_each_cannot_sell_for_one_anothers_payment()
    {
        var other = Address.Parse("0x90F79bf6EB2c4f870365E785982E1f101E93b906");
        var first = await _world.OpenShopAsync();
        var second = await _world.OpenShopAsync(configure: options => options.PayTo = other);
        var payment = _payer.Pay(await first.TermsAsync("/report"));
        using var atFirst = first.Client();
        using var atSecond = second.Client();
        var answers = await Task.WhenAll(atFirst.SendAsync(Shop.Get("/report", payment)), atSecond.SendAsync(Shop.Get("/report", payment)));
        answers.Select(answer => answer.StatusCode).ShouldBe([HttpStatusCode.OK, HttpStatusCode.PaymentRequired]);
        (first.Runs, second.Runs).ShouldBe((1, 0));
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
        (await _world.BalanceAsync(other)).ShouldBe(0UL);
    }

    [Fact]
    public async Task Two_shops_with_one_payee_and_two_stores_move_the_money_once_whoever_of_them_is_asked()
    {
        var shops = new[] { await _world.OpenShopAsync(), await _world.OpenShopAsync() };
        var payment = _payer.Pay(await shops[0].TermsAsync("/report"));
        await Task.WhenAll(shops.Select(async shop =>
        {
            using var client = shop.Client();
            using var response = await client.SendAsync(Shop.Get("/report", payment));
        }));
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
        (await _world.BalanceAsync(_payer.Address)).ShouldBe(5000 - Shop.Price);
        shops.ShouldAllBe(shop => shop.Runs <= 1);
    }

    private async Task<(Shop[] Shops, HttpClient[] Clients, string Payment, Task<HttpResponseMessage>[] Asking)> PresentAtBothAsync()
    {
        var shops = new[] { await _world.OpenShopAsync(configure: options => options.PayeeIsShared = true), await _world.OpenShopAsync(configure: options => options.PayeeIsShared = true) };
        var payment = _payer.Pay(await shops[0].TermsAsync("/slow"));
        HttpClient[] clients = [.. shops.Select(shop => shop.Client())];
        Task<HttpResponseMessage>[] asking = [.. clients.Select(client => client.SendAsync(Shop.Get("/slow", payment)))];
        await Task.WhenAll(shops.Select(shop => shop.SlowEntered.Task));
        return (shops, clients, payment, asking);
    }

    [Fact]
    public async Task Attack_one_authorization_at_two_shops_that_share_payee_and_facilitator_but_no_store_is_served_by_one()
    {
        var (shops, _, _, asking) = await PresentAtBothAsync();
        Array.ForEach(shops, shop => shop.SlowMayEnd.SetResult());
        var answers = await Task.WhenAll(asking);
        answers.Select(answer => answer.StatusCode).ShouldBe([HttpStatusCode.OK, HttpStatusCode.PaymentRequired], ignoreOrder: true);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
    }

    [Fact]
    public async Task Attack_the_second_shop_loses_the_facilitators_answer_and_does_not_take_the_first_ones_money_on_the_chain_for_its_own()
    {
        var (shops, clients, payment, asking) = await PresentAtBothAsync();
        shops[0].SlowMayEnd.SetResult();
        (await asking[0]).StatusCode.ShouldBe(HttpStatusCode.OK);

        _world.OnWire = (request, response) => request.RequestUri!.AbsolutePath.EndsWith("/settle", StringComparison.Ordinal) ? throw new HttpRequestException("The connection broke.") : response;
        shops[1].SlowMayEnd.SetResult();
        (await asking[1]).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _world.OnWire = (_, response) => response;
        (await clients[1].SendAsync(Shop.Get("/slow", payment))).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
    }

    [Fact]
    public async Task Attack_where_the_facilitator_stumbles_the_first_shops_money_on_the_chain_serves_nobody_at_the_second()
    {
        var (shops, clients, payment, asking) = await PresentAtBothAsync();
        shops[0].SlowMayEnd.SetResult();
        (await asking[0]).StatusCode.ShouldBe(HttpStatusCode.OK);

        // What a facilitator that knows no owners says when the second transaction of one authorization reverts.
        _world.OnWire = (request, response) => request.RequestUri!.AbsolutePath.EndsWith("/settle", StringComparison.Ordinal)
            ? new(HttpStatusCode.OK) { Content = new StringContent("""{"success":false,"errorReason":"unexpected_settle_error","transaction":"","network":"eip155:84532"}""") }
            : response;
        shops[1].SlowMayEnd.SetResult();
        (await asking[1]).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await clients[1].SendAsync(Shop.Get("/slow", payment))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        // Asked again when it is well, ours knows whose the payment is.
        _world.OnWire = (_, response) => response;
        (await clients[1].SendAsync(Shop.Get("/slow", payment))).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
    }

    [Fact]
    public async Task A_shop_that_lost_the_answer_for_its_own_settlement_gets_it_by_asking_again_while_the_other_is_refused()
    {
        var (shops, clients, payment, asking) = await PresentAtBothAsync();
        _world.OnWire = (request, response) => request.RequestUri!.AbsolutePath.EndsWith("/settle", StringComparison.Ordinal) ? throw new HttpRequestException("The connection broke.") : response;
        shops[0].SlowMayEnd.SetResult();
        (await asking[0]).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _world.OnWire = (_, response) => response;
        shops[1].SlowMayEnd.SetResult();
        (await asking[1]).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        (await clients[0].SendAsync(Shop.Get("/slow", payment))).StatusCode.ShouldBe(HttpStatusCode.OK);
        shops[0].Runs.ShouldBe(1);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
    }
}
