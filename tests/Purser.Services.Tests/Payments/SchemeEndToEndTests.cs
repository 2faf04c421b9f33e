using System.Net;
using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Wallet;

namespace Purser.Services.Tests.Payments;

/// <summary>The schemes and flows besides the usual one, with agent, wallet, seller, facilitator and EVM all real, in one process; what is asserted last is what the chain says.</summary>
public sealed class SchemeEndToEndTests : IAsyncLifetime
{
    private MoneyWorld _world = null!;
    private Shop _shop = null!;
    private PaymentClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await MoneyWorld.OpenAsync();
        _shop = await _world.OpenShopAsync();
        _client = _world.ClientOf(_shop);
    }

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    private async Task<Quote> QuoteAsync(string path) =>
        (await _client.QuoteAsync(new(HttpMethod.Get, $"http://shop.test{path}"))).ShouldBeOfType<QuoteResult.Offered>().Quote;

    private async Task ApproveAsync()
    {
        using var key = MoneyWorld.AgentKey();
        await _world.ApprovePermit2Async(key, 1_000_000UL);
    }

    private async Task<PaymentResult.Served> PayTwiceAsync(string path, string body)
    {
        var quote = await QuoteAsync(path);
        PaymentResult.Served? served = null;
        for (var i = 0; i < 2; i++)
        {
            var again = (await _client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
            (await again.Response.Content.ReadAsStringAsync()).ShouldBe(body);
            served ??= again;
            again.Settlement.ShouldBe(served.Settlement);
        }

        return served!;
    }

    [Fact]
    public async Task A_payment_by_Permit2_is_signed_settled_by_the_proxy_and_served()
    {
        await ApproveAsync();
        var served = await PayTwiceAsync("/permit", "permit 1");
        var receipt = (await _world.Chain.GetTransactionReceiptAsync(Hash32.Parse(served.Settlement!.Transaction))).ShouldNotBeNull();
        (receipt.From, receipt.To).ShouldBe((_world.Sender, Permit2.ExactProxy));
        served.Settlement.Amount.ShouldBeNull();
        (await _world.Wallet.GetPaymentAsync(served.IntentId))!.State.ShouldBe(PaymentState.Settled);
        await _world.ShouldHaveMovedAsync(Shop.Price);
        _shop.Runs.ShouldBe(1);
    }

    [Theory]
    [InlineData("/permit")]
    [InlineData("/metered")]
    public async Task Without_the_approval_the_wallet_signs_nothing_and_names_the_intent_that_is_wanted(string path)
    {
        var quote = await QuoteAsync(path);
        for (var i = 0; i < 2; i++)
        {
            var refused = (await _client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.WalletRefused>();
            refused.Reason.Code.ShouldBe("permit2_allowance_required");
            refused.Reason.Hint.ShouldContain("approve");
        }

        (await _world.Wallet.ListPaymentsAsync()).ShouldAllBe(payment => payment.Statement == null);
        _shop.Runs.ShouldBe(0);
        await _world.ShouldHaveMovedAsync(0);
    }

    [Fact]
    public async Task A_seller_answers_a_permit_without_approval_with_412_and_the_terms()
    {
        using var client = _shop.Stuttering();
        var payer = new Permits(_world.Clock, 5);
        await _world.MintAsync(payer.Address, 5000);
        using var response = await client.SendAsync(Shop.Get("/permit", payer.Pay(await _shop.TermsAsync("/permit"))));
        response.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        Payer.ReadRequired(response).Error.ShouldBe("permit2_allowance_required");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        await _world.ApprovePermit2Async(payer.Key, 1000);
        using var paid = await client.SendAsync(Shop.Get("/permit", payer.Pay(await _shop.TermsAsync("/permit"))));
        paid.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _world.BalanceAsync(payer.Address)).ShouldBe(4000UL);
    }

    [Theory]
    [InlineData("", 1000)]
    [InlineData("?take=400", 400)]
    [InlineData("?take=50%25", 500)]
    [InlineData("?take=12.34%25", 123)]
    [InlineData("?take=%240.0003", 300)]
    public async Task Of_upto_what_the_handler_names_is_taken_and_booked(string query, ulong taken)
    {
        await ApproveAsync();
        var served = await PayTwiceAsync($"/metered{query}", "metered 1");
        served.Settlement!.Amount.ShouldBe(taken.ToString());
        served.Response.Headers.Contains("Settlement-Overrides").ShouldBeFalse();
        (await _world.Wallet.GetPaymentAsync(served.IntentId))!.State.ShouldBe(PaymentState.Settled);
        (await _world.Wallet.GetPaymentAsync(served.IntentId))!.TransactionHash.ShouldBe(Hash32.Parse(served.Settlement.Transaction));
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        await _world.ShouldHaveMovedAsync(taken);
        _shop.Runs.ShouldBe(1);
    }

    [Fact]
    public async Task Of_upto_nothing_can_be_taken_which_sends_nothing_and_stays_reserved_until_the_permit_is_dead()
    {
        await ApproveAsync();
        var count = await _world.Chain.GetTransactionCountAsync(_world.Sender);
        var served = await PayTwiceAsync("/metered?take=0", "metered 1");
        (served.Settlement!.Transaction, served.Settlement.Amount).ShouldBe(("", "0"));
        (await _world.Chain.GetTransactionCountAsync(_world.Sender)).ShouldBe(count);
        await _world.ShouldHaveMovedAsync(0);

        // The seller's word frees nothing: who holds the permit could still use it.
        (await _world.Wallet.GetPaymentAsync(served.IntentId))!.State.ShouldBe(PaymentState.Sent);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await _world.MintAsync(_world.Sender, 1);
        (await _world.Wallet.ReconcileAsync(served.IntentId)).State.ShouldBe(PaymentState.Expired);
    }

    [Fact]
    public async Task Of_upto_more_than_was_signed_is_refused_and_nothing_moves()
    {
        await ApproveAsync();
        var quote = await QuoteAsync("/metered?take=1001");
        var rejected = (await _client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Rejected>();
        rejected.Reason.ShouldBe("invalid_upto_evm_payload_settlement_exceeds_amount");
        await _world.ShouldHaveMovedAsync(0);
        _shop.Runs.ShouldBe(1);
    }

    [Fact]
    public async Task A_handler_that_names_no_amount_that_can_be_read_charges_nothing()
    {
        await ApproveAsync();
        var payer = new Permits(_world.Clock, 6);
        await _world.MintAsync(payer.Address, 5000);
        await _world.ApprovePermit2Async(payer.Key, 1000);
        using var client = _shop.Client();
        await Should.ThrowAsync<InvalidOperationException>(async () => await client.SendAsync(Shop.Get("/metered?take=all", payer.Pay(await _shop.TermsAsync("/metered")))));
        (await _world.BalanceAsync(payer.Address)).ShouldBe(5000UL);
    }

    [Fact]
    public async Task Upfront_is_settled_before_the_handler_runs_and_a_handler_that_failed_is_run_again_for_the_same_payment()
    {
        var quote = await QuoteAsync("/upfront?failUntil=1");
        quote.Terms.Flow.ShouldBe(PaymentFlow.Upfront);
        (await _client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Unknown>();
        await _world.ShouldHaveMovedAsync(Shop.Price);
        var served = (await _client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
        (await served.Response.Content.ReadAsStringAsync()).ShouldBe("upfront 2");
        served.Settlement!.Success.ShouldBeTrue();
        await _world.ShouldHaveMovedAsync(Shop.Price);
    }

    [Fact]
    public async Task Upfront_asks_the_facilitator_once_and_a_repeat_gets_the_first_reply()
    {
        await PayTwiceAsync("/upfront", "upfront 1");
        _world.Asked.ShouldNotContain("/verify");
        _world.Asked.Count(path => path == "/settle").ShouldBe(1);
        _shop.Runs.ShouldBe(1);
        await _world.ShouldHaveMovedAsync(Shop.Price);
    }

    [Fact]
    public async Task Upfront_with_a_payment_that_does_not_settle_does_no_work()
    {
        using var client = _shop.Stuttering();
        var poor = new Payer(_world.Clock, 77);
        using var response = await client.SendAsync(Shop.Get("/upfront", poor.Pay(await _shop.TermsAsync("/upfront"))));
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(response).Error.ShouldBe("invalid_exact_evm_insufficient_balance");
        _shop.Runs.ShouldBe(0);
    }

    [Theory]
    [InlineData("/permit", 1000)]
    [InlineData("/metered?take=250", 250)]
    public async Task A_lost_answer_of_the_facilitator_is_made_good_from_the_chain(string path, ulong taken)
    {
        await ApproveAsync();
        _world.OnWire = (request, response) => request.RequestUri!.AbsolutePath == "/settle" ? throw new IOException("the line broke after the settlement") : response;
        var quote = await QuoteAsync(path);
        var served = (await _client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
        (await _world.Chain.GetTransactionReceiptAsync(Hash32.Parse(served.Settlement!.Transaction))).ShouldNotBeNull().From.ShouldBe(_world.Sender);
        await _world.ShouldHaveMovedAsync(taken);
        _shop.Runs.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_permit_buys_one_resource_once()
    {
        var payer = new Permits(_world.Clock, 8);
        await _world.MintAsync(payer.Address, 5000);
        await _world.ApprovePermit2Async(payer.Key, 5000);
        var header = payer.Pay(await _shop.TermsAsync("/permit"));
        using var client = _shop.Client();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.SendAsync(Shop.Get("/permit", header))));
        replies.ShouldAllBe(reply => reply.StatusCode == HttpStatusCode.OK);
        using var elsewhere = await client.SendAsync(Shop.Get("/permit?x=1", header));
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(elsewhere).Error.ShouldBe("permit2_invalid_nonce");
        _shop.Runs.ShouldBe(1);
        (await _world.BalanceAsync(payer.Address)).ShouldBe(4000UL);
    }
}
