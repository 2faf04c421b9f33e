using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Payments;
using Purser.Services.Payments;

namespace Purser.Services.Tests.Payments;

/// <summary>What browsers need to pay (specs/x402.md 2).</summary>
public sealed class CorsTests
{
    private static HttpRequestMessage Preflight(string path, string method = "GET", string origin = "https://app.example")
    {
        var request = Shop.Request(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "payment-signature,access-control-expose-headers");
        return request;
    }

    private static string Joined(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";

    private static void ShouldAllow(HttpResponseMessage preflight)
    {
        preflight.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var name in (string[])[PaymentHeader.Signature, PaymentHeader.SignatureV1, "Access-Control-Expose-Headers"])
        {
            Joined(preflight, "Access-Control-Allow-Headers").ShouldContain(name);
        }
    }

    private static void ShouldExpose(HttpResponseMessage response)
    {
        foreach (var name in (string[])[PaymentHeader.Required, PaymentHeader.Response, PaymentHeader.ResponseV1])
        {
            Joined(response, "Access-Control-Expose-Headers").ShouldContain(name);
        }
    }

    private static HttpRequestMessage From(string origin, string path, string? payment = null)
    {
        var request = Shop.Get(path, payment);
        request.Headers.Add("Origin", origin);
        return request;
    }

    [Fact]
    public async Task With_our_option_a_preflight_is_answered_unpaid_and_runs_nothing()
    {
        var runs = 0;
        await using var host = await PricedHost.OpenAsync(
            app =>
            {
                app.MapGet("/x", () => $"run {++runs}").RequirePayment("0.001 TUSD");
                app.Map("/any", () => $"run {++runs}").RequirePayment("0.001 TUSD");
            },
            options => options.Cors = new() { Origins = ["https://app.example"] });
        foreach (var path in (string[])["/x", "/any"])
        {
            using var preflight = await host.SendAsync(Preflight(path));
            ShouldAllow(preflight);
            Joined(preflight, "Access-Control-Allow-Origin").ShouldBe("https://app.example");
            using var stranger = await host.SendAsync(Preflight(path, origin: "https://evil.example"));
            Joined(stranger, "Access-Control-Allow-Origin").ShouldBeEmpty();
        }

        runs.ShouldBe(0);
    }

    [Fact]
    public async Task With_our_option_the_402_and_the_paid_reply_can_be_read_by_the_origin()
    {
        await using var host = await PricedHost.OpenAsync(app => app.MapGet("/x", () => "x").RequirePayment("0.001 TUSD"), options => options.Cors = new());
        using var unpaid = await host.SendAsync(From("https://app.example", "/x"));
        unpaid.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Joined(unpaid, "Access-Control-Allow-Origin").ShouldBe("*");
        ShouldExpose(unpaid);
        using var paid = await host.SendAsync(From("https://app.example", "/x", host.Payer.Pay(Payer.ReadRequired(unpaid).Accepts[0])));
        paid.StatusCode.ShouldBe(HttpStatusCode.OK);
        Joined(paid, "Access-Control-Allow-Origin").ShouldBe("*");
        ShouldExpose(paid);
    }

    [Fact]
    public async Task A_hosts_own_policy_with_payment_headers_does_the_same()
    {
        await using var host = await PricedHost.OpenAsync(
            app =>
            {
                app.UseCors();
                app.MapGet("/x", () => "x").RequirePayment("0.001 TUSD");
            },
            services: services => services.AddCors(cors => cors.AddDefaultPolicy(policy => policy.WithOrigins("https://app.example").WithPaymentHeaders())));
        using var preflight = await host.SendAsync(Preflight("/x"));
        ShouldAllow(preflight);
        using var unpaid = await host.SendAsync(From("https://app.example", "/x"));
        unpaid.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        ShouldExpose(unpaid);
    }

    [Fact]
    public async Task Every_answer_of_a_paid_endpoint_says_what_caches_may_do()
    {
        await using var host = await PricedHost.OpenAsync(app => app.MapGet("/x", () => "x").RequirePayment("0.001 TUSD"));
        using var unpaid = await host.GetAsync("/x");
        unpaid.Headers.CacheControl!.NoStore.ShouldBeTrue();
        using var malformed = await host.GetAsync("/x", "not base64");
        malformed.Headers.CacheControl!.NoStore.ShouldBeTrue();
        using var paid = await host.GetAsync("/x", host.Payer.Pay(Payer.ReadRequired(unpaid).Accepts[0]));
        paid.Headers.CacheControl!.Private.ShouldBeTrue();
        paid.Headers.Vary.ShouldContain(PaymentHeader.Signature);
    }
}
