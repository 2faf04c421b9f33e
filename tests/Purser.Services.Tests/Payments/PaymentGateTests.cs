using System.Net;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Tests.Payments;

/// <summary>The seller's door, with a stand-in behind it.</summary>
public sealed class PaymentGateTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-shop-").FullName;
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly StandInFacilitator _facilitator;
    private readonly Payer _payer;
    private Shop _shop = null!;
    private HttpClient _client = null!;

    public PaymentGateTests()
    {
        _facilitator = new(_clock);
        _payer = new(_clock, 7);
        _facilitator.Mint(_payer.Address, 1_000_000);
    }

    public async ValueTask InitializeAsync() => await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _shop.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task OpenAsync(Action<PaymentsOptions>? configure = null)
    {
        if (_shop is not null)
        {
            await _shop.DisposeAsync();
        }

        _shop = await Shop.OpenAsync(_facilitator, _clock, StoreUrl.ForFile(Path.Combine(_folder, "shop.db")), configure);
        _client = _shop.Client();
    }

    private Task<HttpResponseMessage> GetAsync(string path, string? payment = null) => _client.SendAsync(Shop.Get(path, payment));

    private Task ShouldHaveMoved(int payments)
    {
        _facilitator.Moved.ShouldBe(payments);
        _facilitator.BalanceOf(Shop.Seller).ShouldBe(Shop.Price * (ulong)payments);
        _facilitator.BalanceOf(_payer.Address).ShouldBe(1_000_000 - (Shop.Price * (ulong)payments));
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_has_no_price_is_free_and_asks_nobody()
    {
        using var client = _shop.Stuttering();
        (await client.GetStringAsync("/free")).ShouldBe("free");
        _facilitator.Verifications.ShouldBe(0);
    }

    [Fact]
    public async Task An_unpaid_request_gets_the_terms_in_header_and_body_and_is_not_to_be_cached()
    {
        using var client = _shop.Stuttering();
        using var response = await client.SendAsync(Shop.Get("/report?x=1"));
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        var required = Payer.ReadRequired(response);
        required.Error.ShouldBe("Payment required");
        required.Resource!.Url.ShouldBe("http://shop.test/report?x=1");
        required.Resource.Description.ShouldBe("A report");
        var terms = ExactEip3009.Instance.ReadTerms(required.Accepts.Single(), out _)!;
        (terms.Amount, terms.PayTo, terms.Asset).ShouldBe((Shop.Price, Shop.Seller, Shop.Dollar));
        (terms.DomainName, terms.DomainVersion).ShouldBe(("Test USD", "1"));
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        response.Headers.GetValues("Access-Control-Expose-Headers").Single().ShouldContain("PAYMENT-REQUIRED");
        var body = Purser.Protocol.Payments.V1.RequiredV1.Read(Purser.Protocol.Json.JsonShape.Parse(await response.Content.ReadAsByteArrayAsync()));
        ExactEip3009.Instance.ReadTerms(body.Accepts.Single(), out _).ShouldBe(terms);
        _shop.Runs.ShouldBe(0);
        await ShouldHaveMoved(0);
    }

    [Fact]
    public async Task A_paid_request_is_served_and_settled_and_its_repeat_gets_the_first_reply()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        using var client = _shop.Stuttering();
        using var response = await client.SendAsync(Shop.Get("/report", payment));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("report 1");
        var settled = Payer.ReadSettled(response);
        settled.Success.ShouldBeTrue();
        settled.Payer.ShouldBe(_payer.Address.ToString());
        response.Headers.CacheControl!.Private.ShouldBeTrue();
        response.Headers.CacheControl.Public.ShouldBeFalse();
        response.Headers.Vary.ShouldContain(PaymentHeader.Signature);
        response.Headers.Contains("Idempotency-Replayed").ShouldBeFalse();

        using var third = await GetAsync("/report", payment);
        third.Headers.GetValues("Idempotency-Replayed").Single().ShouldBe("true");
        third.Headers.GetValues("X-Run").Single().ShouldBe("1");
        (await third.Content.ReadAsStringAsync()).ShouldBe("report 1");
        _shop.Runs.ShouldBe(1);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task Where_repeats_are_refused_the_second_is_a_402()
    {
        await OpenAsync(options => options.Repeat = RepeatPolicy.Refuse);
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var repeat = await GetAsync("/report", payment);
        repeat.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(repeat).Error.ShouldBe("invalid_exact_evm_nonce_already_used");
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task After_its_age_a_reply_is_gone_and_the_payment_is_used()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _clock.Advance(TimeSpan.FromMinutes(6));
        using var repeat = await GetAsync("/report", payment);
        repeat.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadSettled(repeat).Success.ShouldBeTrue();
        _shop.Runs.ShouldBe(1);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task Twenty_at_once_with_one_payment_run_the_handler_once_and_settle_once()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/slow"));
        var requests = Enumerable.Range(0, 20).Select(_ => GetAsync("/slow", payment)).ToList();
        await _shop.SlowEntered.Task;
        _shop.SlowMayEnd.SetResult();
        foreach (var response in await Task.WhenAll(requests))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await response.Content.ReadAsStringAsync()).ShouldBe("slow 1");
        }

        _shop.Runs.ShouldBe(1);
        _facilitator.SettleCalls.ShouldBe(1);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task A_duplicate_that_has_waited_long_enough_is_told_to_come_back_and_never_to_pay_again()
    {
        await OpenAsync(options => options.DuplicateWait = TimeSpan.Zero);
        var payment = _payer.Pay(await _shop.TermsAsync("/slow"));
        var first = GetAsync("/slow", payment);
        await _shop.SlowEntered.Task;
        using (var second = await GetAsync("/slow", payment))
        {
            second.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            second.Headers.RetryAfter.ShouldNotBeNull();
            second.Headers.Contains(PaymentHeader.Required).ShouldBeFalse();
        }

        _shop.SlowMayEnd.SetResult();
        (await first).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task A_payment_for_one_resource_buys_no_other_of_the_same_price()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var path in (string[])["/other", "/report?page=2", "/slow"])
        {
            using var response = await GetAsync(path, payment);
            response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
            Payer.ReadRequired(response).Error.ShouldBe("invalid_exact_evm_nonce_already_used");
        }

        _shop.Runs.ShouldBe(1);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task A_payment_for_one_body_buys_no_other_body_and_the_handler_reads_the_body_that_was_bound()
    {
        using var unpaid = await _client.SendAsync(Shop.Request(HttpMethod.Post, "/echo", null, "one"));
        var payment = _payer.Pay(Payer.ReadRequired(unpaid).Accepts.Single());
        using var client = _shop.Stuttering();
        using var first = await client.SendAsync(Shop.Request(HttpMethod.Post, "/echo", payment, "one"));
        (await first.Content.ReadAsStringAsync()).ShouldBe("""{"said":"one"}""");
        using var second = await _client.SendAsync(Shop.Request(HttpMethod.Post, "/echo", payment, "two"));
        second.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        _shop.Runs.ShouldBe(1);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task A_repeat_with_another_idempotency_key_is_another_request()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        var request = Shop.Get("/report", payment);
        request.Headers.Add("Idempotency-Key", "secret-of-the-client");
        (await _client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(400)]
    public async Task A_handler_that_fails_is_not_charged_and_the_payment_stays_good(int status)
    {
        var payment = _payer.Pay(await _shop.TermsAsync($"/fail?status={status}"));
        using var response = await GetAsync($"/fail?status={status}", payment);
        ((int)response.StatusCode).ShouldBe(status);
        response.Headers.Contains(PaymentHeader.Response).ShouldBeFalse();
        await ShouldHaveMoved(0);
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task A_handler_that_throws_is_not_charged()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/throw"));
        await Should.ThrowAsync<InvalidDataException>(() => GetAsync("/throw", payment));
        await ShouldHaveMoved(0);
    }

    [Fact]
    public async Task A_large_reply_is_settled_before_it_goes_out_and_its_repeat_is_told_so()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/large?bytes=3000000"));
        using var response = await GetAsync("/large?bytes=3000000", payment);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync()).Length.ShouldBe(3_000_000);
        Payer.ReadSettled(response).Success.ShouldBeTrue();
        using var repeat = await GetAsync("/large?bytes=3000000", payment);
        repeat.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        Payer.ReadSettled(repeat).Success.ShouldBeTrue();
        _shop.Runs.ShouldBe(1);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task A_stream_is_settled_before_its_first_byte()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/events"));
        using var response = await GetAsync("/events", payment);
        Payer.ReadSettled(response).Success.ShouldBeTrue();
        (await response.Content.ReadAsStringAsync()).ShouldBe("data: 1\n\ndata: 2\n\n");
        await ShouldHaveMoved(1);
    }

    [Theory]
    [InlineData("/large?bytes=3000000")]
    [InlineData("/events")]
    public async Task A_stream_that_is_not_settled_sends_nothing_of_itself(string path)
    {
        var payment = _payer.Pay(await _shop.TermsAsync(path));
        _facilitator.InsteadOfSettle = _ => new SettleResponse(false, "", "eip155:84532", null, "invalid_exact_evm_insufficient_balance");
        using var response = await GetAsync(path, payment);
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(response).Error.ShouldBe("invalid_exact_evm_insufficient_balance");
        await ShouldHaveMoved(0);
    }

    [Theory]
    [InlineData("/large?bytes=3000000", 3_000_000)]
    [InlineData("/events", 18)]
    public async Task A_stream_whose_settlement_is_unknown_is_made_again_once_it_is_known_to_be_paid(string path, int length)
    {
        var payment = _payer.Pay(await _shop.TermsAsync(path));
        _facilitator.AfterMove = () => throw new FacilitatorException("timed out") { IsIndeterminate = true };
        using (var unknown = await GetAsync(path, payment))
        {
            unknown.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            unknown.Headers.Contains(PaymentHeader.Required).ShouldBeFalse();
        }

        _facilitator.AfterMove = () => Task.CompletedTask;
        using var served = await GetAsync(path, payment);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        Payer.ReadSettled(served).Success.ShouldBeTrue();
        (await served.Content.ReadAsByteArrayAsync()).Length.ShouldBe(length);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task A_reply_that_is_not_settled_is_dropped_and_a_repeat_settles_without_working_again()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        _facilitator.InsteadOfSettle = call => call == 1 ? new SettleResponse(false, "", "eip155:84532", null, "invalid_exact_evm_insufficient_balance") : null;
        using var refused = await GetAsync("/report", payment);
        refused.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        refused.Headers.Contains("X-Run").ShouldBeFalse();
        Payer.ReadSettled(refused).ErrorReason.ShouldBe("invalid_exact_evm_insufficient_balance");
        (await refused.Content.ReadAsStringAsync()).ShouldNotContain("report 1");

        using var again = await GetAsync("/report", payment);
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await again.Content.ReadAsStringAsync()).ShouldBe("report 1");
        _shop.Runs.ShouldBe(1);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task A_pending_settlement_is_unknown_until_the_same_payment_comes_again()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        _facilitator.InsteadOfSettle = call => call == 1 ? new SettleResponse(false, "0xabc", "eip155:84532", null, "settlement_pending") : null;
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _shop.Runs.ShouldBe(1);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task An_unknown_outcome_is_a_503_with_an_id_and_never_a_new_402_and_the_same_payment_resolves_it()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        _facilitator.AfterMove = () => throw new FacilitatorException("timed out") { IsTransient = true, IsIndeterminate = true };
        for (var i = 0; i < 2; i++)
        {
            using var unknown = await GetAsync("/report", payment);
            unknown.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            unknown.Headers.RetryAfter.ShouldNotBeNull();
            unknown.Headers.Contains(PaymentHeader.Required).ShouldBeFalse();
            Payer.Body(await unknown.Content.ReadAsStringAsync()).GetProperty("paymentId").GetString()!.Length.ShouldBe(66);
        }

        _facilitator.AfterMove = () => Task.CompletedTask;
        using var served = await GetAsync("/report", payment);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await served.Content.ReadAsStringAsync()).ShouldBe("report 1");
        _shop.Runs.ShouldBe(1);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task An_unknown_outcome_is_resolved_by_recovery_without_the_client()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        _facilitator.AfterMove = () => throw new FacilitatorException("timed out") { IsIndeterminate = true };
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _facilitator.AfterMove = () => Task.CompletedTask;
        var recovery = (PaymentRecovery)_shop.Services.GetService(typeof(PaymentRecovery))!;
        (await recovery.RunOnceAsync()).ShouldBe(1);
        (await recovery.RunOnceAsync()).ShouldBe(0);
        var calls = _facilitator.SettleCalls;
        (await (await GetAsync("/report", payment)).Content.ReadAsStringAsync()).ShouldBe("report 1");
        _facilitator.SettleCalls.ShouldBe(calls);
        await ShouldHaveMoved(1);
    }

    [Theory]
    [InlineData(true, HttpStatusCode.ServiceUnavailable)]
    [InlineData(false, HttpStatusCode.BadGateway)]
    public async Task A_facilitator_that_is_down_or_talks_nonsense_serves_nobody_and_charges_nobody(bool transient, HttpStatusCode status)
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        _facilitator.BeforeVerify = () => throw new FacilitatorException("down") { IsTransient = transient };
        using var client = _shop.Stuttering();
        using var response = await client.SendAsync(Shop.Get("/report", payment));
        response.StatusCode.ShouldBe(status);
        _shop.Runs.ShouldBe(0);
        _facilitator.BeforeVerify = () => Task.CompletedTask;
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldHaveMoved(1);
    }

    [Fact]
    public async Task Rates_are_limited_by_address_and_by_wallet_with_a_time_to_wait()
    {
        await OpenAsync(options => options.PerAddress = new(PerMinute: 60, Burst: 3));
        for (var i = 0; i < 3; i++)
        {
            (await GetAsync("/report")).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        }

        using var limited = await GetAsync("/report");
        limited.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        limited.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await GetAsync("/report")).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);

        await OpenAsync(options => options.PerWallet = new(PerMinute: 1, Burst: 1));
        var terms = await _shop.TermsAsync("/report");
        (await GetAsync("/report", _payer.Pay(terms))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync("/report", _payer.Pay(terms))).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        var other = new Payer(_clock, 8);
        _facilitator.Mint(other.Address, 5000);
        (await GetAsync("/report", other.Pay(terms))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
