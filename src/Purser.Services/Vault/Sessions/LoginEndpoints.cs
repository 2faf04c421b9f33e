using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Purser.Protocol.Json;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.Vault.Sessions;

/// <summary>
/// The login's HTTP side: <c>POST /v1/login/key</c> {apiKey, device}, <c>POST /v1/login/email</c> {email, device}, <c>POST /v1/login/verify</c>
/// {attempt, device, code}, <c>POST /v1/session/refresh</c> {refreshToken, device, rotation}, <c>POST /v1/session/logout</c> {refreshToken, device},
/// and <c>GET /v1/session</c> with a bearer token. Secrets come in bodies and the Authorization header alone, since paths and queries end in logs.
/// </summary>
public static class LoginEndpoints
{
    /// <summary>The largest body that is read, in bytes.</summary>
    public const int MaxBodyBytes = 4 * 1024;

    /// <summary>Maps the endpoints.</summary>
    /// <param name="endpoints">The host.</param>
    /// <param name="sessions">The sessions, migrated.</param>
    /// <param name="keys">Logins by API key.</param>
    /// <param name="emails">Logins by one-time code; null when the vault sends no mail.</param>
    public static IEndpointConventionBuilder MapVaultLogin(this IEndpointRouteBuilder endpoints, StoreSessions sessions, ApiKeys keys, EmailLogin? emails)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentNullException.ThrowIfNull(keys);
        var group = endpoints.MapGroup("/v1");
        Serve byKey = (body, caller, token) => keys.LogInAsync(body[0], body[1], caller, token);
        Serve byEmail = (body, caller, token) => emails?.BeginAsync(body[0], body[1], caller, token) ?? NoMail();
        Serve byCode = (body, caller, token) => emails?.VerifyAsync(body[0], body[1], body[2], caller, token) ?? NoMail();
        Serve refresh = (body, caller, token) => sessions.RefreshAsync(body[0], body[1], body[2], caller, token);
        group.MapPost("/login/key", context => ServeAsync(context, ["apiKey", "device"], byKey));
        group.MapPost("/login/email", context => ServeAsync(context, ["email", "device"], byEmail));
        group.MapPost("/login/verify", context => ServeAsync(context, ["attempt", "device", "code"], byCode));
        group.MapPost("/session/refresh", context => ServeAsync(context, ["refreshToken", "device", "rotation"], refresh));
        group.MapPost("/session/logout", context => LogOutAsync(context, sessions));
        group.MapGet("/session", context => ShowAsync(context, sessions));
        return group;
    }

    private delegate Task<LoginResult> Serve(string[] body, string caller, CancellationToken cancellationToken);

    private static Task<LoginResult> NoMail() => Task.FromResult<LoginResult>(new LoginResult.Refused(LoginRefusals.NoMail));

    private static async Task ServeAsync(HttpContext context, string[] members, Serve serve)
    {
        try
        {
            if (await ReadAsync(context, members) is not { } body)
            {
                return;
            }

            // Once begun it is brought to its end although the asker hangs up: a code or token that was taken is not left half used.
            switch (await serve(body, VaultCaller.Of(context), CancellationToken.None))
            {
                case LoginResult.Refused { Reason: var reason }:
                    await reason.WriteAsync(context);
                    break;
                case LoginResult.CodeSent sent:
                    await VaultHttp.WriteAsync(context, StatusCodes.Status202Accepted, writer =>
                    {
                        writer.WriteStartObject();
                        writer.WriteString("attempt", sent.Attempt);
                        WriteTime(writer, "expiresAt", sent.ExpiresAt);
                        writer.WriteEndObject();
                    });
                    break;
                case LoginResult.Granted { Grant: var grant }:
                    await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer => Write(writer, grant));
                    break;
            }
        }
        catch (StorageException exception) when (exception.IsTransient && !context.Response.HasStarted)
        {
            await VaultProblem.OfStore(exception).WriteAsync(context);
        }
    }

    private static async Task LogOutAsync(HttpContext context, StoreSessions sessions)
    {
        try
        {
            if (await ReadAsync(context, ["refreshToken", "device"]) is { } body)
            {
                // The answer is the same whether there was such a session: it is gone either way.
                await sessions.LogOutAsync(body[0], body[1], CancellationToken.None);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
            }
        }
        catch (StorageException exception) when (exception.IsTransient && !context.Response.HasStarted)
        {
            await VaultProblem.OfStore(exception).WriteAsync(context);
        }
    }

    private static async Task ShowAsync(HttpContext context, StoreSessions sessions)
    {
        var header = context.Request.Headers.Authorization is [{ } value] && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? value[7..] : null;
        try
        {
            switch (await sessions.FindAsync(header, context.RequestAborted))
            {
                case SessionLookup.Refused { Reason: var reason }:
                    context.Response.Headers.WWWAuthenticate = "Bearer";
                    await reason.WriteAsync(context);
                    break;
                case SessionLookup.Found found:
                    await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer =>
                    {
                        writer.WriteStartObject();
                        writer.WriteString("userId", found.UserId);
                        writer.WriteString("userName", found.UserName);
                        WriteTime(writer, "accessExpiresAt", found.ExpiresAt);
                        writer.WriteEndObject();
                    });
                    break;
            }
        }
        catch (StorageException exception) when (exception.IsTransient && !context.Response.HasStarted)
        {
            await VaultProblem.OfStore(exception).WriteAsync(context);
        }
    }

    // All members are strings and have to be there; another member, or one twice, is refused.
    private static async Task<string[]?> ReadAsync(HttpContext context, string[] members)
    {
        var shape = await VaultHttp.ReadJsonAsync(context, MaxBodyBytes);
        var values = members.Select(member => shape.String(member)).ToArray();
        if (shape.Ok && shape.Element.EnumerateObject().FirstOrDefault(member => !members.Contains(member.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } other)
        {
            shape.RefuseValue(UntrustedText.Clean(other.Name, 40), "The member is not one of this form");
        }

        if (shape.Refusal is not { } refusal)
        {
            return values;
        }

        await new GateRefusal(StatusCodes.Status400BadRequest, "body_malformed", refusal.ToString(), "correct the request").WriteAsync(context);
        return null;
    }

    private static void Write(Utf8JsonWriter writer, SessionGrant grant)
    {
        writer.WriteStartObject();
        writer.WriteString("userId", grant.UserId);
        writer.WriteString("userName", grant.UserName);
        writer.WriteString("accessToken", grant.AccessToken);
        WriteTime(writer, "accessExpiresAt", grant.AccessExpiresAt);
        writer.WriteString("refreshToken", grant.RefreshToken);
        WriteTime(writer, "refreshExpiresAt", grant.RefreshExpiresAt);
        writer.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset time) =>
        writer.WriteString(name, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}
