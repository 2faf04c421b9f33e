using Purser.Ethereum;

namespace Purser.Wallet.Policy;

/// <summary>How a policy stands to another.</summary>
public enum PolicyDifference
{
    /// <summary>Each lets pass what the other does.</summary>
    Equal,

    /// <summary>It lets nothing pass that the other does not, and asks a human at least as often.</summary>
    Tighter,

    /// <summary>It lets something pass, or may let something pass, that the other does not.</summary>
    Looser,
}

/// <summary>
/// Whether a new policy is tighter than the one before. Total, and on the safe side: whatever is not provably tighter or equal, rule by rule, counts as looser. For what is not looser it holds that every
/// intent that passes under the new policy passes under the old one, that what was held for a human is held or refused, and that no cap over time, and no fee, is higher than it was.
/// </summary>
public static class PolicyComparison
{
    /// <summary>How <paramref name="next"/> stands to <paramref name="current"/>.</summary>
    public static PolicyDifference Compare(SpendingPolicy current, SpendingPolicy next)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(next);
        return FindLooser(current, next) is not null ? PolicyDifference.Looser
            : FindLooser(next, current) is not null ? PolicyDifference.Tighter
            : PolicyDifference.Equal;
    }

    /// <summary>The member of the policy file in which <paramref name="next"/> may let more pass than <paramref name="current"/>, the first in the order of the file; null when it is not looser.</summary>
    public static string? FindLooser(SpendingPolicy current, SpendingPolicy next) => ListLooser(current, next) is [var first, ..] ? first : null;

    /// <summary>As <see cref="FindLooser"/>, all such members.</summary>
    public static IReadOnlyList<string> ListLooser(SpendingPolicy current, SpendingPolicy next)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(next);
        return [.. Rules(current, next).Where(rule => !rule.Kept).Select(rule => rule.Member)];
    }

    private static IEnumerable<(string Member, bool Kept)> Rules(SpendingPolicy a, SpendingPolicy b)
    {
        // The other rules are compared even when the new policy is paused: ending a pause must bring back no more than there was.
        yield return ("paused", b.Paused || !a.Paused);
        yield return ("maxPaymentsPerMinute", AtMost(a.MaxPaymentsPerMinute, b.MaxPaymentsPerMinute));
        yield return ("maxTimeoutSeconds", AtMost(a.MaxTimeoutSeconds, b.MaxTimeoutSeconds));
        yield return ("holdFirstPayment", b.HoldFirstPayment || !a.HoldFirstPayment);

        // It says two things, which differ where it is absent: payees cool down for no time, and what a human remembers begins to hold after an hour. Neither may become shorter.
        yield return ("payeeCoolDownSeconds", (b.PayeeCoolDownSeconds ?? 0) >= (a.PayeeCoolDownSeconds ?? 0) && b.ApprovalTerms.CoolDown >= a.ApprovalTerms.CoolDown);
        yield return ("approvalExpirySeconds", (b.ApprovalExpirySeconds ?? SpendingPolicy.StandardApprovalExpirySeconds) <= (a.ApprovalExpirySeconds ?? SpendingPolicy.StandardApprovalExpirySeconds));
        yield return ("maxPendingApprovals", (b.MaxPendingApprovals ?? SpendingPolicy.StandardMaxPendingApprovals) <= (a.MaxPendingApprovals ?? SpendingPolicy.StandardMaxPendingApprovals));
        yield return ("knownPayees", b.KnownPayees.All(a.KnownPayees.Contains));
        yield return ("assets", b.Assets.All(rule => a.Assets.Any(old => old.Asset == rule.Asset && AtMost(old.Caps, rule.Caps))));
        yield return ("allowOrigins", Within(a.AllowOrigins, b.AllowOrigins));
        yield return ("allowPayees", Within(a.AllowPayees, b.AllowPayees));

        // Caps of single origins and payees only take away, so here it is the old ones that must still be there.
        yield return ("origins", a.Origins.All(old => b.Origins.Any(rule => rule.Asset == old.Asset && rule.Origin == old.Origin && AtMost(old.Caps, rule.Caps))));
        yield return ("payees", a.Payees.All(old => b.Payees.Any(rule => rule.Asset == old.Asset && rule.Payee == old.Payee && AtMost(old.Caps, rule.Caps))));
        yield return ("transfers", b.Transfers.All(rule => a.Transfers.Any(old => old.Asset == rule.Asset && AtMost(old.PerTransfer, rule.PerTransfer) && Within(old.Payees, rule.Payees))));
        yield return ("spenders", b.Spenders.All(rule => a.Spenders.Any(old => old.Asset == rule.Asset && old.Spender == rule.Spender && rule.AtMost <= old.AtMost)));
        yield return ("contracts", b.Contracts.All(rule => a.Contracts.Any(old => NoWider(old, rule))));
        yield return ("gas", b.Gas.All(rule => a.Gas.Any(old => old.Network == rule.Network && rule.MaxGas <= old.MaxGas && rule.MaxFeePerGas <= old.MaxFeePerGas && rule.PerDay <= old.PerDay)));
        yield return ("signIn", (b.SignIn?.Domains ?? []).All(domain => (a.SignIn?.Domains ?? []).Any(old => SignInDomains.Covers(old, domain))));
        yield return ("typedData", Typed(b).All(rule => Typed(a).Any(old => old.PrimaryType == rule.PrimaryType
            && (old.Network is null || old.Network == rule.Network) && (old.VerifyingContract is null || old.VerifyingContract == rule.VerifyingContract))));
    }

    // The text of the function is compared, not its selector: under other names of parameters the same rule would be one of another argument.
    private static bool NoWider(ContractRule old, ContractRule rule) =>
        old.Network == rule.Network && old.Contract == rule.Contract && old.Function.Equals(rule.Function) && rule.MaxValue <= old.MaxValue
        && old.Arguments.All(argument => rule.Arguments.Any(mine => NoWider(argument, mine)))
        && old.Spends.Distinct().All(spends => rule.Spends.Count(spends.Equals) >= old.Spends.Count(spends.Equals));

    private static bool NoWider(ArgumentRule old, ArgumentRule rule) =>
        old.Path == rule.Path && (old.AtLeast is null || rule.AtLeast >= old.AtLeast) && AtMost(old.AtMost, rule.AtMost) && Within(old.OneOf, rule.OneOf) && AtMost(old.MaxCount, rule.MaxCount);

    private static bool AtMost(Caps old, Caps caps) =>
        AtMost(old.PerPayment, caps.PerPayment) && AtMost(old.PerHour, caps.PerHour) && AtMost(old.PerDay, caps.PerDay) && AtMost(old.Per30Days, caps.Per30Days) && AtMost(old.AskAbove, caps.AskAbove);

    private static bool AtMost(UInt256? old, UInt256? cap) => old is null || (cap is { } most && most <= old.Value);

    private static bool AtMost(int? old, int? cap) => old is null || cap <= old;

    private static bool Within<T>(IReadOnlyList<T>? old, IReadOnlyList<T>? list) => old is null || (list is not null && list.All(old.Contains));

    private static IReadOnlyList<TypedDataRule> Typed(SpendingPolicy policy) => policy.TypedData ?? SpendingPolicy.StandardTypedData;
}
