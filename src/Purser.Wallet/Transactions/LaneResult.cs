using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Transactions;

/// <summary>
/// What became of a transaction. A request can have several versions, which have its nonce, callee, value and data in common and
/// differ in their fees (and last, when it is cancelled, one that does nothing): any one of them may be mined, never two. The hash
/// in a receipt says which one was.
/// </summary>
public abstract record LaneResult
{
    private LaneResult()
    {
    }

    /// <summary>It is in a block and succeeded.</summary>
    /// <param name="Receipt">The receipt of the version that was mined.</param>
    public sealed record Mined(TransactionReceipt Receipt) : LaneResult;

    /// <summary>It is in a block and reverted: the gas is paid, nothing else happened.</summary>
    /// <param name="Receipt">The receipt of the version that was mined.</param>
    public sealed record Reverted(TransactionReceipt Receipt) : LaneResult;

    /// <summary>It was cancelled (<see cref="INonceLane.CancelAsync"/>): its nonce went to a transfer of nothing to the account itself.</summary>
    /// <param name="Receipt">The receipt of that transfer.</param>
    public sealed record Cancelled(TransactionReceipt Receipt) : LaneResult;

    /// <summary>
    /// Its nonce was used by a transaction that this lane did not make, as many blocks ago as
    /// <see cref="NonceLaneOptions.ReplacedConfirmations"/> says: the key is used elsewhere. No version of it can be mined any more.
    /// The wish may be sent again under a new key; this key stays as it is.
    /// </summary>
    /// <param name="Nonce">The nonce.</param>
    /// <param name="By">The transaction that took it; null when it could not be found.</param>
    public sealed record Replaced(ulong Nonce, Hash32? By) : LaneResult;

    /// <summary>It is signed and stored, and was or will be broadcast, but has no receipt yet: it may still be mined. Follow it by its key.</summary>
    /// <param name="TransactionHash">The hash of its newest version.</param>
    public sealed record Pending(Hash32 TransactionHash) : LaneResult
    {
        /// <summary>Why it will not go on by itself, or has been open for longer than <see cref="NonceLaneOptions.StuckAfter"/>: a code of <see cref="LaneTransaction.Reason"/>, or <c>signer_failed</c>. Null while it is merely waiting.</summary>
        public string? StuckReason { get; init; }

        /// <summary>Whether somebody should look at it: <see cref="INonceLane.ListOpenAsync"/>.</summary>
        public bool IsStuck => StuckReason is not null;
    }

    /// <summary>Nothing was signed or sent.</summary>
    /// <param name="Code">A stable code: <c>would_revert</c>, <c>gas_over_cap</c>, <c>fee_over_cap</c>, <c>insufficient_gas_funds</c>, <c>lane_busy</c>, <c>lane_full</c>, <c>chain_behind_lane</c>, <c>request_withdrawn</c>, or a signer's own (<c>signer_…</c>).</param>
    /// <param name="Message">What was wrong.</param>
    /// <param name="Hint">What to do next.</param>
    /// <param name="RevertData">The revert data of the simulation; empty unless the code is <c>would_revert</c>.</param>
    /// <param name="IsTransient">Whether the same request may pass later by itself.</param>
    public sealed record Refused(string Code, string Message, string Hint, byte[] RevertData, bool IsTransient) : LaneResult;
}
