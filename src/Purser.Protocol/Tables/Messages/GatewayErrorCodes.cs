using System.Collections.Frozen;

namespace Purser.Protocol.Tables.Messages;

/// <summary>The codes of <c>error</c> and <c>game_error</c> (specs/signin.md 1.5). What stands under "ours" has no name in A2G 1.0.</summary>
public static class GatewayErrorCodes
{
    /// <summary>The message needs a session that has been opened with <c>authenticate</c>.</summary>
    public const string AuthRequired = "AUTH_REQUIRED";

    /// <summary>The session or its token is past its end: sign in again.</summary>
    public const string AuthExpired = "AUTH_EXPIRED";

    /// <summary>The token opens no session: sign in again.</summary>
    public const string AuthInvalid = "AUTH_INVALID";

    /// <summary>No human has linked the wallet: stop, and tell the human.</summary>
    public const string AccountNotLinked = "ACCOUNT_NOT_LINKED";

    /// <summary>Too many messages or bytes: wait, with growing pauses.</summary>
    public const string RateLimited = "RATE_LIMITED";

    /// <summary>A fault of the server: try again, with growing pauses.</summary>
    public const string InternalError = "INTERNAL_ERROR";

    /// <summary>There is no such table, or the wallet has no seat at it.</summary>
    public const string TableNotFound = "TABLE_NOT_FOUND";

    /// <summary>No seat is free.</summary>
    public const string TableFull = "TABLE_FULL";

    /// <summary>There is no such game.</summary>
    public const string GameNotFound = "GAME_NOT_FOUND";

    /// <summary>The credits do not suffice.</summary>
    public const string InsufficientBalance = "INSUFFICIENT_BALANCE";

    /// <summary>The <c>messageId</c> was used, or the <c>sequence</c> does not rise: the message was not acted on again.</summary>
    public const string DuplicateMessage = "DUPLICATE_MESSAGE";

    /// <summary>Another protocol version than <see cref="GatewayProtocol.Version"/>: stop, and tell the human.</summary>
    public const string VersionUnsupported = "VERSION_UNSUPPORTED";

    /// <summary>Game: the action is not one of those offered.</summary>
    public const string InvalidAction = "INVALID_ACTION";

    /// <summary>Game: the amount is outside its bounds.</summary>
    public const string InvalidAmount = "INVALID_AMOUNT";

    /// <summary>Game: nothing was asked of this player.</summary>
    public const string NotYourTurn = "NOT_YOUR_TURN";

    /// <summary>Game: the round is over.</summary>
    public const string RoundComplete = "ROUND_COMPLETE";

    /// <summary>Game: the betting window is closed.</summary>
    public const string BettingWindowClosed = "BETTING_WINDOW_CLOSED";

    /// <summary>Game, for information: time ran out and the default action was taken.</summary>
    public const string Timeout = "TIMEOUT";

    /// <summary>Ours: the link does not allow it.</summary>
    public const string PermissionDenied = "PERMISSION_DENIED";

    /// <summary>Ours: the stake of the round would pass the link's <c>maxStakePerRound</c>.</summary>
    public const string StakeLimitExceeded = "STAKE_LIMIT_EXCEEDED";

    /// <summary>Ours: loss and money at risk would pass the link's <c>dailyLossLimit</c>.</summary>
    public const string DailyLossLimitReached = "DAILY_LOSS_LIMIT_REACHED";

    /// <summary>Ours: the game is not among the link's <c>allowedGames</c>.</summary>
    public const string GameNotAllowed = "GAME_NOT_ALLOWED";

    /// <summary>Ours: the session was ended: by logout, by its human, or by self-exclusion.</summary>
    public const string SessionRevoked = "SESSION_REVOKED";

    /// <summary>Ours: a newer connection holds the session.</summary>
    public const string SessionReplaced = "SESSION_REPLACED";

    /// <summary>Ours: there is nothing to resume; open a new session.</summary>
    public const string ResumeFailed = "RESUME_FAILED";

    /// <summary>Ours: the message has more than <see cref="GatewayProtocol.MaxMessageBytes"/> bytes.</summary>
    public const string MessageTooLarge = "MESSAGE_TOO_LARGE";

    /// <summary>Ours: the message is not what the protocol says.</summary>
    public const string MalformedMessage = "MALFORMED_MESSAGE";

    /// <summary>Ours: a human has to allow it first.</summary>
    public const string ApprovalRequired = "APPROVAL_REQUIRED";

    private static readonly FrozenSet<string> s_ofConnection = FrozenSet.Create(
        StringComparer.Ordinal, AuthRequired, AuthExpired, AuthInvalid, AccountNotLinked, RateLimited, InternalError, DuplicateMessage, VersionUnsupported,
        SessionRevoked, SessionReplaced, ResumeFailed, MessageTooLarge, MalformedMessage);

    /// <summary>Whether a code is told by <c>error</c> even when the message it answers names a table; all others are then told by <c>game_error</c>.</summary>
    public static bool IsOfConnection(string code) => s_ofConnection.Contains(code);
}
