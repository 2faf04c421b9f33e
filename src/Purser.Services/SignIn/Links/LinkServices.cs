using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.SignIn.Links;

/// <summary>Adds links to a host.</summary>
public static class LinkServices
{
    /// <summary>
    /// Adds <see cref="IAgentLinks"/> on the store, and linking by codes. Needs a <see cref="Store"/>, a <see cref="TimeProvider"/> and an <see cref="IRandom"/> among the services, and
    /// <c>AddAgentSignIn</c>. Tables are brought up to date when the host starts.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddAgentLinks(this IServiceCollection services, Action<AgentLinkOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new AgentLinkOptions();
        configure?.Invoke(options);
        options.Validate();
        services.AddSingleton(options);
        services.TryAddSingleton<StoreLinks>();
        services.TryAddSingleton<IAgentLinks>(provider => provider.GetRequiredService<StoreLinks>());
        services.TryAddSingleton<DeviceCodes>();
        services.AddHostedService<LinkTables>();
        return services;
    }

    /// <summary>Brings the tables up to date before the host serves.</summary>
    private sealed class LinkTables(StoreLinks links) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => links.MigrateAsync(cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
