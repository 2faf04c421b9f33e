using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Services.Payments.Proxy;
using Purser.Storage;

namespace Purser.Services.Tests.Payments.Proxy;

/// <summary>The proxy and the server behind it, each on a socket of its own, so that a request is what a test writes and not what a client makes of it.</summary>
internal sealed class ProxyOnSockets : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-sockets-").FullName;
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly SocketsHttpHandler _handler = PaidProxy.CreateHandler();
    private readonly HttpMessageInvoker _toUpstream;
    private WebApplication _upstream = null!;
    private WebApplication _front = null!;
    private Store _store = null!;

    private ProxyOnSockets()
    {
        _toUpstream = new(_handler);
        Facilitator = new(_clock);
        Payer = new(_clock, 11);
        Facilitator.Mint(Payer.Address, 1_000_000);
    }

    public StandInFacilitator Facilitator { get; }

    public Payer Payer { get; }

    /// <summary>Where the proxy listens.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>What the upstream was asked: method and target as they stood on its wire.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The headers that the upstream saw last.</summary>
    public IHeaderDictionary Seen { get; private set; } = new HeaderDictionary();

    /// <summary>What the upstream answers.</summary>
    public RequestDelegate Answer { get; set; } = context => context.Response.WriteAsync("the content");

    public static async Task<ProxyOnSockets> OpenAsync(RouteTable? routes = null, bool latin1 = true, Action<PaymentsOptions>? configure = null)
    {
        var world = new ProxyOnSockets();
        await world.OpenUpstreamAsync();
        world._store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(world._folder, "shop.db")), world._clock);
        var builder = Builder(latin1);
        builder.Services.AddSingleton(world._store);
        builder.Services.AddSingleton<TimeProvider>(world._clock);
        builder.Services.AddSingleton<IFacilitator>(world.Facilitator);
        builder.Services.AddPayments(options =>
        {
            (options.Network, options.PayTo, options.Registry) = (Shop.Dollar.Chain, Shop.Seller, Shop.Registry);
            configure?.Invoke(options);
        });
        world._front = builder.Build();
        var upstream = new Uri(UrlOf(world._upstream), "/base/");
        world._front.MapPaidProxy(new() { Upstream = upstream, Price = routes is null ? "0.001 TUSD" : null, Routes = routes }, world._toUpstream);
        await world._front.StartAsync();
        world.Url = UrlOf(world._front);
        return world;
    }

    /// <summary>Sends a request as it is written and reads to the reply's end, or the connection's. Bytes are letters of Latin-1.</summary>
    public async Task<RawReply> SendAsync(string target, string method = "GET", string headers = "", string body = "", string? host = null)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Url.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\nHost: {host ?? Url.Authority}\r\nConnection: close\r\n{headers}\r\n{body}"));
        var reply = new StringBuilder();
        var buffer = new byte[8192];
        while (!new RawReply(reply.ToString()).IsWhole && await stream.ReadAsync(buffer) is > 0 and var read)
        {
            reply.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return new(reply.ToString());
    }

    /// <summary>A payment for what a request would cost.</summary>
    public async Task<string> PayAsync(string target, string method = "GET", string headers = "")
    {
        var unpaid = await SendAsync(target, method, headers);
        unpaid.Status.ShouldBe(402);
        return Payer.Pay(unpaid.ReadRequired().Accepts[0]);
    }

    /// <summary>Pays for a request and sends it.</summary>
    public async Task<RawReply> BuyAsync(string target, string method = "GET", string headers = "", string body = "") =>
        await SendAsync(target, method, $"{headers}{PaymentHeader.Signature}: {await PayAsync(target, method)}\r\n", body);

    public Task StopUpstreamAsync() => _upstream.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await StopNowAsync(_front);
        await StopNowAsync(_upstream);
        await _store.DisposeAsync();
        _toUpstream.Dispose();
        _clock.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task OpenUpstreamAsync()
    {
        _upstream = Builder(latin1: true).Build();
        _upstream.UseWebSockets();
        _upstream.Run(context =>
        {
            Asked.Enqueue($"{context.Request.Method} {context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget}");
            Seen = new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase));
            return Answer(context);
        });
        await _upstream.StartAsync();
    }

    private static async Task StopNowAsync(WebApplication host)
    {
        // Requests that are held on purpose would keep a graceful end waiting.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        try
        {
            await host.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        await host.DisposeAsync();
    }

    private static WebApplicationBuilder Builder(bool latin1)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            if (latin1)
            {
                kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            }
        });
        return builder;
    }

    private static Uri UrlOf(WebApplication host) => new(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
}

/// <summary>A reply as it stood on the wire.</summary>
internal sealed record RawReply(string Text)
{
    public int Status => Text.Length == 0 ? 0 : int.Parse(Text.Split(' ')[1]);

    public string Head => Text[..(Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 2)];

    public string Body => Text[(Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    /// <summary>Whether as much is there as the head announces.</summary>
    public bool IsWhole => Text.Contains("\r\n\r\n", StringComparison.Ordinal) && Header("Content-Length") is { } length && Body.Length >= int.Parse(length);

    public string? Header(string name) => Head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    public PaymentRequired ReadRequired()
    {
        var shape = PaymentHeader.Decode(Header(PaymentHeader.Required).ShouldNotBeNull());
        var required = PaymentRequired.Read(shape);
        shape.Refusal.ShouldBeNull();
        return required;
    }

    public SettleResponse ReadSettled()
    {
        var shape = PaymentHeader.Decode(Header(PaymentHeader.Response).ShouldNotBeNull());
        var settled = SettleResponse.Read(shape);
        shape.Refusal.ShouldBeNull();
        return settled;
    }
}
