using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Purser.Cli.Composition;

/// <summary>Web hosts of this process: on loopback, bounded, quiet on standard output.</summary>
public static class WebHosts
{
    /// <summary>A builder whose host listens on this port of loopback; 0 picks a free one.</summary>
    public static WebApplicationBuilder Create(int port) => Create(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, port));

    /// <summary>A builder whose host listens on a Unix socket.</summary>
    public static WebApplicationBuilder Create(string socketPath) => Create(kestrel => kestrel.ListenUnixSocket(socketPath));

    private static WebApplicationBuilder Create(Action<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions> listen)
    {
        // Always: in "Development", which an environment variable could say, the framework answers a fault with its stack trace.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = Environments.Production });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            listen(kestrel);
            kestrel.AddServerHeader = false;
            kestrel.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.Latin1; // header values of a server behind go on as the bytes that came
            kestrel.Limits.MaxRequestBodySize = 32 * 1024 * 1024;
        });
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace; // standard output is for results
            console.FormatterName = OneLineFormatter.FormatterName;
        }).AddConsoleFormatter<OneLineFormatter, ConsoleFormatterOptions>();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical); // why a host does not start is the command's own refusal
        return builder;
    }

    /// <summary>Starts a host; one that cannot start is ended, background work and all, before the fault goes on.</summary>
    public static async Task StartAsync(WebApplication host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch
        {
            await new DrainedHost(host).DisposeAsync();
            throw;
        }
    }

    /// <summary>Where a started host listens.</summary>
    public static Uri UrlOf(WebApplication host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }
}
