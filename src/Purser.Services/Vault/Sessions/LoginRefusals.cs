using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;

namespace Purser.Services.Vault.Sessions;

/// <summary>The refusals of the login, each in one place. None says whether a user, an address or a key exists.</summary>
internal static class LoginRefusals
{
    private const string LogIn = "log in: purser wallet login, or purser wallet login EMAIL";

    public static GateRefusal TokenMissing { get; } = new(StatusCodes.Status401Unauthorized, "session_missing", "This needs a session", LogIn);

    public static GateRefusal TokenUnknown { get; } = new(StatusCodes.Status401Unauthorized, "session_unknown", "There is no session by this token", LogIn);

    public static GateRefusal TokenExpired { get; } = new(StatusCodes.Status401Unauthorized, "session_expired", "The token has expired", "refresh the session, or log in again");

    public static GateRefusal SessionEnded { get; } = new(StatusCodes.Status401Unauthorized, "session_ended", "The session has ended", LogIn);

    public static GateRefusal RefreshReused { get; } = new(StatusCodes.Status401Unauthorized, "session_reused",
        "This refresh token was used before: somebody else may hold it, so the session has been ended", LogIn);

    public static GateRefusal KeyRefused { get; } = new(StatusCodes.Status401Unauthorized, "api_key_refused", "The API key is not accepted", "check it, or ask the vault's operator for a new one: purser vault key new NAME");

    public static GateRefusal LoginUnknown { get; } = new(StatusCodes.Status401Unauthorized, "login_unknown", "There is no such login on this device", "ask for a code: purser wallet login EMAIL");

    public static GateRefusal CodeExpired { get; } = new(StatusCodes.Status401Unauthorized, "code_expired", "The code has expired", "ask for a new one: purser wallet login EMAIL");

    public static GateRefusal CodeUsed { get; } = new(StatusCodes.Status401Unauthorized, "code_used", "The code was used before", "ask for a new one: purser wallet login EMAIL");

    public static GateRefusal CodeDead { get; } = new(StatusCodes.Status401Unauthorized, "code_dead", "The code was tried too often and is void", "ask for a new one: purser wallet login EMAIL");

    public static GateRefusal EmailInvalid { get; } = new(StatusCodes.Status400BadRequest, "email_invalid", "That is no e-mail address of the plain form name@domain", "give one address, in ASCII, without quotes or a display name");

    public static GateRefusal SecretMalformed { get; } = new(StatusCodes.Status400BadRequest, "secret_malformed", "A secret of the request is not of the form that the vault gives", "log in again");

    public static GateRefusal CodeWrong(int triesLeft) => new(StatusCodes.Status401Unauthorized, "code_wrong", "The code is wrong", "type the digits of the latest mail")
    {
        Members = new Dictionary<string, string> { ["triesLeft"] = triesLeft.ToString(System.Globalization.CultureInfo.InvariantCulture) },
    };

    public static GateRefusal Locked(TimeSpan wait) => new(StatusCodes.Status429TooManyRequests, "login_locked", "Too many wrong tries: the login is locked for a while", "wait, then try again") { RetryAfter = wait };

    public static GateRefusal TooMany(TimeSpan wait) => new(StatusCodes.Status429TooManyRequests, "login_limited", "Too many codes were asked for", "wait, then ask again") { RetryAfter = wait };

    public static GateRefusal MailDown { get; } = new(StatusCodes.Status503ServiceUnavailable, "mail_unavailable", "The code could not be mailed", "try again in a moment; nothing was begun") { RetryAfter = TimeSpan.FromSeconds(10) };

    public static GateRefusal MailRefused { get; } = new(StatusCodes.Status502BadGateway, "mail_refused", "The mail server does not take mail for this address, or from this vault", "check the address, or tell the vault's operator");

    public static GateRefusal NoMail { get; } = new(StatusCodes.Status501NotImplemented, "mail_not_configured", "This vault sends no mail", "log in by API key: purser wallet login");
}
