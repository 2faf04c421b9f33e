using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Tests.Facilitator;

/// <summary>The facilitator's door, with the real facilitator behind it.</summary>
public sealed class FacilitatorEndpointsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-door-").FullName;
    private FacilitatorWorld _world = null!;
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")));
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        _app = builder.Build();
        _app.MapFacilitator(_world.Facilitator);
        await _app.StartAsync();
        _client = _app.GetTestClient();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_payment_is_verified_and_settled_over_HTTP_and_a_repeat_is_answered_alike()
    {
        var body = PaymentHeader.Json(_world.Request(_world.Message(1)).Write);
        (await PostAsync("/verify", body)).ShouldBe((HttpStatusCode.OK, $"{{\"isValid\":true,\"payer\":\"{_world.Payer.Address}\"}}"));
        var (status, text) = await PostAsync("/settle", body);
        status.ShouldBe(HttpStatusCode.OK);
        var settled = JsonElement.Parse(text);
        settled.GetProperty("success").GetBoolean().ShouldBeTrue();
        settled.GetProperty("network").GetString().ShouldBe("eip155:84532");
        (await PostAsync("/settle", body)).ShouldBe((status, text));
        (await PostAsync("/verify", body)).Text.ShouldContain("invalid_exact_evm_nonce_already_used");
    }

    [Fact]
    public async Task Whoever_asks_too_often_is_told_when_to_come_back_and_nothing_is_settled()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        await using var app = builder.Build();
        app.MapFacilitator(_world.Facilitator, limit: new(new(PerMinute: 1, Burst: 1), _world.Clock));
        await app.StartAsync();
        using var client = app.GetTestClient();
        var body = PaymentHeader.Json(_world.Request(_world.Message(1)).Write);
        using var first = await client.PostAsync("/verify", new ByteArrayContent(body));
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var second = await client.PostAsync("/settle", new ByteArrayContent(body));
        second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        second.Headers.RetryAfter?.Delta.ShouldBe(TimeSpan.FromSeconds(60));
        (await second.Content.ReadAsStringAsync()).ShouldNotContain("success");
        _world.Node.Sends.ShouldBe(0);
    }

    [Fact]
    public async Task Our_own_client_and_our_own_door_understand_each_other()
    {
        var facilitator = new HttpFacilitator(_client, new Uri("http://localhost/"), new HttpFacilitatorOptions(), _world.Clock);
        var request = _world.Request(_world.Message(1));
        (await facilitator.VerifyAsync(request)).IsValid.ShouldBeTrue();
        var settled = await facilitator.SettleAsync(request);
        settled.ShouldBe(await _world.Facilitator.SettleAsync(request));
        settled.Success.ShouldBeTrue();
        (await facilitator.GetSupportedAsync()).Supports("exact", "eip155:84532").ShouldBeTrue();

        _world.Node.Down = true;
        (await Should.ThrowAsync<FacilitatorException>(() => facilitator.VerifyAsync(_world.Request(_world.Message(2))))).IsTransient.ShouldBeTrue();
        (await Should.ThrowAsync<FacilitatorException>(() => facilitator.SettleAsync(_world.Request(_world.Message(2))))).IsIndeterminate.ShouldBeTrue();
    }

    [Fact]
    public async Task An_invalid_payment_is_an_answer_and_no_error_status()
    {
        var body = PaymentHeader.Json(_world.Request(_world.Message(1) with { Value = 1 }).Write);
        foreach (var (path, flag) in new[] { ("/verify", "isValid"), ("/settle", "success") })
        {
            var (status, text) = await PostAsync(path, body);
            status.ShouldBe(HttpStatusCode.OK);
            JsonElement.Parse(text).GetProperty(flag).GetBoolean().ShouldBeFalse();
            text.ShouldContain("invalid_exact_evm_payload_authorization_value_mismatch");
        }
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_is_a_400_in_the_protocols_shape()
    {
        var good = Encoding.UTF8.GetString(PaymentHeader.Json(_world.Request(_world.Message(1)).Write));
        var bad = new Dictionary<string, string>
        {
            [""] = "invalid_payload",
            ["{"] = "invalid_payload",
            ["[]"] = "invalid_payload",
            ["null"] = "invalid_payload",
            ["{}"] = "invalid_x402_version",
            [good + " x"] = "invalid_payload",
            [good[..^1]] = "invalid_payload",
            [good.Replace("\"x402Version\":2,\"paymentPayload\"", "\"x402Version\":2,\"x402Version\":2,\"paymentPayload\"", StringComparison.Ordinal)] = "invalid_payload",
            [good.Replace("\"x402Version\":2,\"paymentPayload\"", "\"x402Version\":1,\"paymentPayload\"", StringComparison.Ordinal)] = "invalid_x402_version",
            [good.Replace("\"x402Version\":2,\"paymentPayload\"", "\"x402Version\":\"2\",\"paymentPayload\"", StringComparison.Ordinal)] = "invalid_x402_version",
            [good.Replace("\"paymentRequirements\":{\"scheme\":\"exact\"", "\"paymentRequirements\":{\"scheme\":7", StringComparison.Ordinal)] = "invalid_payment_requirements",
            [good.Replace("\"payload\":{", "\"payload\":[],\"p\":{", StringComparison.Ordinal)] = "invalid_payload",
            [new string(' ', 1_000_000) + good] = "invalid_payload",
            [good.Replace("{\"x402Version\"", $"{{\"pad\":\"{new string('a', 1_000_000)}\",\"x402Version\"", StringComparison.Ordinal)] = "invalid_payload",
        };
        bad.ShouldNotContainKey(good);
        foreach (var (body, reason) in bad)
        {
            var (status, text) = await PostAsync("/verify", Encoding.UTF8.GetBytes(body));
            var verdict = JsonElement.Parse(text);
            status.ShouldBe(HttpStatusCode.BadRequest, text);
            verdict.GetProperty("isValid").GetBoolean().ShouldBeFalse();
            verdict.GetProperty("invalidReason").GetString().ShouldBe(reason, text);
            (status, text) = await PostAsync("/settle", Encoding.UTF8.GetBytes(body));
            var settled = JsonElement.Parse(text);
            status.ShouldBe(HttpStatusCode.BadRequest, text);
            settled.GetProperty("success").GetBoolean().ShouldBeFalse();
            settled.GetProperty("errorReason").GetString().ShouldBe(reason, text);
        }

        _world.Node.Sends.ShouldBe(0);
    }

    [Fact]
    public async Task A_chain_that_is_down_is_a_503_with_a_time_and_no_word_on_the_payment()
    {
        _world.Node.Down = true;
        foreach (var path in new[] { "/verify", "/settle" })
        {
            using var content = new ByteArrayContent(PaymentHeader.Json(_world.Request(_world.Message(1)).Write));
            using var response = await _client.PostAsync(path, content);
            response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            response.Headers.RetryAfter.ShouldNotBeNull();
            response.Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
            response.Content.Headers.ContentType.ShouldNotBeNull().MediaType.ShouldBe("application/problem+json");
            var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());
            problem.TryGetProperty("success", out _).ShouldBeFalse();
            problem.TryGetProperty("isValid", out _).ShouldBeFalse();
            problem.GetProperty("code").GetString().ShouldBe("facilitator_unavailable");
            problem.ToString().ShouldNotContain("   at ");
        }
    }

    [Fact]
    public async Task Supported_names_the_kind_the_network_and_the_account_that_sends()
    {
        var text = await _client.GetStringAsync("/supported");
        var shape = JsonShape.Parse(Encoding.UTF8.GetBytes(text));
        var supported = SupportedResponse.Read(shape);
        shape.Refusal.ShouldBeNull();
        supported.Kinds.Select(kind => (kind.Version, kind.Scheme, kind.Network)).ShouldBe([(2, "exact", "eip155:84532"), (2, "upto", "eip155:84532"), (1, "exact", "base-sepolia")]);
        supported.Signers["eip155:*"].ShouldBe([_world.Sender.ToString()]);
        (await _client.GetStringAsync("/healthz")).ShouldBe("ok");
    }

    private async Task<(HttpStatusCode Status, string Text)> PostAsync(string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var response = await _client.PostAsync(path, content);
        response.Content.Headers.ContentType.ShouldNotBeNull().MediaType.ShouldBe("application/json");
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
