using Purser.Storage;

namespace Purser.Wallet.Approvals;

/// <summary>
/// Proof that the approver's secret was just given. Only <see cref="ApproverSecret.VerifyAsync"/> makes one, so what takes a pass cannot be reached without the secret.
/// It serves one act, within five minutes, on the store whose secret it was.
/// </summary>
public sealed class ApproverPass
{
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(5);

    private readonly Store _store;
    private readonly DateTimeOffset _given;
    private int _used;

    internal ApproverPass(Store store, DateTimeOffset given) => (_store, _given) = (store, given);

    /// <summary>Uses the pass up; the refusal when it is none for this store and time.</summary>
    internal WalletRefusal? Use(Store store, DateTimeOffset now) =>
        ReferenceEquals(store, _store) && now - _given < s_life && Interlocked.Exchange(ref _used, 1) == 0 ? null : ApprovalRefusals.PassUsed();
}

/// <summary>What came of giving the approver's secret.</summary>
public abstract record ApproverResult
{
    private ApproverResult()
    {
    }

    /// <summary>It is the secret.</summary>
    /// <param name="Pass">For one act.</param>
    public sealed record Passed(ApproverPass Pass) : ApproverResult;

    /// <summary>It is not, or there is none, or it is locked.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(WalletRefusal Reason) : ApproverResult;
}
