using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>Lets agents sign in with their wallets (seed 003; specs/signin-checklist.md A to E).</summary>
public static class AgentSignInEndpoints
{
    /// <summary>
    /// Adds what signing in needs. The host's services also need a <see cref="Store"/> and an <see cref="IAgentLinks"/>; a <see cref="TimeProvider"/> and an
    /// <see cref="IRandom"/> are taken from there too, the system's by default.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets at least one origin.</param>
    /// <exception cref="InvalidOperationException">The options cannot be used.</exception>
    public static IServiceCollection AddAgentSignIn(this IServiceCollection services, Action<AgentSignInOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new AgentSignInOptions();
        configure(options);
        options.Validate();
        services.TryAddSingleton(_ => SystemTime());
        services.TryAddSingleton<IRandom, SystemRandom>();
        services.AddSingleton(options);
        services.AddSingleton<SignInChallenges>();
        services.AddSingleton<AgentSignIn>();
        services.AddSingleton<SignInTelemetry>();
        services.AddSingleton<AgentSignInDoor>();
        services.AddSingleton<StoreAgentSessions>();
        services.AddSingleton<IAgentSessions>(provider => provider.GetRequiredService<StoreAgentSessions>());
        services.AddSingleton<AgentSignInUpkeep>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<AgentSignInUpkeep>());
        return services;
    }

    /// <summary>Adds the scheme <see cref="AgentBearer.Scheme"/> and the policy <see cref="AgentPolicies.Play"/>.</summary>
    public static AuthenticationBuilder AddAgentBearer(this AuthenticationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddAuthorizationBuilder().AddPolicy(AgentPolicies.Play, policy => policy.AddAuthenticationSchemes(AgentBearer.Scheme).RequireAuthenticatedUser().RequireClaim(AgentBearer.SessionId));
        return builder.AddScheme<AgentBearerOptions, AgentBearerAuthenticator>(AgentBearer.Scheme, null);
    }

    /// <summary>Maps <c>GET challenge</c>, <c>POST verify</c>, <c>GET session</c>, <c>POST session/extend</c> and <c>POST logout</c> under a prefix such as <c>/api/auth</c>.</summary>
    public static IEndpointConventionBuilder MapAgentSignIn(this IEndpointRouteBuilder endpoints, string prefix = "/api/auth")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var door = endpoints.ServiceProvider.GetRequiredService<AgentSignInDoor>();
        var group = endpoints.MapGroup(prefix);
        group.MapGet("/challenge", (RequestDelegate)door.ChallengeAsync).AllowAnonymous();
        group.MapPost("/verify", (RequestDelegate)door.VerifyAsync).AllowAnonymous();
        group.MapGet("/session", (RequestDelegate)door.StatusAsync).RequireAuthorization(AgentPolicies.Play);
        group.MapPost("/session/extend", (RequestDelegate)door.ExtendAsync).RequireAuthorization(AgentPolicies.Play);
        group.MapPost("/logout", (RequestDelegate)door.LogOutAsync).RequireAuthorization(AgentPolicies.Play);
        return group;
    }

    private static TimeProvider SystemTime()
    {
#pragma warning disable RS0030 // a host that registers no clock of its own wants the system's
        return TimeProvider.System;
#pragma warning restore RS0030
    }
}
