namespace Purser.Protocol.Tables;

/// <summary>What limits a stake, as the link says it at the moment of the stake. Null sets no limit.</summary>
/// <param name="MaxStakePerRound">The most credits in one round, all stakes of the round together.</param>
/// <param name="AllowedGames">The ids of the games that may be played, compared exactly; null for all, empty for none.</param>
/// <param name="DailyLossOfLink">The most credits that this link may lose in any 24 hours, with what is at risk.</param>
/// <param name="DailyLossOfUser">The same over all links of the user.</param>
public sealed record StakeLimits(long? MaxStakePerRound = null, IReadOnlyList<string>? AllowedGames = null, long? DailyLossOfLink = null, long? DailyLossOfUser = null);

/// <summary>How a player stands when he asks to stake; credits.</summary>
/// <param name="Game">The game's id.</param>
/// <param name="StakedInRound">What he has in this round already.</param>
/// <param name="Available">What he can stake from: his account, or his stack at the table.</param>
/// <param name="LinkNet">What the link won (positive) or lost (negative) in the rounds that ended in the last 24 hours.</param>
/// <param name="LinkAtRisk">What the link has in rounds that still run, at all tables, this one included.</param>
/// <param name="UserNet">As <paramref name="LinkNet"/>, over all links of the user.</param>
/// <param name="UserAtRisk">As <paramref name="LinkAtRisk"/>, over all links of the user.</param>
public sealed record StakeStanding(string Game, long StakedInRound, long Available, long LinkNet, long LinkAtRisk, long UserNet, long UserAtRisk);

/// <summary>
/// Whether a stake is within the limits. The daily loss is counted so: over the rounds that ended within the last 24 hours (later than now - 24 h, so a loss
/// exactly that old no longer counts), what was staked less what came back; gains count against losses, but never below zero: a winner may lose his gains of
/// the window again and the limit on top, and has at no moment more than the limit at risk. To that is added all that is at risk in running rounds, and the
/// stake that is asked for; the sum must not pass the limit. At risk counts as lost until the round has ended, so that two tables cannot pass the limit together.
/// </summary>
public static class StakeRule
{
    /// <summary>How far back losses count: 24 hours, in milliseconds.</summary>
    public const long WindowMs = 24L * 60 * 60 * 1000;

    /// <summary>Why the stake is refused; null when it is within every limit.</summary>
    /// <param name="limits">The limits now.</param>
    /// <param name="standing">How the player stands.</param>
    /// <param name="stake">What he asks to stake, at least 1 credit.</param>
    public static TableRefusal? Check(StakeLimits limits, StakeStanding standing, long stake)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(standing);
        if (stake < 1 || stake > Credits.Max)
        {
            return new(TableCodes.InvalidAmount, "A stake is at least one credit.", "stake whole credits");
        }

        if (GameRefusal(limits, standing.Game) is { } game)
        {
            return game;
        }

        if (stake > OfRound(limits, standing))
        {
            return new(TableCodes.StakeLimitExceeded, $"The link lets {limits.MaxStakePerRound} credits be staked in a round; {standing.StakedInRound} are in already.", "stake less; only the human can raise the limit");
        }

        if (stake > OfDay(limits, standing))
        {
            return new(TableCodes.DailyLossLimitReached, "Losses of the last 24 hours, credits at risk and this stake together pass the daily limit.", "stop, or stake less; losses leave the window 24 hours after their round");
        }

        return stake > standing.Available ? new(TableCodes.InsufficientBalance, $"{standing.Available} credits are available.", "stake less") : null;
    }

    /// <summary>Whether the game may be played at all.</summary>
    public static TableRefusal? GameRefusal(StakeLimits limits, string game)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return limits.AllowedGames is { } games && !games.Contains(game, StringComparer.Ordinal)
            ? new(TableCodes.GameNotAllowed, "The link does not allow this game.", "play an allowed game; only the human can allow more")
            : null;
    }

    /// <summary>The most that <see cref="Check"/> lets through now; 0 when nothing.</summary>
    public static long Most(StakeLimits limits, StakeStanding standing)
    {
        ArgumentNullException.ThrowIfNull(standing);
        return GameRefusal(limits, standing.Game) is not null ? 0 : Math.Max(0, Math.Min(standing.Available, Math.Min(OfRound(limits, standing), OfDay(limits, standing))));
    }

    // Credits are at most 2^53 - 1 each, so these sums and differences stay far within 64 bits.
    private static long OfRound(StakeLimits limits, StakeStanding standing) => (limits.MaxStakePerRound ?? Credits.Max) - standing.StakedInRound;

    private static long OfDay(StakeLimits limits, StakeStanding standing) => Math.Min(
        (limits.DailyLossOfLink ?? (2 * Credits.Max)) - Math.Max(0, -standing.LinkNet) - standing.LinkAtRisk,
        (limits.DailyLossOfUser ?? (2 * Credits.Max)) - Math.Max(0, -standing.UserNet) - standing.UserAtRisk);
}
