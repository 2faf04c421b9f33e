using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments.Facilitator;

namespace Purser.Services.Tests.Facilitator;

/// <summary>A facilitator that lists and reads version 1 alone, behind a seller whose clients pay in version 2: a double at the wire, as strict as the packages of that version.</summary>
public sealed class OlderFacilitatorTests : IDisposable
{
    private const string Supported = """{"kinds":[{"x402Version":1,"scheme":"exact","network":"base-sepolia"}]}""";
    private static readonly string[] s_authorization = ["from", "to", "value", "validAfter", "validBefore", "nonce"];
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly ScriptedHandler _wire;
    private readonly HttpFacilitator _facilitator;
    private string _supported = Supported;

    public OlderFacilitatorTests()
    {
        _wire = new ScriptedHandler(async (_, request, token) => request.RequestUri!.AbsolutePath == "/supported" ? ScriptedHandler.Json(200, _supported) : await AnswerAsync(request, token));
        _facilitator = new HttpFacilitator(_wire.Client(), new Uri("https://older.example"), new(), _clock);
    }

    public void Dispose() => _clock.Dispose();

    private int Asked(string path) => _wire.Requests.Count(seen => seen.Url.EndsWith(path, StringComparison.Ordinal));

    [Fact]
    public async Task It_is_asked_in_version_1_once_it_is_known_to_speak_nothing_else_and_its_answer_is_ours_again()
    {
        var request = Request(Requirements());
        (await _facilitator.VerifyAsync(request)).ShouldBe(new VerifyResponse(true, "0xbb"));
        (Asked("/verify"), Asked("/supported")).ShouldBe((2, 1));
        var settled = await _facilitator.SettleAsync(request);
        (settled.Success, settled.Network, settled.Transaction).ShouldBe((true, "eip155:84532", "0xaa"));
        (Asked("/settle"), Asked("/supported")).ShouldBe((1, 1));
        await _facilitator.VerifyAsync(request);
        Asked("/verify").ShouldBe(3);
    }

    [Fact]
    public async Task A_settlement_that_comes_first_as_after_a_restart_is_said_in_version_1_too()
    {
        (await _facilitator.SettleAsync(Request(Requirements()))).Success.ShouldBeTrue();
        (Asked("/settle"), Asked("/supported")).ShouldBe((2, 1));
    }

    [Fact]
    public async Task Whoever_asked_what_it_settles_before_never_speaks_version_2_to_it()
    {
        (await _facilitator.GetSupportedAsync()).Settles("exact", "eip155:84532").ShouldBeTrue();
        (await _facilitator.SettleAsync(Request(Requirements(PaymentFlow.Upfront)))).Success.ShouldBeTrue();
        Asked("/settle").ShouldBe(1);
    }

    [Fact]
    public async Task A_refusal_in_its_own_words_is_a_refusal_and_is_not_asked_in_the_other_version()
    {
        await _facilitator.GetSupportedAsync();
        var refused = await _facilitator.SettleAsync(Request(Requirements(amount: 77)));
        (refused.Success, refused.ErrorReason, refused.Network).ShouldBe((false, "insufficient_funds", "eip155:84532"));
        Asked("/settle").ShouldBe(1);
    }

    [Fact]
    public async Task What_version_1_cannot_say_is_asked_in_version_2_and_its_answer_stands()
    {
        await _facilitator.GetSupportedAsync();
        var permit = new ExactPermit2Terms(Terms().Asset, Terms().PayTo, 1000, 120).ToRequirements();
        await Should.ThrowAsync<FacilitatorException>(() => _facilitator.VerifyAsync(Request(permit)));
        await Should.ThrowAsync<FacilitatorException>(() => _facilitator.VerifyAsync(Request(Requirements(network: "eip155:59144"))));
    }

    [Fact]
    public async Task Neither_a_facilitator_that_speaks_both_nor_one_that_does_not_say_is_asked_in_version_1()
    {
        foreach (var supported in new[] { """{"kinds":[{"x402Version":1,"scheme":"exact","network":"base-sepolia"},{"x402Version":2,"scheme":"exact","network":"eip155:84532"}]}""", """{"kinds":[]}""", "nothing" })
        {
            _supported = supported;
            var wire = new ScriptedHandler((_, request, _) => Task.FromResult(request.RequestUri!.AbsolutePath == "/supported" ? ScriptedHandler.Json(200, supported) : ScriptedHandler.Json(400, """{"error":"Invalid request"}""")));
            var facilitator = new HttpFacilitator(wire.Client(), new Uri("https://other.example"), new(), _clock);
            var fault = await Should.ThrowAsync<FacilitatorException>(() => facilitator.SettleAsync(Request(Requirements())));
            fault.IsIndeterminate.ShouldBeTrue();
            wire.Requests.Count(seen => seen.Url.EndsWith("/settle", StringComparison.Ordinal)).ShouldBe(1);
        }
    }

