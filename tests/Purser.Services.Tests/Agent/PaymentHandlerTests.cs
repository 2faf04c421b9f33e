using System.Net;
using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Tests.Facilitator;
using Purser.Services.Tests.Payments;
using Purser.Wallet;

namespace Purser.Services.Tests.Agent;

/// <summary>The handler that pays on its own within a cap.</summary>
public sealed class PaymentHandlerTests : IDisposable
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly SpyWallet _wallet;
    private ulong _seed;

    public PaymentHandlerTests() => _wallet = new(_clock);

    public void Dispose() => _clock.Dispose();

    [Fact]
    public async Task A_402_within_the_cap_is_paid_once_and_the_reply_is_the_goods()
    {
        var seller = new ScriptedHandler((_, request) => Seller.IsPaid(request) ? Seller.Serves(Seller.Settled) : Seller.Asks(Seller.Offer()));
        using var client = ClientOf(seller);
        using var content = new StringContent("body");
        using var response = await client.PostAsync(Seller.Url, content);
        (await response.Content.ReadAsStringAsync()).ShouldBe("the goods");
        seller.Requests.Select(request => request.Method).ShouldBe(["POST", "POST"]);
        seller.Requests[1].Body.ShouldBe(seller.Requests[0].Body);
        _wallet.Signatures.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_not_asked_or_cannot_be_paid_is_handed_back_as_it_came_without_a_touch_of_the_wallet()
    {
        foreach (var reply in new[]
        {
            Seller.Serves(), Seller.Serves(status: HttpStatusCode.Unauthorized), Seller.Serves(status: HttpStatusCode.InternalServerError), Seller.Asks(Seller.Offer(1001)),
            Seller.AsksRaw("%%%"), Seller.AsksRaw(), Seller.Asks(Seller.Offer(token: Address.Parse("0x9000000000000000000000000000000000000009"))), Seller.Asks(Seller.Offer(name: "USD Coin")),
        })
        {
            var seller = new ScriptedHandler((_, _) => reply);
            using var client = ClientOf(seller);
            (await client.GetAsync(Seller.Url)).ShouldBeSameAs(reply);
            seller.Requests.Count.ShouldBe(1);
        }

        _wallet.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_outcome_and_a_refusing_wallet_are_said_and_nothing_is_sent_on()
    {
        var down = new ScriptedHandler((_, request) => Seller.IsPaid(request) ? Seller.Serves(status: HttpStatusCode.ServiceUnavailable) : Seller.Asks(Seller.Offer()));
        using var client = ClientOf(down);
        var unknown = await Should.ThrowAsync<PaymentFailedException>(() => client.GetAsync(Seller.Url));
        (unknown.Code, unknown.IsUnknown).ShouldBe(("payment_unknown", true));

        _wallet.Instead = new AuthorizationResult.Refused(new("policy_cap_per_day", "too much today", "wait", WalletRefusalKind.Policy));
        var refused = await Should.ThrowAsync<PaymentFailedException>(() => client.GetAsync(Seller.Url));
        (refused.Code, refused.IsUnknown, refused.Hint).ShouldBe(("policy_cap_per_day", false, "wait"));
        down.Requests.Count(request => request.Headers.ContainsKey(PaymentHeader.Signature)).ShouldBe(1);
    }

    [Fact]
    public async Task A_402_to_the_payment_is_handed_back_and_not_paid_again()
    {
        var seller = new ScriptedHandler((_, _) => Seller.Asks(Seller.Offer()));
        using var client = ClientOf(seller);
        (await client.GetAsync(Seller.Url)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        seller.Requests.Count.ShouldBe(2);
        _wallet.Signatures.ShouldBe(1);
        _wallet.Outcomes.Single().ShouldBeOfType<PresentOutcome.Rejected>();
    }

    [Fact]
    public async Task A_redirect_of_the_paid_request_is_not_followed_so_that_the_payment_stays_with_its_origin()
    {
        var seller = new ScriptedHandler((_, request) => Seller.IsPaid(request)
            ? new HttpResponseMessage(HttpStatusCode.TemporaryRedirect) { Headers = { Location = new Uri("http://evil.test/") } }
            : Seller.Asks(Seller.Offer()));
        using var client = ClientOf(seller);
        (await client.GetAsync(Seller.Url)).StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        seller.Requests.ShouldAllBe(request => request.Url == Seller.Url);
        _wallet.Outcomes.Single().ShouldBeOfType<PresentOutcome.Rejected>();
    }

    [Fact]
    public async Task An_innermost_handler_that_follows_redirects_is_refused_before_anything_is_sent()
    {
        foreach (var innermost in new HttpMessageHandler[] { new SocketsHttpHandler(), new HttpClientHandler(), new Passing(new SocketsHttpHandler()) })
        {
            using var client = ClientOf(innermost);
            (await Should.ThrowAsync<InvalidOperationException>(() => client.GetAsync(Seller.Url))).Message.ShouldContain("AllowAutoRedirect");
        }

        _wallet.Calls.ShouldBeEmpty();
    }

    private HttpClient ClientOf(HttpMessageHandler inner)
    {
        var options = new PaymentHandlerOptions { Account = _wallet.Account, MaxAmount = new(1000, Seller.Dollar) };
#pragma warning disable RS0030 // a test is the composition root of its own internet
        return new HttpClient(new PaymentHandler(_wallet, Seller.Registry, options, _clock, new SeededRandom(++_seed)) { InnerHandler = inner });
#pragma warning restore RS0030
    }

    private sealed class Passing(HttpMessageHandler inner) : DelegatingHandler(inner);
}
