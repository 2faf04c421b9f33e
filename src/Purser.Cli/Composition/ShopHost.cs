using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Cli.Composition;

/// <summary>A small paid API for demonstrations: <c>GET /weather</c> for 0.01 and <c>GET /report</c> for 50.00 test dollars.</summary>
public sealed class ShopHost : IAsyncDisposable
{
    private readonly WebApplication _host;
    private int _served;

    private ShopHost(WebApplication host)
    {
        _host = host;
    }

    /// <summary>Where it listens.</summary>
    public Uri Url => WebHosts.UrlOf(_host);

    /// <summary>How often a handler has run.</summary>
    public int Served => Volatile.Read(ref _served);

    /// <summary>Starts to sell.</summary>
    /// <param name="store">Where claims and replies are kept.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="network">Its id.</param>
    /// <param name="registry">The tokens.</param>
    /// <param name="payTo">Who gains.</param>
    /// <param name="facilitator">Who settles.</param>
    /// <param name="clock">The chain's clock.</param>
    /// <param name="port">The port; 0 picks a free one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ShopHost> StartAsync(Store store, IChain chain, ChainId network, AssetRegistry registry, Address payTo, IFacilitator facilitator, TimeProvider clock, int port, CancellationToken cancellationToken)
    {
        var builder = WebHosts.Create(port);
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(facilitator);
        builder.Services.AddPayments(options =>
        {
            options.Network = network;
            options.PayTo = payTo;
            options.Registry = registry;
            options.Chain = chain;
        });
        var host = builder.Build();
        var shop = new ShopHost(host);
        host.MapGet("/", () => Results.Text("Paid: /weather (0.01 TUSD), /report (50.00 TUSD)\n"));
        host.MapGet("/weather", (string? city) => shop.Serve(new WeatherReport(city ?? "Lisbon", 21, "clear"))).RequirePayment("0.01 TUSD", "Today's weather");
        host.MapGet("/report", () => shop.Serve(new WeatherReport("everywhere", 15, "mixed"))).RequirePayment("50.00 TUSD", "A year of weather");
        await WebHosts.StartAsync(host, cancellationToken);
        return shop;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new DrainedHost(_host).DisposeAsync();

    private IResult Serve(WeatherReport report)
    {
        Interlocked.Increment(ref _served);
        return Results.Text($$"""{"city":{{System.Text.Json.JsonSerializer.Serialize(report.City)}},"celsius":{{report.Celsius}},"sky":"{{report.Sky}}"}""", "application/json");
    }

    private sealed record WeatherReport(string City, int Celsius, string Sky);
}
