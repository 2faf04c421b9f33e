using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Purser.Services.Gate;

namespace Purser.Services.SignIn.Humans;

/// <summary>
/// <c>Authorization: Bearer pht_…</c>: a person's own token (specs/signin-checklist.md F2). Anything else there, an agent's token too, is nobody's. Cookies do not
/// count, so that no other site can make a browser ask.
/// </summary>
internal sealed class HumanBearerHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, HumanTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Prefix = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        if (header.Count == 0)
        {
            return AuthenticateResult.NoResult();
        }

        if (header is not [{ } value] || !value.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || await tokens.FindAsync(value[Prefix.Length..], Context.RequestAborted) is not { } user)
        {
            return AuthenticateResult.Fail("no person's token");
        }

        return AuthenticateResult.Success(new(HumanPrincipal.Of(user, Scheme.Name), Scheme.Name));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var missing = Request.Headers.Authorization.Count == 0;
        Response.Headers.WWWAuthenticate = missing ? "Bearer" : "Bearer error=\"invalid_token\"";
        await (missing ? HumanRefusals.TokenMissing : HumanRefusals.TokenUnknown).WriteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        new GateRefusal(StatusCodes.Status403Forbidden, "forbidden", "This token does not allow it", "use a token of the person whom it concerns").WriteAsync(Context);
}

/// <summary>People as claims.</summary>
internal static class HumanPrincipal
{
    public static ClaimsPrincipal Of(HumanUser user, string scheme) => new(new ClaimsIdentity(
        [
            new(HumanClaims.User, user.Id),
            new(HumanClaims.Name, user.Name),
            new(HumanClaims.Verified, user.IsVerified ? "true" : "false", ClaimValueTypes.Boolean),
            new(HumanClaims.Stamp, user.Stamp),
        ], scheme, HumanClaims.Name, null));

    /// <summary>The person of a principal that <see cref="Of"/> made; null for any other.</summary>
    public static HumanUser? Read(ClaimsPrincipal principal) =>
        principal.FindFirstValue(HumanClaims.User) is { } id && principal.FindFirstValue(HumanClaims.Stamp) is { } stamp
            ? new(id, principal.FindFirstValue(HumanClaims.Name) ?? id, principal.FindFirstValue(HumanClaims.Verified) == "true", stamp)
            : null;
}
