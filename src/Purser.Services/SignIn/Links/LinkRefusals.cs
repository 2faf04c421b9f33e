using System.Globalization;
using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;

namespace Purser.Services.SignIn.Links;

/// <summary>The refusals of links, each in one place.</summary>
internal static class LinkRefusals
{
    public static GateRefusal NotVerified { get; } =
        new(StatusCodes.Status403Forbidden, "user_not_verified", "The account's e-mail is not verified", "verify it with your provider, then sign in again");

    public static GateRefusal LinkUnknown { get; } =
        new(StatusCodes.Status404NotFound, "link_unknown", "You have no such link", "list your links: GET /api/auth/link-account");

    public static GateRefusal LinkEnded { get; } =
        new(StatusCodes.Status409Conflict, "link_revoked", "The link was revoked and stays so", "link the wallet anew");

    public static GateRefusal LinkedElsewhere { get; } =
        new(StatusCodes.Status409Conflict, "wallet_linked_elsewhere", "The wallet is linked to another account", "its user has to revoke that link first; if nobody but you holds the wallet, link it with a code, which proves that");

    public static GateRefusal LinkedAlready { get; } =
        new(StatusCodes.Status409Conflict, "wallet_linked_already", "You have linked this wallet already", "change that link's limits, or revoke it first");

    public static GateRefusal ProofNeeded { get; } =
        new(StatusCodes.Status403Forbidden, "wallet_proof_required", "This service links a wallet only with a proof of whoever holds it", "let the agent ask for a code and enter it at /account/link");

    public static GateRefusal GameUnknown { get; } =
        new(StatusCodes.Status400BadRequest, "game_unknown", "A game of allowedGames is not played here", "GET /api/games lists the games");

    public static GateRefusal WalletExcluded { get; } =
        new(StatusCodes.Status403Forbidden, "wallet_excluded", "The wallet belongs to somebody who has excluded himself", "it can be linked when the exclusion has ended");

    public static GateRefusal TooManyChanges { get; } =
        new(StatusCodes.Status429TooManyRequests, "too_many_changes", "The limits were changed too often within a day", "revoke or pause the link if it has to stop now") { RetryAfter = TimeSpan.FromHours(1) };

    public static GateRefusal ExclusionShorter { get; } =
        new(StatusCodes.Status409Conflict, "exclusion_not_shortened", "An exclusion can be made longer, never shorter", "wait until it has ended");

    public static GateRefusal TooManyCodes { get; } =
        new(StatusCodes.Status429TooManyRequests, "too_many_codes", "Too many codes for linking are open", "use one that is open, or wait until they have ended") { RetryAfter = TimeSpan.FromMinutes(1) };

    public static GateRefusal CodeUnknown { get; } =
        new(StatusCodes.Status404NotFound, "code_unknown", "There is no such code, or it has ended", "check its letters, or let the agent ask for a new one");

    public static GateRefusal CodeUnproven { get; } =
        new(StatusCodes.Status409Conflict, "code_unproven", "The agent has not yet proven that it holds its wallet", "wait a moment and send the code again");

    public static GateRefusal ProofWrong { get; } =
        new(StatusCodes.Status401Unauthorized, "wallet_proof_wrong", "The signature is not the wallet's over the message that came with the code", "sign the very bytes of the message by personal_sign (EIP-191)");

    public static GateRefusal TooManyGuesses(TimeSpan wait) =>
        new(StatusCodes.Status429TooManyRequests, "code_locked", "Too many codes were typed that nobody has", "wait, then type the code again") { RetryAfter = wait };

    public static GateRefusal RateLimited(TimeSpan wait) =>
        new(StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests", "wait, then try again") { RetryAfter = wait };

    public static GateRefusal TooManyLinks(int most) =>
        new(StatusCodes.Status409Conflict, "too_many_links", $"An account has at most {most.ToString(CultureInfo.InvariantCulture)} links", "revoke one that is not used any more");

    public static GateRefusal Excluded(DateTimeOffset until) =>
        new(StatusCodes.Status403Forbidden, "self_excluded", "You have excluded yourself, and no wallet can be linked meanwhile", "wait until the exclusion has ended")
        {
            Members = new Dictionary<string, string> { ["excludedUntil"] = until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) },
        };

    public static GateRefusal Malformed(string message) => new(StatusCodes.Status400BadRequest, "body_malformed", message, "correct the request");
}
