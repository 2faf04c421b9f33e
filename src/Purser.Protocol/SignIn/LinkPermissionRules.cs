namespace Purser.Protocol.SignIn;

/// <summary>
/// Which change of permissions loosens them, and what holds while two sets of them apply: a table of every member, so that a member that is added and not
/// thought of here fails a test. Tightening counts at once; what loosens waits (specs/signin-checklist.md F12).
/// </summary>
public static class LinkPermissionRules
{
    private static readonly Rule[] s_rules =
    [
        new(nameof(LinkPermissions.MaxStakePerRound),
            (before, after) => Rises(before.MaxStakePerRound, after.MaxStakePerRound),
            (one, other, both) => both with { MaxStakePerRound = Least(one.MaxStakePerRound, other.MaxStakePerRound) }),
        new(nameof(LinkPermissions.AllowedGames),
            (before, after) => before.AllowedGames is { } games && (after.AllowedGames is null || after.AllowedGames.Except(games, StringComparer.Ordinal).Any()),
            (one, other, both) => both with { AllowedGames = Shared(one.AllowedGames, other.AllowedGames) }),
        new(nameof(LinkPermissions.DailyLossLimit),
            (before, after) => Rises(before.DailyLossLimit, after.DailyLossLimit),
            (one, other, both) => both with { DailyLossLimit = Least(one.DailyLossLimit, other.DailyLossLimit) }),
        new(nameof(LinkPermissions.MaxConcurrentTables),
            (before, after) => Rises(before.MaxConcurrentTables, after.MaxConcurrentTables),
            (one, other, both) => both with { MaxConcurrentTables = (int?)Least(one.MaxConcurrentTables, other.MaxConcurrentTables) }),
    ];

    /// <summary>The members that the table knows.</summary>
    public static IReadOnlyList<string> Members { get; } = [.. s_rules.Select(rule => rule.Member)];

    /// <summary>The members in which <paramref name="after"/> allows anything that <paramref name="before"/> does not; empty when the change only tightens.</summary>
    public static IReadOnlyList<string> LoosenedMembers(LinkPermissions before, LinkPermissions after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return [.. s_rules.Where(rule => rule.Loosens(before, after)).Select(rule => rule.Member)];
    }

    /// <summary>Whether <paramref name="after"/> allows anything that <paramref name="before"/> does not.</summary>
    public static bool Loosens(LinkPermissions before, LinkPermissions after) => LoosenedMembers(before, after).Count > 0;

    /// <summary>What both allow: the lesser of each limit, and the games that both name.</summary>
    public static LinkPermissions Both(LinkPermissions one, LinkPermissions other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return s_rules.Aggregate(new LinkPermissions(), (both, rule) => rule.Meet(one, other, both));
    }

    // null is no limit, which is more than any number.
    private static bool Rises(long? before, long? after) => before is { } limit && (after is null || after > limit);

    private static long? Least(long? one, long? other) => one is { } first && other is { } second ? Math.Min(first, second) : one ?? other;

    private static IReadOnlyList<string>? Shared(IReadOnlyList<string>? one, IReadOnlyList<string>? other) =>
        one is not null && other is not null ? [.. one.Intersect(other, StringComparer.Ordinal)] : one ?? other;

    private sealed record Rule(string Member, Func<LinkPermissions, LinkPermissions, bool> Loosens, Func<LinkPermissions, LinkPermissions, LinkPermissions, LinkPermissions> Meet);
}
