using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Purser.Ethereum;
using Purser.Services.Gateway;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>Keeps tables, and serves what agents ask of them over REST (specs/signin.md 1.2).</summary>
public static class TableEndpoints
{
    /// <summary>
    /// Adds the tables and their keeper. The host's services also need a <see cref="Store"/>, an <see cref="IAgentLinks"/>, an <see cref="IAgentSessions"/> and
    /// an <see cref="IGatewayOutbox"/>; a <see cref="TimeProvider"/> and an <see cref="IRandom"/> are taken from there too, the system's by default.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets what differs from the defaults.</param>
    /// <exception cref="ArgumentException">The options cannot be meant.</exception>
    public static IServiceCollection AddTables(this IServiceCollection services, Action<TablesOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new TablesOptions();
        configure?.Invoke(options);
        options.Validate();
        services.TryAddSingleton(_ => SystemTime());
        services.TryAddSingleton<IRandom, SystemRandom>();
        services.AddSingleton(options);
        services.AddSingleton<StoreTables>();
        services.AddSingleton<ITables>(provider => provider.GetRequiredService<StoreTables>());
        services.AddSingleton<TableDoor>();
        services.AddSingleton<TableKeeper>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<TableKeeper>());
        return services;
    }

    /// <summary>
    /// Maps <c>GET games</c>, <c>GET games/{gameType}/spec</c>, <c>GET lobby</c>, <c>POST rooms</c>, <c>POST rooms/{id}/join</c>, <c>POST rooms/{id}/leave</c>,
    /// <c>GET wallet/config</c>, <c>GET wallet/balance</c>, <c>GET wallet/transactions</c> and, refused since play credits are no money,
    /// <c>POST wallet/withdraw</c> under a prefix such as <c>/api</c>; each needs a session (<see cref="AgentPolicies.Play"/>).
    /// </summary>
    public static IEndpointConventionBuilder MapTables(this IEndpointRouteBuilder endpoints, string prefix = "/api")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var door = endpoints.ServiceProvider.GetService<TableDoor>() ?? throw new InvalidOperationException("MapTables needs AddTables on the host's services.");
        var group = endpoints.MapGroup(prefix).RequireAuthorization(AgentPolicies.Play);
        group.MapGet("/games", (RequestDelegate)TableDoor.GamesAsync);
        group.MapGet("/games/{gameType}/spec", (RequestDelegate)TableDoor.SpecificationAsync);
        group.MapGet("/lobby", (RequestDelegate)door.LobbyAsync);
        group.MapPost("/rooms", (RequestDelegate)door.OpenAsync);
        group.MapPost("/rooms/{id}/join", (RequestDelegate)door.JoinAsync);
        group.MapPost("/rooms/{id}/leave", (RequestDelegate)door.LeaveAsync);
        group.MapGet("/wallet/config", (RequestDelegate)TableDoor.ConfigAsync);
        group.MapGet("/wallet/balance", (RequestDelegate)door.BalanceAsync);
        group.MapGet("/wallet/transactions", (RequestDelegate)door.TransactionsAsync);
        group.MapPost("/wallet/withdraw", (RequestDelegate)TableDoor.WithdrawAsync);
        return group;
    }

    private static TimeProvider SystemTime()
    {
#pragma warning disable RS0030 // a host that registers no clock of its own wants the system's
        return TimeProvider.System;
#pragma warning restore RS0030
    }
}
