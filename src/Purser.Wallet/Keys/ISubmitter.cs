using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>
/// A custodian that holds the key of an account and signs and sends its transactions by itself: it is told what is wanted and
/// chooses nonce and fees. Outside this assembly it shows only its address: there is no public way to have a transaction of one's
/// choice sent. The wallet journals a request before it calls (DESIGN, wallet rule 2).
/// </summary>
public interface ISubmitter : IDisposable
{
    /// <summary>The account that it sends for.</summary>
    Address Address { get; }

    /// <summary>
    /// Has one transaction sent. It goes out at most once for an <see cref="SubmitRequest.IntentId"/> in the life of this object:
    /// another call under the id gets the first's result, unless that was a refusal. The caller's journal holds the same across
    /// processes and restarts: after a call whose result was not recorded it must not call again, but take it for unknown.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled before the request went out. A call that is cancelled later gives <see cref="SubmitResult.Unknown"/>.</exception>
    internal Task<SubmitResult> SubmitAsync(SubmitRequest request, CancellationToken cancellationToken);
}

/// <summary>A transaction that the wallet decoded, judged and journaled, for a custodian to send.</summary>
internal sealed record SubmitRequest
{
    /// <summary>The intent's id, under which it is sent at most once.</summary>
    public required string IntentId { get; init; }

    /// <summary>The chain.</summary>
    public required ChainId Chain { get; init; }

    /// <summary>The callee; a custodian creates no contracts.</summary>
    public required Address To { get; init; }

    /// <summary>Wei sent along.</summary>
    public UInt256 Value { get; init; }

    /// <summary>Calldata; empty for a plain transfer.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>One line for the humans who read the custodian's list, at most 200 characters (specs/mining.md BK8).</summary>
    public required string Description { get; init; }

    /// <summary>Whether the custodian answers only once the transaction is in a block.</summary>
    public bool WaitForConfirmation { get; init; } = true;
}

/// <summary>What became of a request to a custodian.</summary>
internal abstract record SubmitResult
{
    private SubmitResult()
    {
    }

    /// <summary>The custodian says that it sent this transaction. The chain, not the custodian, tells whether it is in a block.</summary>
    /// <param name="TransactionHash">Its hash.</param>
    /// <param name="Status">What the custodian says of it.</param>
    public sealed record Submitted(Hash32 TransactionHash, SubmitStatus Status) : SubmitResult;

    /// <summary>Nothing was sent, provably: the request did not go out, or the custodian refused it. The id is free again.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="IsTransient">Whether the same request may pass later.</param>
    public sealed record Refused(WalletRefusal Reason, bool IsTransient) : SubmitResult;

    /// <summary>The request went out and no usable answer came back: the transaction may have been sent, under a hash that nobody here knows. It is never sent again.</summary>
    /// <param name="Why">What happened, one clean line.</param>
    public sealed record Unknown(string Why) : SubmitResult;
}

/// <summary>What a custodian says of a transaction that it sent.</summary>
internal enum SubmitStatus
{
    /// <summary>It is not in a block yet, or the custodian did not say.</summary>
    Pending,

    /// <summary>It is in a block and succeeded.</summary>
    Success,

    /// <summary>It is in a block and reverted.</summary>
    Reverted,
}
