using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Services.Payments.Proxy;
using Purser.Storage;

namespace Purser.Services.Tests.Payments;

/// <summary>A price in front of a server that knows nothing of it.</summary>
public sealed class PaidProxyTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-proxy-").FullName;
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly StandInFacilitator _facilitator;
    private readonly Payer _payer;
    private readonly List<HttpRequest> _seen = [];
    private readonly Dictionary<string, string> _seenHeaders = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _targets = [];
    private RequestDelegate _upstreamHandler = context => context.Response.WriteAsync("from upstream");
    private WebApplication _upstream = null!;
    private WebApplication _front = null!;
    private Store _store = null!;
    private HttpClient _client = null!;
    private Func<HttpRequestMessage, Task>? _beforeForward;
    private Func<HttpResponseMessage>? _instead;

    public PaidProxyTests()
    {
        _facilitator = new(_clock);
        _payer = new(_clock, 7);
        _facilitator.Mint(_payer.Address, 1_000_000);
    }

    public async ValueTask InitializeAsync()
    {
        _upstream = Builder().Build();
        _upstream.Run(context =>
        {
            _seen.Add(context.Request);
            _targets.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            foreach (var header in context.Request.Headers)
            {
                _seenHeaders[header.Key] = header.Value.ToString();
            }

            return _upstreamHandler(context);
        });
        await _upstream.StartAsync();

        _store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "shop.db")), _clock);
        var builder = Builder();
        builder.Services.AddSingleton(_store);
        builder.Services.AddSingleton<TimeProvider>(_clock);
        builder.Services.AddSingleton<IFacilitator>(_facilitator);
        builder.Services.AddPayments(options => (options.Network, options.PayTo, options.Registry) = (Shop.Dollar.Chain, Shop.Seller, Shop.Registry));
        _front = builder.Build();
        _front.MapPaidProxy(new() { Upstream = new Uri("http://upstream.test/base/"), Price = "0.001 TUSD" }, new HttpMessageInvoker(new Wire(this)));
        await _front.StartAsync();
        _client = _front.GetTestClient();
    }

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        await _upstream.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static WebApplicationBuilder Builder()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        return builder;
    }

    private async Task<string> PaymentForAsync(HttpMethod method, string path)
    {
        using var unpaid = await _client.SendAsync(Shop.Request(method, path));
        unpaid.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        return _payer.Pay(Payer.ReadRequired(unpaid).Accepts.Single());
    }

    [Fact]
    public async Task Unpaid_requests_of_any_method_and_path_stay_outside()
    {
        foreach (var method in (string[])["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "QUERY"])
        {
            using var response = await _client.SendAsync(Shop.Request(new HttpMethod(method), "/any/path?x=1"));
            response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        }

        _seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_paid_request_reaches_the_upstream_whole_and_without_the_payment()
    {
        _upstreamHandler = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            context.Response.Headers["X-Upstream"] = "yes";
            context.Response.Headers[PaymentHeader.Response] = "forged";
            context.Response.StatusCode = 201;
            await context.Response.WriteAsync($"got {await reader.ReadToEndAsync()}");
        };
        const string path = "/a%20b/c?q=1%262&r=%C3%BC";
        var payment = await PaymentForAsync(HttpMethod.Put, path);
        var request = Shop.Request(HttpMethod.Put, path, payment, "a body");
        request.Headers.Add("X-Custom", "kept");
        request.Headers.Add("X-Forwarded-For", "6.6.6.6");
        request.Headers.TryAddWithoutValidation("Connection", "X-Hop");
        request.Headers.Add("X-Hop", "one hop only");
        request.Headers.Add(PaymentHeader.SignatureV1, "old");
        using var response = await _client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await response.Content.ReadAsStringAsync()).ShouldBe("got a body");
        response.Headers.GetValues("X-Upstream").Single().ShouldBe("yes");
        Payer.ReadSettled(response).Success.ShouldBeTrue();
        _targets.ShouldBe(["PUT /base/a%20b/c?q=1%262&r=%C3%BC"]);
        _seenHeaders["X-Custom"].ShouldBe("kept");
        _seenHeaders["X-Forwarded-Host"].ShouldBe("localhost");
        _seenHeaders.GetValueOrDefault("X-Forwarded-For", "").ShouldNotContain("6.6.6.6");
        _seenHeaders.Keys.ShouldNotContain("X-Hop");
        _seenHeaders.Keys.ShouldNotContain(PaymentHeader.Signature);
        _seenHeaders.Keys.ShouldNotContain(PaymentHeader.SignatureV1);
        _facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task A_repeat_does_not_reach_the_upstream()
    {
        var payment = await PaymentForAsync(HttpMethod.Get, "/x");
        for (var i = 0; i < 2; i++)
        {
            (await (await _client.SendAsync(Shop.Get("/x", payment))).Content.ReadAsStringAsync()).ShouldBe("from upstream");
        }

        _seen.Count.ShouldBe(1);
        _facilitator.Moved.ShouldBe(1);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(402)]
    public async Task An_upstream_that_declines_is_passed_on_and_not_charged(int status)
    {
        _upstreamHandler = context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("declined");
        };
        var payment = await PaymentForAsync(HttpMethod.Get, "/x");
        using var response = await _client.SendAsync(Shop.Get("/x", payment));
        ((int)response.StatusCode).ShouldBe(status);
        (await response.Content.ReadAsStringAsync()).ShouldBe("declined");
        _facilitator.SettleCalls.ShouldBe(0);
    }

    [Fact]
    public async Task An_upstream_that_is_down_is_a_502_and_not_charged()
    {
        var payment = await PaymentForAsync(HttpMethod.Get, "/x");
        _beforeForward = _ => throw new HttpRequestException("refused");
        using var down = await _client.SendAsync(Shop.Get("/x", payment));
        down.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        down.Headers.RetryAfter.ShouldNotBeNull();
        _facilitator.SettleCalls.ShouldBe(0);
        _beforeForward = null;
        (await _client.SendAsync(Shop.Get("/x", payment))).StatusCode.ShouldBe(HttpStatusCode.OK);
        _facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task An_upstream_that_breaks_off_is_a_502_without_its_half_reply_and_not_charged()
    {
        _upstreamHandler = async context =>
        {
            await context.Response.WriteAsync("half a");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        var payment = await PaymentForAsync(HttpMethod.Get, "/x");
        using var response = await _client.SendAsync(Shop.Get("/x", payment));
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("half");
        _facilitator.SettleCalls.ShouldBe(0);
    }

    [Theory]
    [InlineData("//evil.test/x")]
    [InlineData("/@evil.test/x")]
    [InlineData("/x?http://evil.test")]
    public async Task No_path_names_another_server(string path)
    {
        Uri? target = null;
        _beforeForward = message =>
        {
            target = message.RequestUri;
            return Task.CompletedTask;
        };
        var request = new HttpRequestMessage(HttpMethod.Options, $"http://localhost{path}");
        await _client.SendAsync(request);
        target.ShouldNotBeNull().Host.ShouldBe("upstream.test");
        target.AbsolutePath.ShouldStartWith("/base/");
    }

    [Fact]
    public async Task A_preflight_passes_unpaid_and_learns_of_the_payment_headers()
    {
        _upstreamHandler = context =>
        {
            context.Response.Headers["Access-Control-Allow-Origin"] = "*";
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        };
        using var response = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/x"));
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        string.Join(",", response.Headers.GetValues("Access-Control-Allow-Headers")).ShouldContain(PaymentHeader.Signature);
    }

    [Fact]
    public async Task An_upstream_that_takes_all_methods_alike_gives_nothing_away_to_an_unpaid_options()
    {
        var said = "";
        _upstreamHandler = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            said = await reader.ReadToEndAsync();
            context.Response.ContentLength = 11;
            await context.Response.WriteAsync("the content");
        };
        var request = Shop.Request(HttpMethod.Options, "/x", body: "do it");
        request.Headers.Add("X-HTTP-Method-Override", "POST");
        using var response = await _client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        said.ShouldBeEmpty();
        _seenHeaders.Keys.ShouldNotContain("X-HTTP-Method-Override");
    }

    [Theory]
    [InlineData("/%252e%252e/admin")]
    [InlineData("/x/%252e%252e/%252e%252e/base2")]
    public async Task What_has_two_readings_is_refused_before_anybody_pays(string path)
    {
        using var response = await _client.SendAsync(Shop.Get(path));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain("path_ambiguous");
        _seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Trailers_of_a_stream_reach_a_client_that_can_take_them()
    {
        var payment = await PaymentForAsync(HttpMethod.Get, "/x");
        _instead = () =>
        {
            var reply = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("data: 1\n\n", null, "text/event-stream") };
            reply.TrailingHeaders.TryAddWithoutValidation("X-Count", "1");
            reply.TrailingHeaders.TryAddWithoutValidation("Set-Cookie", "late=1");
            reply.TrailingHeaders.TryAddWithoutValidation(PaymentHeader.Response, "forged");
            return reply;
        };
        using var response = await _client.SendAsync(Shop.Get("/x", payment));
        (await response.Content.ReadAsStringAsync()).ShouldBe("data: 1\n\n");
        response.TrailingHeaders.Select(header => header.Key).ShouldBe(["X-Count"]);
        Payer.ReadSettled(response).Success.ShouldBeTrue();
    }

    [Fact]
    public async Task A_reply_that_stalls_is_a_504_and_not_charged()
    {
        var payment = await PaymentForAsync(HttpMethod.Get, "/x");
        var stalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _instead = () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new StallingStream(stalled)) };
        var asking = _client.SendAsync(Shop.Get("/x", payment));
        await stalled.Task;
        _clock.Advance(TimeSpan.FromSeconds(101));
        using var response = await asking;
        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        response.Headers.RetryAfter.ShouldNotBeNull();
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("half");
        _facilitator.SettleCalls.ShouldBe(0);
    }

    private sealed class Wire(PaidProxyTests test) : DelegatingHandler(test._upstream.GetTestServer().CreateHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // The test server wants to take URIs apart, and the proxy's are not to be touched.
            request.RequestUri = new Uri(request.RequestUri!.OriginalString);
            if (test._beforeForward is { } before)
            {
                await before(request);
            }

            if (test._instead is { } instead)
            {
                return instead();
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Half a reply, and then nothing until the reader gives up.</summary>
    private sealed class StallingStream(TaskCompletionSource stalled) : MemoryStream("half a reply"u8.ToArray())
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
            {
                return await base.ReadAsync(buffer, cancellationToken);
            }

            var never = new TaskCompletionSource<int>();
            await using var end = cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
            stalled.TrySetResult();
            return await never.Task;
        }
    }
}
