using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Purser.SystemTests.Processes;

/// <summary>An HTTP server of the test's own process, on a free port of loopback.</summary>
public sealed class LocalServer : IAsyncDisposable
{
    private readonly WebApplication _host;

    private LocalServer(WebApplication host)
    {
        _host = host;
        Url = new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; }

    /// <summary>Starts it.</summary>
    public static async Task<LocalServer> StartAsync(RequestDelegate handler)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var host = builder.Build();
        host.Run(handler);
        await host.StartAsync();
        return new(host);
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that are held on purpose would keep a graceful end waiting.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        try
        {
            await _host.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
        await _host.DisposeAsync();
    }
}
