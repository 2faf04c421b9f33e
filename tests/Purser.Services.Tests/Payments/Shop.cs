using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Tests.Payments;

/// <summary>A shop with paid endpoints in this process.</summary>
internal sealed class Shop : IAsyncDisposable
{
    public static readonly AssetId Dollar = new(ChainId.Parse("eip155:84532"), Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    public static readonly Address Seller = Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
    public static readonly UInt256 Price = 1000;

    private readonly WebApplication _app;
    private readonly Store _store;
    private int _runs;

    private Shop(WebApplication app, Store store)
    {
        _app = app;
        _store = store;
    }

    /// <summary>How often a paid handler ran.</summary>
    public int Runs => _runs;

    /// <summary>What <c>/slow</c> waits for, and what it completes when it is entered.</summary>
    public TaskCompletionSource SlowMayEnd { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource SlowEntered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IServiceProvider Services => _app.Services;

    public static AssetRegistry Registry { get; } = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(Dollar));

    public static async Task<Shop> OpenAsync(IFacilitator facilitator, SandboxClock clock, StoreUrl url, Action<PaymentsOptions>? configure = null, AssetRegistry? registry = null,
        Action<IServiceCollection>? services = null, Action<WebApplication>? map = null)
    {
        var store = await Store.OpenAsync(url, clock);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(facilitator);
        builder.Services.AddPayments(options =>
        {
            options.Network = Dollar.Chain;
            options.PayTo = Seller;
            options.Registry = registry ?? Registry;
            configure?.Invoke(options);
        });
        services?.Invoke(builder.Services);
        var shop = new Shop(builder.Build(), store);
        shop.Map();
        map?.Invoke(shop._app);
        await shop._app.StartAsync();
        return shop;
    }

    /// <summary>A client that sends every request twice and wants the same answer.</summary>
    public HttpClient Stuttering()
    {
#pragma warning disable RS0030 // a test is the composition root of its own internet
        return new HttpClient(new Stutterer(_app.GetTestServer().CreateHandler())) { BaseAddress = new Uri("http://shop.test") };
#pragma warning restore RS0030
    }

    public HttpClient Client() => _app.GetTestClient();

    public HttpMessageHandler Wire() => _app.GetTestServer().CreateHandler();

    public static HttpRequestMessage Get(string path, string? payment = null) => Request(HttpMethod.Get, path, payment);

    public static HttpRequestMessage Request(HttpMethod method, string path, string? payment = null, string? body = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
        if (payment is not null)
        {
            request.Headers.TryAddWithoutValidation(PaymentHeader.Signature, payment);
        }

        return request;
    }

    public async Task<PaymentRequirements> TermsAsync(string path)
    {
        using var client = Client();
        using var response = await client.SendAsync(Get(path));
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        return Payer.ReadRequired(response).Accepts.Single();
    }

    public async ValueTask DisposeAsync()
    {
        SlowMayEnd.TrySetResult();
        await _app.DisposeAsync();
        await _store.DisposeAsync();
    }

    private void Map()
    {
        const string price = "0.001 TUSD";
        MapSchemes();
        _app.MapGet("/free", () => "free");
        _app.MapGet("/report", (HttpContext context) =>
        {
            var run = Interlocked.Increment(ref _runs);
            context.Response.Headers["X-Run"] = run.ToString();
            context.Response.Headers.CacheControl = "public, max-age=60";
            return Results.Text($"report {run}");
        }).RequirePayment(price, "A report");
        _app.MapGet("/other", () => $"other {Interlocked.Increment(ref _runs)}").RequirePayment(price);
        _app.MapGet("/dear", () => $"dear {Interlocked.Increment(ref _runs)}").RequirePayment("5 TUSD");
        _app.MapPost("/echo", async (HttpRequest request) =>
        {
            Interlocked.Increment(ref _runs);
            using var reader = new StreamReader(request.Body);
            return Results.Json(new { said = await reader.ReadToEndAsync() });
        }).RequirePayment(price);
        _app.MapGet("/fail", (int status) =>
        {
            Interlocked.Increment(ref _runs);
            return Results.Text("no", statusCode: status);
        }).RequirePayment(price);
        _app.MapGet("/throw", string () =>
        {
            Interlocked.Increment(ref _runs);
            throw new InvalidDataException("a bug of the handler");
        }).RequirePayment(price);
        _app.MapGet("/slow", async () =>
        {
            var run = Interlocked.Increment(ref _runs);
            SlowEntered.TrySetResult();
            await SlowMayEnd.Task;
            return $"slow {run}";
        }).RequirePayment(price);
        _app.MapGet("/large", async (HttpContext context, int bytes) =>
        {
            Interlocked.Increment(ref _runs);
            for (var sent = 0; sent < bytes; sent += 1000)
            {
                await context.Response.Body.WriteAsync(new byte[Math.Min(1000, bytes - sent)]);
            }
        }).RequirePayment(price);
        _app.MapGet("/events", async (HttpContext context) =>
        {
            Interlocked.Increment(ref _runs);
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await context.Response.WriteAsync("data: 2\n\n");
        }).RequirePayment(price);
    }

    private void MapSchemes()
    {
        const string price = "0.001 TUSD";
        _app.MapGet("/permit", () => $"permit {Interlocked.Increment(ref _runs)}").RequirePayment(options => PaidOffer.Exact(price, options).ByPermit2(options));
        _app.MapGet("/slow-permit", async () =>
        {
            var run = Interlocked.Increment(ref _runs);
            SlowEntered.TrySetResult();
            await SlowMayEnd.Task;
            return $"slow {run}";
        }).RequirePayment(options => PaidOffer.Exact(price, options).ByPermit2(options));
        _app.MapGet("/metered", (HttpContext context, string? take) =>
        {
            if (take is not null)
            {
                context.Response.SetSettlementAmount(take);
            }

            return $"metered {Interlocked.Increment(ref _runs)}";
        }).RequirePayment(options => PaidOffer.Upto(price, options, description: "By use"));
        _app.MapGet("/upfront", (int? failUntil) =>
        {
            var run = Interlocked.Increment(ref _runs);
            return run <= failUntil ? Results.Text("not now", statusCode: 503) : Results.Text($"upfront {run}");
        }).RequirePayment(options => PaidOffer.Exact(price, options, flow: PaymentFlow.Upfront));
    }

    private sealed class Stutterer(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? null : await request.Content.ReadAsByteArrayAsync(cancellationToken);
            var first = await base.SendAsync(Copy(request, body), cancellationToken);
            var firstBody = await first.Content.ReadAsByteArrayAsync(cancellationToken);
            using var second = await base.SendAsync(Copy(request, body), cancellationToken);
            second.StatusCode.ShouldBe(first.StatusCode);
            (await second.Content.ReadAsByteArrayAsync(cancellationToken)).ShouldBe(firstBody);
            if (first.Headers.TryGetValues(PaymentHeader.Response, out var settled))
            {
                second.Headers.GetValues(PaymentHeader.Response).ShouldBe(settled);
            }

            return first;
        }

        private static HttpRequestMessage Copy(HttpRequestMessage request, byte[]? body)
        {
            var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = body is null ? null : new ByteArrayContent(body) };
            foreach (var header in request.Headers)
            {
                copy.Headers.TryAddWithoutValidation(header.Key, header.Value);
            }

            return copy;
        }
    }
}
