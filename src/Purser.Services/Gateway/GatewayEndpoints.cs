using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Gateway;

/// <summary>Puts the gateway into a host.</summary>
public static class GatewayEndpoints
{
    /// <summary>
    /// Adds the gateway. The host's services also need a <see cref="Store"/>, <see cref="IAgentSessions"/>, <see cref="IAgentLinks"/> and
    /// <see cref="ITables"/>; a <see cref="TimeProvider"/> and an <see cref="IRandom"/> are taken from there too, the system's by default. Tables send through
    /// <see cref="IGatewayOutbox"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets what differs from the defaults.</param>
    /// <exception cref="InvalidOperationException">A setting is out of its bounds.</exception>
    public static IServiceCollection AddAgentGateway(this IServiceCollection services, Action<GatewayOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new GatewayOptions();
        configure?.Invoke(options);
        options.Validate();
        services.TryAddSingleton(_ => SystemTime());
        services.TryAddSingleton<IRandom, SystemRandom>();
        services.TryAddSingleton<WorkerLease>();
        services.AddSingleton(options);
        services.AddSingleton<GatewayTelemetry>();
        services.AddSingleton<GatewaySessions>();
        services.AddSingleton<IGatewayOutbox>(provider => provider.GetRequiredService<GatewaySessions>());
        services.AddSingleton<ConnectionBook>();
        services.AddSingleton<GatewayParts>();
        services.AddSingleton<GatewayDoor>();
        services.AddSingleton<GatewayWorker>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<GatewayWorker>());
        return services;
    }

    /// <summary>Serves the gateway under this path. It brings the framework's WebSockets with it.</summary>
    /// <param name="endpoints">The host.</param>
    /// <param name="pattern">The path.</param>
    public static IEndpointConventionBuilder MapAgentGateway(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/ws")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var door = endpoints.ServiceProvider.GetService<GatewayDoor>() ?? throw new InvalidOperationException("MapAgentGateway needs AddAgentGateway on the host's services.");
        var branch = endpoints.CreateApplicationBuilder();
        branch.UseWebSockets();
        branch.Run(door.AcceptAsync);
        return endpoints.Map(pattern, branch.Build());
    }

    private static TimeProvider SystemTime()
    {
#pragma warning disable RS0030 // a host that registers no clock of its own wants the system's
        return TimeProvider.System;
#pragma warning restore RS0030
    }
}
