using System.Net;
using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;
using Purser.Services.Payments;
using Purser.Wallet;

namespace Purser.Services.Tests.Payments;

/// <summary>Agent, wallet, seller, facilitator and EVM, all real, in one process; what is asserted last is what the chain says.</summary>
public sealed class PaymentEndToEndTests : IAsyncLifetime
{
    private MoneyWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await MoneyWorld.OpenAsync();

    public async ValueTask DisposeAsync() => await _world.DisposeAsync();

    private static HttpRequestMessage Ask(string path) => new(HttpMethod.Get, $"http://shop.test{path}");

    private async Task<Quote> QuoteAsync(PaymentClient client, string path) =>
        (await client.QuoteAsync(Ask(path))).ShouldBeOfType<QuoteResult.Offered>().Quote;

    // Transfers to the seller, by the token's own events.
    private async Task<int> TransfersAsync()
    {
        var transfer = Keccak256.Hash("Transfer(address,address,uint256)"u8);
        var logs = await _world.Chain.GetLogsAsync(new LogFilter { FromBlock = BlockTag.Earliest, Addresses = [_world.Dollar.Token], Topics = [[transfer]] });
        return logs.Count(log => log.Topics[2].Bytes[12..].SequenceEqual(Shop.Seller.Bytes));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_agent_quotes_confirms_is_served_and_the_money_moves_on_the_chain(bool remote)
    {
        var shop = await _world.OpenShopAsync(remote);
        var client = _world.ClientOf(shop);
        var quote = await QuoteAsync(client, "/report");
        quote.Amount.ShouldBe(new TokenAmount(Shop.Price, _world.Dollar));
        (await _world.Wallet.ListPaymentsAsync()).ShouldBeEmpty();
        await _world.ShouldHaveMovedAsync(0);
        shop.Runs.ShouldBe(0);

        var served = (await client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
        (await served.Response.Content.ReadAsStringAsync()).ShouldBe("report 1");
        var hash = Hash32.Parse(served.Settlement!.Transaction);
        (await _world.Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull().From.ShouldBe(_world.Sender);
        (await _world.Wallet.GetPaymentAsync(served.IntentId))!.State.ShouldBe(PaymentState.Settled);
        await _world.ShouldHaveMovedAsync(Shop.Price);
    }

    [Fact]
    public async Task Confirming_again_presents_the_same_payment_and_gets_the_first_reply()
    {
        var shop = await _world.OpenShopAsync();
        var client = _world.ClientOf(shop);
        var quote = await QuoteAsync(client, "/report");
        for (var i = 0; i < 3; i++)
        {
            var served = (await client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
            (await served.Response.Content.ReadAsStringAsync()).ShouldBe("report 1");
        }

        shop.Runs.ShouldBe(1);
        (await TransfersAsync()).ShouldBe(1);
        await _world.ShouldHaveMovedAsync(Shop.Price);
    }

    [Fact]
    public async Task A_price_over_the_cap_is_refused_by_the_policy_and_nothing_is_signed()
    {
        var shop = await _world.OpenShopAsync();
        var client = _world.ClientOf(shop);
        var quote = await QuoteAsync(client, "/dear");
        var refused = (await client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.WalletRefused>();
        refused.Reason.Kind.ShouldBe(WalletRefusalKind.Policy);
        (await _world.Wallet.ListPaymentsAsync()).ShouldAllBe(payment => payment.Statement == null);
        shop.Runs.ShouldBe(0);
        await _world.ShouldHaveMovedAsync(0);
    }

    [Fact]
    public async Task The_handler_pays_within_its_cap_and_hands_back_what_is_dearer()
    {
        var shop = await _world.OpenShopAsync();
        using var handler = new PaymentHandler(_world.Wallet, _world.Registry, new() { Account = _world.Agent, MaxAmount = new(2000, _world.Dollar) }, _world.Clock, new SeededRandom(3))
        {
            InnerHandler = shop.Wire(),
        };
        using var http = new HttpMessageInvoker(handler);
        using var paid = await http.SendAsync(Ask("/report"), CancellationToken.None);
        (await paid.Content.ReadAsStringAsync()).ShouldBe("report 1");
        using var dear = await http.SendAsync(Ask("/dear"), CancellationToken.None);
        dear.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        (await _world.Wallet.ListPaymentsAsync()).Count.ShouldBe(1);
        await _world.ShouldHaveMovedAsync(Shop.Price);
    }

    [Fact]
    public async Task Twenty_at_once_with_one_header_run_the_handler_once_and_settle_once()
    {
        var shop = await _world.OpenShopAsync();
        var payer = new Payer(_world.Clock, 77);
        await _world.MintAsync(payer.Address, 10_000);
        var payment = payer.Pay(await shop.TermsAsync("/report"));
        using var http = shop.Client();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => http.SendAsync(Shop.Get("/report", payment))));
        foreach (var reply in replies)
        {
            reply.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await reply.Content.ReadAsStringAsync()).ShouldBe("report 1");
        }

        replies.Select(reply => Payer.ReadSettled(reply).Transaction).Distinct().Count().ShouldBe(1);
        shop.Runs.ShouldBe(1);
        (await TransfersAsync()).ShouldBe(1);
        (await _world.BalanceAsync(payer.Address)).ShouldBe(9_000UL);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
        (await _world.Chain.GetTransactionCountAsync(_world.Sender)).ShouldBe(1UL);
    }

    [Fact]
    public async Task Twenty_payments_at_once_through_one_facilitator_key_all_settle_in_one_row_of_nonces()
    {
        var shop = await _world.OpenShopAsync();
        var other = await _world.OpenShopAsync(configure: options => options.PayTo = _world.Sender);
        var payer = new Payer(_world.Clock, 77);
        await _world.MintAsync(payer.Address, 20_000);
        var here = await shop.TermsAsync("/report");
        var there = await other.TermsAsync("/report");
        using var http = shop.Client();
        using var httpThere = other.Client();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => i % 2 == 0
            ? http.SendAsync(Shop.Get("/report", payer.Pay(here)))
            : httpThere.SendAsync(Shop.Get("/report", payer.Pay(there)))));
        replies.ShouldAllBe(reply => reply.StatusCode == HttpStatusCode.OK);
        (await _world.BalanceAsync(payer.Address)).ShouldBe(0UL);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price * 10);
        (await _world.BalanceAsync(_world.Sender)).ShouldBe(Shop.Price * 10);
        (await _world.Chain.GetTransactionCountAsync(_world.Sender)).ShouldBe(20UL);
    }

    [Fact]
    public async Task A_settled_header_buys_nothing_elsewhere()
    {
        var shop = await _world.OpenShopAsync();
        var recorder = new Recorder(shop.Wire());
        var client = _world.ClientOf(shop, recorder);
        (await client.ConfirmAsync((await QuoteAsync(client, "/report")).Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
        using var http = shop.Client();
        using var elsewhere = await http.SendAsync(Shop.Get("/other", recorder.Payments.Single()));
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(elsewhere).Error.ShouldBe("invalid_exact_evm_nonce_already_used");

        // A shop with a store of its own cannot know the claim; there the chain says so.
        var stranger = await _world.OpenShopAsync();
        using var httpThere = stranger.Client();
        using var replayed = await httpThere.SendAsync(Shop.Get("/report", recorder.Payments.Single()));
        replayed.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(replayed).Error.ShouldBe("invalid_exact_evm_nonce_already_used");
        stranger.Runs.ShouldBe(0);
        await _world.ShouldHaveMovedAsync(Shop.Price);
    }

    [Fact]
    public async Task A_payer_without_the_money_is_refused_before_the_handler_runs()
    {
        var shop = await _world.OpenShopAsync();
        var poor = new Payer(_world.Clock, 5);
        using var http = shop.Client();
        using var refused = await http.SendAsync(Shop.Get("/report", poor.Pay(await shop.TermsAsync("/report"))));
        refused.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(refused).Error.ShouldBe("invalid_exact_evm_insufficient_balance");
        shop.Runs.ShouldBe(0);
    }

    [Fact]
    public async Task Money_that_leaves_while_the_handler_works_denies_the_settlement_and_the_reply()
    {
        var shop = await _world.OpenShopAsync();
        var payer = new Payer(_world.Clock, 5);
        await _world.MintAsync(payer.Address, 1000);
        using var http = shop.Client();
        var inWork = http.SendAsync(Shop.Get("/slow", payer.Pay(await shop.TermsAsync("/slow"))));
        await shop.SlowEntered.Task;
        (await http.SendAsync(Shop.Get("/report", payer.Pay(await shop.TermsAsync("/report"))))).StatusCode.ShouldBe(HttpStatusCode.OK);
        shop.SlowMayEnd.SetResult();
        using var denied = await inWork;
        denied.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadSettled(denied).ErrorReason.ShouldBe("invalid_exact_evm_insufficient_balance");
        (await denied.Content.ReadAsStringAsync()).ShouldNotContain("slow 1");
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
    }

    [Fact]
    public async Task A_settlement_whose_answer_is_lost_is_unknown_to_all_and_resolved_by_presenting_the_same_payment()
    {
        var shop = await _world.OpenShopAsync();
        var client = _world.ClientOf(shop);
        var quote = await QuoteAsync(client, "/report");
        _world.OnWire = (request, response) => request.RequestUri!.AbsolutePath == "/settle" ? throw new HttpRequestException(HttpRequestError.ResponseEnded, "the connection broke") : response;

        // The seller also has a node, and what the facilitator cannot say the chain does; without the node it is unknown.
        var blind = await _world.OpenShopAsync(configure: options => options.Chain = null);
        var blindClient = _world.ClientOf(blind);
        var blindQuote = await QuoteAsync(blindClient, "/report");
        var unknown = (await blindClient.ConfirmAsync(blindQuote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Unknown>();
        (await _world.Wallet.GetPaymentAsync(unknown.IntentId))!.State.ShouldBe(PaymentState.Unknown);
        (await _world.Wallet.ReconcileAsync(unknown.IntentId)).State.ShouldBe(PaymentState.Settled);
        (await client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();

        _world.OnWire = (_, response) => response;
        var served = (await blindClient.ConfirmAsync(blindQuote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Served>();
        (await served.Response.Content.ReadAsStringAsync()).ShouldBe("report 1");
        blind.Runs.ShouldBe(1);
        (await TransfersAsync()).ShouldBe(2);
        await _world.ShouldHaveMovedAsync(Shop.Price * 2);
    }

    [Fact]
    public async Task An_unknown_settlement_that_never_reached_the_chain_ends_refused_once_it_is_dead()
    {
        var shop = await _world.OpenShopAsync();
        var payer = new Payer(_world.Clock, 5);
        await _world.MintAsync(payer.Address, 1000);
        var payment = payer.Pay(await shop.TermsAsync("/report"));
        var verified = false;
        _world.OnWire = (request, response) =>
        {
            if (request.RequestUri!.AbsolutePath == "/verify")
            {
                verified = true;
                return response;
            }

            throw new HttpRequestException(HttpRequestError.ResponseEnded, "the connection broke");
        };

        // The facilitator is asked, but its chain will not take the money: the payer has spent it.
        using var http = shop.Client();
        var inWork = http.SendAsync(Shop.Get("/slow", payer.Pay(await shop.TermsAsync("/slow"))));
        await shop.SlowEntered.Task;
        (await _world.Facilitator.SettleAsync(RequestOf(payment))).Success.ShouldBeTrue();
        shop.SlowMayEnd.SetResult();
        (await inWork).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        verified.ShouldBeTrue();

        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        _world.Chain.Mine();
        var recovery = (PaymentRecovery)shop.Services.GetService(typeof(PaymentRecovery))!;
        await recovery.RunOnceAsync();
        (await recovery.RunOnceAsync()).ShouldBe(0);
        (await _world.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);

        FacilitatorRequest RequestOf(string header)
        {
            var payload = PaymentPayload.Read(PaymentHeader.Decode(header));
            return new(payload, payload.Accepted);
        }
    }

    [Fact]
    public async Task Who_uses_the_authorization_before_the_seller_buys_nothing_with_it()
    {
        var shop = await _world.OpenShopAsync();
        var payer = new Payer(_world.Clock, 5);
        await _world.MintAsync(payer.Address, 5000);
        var payment = payer.Pay(await shop.TermsAsync("/report"));
        var payload = PaymentPayload.Read(PaymentHeader.Decode(payment));
        (await _world.Facilitator.SettleAsync(new(payload, payload.Accepted))).Success.ShouldBeTrue();
        using var http = shop.Client();
        using var refused = await http.SendAsync(Shop.Get("/report", payment));
        refused.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(refused).Error.ShouldBe("invalid_exact_evm_nonce_already_used");
        shop.Runs.ShouldBe(0);
    }

    [Fact]
    public async Task A_payment_that_is_not_presented_in_time_is_dead_and_its_money_free_again()
    {
        var shop = await _world.OpenShopAsync();
        var client = _world.ClientOf(shop);
        _world.OnWire = (_, _) => throw new HttpRequestException(HttpRequestError.ConnectionError, "no connection");
        var quote = await QuoteAsync(client, "/report");
        var unknown = (await client.ConfirmAsync(quote.Id, _world.Agent)).ShouldBeOfType<PaymentResult.Unknown>();
        shop.Runs.ShouldBe(0);
        _world.Clock.Advance(TimeSpan.FromMinutes(20));
        _world.Chain.Mine();
        (await _world.Wallet.ReconcileAsync(unknown.IntentId)).State.ShouldBe(PaymentState.Expired);
        await _world.ShouldHaveMovedAsync(0);
    }

    /// <summary>Notes the payment headers that pass.</summary>
    private sealed class Recorder(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        public List<string> Payments { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Headers.TryGetValues(PaymentHeader.Signature, out var values))
            {
                Payments.AddRange(values);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