    [Fact]
    public async Task One_that_learns_version_2_meanwhile_is_spoken_to_in_it()
    {
        await _facilitator.GetSupportedAsync();
        _supported = """{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532"}]}""";
        _speaks = 2;
        await Should.ThrowAsync<FacilitatorException>(() => _facilitator.VerifyAsync(Request(Requirements())));
        _clock.Advance(TimeSpan.FromMinutes(11));
        (await _facilitator.VerifyAsync(Request(Requirements()))).IsValid.ShouldBeTrue();
    }

    private int _speaks = 1;

    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = JsonDocument.Parse(await request.Content!.ReadAsByteArrayAsync(cancellationToken)).RootElement;
        if (body.GetProperty("x402Version").GetInt32() != _speaks)
        {
            return ScriptedHandler.Json(400, """{"error":"Invalid request"}""");
        }
        if (_speaks == 2)
        {
            return ScriptedHandler.Json(200, """{"isValid":true,"payer":"0xbb"}""");
        }
        ShouldBeVersion1(body);
        var funded = body.GetProperty("paymentRequirements").GetProperty("maxAmountRequired").GetString() != "77";
        return request.RequestUri!.AbsolutePath switch
        {
            "/verify" => ScriptedHandler.Json(200, """{"isValid":true,"payer":"0xbb"}"""),
            "/settle" when funded => ScriptedHandler.Json(200, """{"success":true,"transaction":"0xaa","network":"base-sepolia","payer":"0xbb"}"""),
            "/settle" => ScriptedHandler.Json(200, """{"success":false,"transaction":"","network":"base-sepolia","payer":"0xbb","errorReason":"insufficient_funds"}"""),
            _ => ScriptedHandler.Json(404, "{}"),
        };
    }

    // What the schemas of version 1 insist on.
    private static void ShouldBeVersion1(JsonElement body)
    {
        var payload = body.GetProperty("paymentPayload");
        payload.GetProperty("x402Version").GetInt32().ShouldBe(1);
        (payload.GetProperty("scheme").GetString(), payload.GetProperty("network").GetString()).ShouldBe(("exact", "base-sepolia"));
        payload.TryGetProperty("accepted", out _).ShouldBeFalse();
        payload.GetProperty("payload").GetProperty("signature").GetString().ShouldNotBeNull();
        payload.GetProperty("payload").GetProperty("authorization").EnumerateObject().Select(member => member.Name).ShouldBe(s_authorization, ignoreOrder: true);
        var terms = body.GetProperty("paymentRequirements");
        terms.GetProperty("network").GetString().ShouldBe("base-sepolia");
        terms.GetProperty("maxTimeoutSeconds").GetInt32().ShouldBe(120);
        terms.GetProperty("extra").GetProperty("name").GetString().ShouldBe("Test USD");
        terms.GetProperty("description").ValueKind.ShouldBe(JsonValueKind.String);
        terms.GetProperty("mimeType").ValueKind.ShouldBe(JsonValueKind.String);
        Uri.TryCreate(terms.GetProperty("resource").GetString(), UriKind.Absolute, out _).ShouldBeTrue();
        terms.TryGetProperty("amount", out _).ShouldBeFalse();
    }

    private static ExactEip3009Terms Terms(string network = "eip155:84532", ulong amount = 1000) =>
        new(new AssetId(ChainId.Parse(network), Payments.Shop.Dollar.Token), FacilitatorWorld.Payee, amount, 120, "Test USD", "1");

    private static PaymentRequirements Requirements(PaymentFlow flow = PaymentFlow.Authorization, string network = "eip155:84532", ulong amount = 1000) => (Terms(network, amount) with { Flow = flow }).ToRequirements();

    private static FacilitatorRequest Request(PaymentRequirements requirements)
    {
        using var key = FacilitatorWorld.KeyOf(9);
        var message = new Eip3009Authorization(key.Address, FacilitatorWorld.Payee, 1000, 0, 2_000_000_000, Hash32.Zero);
        return new(new PaymentPayload(requirements, new Eip3009Proof(Terms(), message, new byte[65]).ToJson()), requirements);
    }
}
