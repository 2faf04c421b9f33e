using System.Net;
using System.Text;
using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Tests.Facilitator;
using Purser.Services.Tests.Payments;
using Purser.Storage;
using Purser.Wallet;

namespace Purser.Services.Tests.Agent;

/// <summary>Ask, show, confirm, pay: what the agent's side does with what sellers and networks do to it.</summary>
public sealed partial class PaymentClientTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-agent-").FullName;
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private Store _store = null!;
    private QuoteStore _quotes = null!;
    private SpyWallet _wallet = null!;
    private ulong _seed;

    public async ValueTask InitializeAsync()
    {
        _wallet = new(_clock);
        await OpenStoreAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _clock.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Before_the_confirmation_nothing_of_the_wallet_is_touched_and_after_it_the_payment_goes_with_the_request()
    {
        var seller = Honest();
        var client = ClientOf(seller);
        var quote = (await client.QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Offered>().Quote;
        _wallet.Calls.ShouldBeEmpty();
        quote.Amount.ShouldBe(new TokenAmount(1000, Seller.Dollar));

        var served = (await client.ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Served>();

        (await served.Response.Content.ReadAsStringAsync()).ShouldBe("the goods");
        served.Settlement.ShouldBe(Seller.Settled);
        _wallet.Calls.ShouldBe(["authorize", "begin", "record"]);
        _wallet.Outcomes.Single().ShouldBe(new PresentOutcome.Settled(Hash32.Parse(Seller.Settled.Transaction)));
        var intent = _wallet.Intents.Single();
        (intent.Id, intent.Account, intent.Origin, intent.Method, intent.Url, intent.PayTo, intent.MaxTimeoutSeconds).ShouldBe(
            (quote.IntentId, _wallet.Account, "http://shop.test", "GET", Seller.Url, FacilitatorWorld.Payee, 120));
    }

    [Fact]
    public async Task The_request_is_replayed_letter_by_letter_and_a_POST_stays_a_POST()
    {
        var seller = Honest();
        var client = ClientOf(seller);
        var body = Encoding.UTF8.GetBytes("{\"say\":\"häßlich\\u0000\"}\r\n");
        using var request = new HttpRequestMessage(HttpMethod.Post, Seller.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/vnd.odd+json; Charset=UTF-8");
        request.Content.Headers.TryAddWithoutValidation("Content-Language", "de");
        request.Headers.TryAddWithoutValidation("X-Twice", ["one", "two"]);
        request.Headers.TryAddWithoutValidation("Accept", "text/plain;q=0.50, */*");
        request.Headers.TryAddWithoutValidation("User-Agent", "agent/1.0 (test; x)");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer abc");

        var quote = (await client.QuoteAsync(request)).ShouldBeOfType<QuoteResult.Offered>().Quote;
        await RestartAsync();
        (await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Served>();

        var (first, second) = (seller.Requests[0], seller.Requests[1]);
        (second.Method, second.Url).ShouldBe(("POST", Seller.Url));
        second.Body.ShouldBe(body);
        first.Body.ShouldBe(body);
        second.Headers.Keys.Except(first.Headers.Keys).Order().ShouldBe(["Idempotency-Key", PaymentHeader.Signature]);
        foreach (var (name, value) in first.Headers)
        {
            second.Headers[name].ShouldBe(value, name);
        }

        first.Headers["Content-Type"].ShouldBe("application/vnd.odd+json; Charset=UTF-8");
        first.Headers["Accept"].ShouldBe("text/plain;q=0.50, */*");
        first.Headers["Authorization"].ShouldBe("Bearer abc");
        _wallet.Intents.Single().BodyHash.ShouldBe(new Hash32(System.Security.Cryptography.SHA256.HashData(body)));
    }

    [Fact]
    public async Task The_header_carries_the_sellers_own_words_echoed_and_the_signature_of_the_payer()
    {
        // A seller with his own spelling: lower-case addresses, members that we do not know, extensions.
        var json = $$"""
            {"x402Version":2,"error":"pay","resource":{"url":"http://elsewhere.test/x","more":1},"extensions":{"bazaar":{"info":{ } } },
             "accepts":[{"maxTimeoutSeconds":60,"scheme":"exact","network":"eip155:84532","amount":"7","asset":"{{Seller.Dollar.Token.ToLowerHex()}}","payTo":"{{FacilitatorWorld.Payee.ToLowerHex()}}","extra":{"version":"1","name":"Test USD","x":[1]},"odd":"\u20ae"}]}
            """;
        var seller = new ScriptedHandler((_, request) => Seller.IsPaid(request) ? Seller.Serves(Seller.Settled) : Seller.AsksRaw(Seller.Encode(json)));
        (await PayAsync(seller)).ShouldBeOfType<PaymentResult.Served>();

        var header = seller.Requests[1].Headers[PaymentHeader.Signature];
        header.ShouldMatch("^[A-Za-z0-9+/]+={0,2}$");
        var payload = Seller.Element(Encoding.UTF8.GetString(Convert.FromBase64String(header)));
        var challenge = Seller.Element(json);
        System.Text.Json.JsonElement.DeepEquals(payload.GetProperty("accepted"), challenge.GetProperty("accepts")[0]).ShouldBeTrue();
        System.Text.Json.JsonElement.DeepEquals(payload.GetProperty("resource"), challenge.GetProperty("resource")).ShouldBeTrue();
        System.Text.Json.JsonElement.DeepEquals(payload.GetProperty("extensions"), challenge.GetProperty("extensions")).ShouldBeTrue();
        payload.GetProperty("x402Version").GetInt32().ShouldBe(2);
        var proof = Seller.ReadProof(header);
        Signature.TryRead(proof.Signature.Span, out var signature).ShouldBeTrue();
        Eip3009.TryRecover(proof.Authorization, Eip3009.DomainSeparator("Test USD", "1", Seller.Dollar), signature, out var signer).ShouldBeTrue();
        signer.ShouldBe(_wallet.Account);
        (proof.Authorization.To, proof.Authorization.Value).ShouldBe((FacilitatorWorld.Payee, (UInt256)7));
    }

    [Fact]
    public async Task A_body_of_the_largest_size_survives_the_wait_for_the_confirmation()
    {
        var body = new Purser.Testing.Seeded(4).Bytes(PaidRequest.MaxBodyBytes);
        var seller = Honest();
        using var request = new HttpRequestMessage(HttpMethod.Put, Seller.Url) { Content = new ByteArrayContent(body) };
        var quote = (await ClientOf(seller).QuoteAsync(request)).ShouldBeOfType<QuoteResult.Offered>().Quote;
        await RestartAsync();
        (await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Served>();
        seller.Requests[1].Body.SequenceEqual(body).ShouldBeTrue();
        seller.Requests[1].Method.ShouldBe("PUT");
    }

    [Fact]
    public async Task A_lost_reply_is_asked_for_once_more_with_the_same_header_and_then_it_is_unknown()
    {
        var fails = new ScriptedHandler((number, request) => !Seller.IsPaid(request) ? Seller.Asks(Seller.Offer()) : throw new HttpRequestException(HttpRequestError.ResponseEnded, $"reset {number}"));
        var unknown = (await PayAsync(fails)).ShouldBeOfType<PaymentResult.Unknown>();
        unknown.Reason.ShouldContain("reset 3");
        fails.Requests.Count.ShouldBe(3);
        HeadersOf(fails).Distinct().Count().ShouldBe(1);
        _wallet.Outcomes.Single().ShouldBeOfType<PresentOutcome.Unknown>();
        _wallet.Signatures.ShouldBe(1);

        var recovers = new ScriptedHandler((number, request) => !Seller.IsPaid(request) ? Seller.Asks(Seller.Offer()) : number == 2 ? throw new HttpRequestException("reset") : Seller.Serves(Seller.Settled));
        (await PayAsync(recovers)).ShouldBeOfType<PaymentResult.Served>();
        recovers.Requests.Count.ShouldBe(3);
        HeadersOf(recovers).Distinct().Count().ShouldBe(1);
        _wallet.Signatures.ShouldBe(2);
    }

    [Fact]
    public async Task A_timeout_of_the_HTTP_client_is_a_lost_reply_and_no_cancellation()
    {
        var seller = new ScriptedHandler((_, request) => !Seller.IsPaid(request) ? Seller.Asks(Seller.Offer()) : throw new TaskCanceledException("timed out", new TimeoutException()));
        (await PayAsync(seller)).ShouldBeOfType<PaymentResult.Unknown>();
        seller.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Confirming_again_after_a_lost_reply_presents_the_same_header_even_when_the_quote_is_over()
    {
        var down = true;
        var seller = new ScriptedHandler((_, request) => !Seller.IsPaid(request) ? Seller.Asks(Seller.Offer()) : down ? throw new HttpRequestException("reset") : Seller.Serves(Seller.Settled));
        var quote = (await ClientOf(seller).QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Offered>().Quote;
        (await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Unknown>();
        down = false;
        _clock.Advance(TimeSpan.FromHours(1));
        await RestartAsync();
        (await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Served>();
        (await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Served>();
        HeadersOf(seller).Count.ShouldBe(4);
        HeadersOf(seller).Distinct().Count().ShouldBe(1);
        _wallet.Signatures.ShouldBe(1);
    }

    [Fact]
    public async Task A_quote_that_was_never_paid_cannot_be_confirmed_after_its_time()
    {
        foreach (var (timeout, life) in new[] { (60, 60), (120, 120), (86_400, 300) })
        {
            var seller = new ScriptedHandler((_, _) => Seller.Asks(Seller.Offer(timeout: timeout)));
            var quote = (await QuoteAsync(seller)).ShouldBeOfType<QuoteResult.Offered>().Quote;
            quote.ExpiresAt.ShouldBe(_clock.GetUtcNow().AddSeconds(life));
            _clock.Advance(TimeSpan.FromSeconds(life));
            (await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Refused>().Refusal.Code.ShouldBe("quote_expired");
            seller.Requests.Count.ShouldBe(1);
        }

        _wallet.Signatures.ShouldBe(0);
        (await ClientOf(Honest()).ConfirmAsync("nothing", _wallet.Account)).ShouldBeOfType<PaymentResult.Refused>().Refusal.Code.ShouldBe("quote_missing");
    }

    [Fact]
    public async Task Replies_that_leave_the_outcome_open_are_unknown_and_never_a_refusal()
    {
        foreach (var status in new[] { 500, 502, 503, 504, 409, 429, 408 })
        {
            (await PayAsync(Answering(Seller.Serves(status: (HttpStatusCode)status)))).ShouldBeOfType<PaymentResult.Unknown>().Reason.ShouldContain($"{status}");
        }

        _wallet.Outcomes.ShouldAllBe(outcome => outcome is PresentOutcome.Unknown);
    }

    [Fact]
    public async Task A_402_to_the_payment_is_a_rejection_with_its_reason_and_nothing_is_signed_anew()
    {
        var withSettlement = Seller.Asks(Seller.Offer(2000));
        withSettlement.Headers.TryAddWithoutValidation(PaymentHeader.Response, PaymentHeader.Encode(new SettleResponse(false, "", "eip155:84532", null, "insufficient_funds\u001b[31m").Write));
        foreach (var (answer, reason) in new[]
        {
            (Seller.Asks(new PaymentRequired("invalid_exact_evm_signature", null, [Seller.Offer()])), "invalid_exact_evm_signature"),
            (withSettlement, "insufficient_funds"),
            (new HttpResponseMessage(HttpStatusCode.PaymentRequired), "the seller refused without a reason"),
            (Seller.AsksRaw("%%%"), "the seller refused without a reason"),
        })
        {
            var seller = Answering(answer);
            var before = _wallet.Signatures;
            (await PayAsync(seller)).ShouldBeOfType<PaymentResult.Rejected>().Reason.ShouldBe(reason);
            seller.Requests.Count.ShouldBe(2);
            _wallet.Signatures.ShouldBe(before + 1);
            _wallet.Outcomes[^1].ShouldBe(new PresentOutcome.Rejected(reason));
        }
    }

    [Fact]
    public async Task A_reply_without_a_word_on_the_settlement_is_served_and_noted_as_unknown()
    {
        var twice = Seller.Serves(Seller.Settled);
        twice.Headers.TryAddWithoutValidation(PaymentHeader.Response, "x");
        foreach (var answer in new[] { Seller.Serves(), twice, Seller.Serves(new SettleResponse(false, "", "eip155:84532", null, "settlement_pending")) })
        {
            (await PayAsync(Answering(answer))).ShouldBeOfType<PaymentResult.Served>();
            _wallet.Outcomes[^1].ShouldBeOfType<PresentOutcome.Unknown>();
        }

        (await PayAsync(Answering(Seller.Serves(status: HttpStatusCode.NotFound)))).ShouldBeOfType<PaymentResult.Rejected>();
        (await PayAsync(Answering(Seller.Serves(Seller.Settled with { Transaction = "not a hash" })))).ShouldBeOfType<PaymentResult.Served>();
        _wallet.Outcomes[^1].ShouldBe(new PresentOutcome.Settled(null));
    }

    [Fact]
    public async Task Giving_up_while_the_reply_is_awaited_is_noted_as_unknown()
    {
        foreach (var surface in new Func<CancellationToken, Exception>[] { token => new OperationCanceledException(token), _ => new HttpRequestException("torn") })
        {
            using var patience = new CancellationTokenSource();
            var seller = new ScriptedHandler(async (_, request, token) =>
            {
                if (!Seller.IsPaid(request))
                {
                    return Seller.Asks(Seller.Offer());
                }

                await patience.CancelAsync();
                throw surface(token);
            });
            var client = ClientOf(seller);
            var quote = (await client.QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Offered>().Quote;
            await Should.ThrowAsync<Exception>(() => client.ConfirmAsync(quote.Id, _wallet.Account, patience.Token));
            seller.Requests.Count.ShouldBe(2);
            _wallet.Outcomes[^1].ShouldBeOfType<PresentOutcome.Unknown>().Reason.ShouldContain("cancelled");
        }
    }

    [Fact]
    public async Task A_client_that_followed_a_redirect_to_another_origin_gets_no_quote_and_its_paid_reply_counts_for_nothing()
    {
        static HttpResponseMessage From(string url, HttpResponseMessage response)
        {
            response.RequestMessage = new HttpRequestMessage(HttpMethod.Get, url);
            return response;
        }

        var early = new ScriptedHandler((_, _) => From("http://evil.test/", Seller.Asks(Seller.Offer())));
        (await QuoteAsync(early)).ShouldBeOfType<QuoteResult.Refused>().Refusal.Code.ShouldBe("redirect_followed");
        _wallet.Calls.ShouldBeEmpty();

        var late = new ScriptedHandler((_, request) => Seller.IsPaid(request) ? From("http://evil.test/", Seller.Serves(Seller.Settled)) : Seller.Asks(Seller.Offer()));
        (await PayAsync(late)).ShouldBeOfType<PaymentResult.Unknown>().Reason.ShouldContain("redirect");
    }

    [Fact]
    public async Task A_wallet_that_refuses_or_asks_a_human_sends_nothing()
    {
        var seller = Honest();
        _wallet.Instead = new AuthorizationResult.Refused(new("policy_cap_per_payment", "too much", "ask", WalletRefusalKind.Policy));
        (await PayAsync(seller)).ShouldBeOfType<PaymentResult.WalletRefused>().Reason.Code.ShouldBe("policy_cap_per_payment");
        _wallet.Instead = new AuthorizationResult.ApprovalNeeded("a1", "pay?", _clock.GetUtcNow());
        (await PayAsync(seller)).ShouldBeOfType<PaymentResult.ApprovalNeeded>().ApprovalId.ShouldBe("a1");
        HeadersOf(seller).ShouldBeEmpty();
        _wallet.Outcomes.ShouldBeEmpty();
    }

    private static HttpRequestMessage Request() => new(HttpMethod.Get, Seller.Url);

    private static HttpRequestMessage WithHeader(string name, string value)
    {
        var request = Request();
        request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        return request;
    }

    private static ScriptedHandler Honest() => new((_, request) => Seller.IsPaid(request) ? Seller.Serves(Seller.Settled) : Seller.Asks(Seller.Offer()));

    private static ScriptedHandler Answering(HttpResponseMessage paid) => new((_, request) => Seller.IsPaid(request) ? paid : Seller.Asks(Seller.Offer()));

    private static List<string> HeadersOf(ScriptedHandler seller) =>
        [.. seller.Requests.Where(request => request.Headers.ContainsKey(PaymentHeader.Signature)).Select(request => request.Headers[PaymentHeader.Signature])];

    private PaymentClient ClientOf(ScriptedHandler seller) => new(seller.Client(), _wallet, _quotes, Seller.Registry, _clock, new SeededRandom(++_seed));

    private Task<QuoteResult> QuoteAsync(ScriptedHandler seller) => ClientOf(seller).QuoteAsync(Request());

    private async Task<PaymentResult> PayAsync(ScriptedHandler seller)
    {
        var quote = (await QuoteAsync(seller)).ShouldBeOfType<QuoteResult.Offered>().Quote;
        return await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account);
    }

    private async Task<string> RefusedAsync(HttpResponseMessage response)
    {
        var refusal = (await QuoteAsync(new((_, _) => response))).ShouldBeOfType<QuoteResult.Refused>().Refusal;
        refusal.Hint.ShouldNotBeEmpty();
        return refusal.Code;
    }

    private async Task OpenStoreAsync()
    {
        _store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "agent.db")), _clock);
        _quotes = new(_store, Seller.Registry);
        await _quotes.MigrateAsync(default);
    }

    private async Task RestartAsync()
    {
        await _store.DisposeAsync();
        await OpenStoreAsync();
    }
}
