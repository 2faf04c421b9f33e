using System.Net;
using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Services.Payments;
using Purser.Wallet;

namespace Purser.Services.Tests.Payments.Attacks;

/// <summary>The attack list, on the real parts: good payments that are used otherwise than they should, and parties that fail at the wrong moment (docs/payment-attacks.md has the whole list).</summary>
public sealed class ServedAttackTests : IAsyncLifetime
{
    private AttackedShop _attacked = null!;

    public async ValueTask InitializeAsync() => _attacked = await AttackedShop.OpenAsync();

    public ValueTask DisposeAsync() => _attacked.DisposeAsync();

    private async Task<string> PayAsync(string path) => _attacked.Payer.Pay(await _attacked.Shop.TermsAsync(path));

    private static async Task<string> BodyAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadAsStringAsync();
    }

    [Fact]
    public async Task Attack_replay()
    {
        var payment = await PayAsync("/report");
        (await BodyAsync(await _attacked.GetAsync("/report", payment))).ShouldBe("report 1");

        // To who asks the same it is the same sale, and never another.
        using var repeat = await _attacked.GetAsync("/report", payment);
        (await BodyAsync(repeat)).ShouldBe("report 1");
        repeat.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        var other = Shop.Get("/report", payment);
        other.Headers.TryAddWithoutValidation("Idempotency-Key", "another request");
        using var another = await _attacked.SendAsync(other);
        another.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(another).Error.ShouldBe("invalid_exact_evm_nonce_already_used");

        // A shop of the same payee that knows nothing of it is told by the facilitator; and so is he when he is asked directly with another signature's bytes.
        var forgetful = await _attacked.World.OpenShopAsync();
        using var elsewhere = await _attacked.SendAsync(forgetful, Shop.Get("/report", payment));
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(elsewhere).Error.ShouldBe("invalid_exact_evm_nonce_already_used");
        forgetful.Runs.ShouldBe(0);

        // Long after, when nothing of it is remembered but the chain.
        _attacked.World.Clock.Advance(TimeSpan.FromDays(3));
        await ((PaymentRecovery)_attacked.Shop.Services.GetService(typeof(PaymentRecovery))!).RunOnceAsync();
        using var late = await _attacked.GetAsync("/report", payment);
        late.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(late).Error.ShouldBe("invalid_exact_evm_payload_authorization_valid_before");
        await _attacked.ShouldHaveSoldAsync(1);
    }

    [Theory]
    [InlineData("/report", "report 1")]
    [InlineData("/permit", "permit 1")]
    [InlineData("/metered", "metered 1")]
    [InlineData("/upfront", "upfront 1")]
    public async Task Attack_fifty_concurrent_duplicates(string path, string body)
    {
        var terms = await _attacked.Shop.TermsAsync(path);
        var payment = path is "/permit" or "/metered" ? _attacked.Permits.Pay(terms) : _attacked.Payer.Pay(terms);
        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _attacked.GetAsync(path, payment)));
        foreach (var reply in replies)
        {
            (await BodyAsync(reply)).ShouldBe(body);
        }

        replies.Select(reply => Payer.ReadSettled(reply).Transaction).Distinct().ShouldHaveSingleItem();
        await _attacked.ShouldHaveSoldAsync(1);
    }

    [Fact]
    public async Task Attack_cross_resource_substitution()
    {
        // Both cost the same, so the one's payment would fit the other: only one of two that come at once is served.
        var payment = await PayAsync("/report");
        var both = await Task.WhenAll(_attacked.GetAsync("/report", payment), _attacked.GetAsync("/other", payment));
        both.Select(reply => reply.StatusCode).Order().ShouldBe([HttpStatusCode.OK, HttpStatusCode.PaymentRequired]);
        Payer.ReadRequired(both.Single(reply => reply.StatusCode == HttpStatusCode.PaymentRequired)).Error.ShouldBe("invalid_exact_evm_nonce_already_used");
        await _attacked.ShouldHaveSoldAsync(1);

        var posted = await PayAsync("/other");
        (await _attacked.GetAsync("/other", posted)).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var request in new[] { Shop.Get("/report", posted), Shop.Get("/other?x=1", posted), Shop.Request(HttpMethod.Post, "/echo", posted, "one"), Shop.Get("/upfront", posted), Shop.Get("/dear", posted) })
        {
            using var refused = await _attacked.SendAsync(request);
            refused.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
            Payer.ReadRequired(refused).Error.ShouldBeOneOf("invalid_exact_evm_nonce_already_used", "No matching payment requirements");
        }

        // What a client writes beside the signature says nothing: here, that it pays for another host's page.
        var foreign = Payer.WithJson(await PayAsync("/report"), "\"x402Version\":2", "\"x402Version\":2,\"resource\":{\"url\":\"https://elsewhere.example/report\"}");
        (await _attacked.GetAsync("/report", foreign)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _attacked.GetAsync("/other", foreign)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        await _attacked.ShouldHaveSoldAsync(3);
    }

    [Theory]
    [InlineData(HttpStatusCode.Found)]
    [InlineData(HttpStatusCode.TemporaryRedirect)]
    [InlineData(HttpStatusCode.PermanentRedirect)]
    public async Task Attack_redirect_leak(HttpStatusCode status)
    {
        var wire = new RedirectingWire(_attacked.Shop.Wire(), status);
        var client = _attacked.World.ClientOf(_attacked.Shop, wire);
        var quote = (await client.QuoteAsync(new(HttpMethod.Get, "http://shop.test/report"))).ShouldBeOfType<QuoteResult.Offered>().Quote;
        var result = await client.ConfirmAsync(quote.Id, _attacked.World.Agent);
        result.ShouldNotBeOfType<PaymentResult.Served>();
        wire.Asked.ShouldAllBe(url => url.Host == "shop.test");
        wire.Presented.ShouldBe(1);

        // The money is neither lost nor free: the signature is out, and the payment open until it is dead.
        (await _attacked.World.Wallet.GetPaymentAsync(quote.IntentId))!.State.ShouldBeOneOf(PaymentState.Sent, PaymentState.Unknown);
        await _attacked.World.ShouldHaveMovedAsync(0);
        _attacked.World.Clock.Advance(TimeSpan.FromMinutes(20));
        _attacked.World.Chain.Mine();
        (await _attacked.World.Wallet.ReconcileAsync(quote.IntentId)).State.ShouldBe(PaymentState.Expired);
        _attacked.Shop.Runs.ShouldBe(0);
    }

    [Fact]
    public async Task Attack_settle_timeout()
    {
        // Without a node of his own the seller hears of the money by the facilitator alone.
        await using var attacked = await AttackedShop.OpenAsync(blind: true);
        var payment = attacked.Payer.Pay(await attacked.Shop.TermsAsync("/report"));
        attacked.World.OnWire = (request, response) => request.RequestUri!.AbsolutePath == "/settle" ? throw new TaskCanceledException("the time is over", new TimeoutException()) : response;
        for (var i = 0; i < 3; i++)
        {
            using var open = await attacked.GetAsync("/report", payment);
            open.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            open.Headers.RetryAfter.ShouldNotBeNull();
            open.Headers.Contains(PaymentHeader.Required).ShouldBeFalse();
            var body = Payer.Body(await open.Content.ReadAsStringAsync());
            body.GetProperty("code").GetString().ShouldBe("settlement_unknown");
            body.GetProperty("paymentId").GetString().ShouldNotBeNullOrEmpty();
        }

        (await attacked.World.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price);
        attacked.World.OnWire = (_, response) => response;
        (await BodyAsync(await attacked.GetAsync("/report", payment))).ShouldBe("report 1");
        await attacked.ShouldHaveSoldAsync(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Attack_lost_response_and_retry(int lost)
    {
        var wire = new LosingWire(_attacked.Shop.Wire(), lost);
        var client = _attacked.World.ClientOf(_attacked.Shop, wire);
        var quote = (await client.QuoteAsync(new(HttpMethod.Get, "http://shop.test/report"))).ShouldBeOfType<QuoteResult.Offered>().Quote;
        var result = await client.ConfirmAsync(quote.Id, _attacked.World.Agent);
        if (lost == 2)
        {
            result.ShouldBeOfType<PaymentResult.Unknown>();
            (await _attacked.World.Wallet.GetPaymentAsync(quote.IntentId))!.State.ShouldBe(PaymentState.Unknown);
            result = await client.ConfirmAsync(quote.Id, _attacked.World.Agent);
        }

        (await BodyAsync(result.ShouldBeOfType<PaymentResult.Served>().Response)).ShouldBe("report 1");
        wire.Payments.Distinct().ShouldHaveSingleItem();
        wire.Payments.Count.ShouldBe(lost + 1);
        _attacked.Shop.Runs.ShouldBe(1);
        await _attacked.World.ShouldHaveMovedAsync(Shop.Price);
        (await _attacked.World.Wallet.GetPaymentAsync(quote.IntentId))!.State.ShouldBe(PaymentState.Settled);
    }

    [Fact]
    public async Task Attack_header_of_a_megabyte()
    {
        var good = await PayAsync("/report");
        foreach (var header in new[] { new string('A', 1 << 20), good + new string('A', 1 << 20), Convert.ToBase64String([.. "{\"x402Version\":2,\"x\":\""u8, .. new byte[1 << 20]]) })
        {
            await _attacked.ShouldRefuseAsync("/report", header, "invalid_payload", HttpStatusCode.RequestHeaderFieldsTooLarge);
            var old = Shop.Get("/report");
            old.Headers.TryAddWithoutValidation(PaymentHeader.SignatureV1, header);
            (await _attacked.SendAsync(old)).StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
        }

        _attacked.World.Asked.ShouldNotContain("/verify");
        using var body = await _attacked.World.FacilitatorHttp.PostAsync("/verify", new StringContent(new string('A', 1 << 20)));
        body.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await _attacked.ShouldHaveSoldAsync(0);
    }

    [Theory]
    [InlineData("/REPORT")]
    [InlineData("/report/")]
    [InlineData("//report")]
    [InlineData("/%72eport")]
    [InlineData("/./report")]
    [InlineData("/x/../report")]
    [InlineData("/x/%2e%2e/report")]
    [InlineData("/report;a=b")]
    [InlineData("/report%2f")]
    [InlineData("/\\report")]
    [InlineData("/report%20")]
    [InlineData("/ｒeport")]
    public async Task Attack_path_tricks(string path)
    {
        using var unpaid = await _attacked.GetAsync(path, null);
        unpaid.StatusCode.ShouldBeOneOf(HttpStatusCode.PaymentRequired, HttpStatusCode.NotFound, HttpStatusCode.BadRequest);

        // Nor is one that is paid for sold twice by another spelling.
        var payment = await PayAsync("/report");
        (await _attacked.GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var again = await _attacked.GetAsync(path, payment);
        if (again.StatusCode == HttpStatusCode.OK)
        {
            (await BodyAsync(again)).ShouldBe("report 1");
        }

        await _attacked.ShouldHaveSoldAsync(1);
    }

    [Fact]
    public async Task Attack_two_sellers_sharing_one_facilitator_key()
    {
        var other = Address.Parse("0x90F79bf6EB2c4f870365E785982E1f101E93b906");
        var second = await _attacked.World.OpenShopAsync(configure: options => options.PayTo = other);
        var (here, there) = (await _attacked.Shop.TermsAsync("/report"), await second.TermsAsync("/report"));

        // Neither can be paid with what is the other's, however they are asked at once.
        var payment = _attacked.Payer.Pay(here);
        var answers = await Task.WhenAll(_attacked.GetAsync("/report", payment), _attacked.SendAsync(second, Shop.Get("/report", payment)));
        answers.Select(answer => answer.StatusCode).ShouldBe([HttpStatusCode.OK, HttpStatusCode.PaymentRequired]);
        Payer.ReadRequired(answers[1]).Error.ShouldBe("No matching payment requirements");

        // What the facilitator has settled for the one is no yes to the other's terms.
        var settled = AttackedShop.RequestOf(payment, here);
        (await _attacked.World.Remote.SettleAsync(settled with { Requirements = there, Payload = settled.Payload with { Accepted = there } })).Success.ShouldBeFalse();

        // And the key's transactions do not get into each other's way.
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => i % 2 == 0
            ? _attacked.GetAsync("/report", _attacked.Payer.Pay(here))
            : _attacked.SendAsync(second, Shop.Get("/report", _attacked.Payer.Pay(there)))));
        replies.ShouldAllBe(reply => reply.StatusCode == HttpStatusCode.OK);
        (_attacked.Shop.Runs, second.Runs).ShouldBe((11, 10));
        (await _attacked.World.BalanceAsync(Shop.Seller)).ShouldBe(Shop.Price * 11);
        (await _attacked.World.BalanceAsync(other)).ShouldBe(Shop.Price * 10);
        (await _attacked.World.BalanceAsync(_attacked.Payer.Address)).ShouldBe(AttackedShop.Funds - (Shop.Price * 21));
        (await _attacked.World.Chain.GetTransactionCountAsync(_attacked.World.Sender)).ShouldBe(21UL);
    }

    /// <summary>A seller that sends whoever pays on to another host.</summary>
    private sealed class RedirectingWire(HttpMessageHandler inner, HttpStatusCode status) : DelegatingHandler(inner)
    {
        public List<Uri> Asked { get; } = [];

        public int Presented { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!);
            if (!request.Headers.Contains(PaymentHeader.Signature))
            {
                return await base.SendAsync(request, cancellationToken);
            }

            Presented++;
            return new(status) { Headers = { Location = new("http://evil.test/report") }, RequestMessage = request };
        }
    }

    /// <summary>Delivers paid requests, notes their payments, and loses the first replies to them.</summary>
    private sealed class LosingWire(HttpMessageHandler inner, int lost) : DelegatingHandler(inner)
    {
        private int _lost = lost;

        public List<string> Payments { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (!request.Headers.TryGetValues(PaymentHeader.Signature, out var values))
            {
                return response;
            }

            Payments.Add(values.Single());
            if (_lost-- <= 0)
            {
                return response;
            }

            response.Dispose();
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "the connection broke");
        }
    }
}
