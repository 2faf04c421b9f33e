using Purser.Ethereum;

namespace Purser.Services.Gate;

/// <summary>
/// What a claim is on: the one thing of a signed object that may count once (a nonce, a voucher, an attempt). It is taken from what was signed,
/// never from what a client says beside it.
/// </summary>
/// <param name="Scope">The feature, such as <c>payment</c>; 1 to 40 characters.</param>
/// <param name="Id">A digest of what identifies it within the scope.</param>
public readonly record struct ClaimKey(string Scope, Hash32 Id)
{
    /// <summary>The id's hex, which also names the claim to the outside.</summary>
    public override string ToString() => Id.ToString();
}

/// <summary>
/// Where a claim stands. <see cref="Claimed"/> → <see cref="Handled"/> → <see cref="Settled"/> is the way; <see cref="Released"/> may be taken again,
/// <see cref="Unknown"/> waits for reconciling. No timer frees a claim whose outcome is open.
/// </summary>
public enum ClaimState
{
    /// <summary>One caller has won it and works; nothing was settled.</summary>
    Claimed = 0,

    /// <summary>The work is done and its reply is kept (or was too large to be kept). Settling may have begun.</summary>
    Handled = 1,

    /// <summary>It counted. Final.</summary>
    Settled = 2,

    /// <summary>It did not count and was not used up: the work failed before anything was settled. It may be claimed afresh.</summary>
    Released = 3,

    /// <summary>Settling was begun and its outcome is not known.</summary>
    Unknown = 4,
}

/// <summary>The moves that a claim may make; everything else is a bug of the caller.</summary>
public static class ClaimStates
{
    /// <summary>Whether a claim may move so.</summary>
    public static bool CanMove(ClaimState from, ClaimState to) => (from, to) switch
    {
        (ClaimState.Claimed, ClaimState.Handled or ClaimState.Released) => true,
        (ClaimState.Handled, ClaimState.Handled or ClaimState.Settled or ClaimState.Released or ClaimState.Unknown) => true,
        (ClaimState.Unknown, ClaimState.Unknown or ClaimState.Handled or ClaimState.Settled or ClaimState.Released) => true,
        (ClaimState.Released, ClaimState.Claimed) => true,
        _ => false,
    };

    /// <summary>Whether somebody has to bring it to an end.</summary>
    public static bool IsOpen(this ClaimState state) => state is ClaimState.Claimed or ClaimState.Handled or ClaimState.Unknown;
}

/// <summary>What is claimed, by whom and for what.</summary>
/// <param name="Key">The claim.</param>
/// <param name="Proof">A digest of the signed object with its signature: who cannot show the same is not the same caller.</param>
/// <param name="Binding">A digest of the request that it is claimed for (method, path, query, body): it counts for no other.</param>
/// <param name="Matter">What settling and reconciling need, in the feature's own form; at most 64 KiB.</param>
/// <param name="DeadAt">Unix seconds from which the signed object can never count any more, by its own terms; <see cref="long.MaxValue"/> when never.</param>
public sealed record ClaimRequest(ClaimKey Key, Hash32 Proof, Hash32 Binding, ReadOnlyMemory<byte> Matter, long DeadAt);

/// <summary>A claim as the store has it.</summary>
/// <param name="Key">The claim.</param>
/// <param name="Proof">See <see cref="ClaimRequest.Proof"/>.</param>
/// <param name="Binding">See <see cref="ClaimRequest.Binding"/>.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempt">How often it was taken, from 1; the fencing token of its holder.</param>
/// <param name="Matter">See <see cref="ClaimRequest.Matter"/>.</param>
/// <param name="DeadAt">See <see cref="ClaimRequest.DeadAt"/>.</param>
/// <param name="Reply">The first reply, if it is kept.</param>
/// <param name="ReplyWasKept">Whether there was a reply small enough to be kept; it may have passed its age since.</param>
/// <param name="Outcome">What settling came to, in the feature's own form; empty before.</param>
public sealed record ClaimRecord(ClaimKey Key, Hash32 Proof, Hash32 Binding, ClaimState State, long Attempt, ReadOnlyMemory<byte> Matter, long DeadAt,
    StoredReply? Reply, bool ReplyWasKept, ReadOnlyMemory<byte> Outcome);

/// <summary>What came of trying to take a claim.</summary>
public abstract record ClaimAttempt
{
    private ClaimAttempt()
    {
    }

    /// <summary>The caller holds it, alone in all processes, and goes on from <see cref="ClaimRecord.State"/>: afresh, or where one who died left it.</summary>
    /// <param name="Hold">The right; to be disposed.</param>
    /// <param name="Record">The claim.</param>
    public sealed record Won(ClaimHold Hold, ClaimRecord Record) : ClaimAttempt;

    /// <summary>Another is at work on the same request with the same proof.</summary>
    /// <param name="Finished">Completes when he is through; null when he is in another process.</param>
    public sealed record Busy(Task? Finished) : ClaimAttempt;

    /// <summary>It counted, for this very request.</summary>
    /// <param name="Record">The claim, with the first reply if it is kept.</param>
    public sealed record Done(ClaimRecord Record) : ClaimAttempt;

    /// <summary>It was claimed for another request, or with another signature.</summary>
    public sealed record Elsewhere : ClaimAttempt;
}

/// <summary>The right to work on a claim. Disposing it lets those go on who wait for it in this process; the claim keeps its state.</summary>
public sealed class ClaimHold : IDisposable
{
    private readonly Action _release;
    private bool _disposed;

    internal ClaimHold(ClaimKey key, long attempt, string worker, Action release)
    {
        Key = key;
        Attempt = attempt;
        Worker = worker;
        _release = release;
    }

    /// <summary>The claim.</summary>
    public ClaimKey Key { get; }

    internal long Attempt { get; }

    internal string Worker { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _release();
        }
    }
}

/// <summary>
/// The holder was taken for dead (its process froze longer than <see cref="WorkerLease.Duration"/>) and another has taken the claim over: nothing was
/// written, and the other brings it to an end.
/// </summary>
public sealed class ClaimLostException : Exception
{
    /// <summary>Makes one without details.</summary>
    public ClaimLostException()
        : this("The claim was taken over by another worker.")
    {
    }

    /// <summary>Makes one of a message.</summary>
    public ClaimLostException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one of a message and a cause.</summary>
    public ClaimLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
