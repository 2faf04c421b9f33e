using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;

namespace Purser.Services.SignIn.Humans;

/// <summary>The refusals of people's sign-in, each in one place. None says whether an account exists.</summary>
internal static class HumanRefusals
{
    public static GateRefusal EmailInvalid { get; } =
        new(StatusCodes.Status400BadRequest, "email_invalid", "That is no e-mail address of the plain form name@domain", "give one address, in ASCII, without quotes or a display name");

    public static GateRefusal PasswordWeak { get; } =
        new(StatusCodes.Status400BadRequest, "password_weak", $"A password has {HumanAccountOptions.MinPasswordLength} to {HumanAccountOptions.MaxPasswordLength} characters", "take a longer one, such as a few words");

    public static GateRefusal PasswordWrong { get; } =
        new(StatusCodes.Status401Unauthorized, "password_wrong", "E-mail and password do not belong together", "try again, or have a code mailed");

    public static GateRefusal CodeUnknown { get; } =
        new(StatusCodes.Status401Unauthorized, "code_unknown", "No code was asked for in this browser", "have a new code mailed");

    public static GateRefusal CodeExpired { get; } =
        new(StatusCodes.Status401Unauthorized, "code_expired", "The code has expired", "have a new code mailed");

    public static GateRefusal CodeUsed { get; } =
        new(StatusCodes.Status401Unauthorized, "code_used", "The code was used before", "have a new code mailed");

    public static GateRefusal CodeDead { get; } =
        new(StatusCodes.Status401Unauthorized, "code_dead", "The code was tried too often and is void", "have a new code mailed");

    public static GateRefusal MailDown { get; } =
        new(StatusCodes.Status503ServiceUnavailable, "mail_unavailable", "The code could not be mailed", "try again in a moment; nothing was begun") { RetryAfter = TimeSpan.FromSeconds(10) };

    public static GateRefusal MailRefused { get; } =
        new(StatusCodes.Status502BadGateway, "mail_refused", "The mail server does not take mail for this address", "check the address");

    public static GateRefusal NoAccounts { get; } =
        new(StatusCodes.Status404NotFound, "no_accounts", "This service has no accounts of its own", "sign in with the provider that it names");

    public static GateRefusal TokenMissing { get; } =
        new(StatusCodes.Status401Unauthorized, "human_token_required", "This is for a person, by a person's token", "make one at /account/tokens and send it as Authorization: Bearer");

    public static GateRefusal TokenUnknown { get; } =
        new(StatusCodes.Status401Unauthorized, "human_token_invalid", "The token is nobody's, or not any more", "make a new one at /account/tokens; an agent's own token does not serve here");

    public static GateRefusal TooManyTokens { get; } =
        new(StatusCodes.Status409Conflict, "too_many_tokens", "You have as many tokens as an account may have", "revoke one that is not used any more");

    public static GateRefusal CodeWrong(int triesLeft) => new(StatusCodes.Status401Unauthorized, "code_wrong", "The code is wrong", "type the digits of the latest mail")
    {
        Members = new Dictionary<string, string> { ["triesLeft"] = triesLeft.ToString(System.Globalization.CultureInfo.InvariantCulture) },
    };

    public static GateRefusal TooMany(TimeSpan wait) => new(StatusCodes.Status429TooManyRequests, "login_limited", "Too many tries", "wait, then try again") { RetryAfter = wait };
}
