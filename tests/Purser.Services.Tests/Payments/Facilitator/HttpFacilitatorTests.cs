using System.Net;
using System.Text;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments.Facilitator;

namespace Purser.Services.Tests.Payments.Facilitator;

/// <summary>A stranger's facilitator, by the answers that it may give.</summary>
public sealed class HttpFacilitatorTests
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly List<(string Target, byte[] Body)> _asked = [];
    private Func<int, Task<HttpResponseMessage>> _answer = _ => throw new InvalidOperationException("no answer was set");

    private HttpFacilitator Facilitator => Make();

    private static FacilitatorRequest Request { get; } = MakeRequest();

    private HttpFacilitator Make()
    {
#pragma warning disable RS0030 // a test is the composition root of its own internet
        return new(new HttpClient(new Script(this)), new Uri("http://facilitator.test/x402/"), new() { MaxResponseBytes = 4096 }, _clock);
#pragma warning restore RS0030
    }

    private static FacilitatorRequest MakeRequest()
    {
        var payer = new Payer(SandboxClock.StandingAt(DateTimeOffset.UnixEpoch), 1);
        var terms = new ExactEip3009Terms(Shop.Dollar, Shop.Seller, Shop.Price, 300, "Test USD", "1").ToRequirements();
        return new(PaymentPayload.Read(PaymentHeader.Decode(payer.Pay(terms))), terms);
    }

    private void Answer(string json, HttpStatusCode status = HttpStatusCode.OK) => _answer = _ => Task.FromResult(Json(json, status));

    private static HttpResponseMessage Json(string json, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    [Fact]
    public async Task It_posts_the_clients_payload_and_the_sellers_terms_to_the_right_place()
    {
        Answer("""{"isValid":true,"payer":"0x1","unknown":{"a":1}}""");
        (await Facilitator.VerifyAsync(Request)).IsValid.ShouldBeTrue();
        var (target, body) = _asked.Single();
        target.ShouldBe("POST http://facilitator.test/x402/verify");
        body.ShouldBe(PaymentHeader.Json(Request.Write));
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task A_refusal_counts_with_any_status(HttpStatusCode status)
    {
        Answer("""{"isValid":false,"invalidReason":"something_new","payer":null}""", status);
        var verified = await Facilitator.VerifyAsync(Request);
        verified.IsValid.ShouldBeFalse();
        verified.InvalidReason.ShouldBe("something_new");
    }

    [Theory]
    [InlineData("<html>it works</html>", HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData("{}", HttpStatusCode.OK)]
    [InlineData("[]", HttpStatusCode.OK)]
    [InlineData("""{"isValid":"true","success":"true"}""", HttpStatusCode.OK)]
    [InlineData("""{"isValid":true,"isValid":false,"success":true,"success":false}""", HttpStatusCode.OK)]
    [InlineData("""{"isValid":true,"success":true,"transaction":"0x1","network":"eip155:1"}""", HttpStatusCode.InternalServerError)]
    [InlineData("""{"isValid":true,"success":true,"transaction":"0x1","network":"eip155:1"}""", HttpStatusCode.Redirect)]
    [InlineData("", HttpStatusCode.PermanentRedirect)]
    public async Task What_is_no_answer_is_a_fault_and_for_a_settlement_an_open_outcome(string body, HttpStatusCode status)
    {
        Answer(body, status);
        (await Should.ThrowAsync<FacilitatorException>(() => Facilitator.VerifyAsync(Request))).IsIndeterminate.ShouldBeFalse();
        (await Should.ThrowAsync<FacilitatorException>(() => Facilitator.SettleAsync(Request))).IsIndeterminate.ShouldBeTrue();
    }

    [Fact]
    public async Task A_settlement_without_its_transaction_is_no_answer()
    {
        Answer("""{"success":true}""");
        (await Should.ThrowAsync<FacilitatorException>(() => Facilitator.SettleAsync(Request))).IsIndeterminate.ShouldBeTrue();
    }

    [Fact]
    public async Task An_answer_over_the_bound_is_not_read()
    {
        Answer($$"""{"isValid":true,"payer":"{{new string('a', 5000)}}"}""");
        await Should.ThrowAsync<FacilitatorException>(() => Facilitator.VerifyAsync(Request));
    }

    [Fact]
    public async Task No_answer_in_time_is_an_open_outcome()
    {
        var never = new TaskCompletionSource<HttpResponseMessage>();
        _answer = _ => never.Task;
        var settling = Facilitator.SettleAsync(Request);
        _clock.Advance(TimeSpan.FromSeconds(91));
        var fault = await Should.ThrowAsync<FacilitatorException>(() => settling);
        fault.IsIndeterminate.ShouldBeTrue();
        fault.IsTransient.ShouldBeTrue();
    }

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, false)]
    [InlineData(HttpRequestError.NameResolutionError, false)]
    [InlineData(HttpRequestError.ResponseEnded, true)]
    [InlineData(HttpRequestError.Unknown, true)]
    public async Task Only_a_connection_that_never_was_proves_that_nothing_was_settled(HttpRequestError error, bool indeterminate)
    {
        _answer = _ => throw new HttpRequestException(error, "broken");
        (await Should.ThrowAsync<FacilitatorException>(() => Facilitator.SettleAsync(Request))).IsIndeterminate.ShouldBe(indeterminate);
    }

    [Fact]
    public async Task A_pending_settlement_is_asked_for_exactly_once_more_with_the_identical_body()
    {
        const string pending = """{"success":false,"errorReason":"settlement_pending","transaction":"0xabc","network":"eip155:84532"}""";
        _answer = call => Task.FromResult(Json(call == 1 ? pending : """{"success":true,"transaction":"0xabc","network":"eip155:84532"}"""));
        (await Facilitator.SettleAsync(Request)).Success.ShouldBeTrue();
        _asked.Count.ShouldBe(2);
        _asked[1].Body.ShouldBe(_asked[0].Body);

        _asked.Clear();
        Answer(pending);
        (await Facilitator.SettleAsync(Request)).ErrorReason.ShouldBe("settlement_pending");
        _asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_it_supports_is_read_without_the_optional_members()
    {
        Answer("""{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532","extra":{}}]}""");
        (await Facilitator.GetSupportedAsync()).Supports("exact", "eip155:84532").ShouldBeTrue();
    }

    private sealed class Script(HttpFacilitatorTests test) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            test._asked.Add(($"{request.Method} {request.RequestUri}", request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken)));
            return await test._answer(test._asked.Count).WaitAsync(cancellationToken);
        }
    }
}
