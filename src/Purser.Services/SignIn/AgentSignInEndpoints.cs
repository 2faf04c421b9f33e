using System.Globalization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Services.Gate;
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

/// <summary>The requests of signing in.</summary>
internal sealed class AgentSignInDoor
{
    private readonly SignInChallenges _challenges;
    private readonly AgentSignIn _signIn;
    private readonly IAgentSessions _sessions;
    private readonly CallerLimit? _challengeLimit;
    private readonly CallerLimit? _verifyLimit;
    private readonly CallerLimit? _sessionLimit;

    public AgentSignInDoor(SignInChallenges challenges, AgentSignIn signIn, IAgentSessions sessions, AgentSignInOptions options, TimeProvider time)
    {
        (_challenges, _signIn, _sessions) = (challenges, signIn, sessions);
        _challengeLimit = options.Challenges is { } challengeRate ? new(challengeRate, time) : null;
        _verifyLimit = options.Verifications is { } verifyRate ? new(verifyRate, time) : null;
        _sessionLimit = options.SessionCalls is { } sessionRate ? new(sessionRate, time) : null;
    }

    public Task ChallengeAsync(HttpContext context) => ServeAsync(context, _challengeLimit, CallerAddress.Of(context), async () =>
    {
        var query = context.Request.Query;
        if (query["address"] is not [{ } text] || !Address.TryParse(text, out var account))
        {
            await Malformed("address_invalid", "The query needs one address: 0x and 40 hex digits, in one case or with the EIP-55 checksum").WriteAsync(context);
            return;
        }

        ChainId? chain = null;
        if (query.ContainsKey("chainId"))
        {
            if (query["chainId"] is not [{ } number] || !ChainId.TryParse($"eip155:{number}", out var named))
            {
                await Malformed("chain_not_offered", "chainId is a chain's number, without leading zeros").WriteAsync(context);
                return;
            }

            chain = named;
        }

        switch (await _challenges.IssueAsync(account, chain, query.ContainsKey("domain") ? query["domain"].ToString() : null))
        {
            case SignInIssuing.Issued { Challenge: var challenge }:
                await GateJson.WriteAsync(context, StatusCodes.Status200OK, challenge.Write);
                break;
            case SignInIssuing.Refused refused:
                await Malformed(refused.Code, refused.Message).WriteAsync(context);
                break;
        }
    });

    public Task VerifyAsync(HttpContext context) => ServeAsync(context, _verifyLimit, CallerAddress.Of(context), async () =>
    {
        if (!context.Request.HasJsonContentType())
        {
            await new GateRefusal(StatusCodes.Status415UnsupportedMediaType, "content_type_invalid", "The body is JSON", "send Content-Type: application/json").WriteAsync(context);
            return;
        }

        var shape = await GateJson.ReadAsync(context, SignInVerification.MaxBytes);
        var verification = SignInVerification.Read(shape);
        if (!shape.Ok)
        {
            await GateJson.Refusal(shape.Refusal).WriteAsync(context);
            return;
        }

        switch (await _signIn.SignInAsync(verification, context.RequestAborted))
        {
            case SignInOutcome.Granted { Grant: var grant }:
                await GateJson.WriteAsync(context, StatusCodes.Status200OK, grant.Write);
                break;
            case SignInOutcome.Refused { Reason: var reason }:
                await reason.WriteAsync(context);
                break;
        }
    });

    public Task StatusAsync(HttpContext context) => ServeSessionAsync(context, session => AnswerAsync(context, session));

    public Task ExtendAsync(HttpContext context) => ServeSessionAsync(context, async session =>
    {
        switch (await _sessions.ExtendAsync(session.Id, CancellationToken.None))
        {
            case AgentSessionReading.Live live:
                await AnswerAsync(context, live.Session);
                break;
            case AgentSessionReading.Refused refused:
                await OfSession(refused).WriteAsync(context);
                break;
        }
    });

    public Task LogOutAsync(HttpContext context) => ServeSessionAsync(context, async session =>
    {
        // Whoever else ended it at this moment: it is over either way.
        await _sessions.EndAsync(session.Id, AgentSessionEnd.Logout, CancellationToken.None);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    });

    private static GateRefusal Malformed(string code, string message) => new(StatusCodes.Status400BadRequest, code, message, "correct the request");

    private static GateRefusal OfSession(AgentSessionReading.Refused refused) => refused.Code switch
    {
        AgentSessionCodes.Unavailable => SignInRefusals.ChainDown with { Hint = refused.Hint },
        AgentSessionCodes.NotLinked => new(StatusCodes.Status403Forbidden, refused.Code, "The session is not extended", refused.Hint),
        _ => new(StatusCodes.Status401Unauthorized, refused.Code, "The session is over", refused.Hint),
    };

    private static Task AnswerAsync(HttpContext context, AgentSession session) => GateJson.WriteAsync(context, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("sessionId", session.Id);
        writer.WriteString("walletAddress", session.Wallet.ToString());
        writer.WriteString("chainId", session.Chain.Value.ToString(CultureInfo.InvariantCulture));
        writer.WriteString("linkId", session.LinkId);
        writer.WriteString("linkedUserId", session.UserId);
        writer.WriteNumber("createdAt", session.CreatedAt.ToUnixTimeSeconds());
        writer.WriteNumber("expiresAt", session.ExpiresAt.ToUnixTimeSeconds());
        writer.WriteNumber("endsAt", session.EndsAt.ToUnixTimeSeconds());
        writer.WriteEndObject();
    });

    private Task ServeSessionAsync(HttpContext context, Func<AgentSession, Task> serve)
    {
        var session = AgentBearer.SessionOf(context) ?? throw new InvalidOperationException("an endpoint of sessions was mapped without its policy");
        return ServeAsync(context, _sessionLimit, session.Id, () => serve(session));
    }

    private static async Task ServeAsync(HttpContext context, CallerLimit? limit, string caller, Func<Task> serve)
    {
        if (limit?.TryTake(caller) is { } wait)
        {
            await SignInRefusals.Limited(wait).WriteAsync(context);
            return;
        }

        try
        {
            await serve();
        }
        catch (StorageException exception) when (exception.IsTransient && !context.Response.HasStarted)
        {
            await SignInRefusals.StoreDown.WriteAsync(context);
        }
    }
}
