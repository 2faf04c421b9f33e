using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Sandbox.Chain;
using Purser.Storage;

namespace Purser.Services.Tests.Payments.Extensions;

/// <summary>A shop with extensions, before a stand-in facilitator, and a payer with money.</summary>
internal sealed class ExtendedShop : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-extended-").FullName;

    public SandboxClock Clock { get; } = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public StandInFacilitator Facilitator { get; private set; } = null!;

    public Payer Payer { get; private set; } = null!;

    public Shop Shop { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public static async Task<ExtendedShop> OpenAsync(Action<IServiceCollection> extensions, Action<WebApplication>? map = null)
    {
        var world = new ExtendedShop();
        world.Facilitator = new(world.Clock);
        world.Payer = world.NewPayer(7);
        await world.ReopenAsync(extensions, map);
        return world;
    }

    /// <summary>Another payer with money.</summary>
    public Payer NewPayer(ulong seed)
    {
        var payer = new Payer(Clock, seed);
        Facilitator.Mint(payer.Address, 1_000_000);
        return payer;
    }

    /// <summary>Ends the shop's process, so to speak, and begins another on the same store.</summary>
    public async Task ReopenAsync(Action<IServiceCollection> extensions, Action<WebApplication>? map = null)
    {
        if (Shop is not null)
        {
            await Shop.DisposeAsync();
        }

        Shop = await Shop.OpenAsync(Facilitator, Clock, StoreUrl.ForFile(Path.Combine(_folder, "shop.db")), services: extensions, map: map);
        Client = Shop.Client();
    }

    public async Task<PaymentRequired> AskAsync(string path)
    {
        using var response = await Client.SendAsync(Shop.Get(path));
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        return Payer.ReadRequired(response);
    }

    /// <summary>A payment of a 402, with what a client adds to its extensions.</summary>
    public static string Pay(Payer payer, PaymentRequired required, params (string Name, JsonElement Addition)[] additions) =>
        Payer.WithExtensions(payer.Pay(required.Accepts[0]), PaymentExtensions.Echo(required.Extensions, additions.ToDictionary(addition => addition.Name, addition => addition.Addition)));

    public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path, string payment)
    {
        using var response = await Client.SendAsync(Shop.Get(path, payment));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Shop.DisposeAsync();
        Clock.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
