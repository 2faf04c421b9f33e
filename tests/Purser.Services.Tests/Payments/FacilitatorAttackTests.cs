using System.Net;
using System.Text;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Tests.Payments;

/// <summary>A seller whose facilitator fails him, over HTTP, by the way it fails. Nothing is served unpaid, and no open outcome is a new 402.</summary>
public sealed class FacilitatorAttackTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-attacked-").FullName;
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly StandInFacilitator _ledger;
    private readonly Payer _payer;
    private readonly List<Uri> _asked = [];
    private Func<HttpRequestMessage, Task<HttpResponseMessage?>> _instead = _ => Task.FromResult<HttpResponseMessage?>(null);
    private Shop _shop = null!;
    private HttpClient _client = null!;

    public FacilitatorAttackTests()
    {
        _ledger = new(_clock);
        _payer = new(_clock, 17);
        _ledger.Mint(_payer.Address, 1_000_000);
    }

    public async ValueTask InitializeAsync()
    {
#pragma warning disable RS0030 // a test is the composition root of its own internet
        var remote = new HttpFacilitator(new HttpClient(new Wire(this)), new Uri("http://facilitator.test/"), new() { MaxResponseBytes = 4096 }, _clock);
#pragma warning restore RS0030
        _shop = await Shop.OpenAsync(remote, _clock, StoreUrl.ForFile(Path.Combine(_folder, "shop.db")));
        _client = _shop.Client();
    }

    public async ValueTask DisposeAsync()
    {
        await _shop.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>What a facilitator may answer instead of an answer, and the status that the seller's client then gets of a verification.</summary>
    public static TheoryData<string, int> Garbage => new()
    {
        { "an error page", 502 },
        { "a redirect to another host", 502 },
        { "a redirect that keeps the method", 502 },
        { "nothing at all", 502 },
        { "a word of another type", 502 },
        { "a member twice", 502 },
        { "a megabyte", 502 },
        { "a valid word under an error", 503 },
        { "a gateway's timeout", 503 },
        { "too many requests", 503 },
        { "no connection", 503 },
        { "a broken connection", 503 },
    };

    private static HttpResponseMessage? Make(string garbage, string member) => garbage switch
    {
        "an error page" => Said(200, "<html>welcome</html>"),
        "a redirect to another host" => Moved(302),
        "a redirect that keeps the method" => Moved(308),
        "nothing at all" => Said(200, ""),
        "a word of another type" => Said(200, $$"""{"{{member}}":"true","transaction":"0x1","network":"eip155:84532"}"""),
        "a member twice" => Said(200, $$"""{"{{member}}":false,"{{member}}":true,"transaction":"0x1","network":"eip155:84532"}"""),
        "a megabyte" => Said(200, $$"""{"{{member}}":true,"x":"{{new string('x', 1 << 20)}}"}"""),
        "a valid word under an error" => Said(500, $$"""{"{{member}}":true,"transaction":"0x1","network":"eip155:84532"}"""),
        "a gateway's timeout" => Said(504, "<html>504</html>"),
        "too many requests" => Said(429, "{}"),
        "no connection" => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"),
        "a broken connection" => throw new HttpRequestException(HttpRequestError.ResponseEnded, "broken off"),
        _ => throw new ArgumentOutOfRangeException(nameof(garbage)),
    };

    private static HttpResponseMessage Said(int status, string body) => new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Moved(int status)
    {
        var response = Said(status, """{"isValid":true,"success":true,"transaction":"0x1","network":"eip155:84532"}""");
        response.Headers.Location = new Uri("http://evil.test/verify");
        return response;
    }

    private void InsteadOf(string path, string garbage, string member) => _instead = request =>
        Task.FromResult(request.RequestUri!.AbsolutePath == path ? Make(garbage, member) : null);

    private async Task<string> PaymentAsync(string path = "/report") => _payer.Pay(await _shop.TermsAsync(path));

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task A_facilitator_that_verifies_by_garbage_serves_nobody_and_the_payment_stays_good(string garbage, int status)
    {
        var payment = await PaymentAsync();
        InsteadOf("/verify", garbage, "isValid");
        using var refused = await _client.SendAsync(Shop.Get("/report", payment));
        ((int)refused.StatusCode).ShouldBe(status);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        refused.Headers.CacheControl!.NoStore.ShouldBeTrue();
        _shop.Runs.ShouldBe(0);
        _asked.ShouldAllBe(url => url.Host == "facilitator.test");
        _instead = _ => Task.FromResult<HttpResponseMessage?>(null);
        (await _client.SendAsync(Shop.Get("/report", payment))).StatusCode.ShouldBe(HttpStatusCode.OK);
        _ledger.Moved.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task A_facilitator_that_moves_the_money_and_answers_garbage_leaves_a_503_and_its_repeat_is_served_without_a_second_charge(string garbage, int status)
    {
        _ = status;
        var payment = await PaymentAsync();
        _instead = async request =>
        {
            if (request.RequestUri!.AbsolutePath != "/settle")
            {
                return null;
            }

            await AnswerAsync(request);
            return garbage == "no connection" ? throw new HttpRequestException(HttpRequestError.ResponseEnded, "broken off") : Make(garbage, "success");
        };
        using var open = await _client.SendAsync(Shop.Get("/report", payment));
        open.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        open.Headers.RetryAfter.ShouldNotBeNull();
        var body = await open.Content.ReadAsStringAsync();
        body.ShouldContain("settlement_unknown");
        body.ShouldContain("paymentId");
        body.ShouldNotContain("report");
        open.Headers.Contains(PaymentHeader.Required).ShouldBeFalse();
        _instead = _ => Task.FromResult<HttpResponseMessage?>(null);
        using var served = await _client.SendAsync(Shop.Get("/report", payment));
        (await served.Content.ReadAsStringAsync()).ShouldBe("report 1");
        (_shop.Runs, _ledger.Moved).ShouldBe((1, 1));
        _asked.ShouldAllBe(url => url.Host == "facilitator.test");
    }

    [Fact]
    public async Task A_facilitator_that_times_out_after_broadcasting_leaves_a_503_for_all_repeats_until_it_answers()
    {
        var payment = await PaymentAsync();
        var hanging = new TaskCompletionSource<HttpResponseMessage?>();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _instead = async request =>
        {
            if (request.RequestUri!.AbsolutePath != "/settle")
            {
                return null;
            }

            await AnswerAsync(request);
            reached.TrySetResult();
            return await hanging.Task;
        };
        var asking = _client.SendAsync(Shop.Get("/report", payment));
        await reached.Task;
        _clock.Advance(TimeSpan.FromSeconds(91));
        using var open = await asking;
        open.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await open.Content.ReadAsStringAsync()).ShouldContain("settlement_unknown");
        InsteadOf("/settle", "a gateway's timeout", "success");
        (await _client.SendAsync(Shop.Get("/report", payment))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _instead = _ => Task.FromResult<HttpResponseMessage?>(null);
        (await _client.SendAsync(Shop.Get("/report", payment))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (_shop.Runs, _ledger.Moved).ShouldBe((1, 1));
        hanging.TrySetResult(Said(200, "{}"));
    }

    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request)
    {
        if (request.RequestUri!.AbsolutePath == "/supported")
        {
            return Said(200, """{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532"}]}""");
        }

        var asked = FacilitatorRequest.Read(Protocol.Json.JsonShape.Parse(await request.Content!.ReadAsByteArrayAsync()));
        var body = request.RequestUri!.AbsolutePath == "/verify"
            ? PaymentHeader.Json((await _ledger.VerifyAsync(asked)).Write)
            : PaymentHeader.Json((await _ledger.SettleAsync(asked)).Write);
        return Said(200, Encoding.UTF8.GetString(body));
    }

    private sealed class Wire(FacilitatorAttackTests test) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            test._asked.Add(request.RequestUri!);
            return await test._instead(request).WaitAsync(cancellationToken) ?? await test.AnswerAsync(request);
        }
    }
}
