using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments.Facilitator;

namespace Purser.Services.Tests.Facilitator;

/// <summary>What another's facilitator can answer, and what it is taken for.</summary>
public sealed class HttpFacilitatorTests : IDisposable
{
    private const string Settled = """{"success":true,"transaction":"0xaa","network":"eip155:84532","payer":"0xbb","extra":{"more":1}}""";
    private const string Pending = """{"success":false,"errorReason":"settlement_pending","transaction":"0xaa","network":"eip155:84532"}""";

    private static readonly FacilitatorRequest s_request = MakeRequest();
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => _clock.Dispose();

    [Fact]
    public async Task Requests_go_to_the_base_address_whatever_its_slashes_with_the_protocols_body()
    {
        foreach (var address in new[] { "https://f.example/x402", "https://f.example/x402/", "https://f.example/x402//" })
        {
            var handler = new ScriptedHandler((_, _) => ScriptedHandler.Json(200, """{"isValid":true,"payer":null}"""));
            (await Of(handler, address).VerifyAsync(s_request)).ShouldBe(new VerifyResponse(true));
            var seen = handler.Requests.Single();
            (seen.Method, seen.Url).ShouldBe(("POST", "https://f.example/x402/verify"));
            seen.Headers["Content-Type"].ShouldBe("application/json");
            seen.Body.ShouldBe(PaymentHeader.Json(s_request.Write));
        }
    }

    [Fact]
    public async Task An_answer_of_another_status_that_names_the_refusal_is_understood()
    {
        foreach (var status in new[] { 200, 400, 402, 412, 500 })
        {
            var verified = await Of(new((_, _) => ScriptedHandler.Json(status, """{"isValid":false,"invalidReason":"insufficient_funds","payer":"0xbb"}"""))).VerifyAsync(s_request);
            (verified.IsValid, verified.InvalidReason).ShouldBe((false, "insufficient_funds"));
            var settled = await Of(new((_, _) => ScriptedHandler.Json(status, """{"success":false,"errorReason":"insufficient_funds"}"""))).SettleAsync(s_request);
            (settled.Success, settled.ErrorReason).ShouldBe((false, "insufficient_funds"));
        }
    }

    [Fact]
    public async Task A_yes_with_an_error_status_is_not_believed()
    {
        foreach (var status in new[] { 301, 308, 400, 500, 502 })
        {
            await ShouldFaultAsync(new((_, _) => ScriptedHandler.Json(status, """{"isValid":true}""")), indeterminate: false, verify: true);
            await ShouldFaultAsync(new((_, _) => ScriptedHandler.Json(status, Settled)), indeterminate: true, verify: false);
        }
    }

    [Fact]
    public async Task A_gateways_error_page_that_happens_to_say_success_false_is_no_refusal() =>
        await ShouldFaultAsync(new((_, _) => ScriptedHandler.Json(502, """{"success":false,"errors":[{"code":1033}]}""")), indeterminate: true, verify: false);

    [Fact]
    public async Task Garbage_of_any_kind_is_a_fault_and_on_a_settlement_an_open_one()
    {
        string[] garbage =
        [
            "", "null", "[]", "true", "<html>", "{", "{}", """{"success":"true"}""", """{"isValid":1}""", """{"isValid":true,"isValid":false}""", """{"success":true,"success":true,"transaction":"","network":""}""",
            """{"success":true}""", """{"success":true,"transaction":1,"network":"eip155:1"}""", """{"isValid":true} x""", """{"success":null}""", $"{{\"success\":true,\"transaction\":\"{new string('a', 300)}\",\"network\":\"\"}}",
        ];
        foreach (var text in garbage)
        {
            await ShouldFaultAsync(new((_, _) => ScriptedHandler.Json(200, text)), indeterminate: false, verify: true);
            await ShouldFaultAsync(new((_, _) => ScriptedHandler.Json(200, text)), indeterminate: true, verify: false);
        }
    }

    [Fact]
    public async Task An_answer_beyond_the_cap_is_not_read()
    {
        var large = $"{{\"isValid\":true,\"success\":true,\"transaction\":\"\",\"network\":\"\",\"pad\":\"{new string('a', 300_000)}\"}}";
        await ShouldFaultAsync(new((_, _) => ScriptedHandler.Json(200, large)), indeterminate: false, verify: true);
        await ShouldFaultAsync(new((_, _) => ScriptedHandler.Json(200, large)), indeterminate: true, verify: false);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        var handler = new ScriptedHandler((_, _) => new HttpResponseMessage(HttpStatusCode.PermanentRedirect) { Headers = { Location = new Uri("https://evil.example/settle") } });
        await ShouldFaultAsync(handler, indeterminate: true, verify: false);
        handler.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task No_answer_in_time_leaves_a_settlement_open_and_a_verification_not()
    {
        foreach (var verify in new[] { true, false })
        {
            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var handler = new ScriptedHandler(async (_, _, token) =>
            {
                entered.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, _clock, token);
                throw new System.Diagnostics.UnreachableException();
            });
            var asked = ShouldFaultAsync(handler, indeterminate: !verify, verify, transient: true);
            await entered.Task;
            _clock.Advance(TimeSpan.FromSeconds(89));
            asked.IsCompleted.ShouldBeFalse();
            _clock.Advance(TimeSpan.FromSeconds(2));
            await asked;
        }
    }

