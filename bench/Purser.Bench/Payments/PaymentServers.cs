using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Bench.Payments;

/// <summary>Our side of the payment rows, each in a process of its own: it says its URL in one line and ends with its standard input.</summary>
internal static class PaymentServers
{
    /// <summary>The shop: middleware and facilitator as they are, durable in SQLite; the chain is still. Limits by caller are off, since all callers are one.</summary>
    internal static async Task RunShopAsync(string folder, TimeProvider clock)
    {
        await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(folder, "shop.db")), clock);
        var chain = new StillChain(BenchedToken.Network, BenchedToken.Asset.Token);
        var builder = Builder();
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton(await FacilitatorAsync(store, chain, clock));
        builder.Services.AddPayments(options =>
        {
            options.Network = BenchedToken.Network;
            options.PayTo = BenchedToken.Payee;
            options.Registry = BenchedToken.Registry;
            options.Chain = chain;
            options.PerAddress = null;
            options.PerWallet = null;
        });
        var host = builder.Build();
        host.MapGet("/report", () => Results.Text("""{"report":"calm sea, light wind"}""", "application/json")).RequirePayment(BenchedToken.Price, "One report");
        await ServeAsync(host);
    }

    /// <summary>The facilitator over HTTP, on a node behind a URL, or on a sandbox in the same process.</summary>
    internal static async Task RunFacilitatorAsync(string folder, string node, TimeProvider clock)
    {
        await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(folder, "facilitator.db")), clock);
        using var http = new HttpClient();
        using var sandboxClock = SandboxClock.Follow(clock);
        using var sandbox = node == "in-process" ? Open(sandboxClock) : null;
        IChain chain = sandbox is null ? new JsonRpcChain(http, new Uri(node), clock) : sandbox;
        if (sandbox is not null)
        {
            await BenchedToken.DeployAsync(sandbox);
        }
        var host = Builder().Build();
        host.MapFacilitator(await FacilitatorAsync(store, chain, clock));
        await ServeAsync(host);
    }

    private static SandboxChain Open(SandboxClock clock)
    {
        var ether = UInt256.Parse("1000000000000000000000"); // 1,000, in wei
        return SandboxChain.Open(new() { ChainId = BenchedToken.Network, Genesis = [.. BenchedToken.Keys.Select(key => new GenesisAccount(key.Address) { Balance = ether })] }, clock);
    }

    private static async Task<IFacilitator> FacilitatorAsync(Store store, IChain chain, TimeProvider clock)
    {
        var book = new SettlementBook(store, clock);
        await book.MigrateAsync();
        var served = new FacilitatorChain(chain, new StillLane(BenchedToken.Network)) { Tokens = new HashSet<Address> { BenchedToken.Asset.Token } };
        return new EvmFacilitator(new Dictionary<ChainId, FacilitatorChain> { [BenchedToken.Network] = served }, book, clock, TimeSpan.FromSeconds(60));
    }

    private static WebApplicationBuilder Builder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        return builder;
    }

    private static async Task ServeAsync(WebApplication host)
    {
        await using (host)
        {
            await host.StartAsync();
            Console.WriteLine(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            while (await Console.In.ReadLineAsync() is not null)
            {
                // whoever started this closes it
            }
            await host.StopAsync();
        }
    }
}
