namespace Purser.Protocol.Tables;

/// <summary>Why a table did not do what was asked. Nothing has changed.</summary>
/// <param name="Code">One of <see cref="TableCodes"/>, as it stands on the wire.</param>
/// <param name="Message">What was wrong, with the number that would have been right where there is one.</param>
/// <param name="Hint">What to do next.</param>
public sealed record TableRefusal(string Code, string Message, string Hint);

/// <summary>
/// The codes of the tables: those of A2G 1.0 (specs/signin.md 1.5), and, since it has none for a refused permission, ours.
/// </summary>
public static class TableCodes
{
    /// <summary>There is no such action, or it is not among those open to the player now.</summary>
    public const string InvalidAction = "INVALID_ACTION";

    /// <summary>The amount is not a whole number of credits, or not one that the rules allow here.</summary>
    public const string InvalidAmount = "INVALID_AMOUNT";

    /// <summary>Another player is to act.</summary>
    public const string NotYourTurn = "NOT_YOUR_TURN";

    /// <summary>The round is over.</summary>
    public const string RoundComplete = "ROUND_COMPLETE";

    /// <summary>The betting window has closed.</summary>
    public const string BettingWindowClosed = "BETTING_WINDOW_CLOSED";

    /// <summary>Information only: the time ran out and the default action was taken.</summary>
    public const string Timeout = "TIMEOUT";

    /// <summary>There is no such table, or the caller does not sit at it.</summary>
    public const string TableNotFound = "TABLE_NOT_FOUND";

    /// <summary>No seat is free.</summary>
    public const string TableFull = "TABLE_FULL";

    /// <summary>There is no such game.</summary>
    public const string GameNotFound = "GAME_NOT_FOUND";

    /// <summary>The account has fewer credits available than are needed.</summary>
    public const string InsufficientBalance = "INSUFFICIENT_BALANCE";

    /// <summary>Ours: the round's stakes together would pass the link's <c>maxStakePerRound</c> (checklist G1: <c>stake_limit</c>).</summary>
    public const string StakeLimitExceeded = "STAKE_LIMIT_EXCEEDED";

    /// <summary>Ours: the link's <c>allowedGames</c> does not name the game (G2).</summary>
    public const string GameNotAllowed = "GAME_NOT_ALLOWED";

    /// <summary>Ours: net loss of the last 24 hours, money at risk and this stake together would pass a daily limit (G3).</summary>
    public const string DailyLossLimitReached = "DAILY_LOSS_LIMIT_REACHED";

    /// <summary>Ours: the link is paused, revoked, or does not allow this.</summary>
    public const string PermissionDenied = "PERMISSION_DENIED";
}