    [Fact]
    public async Task A_caller_who_gives_up_gets_his_cancellation_and_no_fault_of_the_facilitator()
    {
        using var caller = new CancellationTokenSource();
        var handler = new ScriptedHandler(async (_, _, token) =>
        {
            await caller.CancelAsync();
            token.ThrowIfCancellationRequested();
            throw new System.Diagnostics.UnreachableException();
        });
        await Should.ThrowAsync<OperationCanceledException>(() => Of(handler).VerifyAsync(s_request, caller.Token));
    }

    [Fact]
    public async Task A_connection_that_never_came_about_leaves_nothing_open_and_one_that_broke_does()
    {
        foreach (var (error, open) in new[]
        {
            (HttpRequestError.ConnectionError, false), (HttpRequestError.NameResolutionError, false), (HttpRequestError.SecureConnectionError, false),
            (HttpRequestError.ResponseEnded, true), (HttpRequestError.HttpProtocolError, true), (HttpRequestError.Unknown, true),
        })
        {
            await ShouldFaultAsync(new((_, _) => throw new HttpRequestException(error, "no")), indeterminate: open, verify: false, transient: true);
            await ShouldFaultAsync(new((_, _) => throw new HttpRequestException(error, "no")), indeterminate: false, verify: true, transient: true);
        }

        await ShouldFaultAsync(new((_, _) => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new BrokenStream()) }), indeterminate: true, verify: false, transient: true);
    }

    [Fact]
    public async Task A_pending_settlement_is_asked_again_exactly_once_with_the_identical_body()
    {
        var handler = new ScriptedHandler((number, _) => ScriptedHandler.Json(200, number == 1 ? Pending : Settled));
        (await Of(handler).SettleAsync(s_request)).Success.ShouldBeTrue();
        handler.Requests.Count.ShouldBe(2);
        handler.Requests[1].Body.ShouldBe(handler.Requests[0].Body);
        handler.Requests[1].Url.ShouldBe(handler.Requests[0].Url);

        var never = new ScriptedHandler((_, _) => ScriptedHandler.Json(200, Pending));
        var answer = await Of(never).SettleAsync(s_request);
        (answer.Success, answer.ErrorReason, answer.Transaction).ShouldBe((false, "settlement_pending", "0xaa"));
        never.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Any_other_refusal_is_not_asked_again()
    {
        var handler = new ScriptedHandler((_, _) => ScriptedHandler.Json(200, """{"success":false,"errorReason":"something_new","transaction":"","network":"eip155:84532"}"""));
        (await Of(handler).SettleAsync(s_request)).ErrorReason.ShouldBe("something_new");
        handler.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Too_many_requests_at_supported_are_waited_out_by_the_peers_own_time()
    {
        var arrived = new SemaphoreSlim(0);
        var handler = new ScriptedHandler((number, _) =>
        {
            arrived.Release();
            return number switch
            {
                1 => new(HttpStatusCode.TooManyRequests) { Headers = { RetryAfter = new(TimeSpan.FromSeconds(7)) } },
                2 => new(HttpStatusCode.TooManyRequests),
                3 => new(HttpStatusCode.TooManyRequests) { Headers = { RetryAfter = new(TimeSpan.FromDays(1)) } },
                _ => ScriptedHandler.Json(200, """{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532","extra":{}}]}"""),
            };
        });
        var asked = Of(handler).GetSupportedAsync();
        foreach (var seconds in new[] { 7, 2, 30 })
        {
            await arrived.WaitAsync();
            _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            asked.IsCompleted.ShouldBeFalse();
            arrived.CurrentCount.ShouldBe(0);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        var supported = await asked;
        supported.Supports("exact", "eip155:84532").ShouldBeTrue();
        supported.Signers.ShouldBeEmpty();
        handler.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_supported_that_cannot_be_read_is_a_fault()
    {
        foreach (var (status, text) in new[] { (200, "{}"), (200, """{"kinds":[1]}"""), (500, """{"kinds":[]}"""), (404, "not found") })
        {
            await Should.ThrowAsync<FacilitatorException>(() => Of(new((_, _) => ScriptedHandler.Json(status, text))).GetSupportedAsync());
        }
    }

    private static FacilitatorRequest MakeRequest()
    {
        var terms = new ExactEip3009Terms(new AssetId(new(84532), Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3")), FacilitatorWorld.Payee, 1000, 120, "Test USD", "1");
        using var key = FacilitatorWorld.KeyOf(3);
        var message = new Eip3009Authorization(key.Address, FacilitatorWorld.Payee, 1000, 0, 2_000_000_000, Keccak256.Hash("nonce"u8));
        return new(new PaymentPayload(terms.ToRequirements(), new Eip3009Proof(terms, message, key.Sign(Keccak256.Hash("digest"u8)).ToArray()).ToJson()), terms.ToRequirements());
    }

    private HttpFacilitator Of(ScriptedHandler handler, string address = "https://f.example/x402") => new(handler.Client(), new Uri(address), new HttpFacilitatorOptions(), _clock);

    private async Task ShouldFaultAsync(ScriptedHandler handler, bool indeterminate, bool verify, bool? transient = null)
    {
        var facilitator = Of(handler);
        var fault = await Should.ThrowAsync<FacilitatorException>(async () => _ = verify ? (object)await facilitator.VerifyAsync(s_request) : await facilitator.SettleAsync(s_request));
        fault.IsIndeterminate.ShouldBe(indeterminate, fault.Message);
        if (transient is { } expected)
        {
            fault.IsTransient.ShouldBe(expected);
        }
    }

    /// <summary>An answer whose connection breaks after its headers.</summary>
    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("reset");

        public override int Read(Span<byte> buffer) => throw new IOException("reset");
    }
}
