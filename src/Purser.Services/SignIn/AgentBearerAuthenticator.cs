using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>
/// Knows an agent by <c>Authorization: Bearer pas_…</c> (RFC 6750). Without that header it has no opinion, so that other schemes may have one. A request with a token in its
/// address is refused even when its header is right: addresses are logged on the way (specs/signin-checklist.md D4).
/// </summary>
internal sealed class AgentBearerAuthenticator : AuthenticationHandler<AgentBearerOptions>
{
    private const string Prefix = "Bearer ";

    private readonly IAgentSessions _sessions;
    private GateRefusal? _refusal;

    /// <summary>Made by the framework, once for each request.</summary>
    public AgentBearerAuthenticator(IOptionsMonitor<AgentBearerOptions> options, ILoggerFactory logger, UrlEncoder encoder, IAgentSessions sessions)
        : base(options, logger, encoder)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        _sessions = sessions;
    }

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Query.ContainsKey("token") || Request.Query.ContainsKey("access_token"))
        {
            return Refuse(Unauthorized(AgentSessionCodes.Invalid, "A token stands in the address", "send it in the Authorization header alone; log out and sign in again, for the old one may have been logged"));
        }

        var headers = Request.Headers.Authorization;
        if (headers is not [{ } header] || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return headers.Count > 1 ? Refuse(Unauthorized(AgentSessionCodes.Invalid, "There is more than one Authorization header", "send one")) : AuthenticateResult.NoResult();
        }

        try
        {
            return await _sessions.FindAsync(header[Prefix.Length..].Trim(), Context.RequestAborted) switch
            {
                AgentSessionReading.Live live => Accept(live.Session),
                AgentSessionReading.Refused refused => Refuse(Unauthorized(refused.Code, "The token opens no session", refused.Hint)),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch (StorageException exception) when (exception.IsTransient)
        {
            return Refuse(SignInRefusals.StoreDown);
        }
    }

    /// <inheritdoc/>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_refusal is not { } refusal)
        {
            // RFC 6750, 3: who showed no credentials is told of none that are wrong.
            Response.Headers.Append(HeaderNames.WWWAuthenticate, "Bearer");
            return Unauthorized(AgentSessionCodes.Required, "This needs a session", "sign in, and send the token in the Authorization header").WriteAsync(Context);
        }

        if (refusal.Status == StatusCodes.Status401Unauthorized)
        {
            Response.Headers.Append(HeaderNames.WWWAuthenticate, "Bearer error=\"invalid_token\"");
        }

        return refusal.WriteAsync(Context);
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        new GateRefusal(StatusCodes.Status403Forbidden, "PERMISSION_DENIED", "An agent may not do this", "a human has to do it").WriteAsync(Context);

    private static GateRefusal Unauthorized(string code, string message, string hint) => new(StatusCodes.Status401Unauthorized, code, message, hint);

    private AuthenticateResult Refuse(GateRefusal refusal)
    {
        _refusal = refusal;
        return AuthenticateResult.Fail(refusal.Message);
    }

    private AuthenticateResult Accept(AgentSession session)
    {
        Context.Features.Set(session);
        var identity = new ClaimsIdentity(
            [new(AgentBearer.UserId, session.UserId), new(AgentBearer.SessionId, session.Id), new(AgentBearer.LinkId, session.LinkId), new(AgentBearer.Wallet, session.Account)],
            AgentBearer.Scheme, AgentBearer.Wallet, roleType: null);
        return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), AgentBearer.Scheme));
    }
}
