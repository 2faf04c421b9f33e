using System.Net;
using Microsoft.AspNetCore.Builder;
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

/// <summary>A host whose endpoints a test maps itself, with a stand-in behind it and a payer before it.</summary>
internal sealed class PricedHost : IAsyncDisposable
{
    private readonly string _folder;
    private readonly bool _ownsFolder;
    private WebApplication _app = null!;
    private Store _store = null!;

    private PricedHost(PricedHost? other)
    {
        _ownsFolder = other is null;
        _folder = other?._folder ?? Directory.CreateTempSubdirectory("purser-priced-").FullName;
        Clock = other?.Clock ?? SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        Facilitator = other?.Facilitator ?? new(Clock);
        Payer = other?.Payer ?? new(Clock, 13);
        if (_ownsFolder)
        {
            Facilitator.Mint(Payer.Address, 10_000_000);
        }
    }

    public SandboxClock Clock { get; }

    public StandInFacilitator Facilitator { get; }

    public Payer Payer { get; }

    /// <summary>The registry with a second token that can be paid in.</summary>
    public static AssetRegistry Registry { get; } = Shop.Registry.With(TokenInfo.TestUsd(new(Shop.Dollar.Chain, Address.Parse("0x90F79bf6EB2c4f870365E785982E1f101E93b906"))) with { Symbol = "TEUR", DomainName = "Test EUR" });

    /// <summary>Opens one.</summary>
    /// <param name="map">Maps its endpoints.</param>
    /// <param name="configure">Sets options.</param>
    /// <param name="services">Adds services.</param>
    /// <param name="store">Whose store is shared, as by a replica or after a restart.</param>
    public static async Task<PricedHost> OpenAsync(Action<WebApplication> map, Action<PaymentsOptions>? configure = null, Action<IServiceCollection>? services = null, PricedHost? store = null)
    {
        var host = new PricedHost(store);
        host._store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(host._folder, "shop.db")), host.Clock);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton(host._store);
        builder.Services.AddSingleton<TimeProvider>(host.Clock);
        builder.Services.AddSingleton<IFacilitator>(host.Facilitator);
        services?.Invoke(builder.Services);
        builder.Services.AddPayments(options =>
        {
            (options.Network, options.PayTo, options.Registry) = (Shop.Dollar.Chain, Shop.Seller, Registry);
            configure?.Invoke(options);
        });
        host._app = builder.Build();
        map(host._app);
        await host._app.StartAsync();
        return host;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        using var client = _app.GetTestClient();
        return await client.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? payment = null) => SendAsync(Shop.Get(path, payment));

    /// <summary>What a request would cost.</summary>
    public async Task<PaymentRequired> RequiredAsync(HttpRequestMessage request)
    {
        using var response = await SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        return Payer.ReadRequired(response);
    }

    /// <summary>The amount of the first offer, in minimal units.</summary>
    public async Task<string> AmountAsync(string path) => (await RequiredAsync(Shop.Get(path))).Accepts[0].Amount;

    public async Task<string> PayAsync(string path) => Payer.Pay((await RequiredAsync(Shop.Get(path))).Accepts[0]);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _store.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
