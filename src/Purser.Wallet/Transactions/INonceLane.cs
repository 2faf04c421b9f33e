using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Storage;

namespace Purser.Wallet.Transactions;

/// <summary>
/// The way by which one key's transactions reach one chain, one nonce after the other (DESIGN, wallet rule 7). The raw signed
/// transaction is stored before it is broadcast, under a fenced lease: any process can broadcast it again, none can use its nonce
/// for something else.
/// </summary>
public interface INonceLane
{
    /// <summary>The chain.</summary>
    ChainId Chain { get; }

    /// <summary>The account that sends and pays for gas.</summary>
    Address Address { get; }

    /// <summary>
    /// Sends one transaction and waits for its receipt, at most as long as the lane is set to. The race: of any number of calls with
    /// one <see cref="LaneRequest.Key"/>, in any number of processes, exactly one makes a transaction, and all follow that one. Only
    /// a request that was refused before a transaction was stored leaves its key free.
    /// </summary>
    /// <exception cref="ArgumentException">The key was used with other content: that is a bug of the caller.</exception>
    Task<LaneResult> SendAsync(LaneRequest request, CancellationToken cancellationToken = default);

    /// <summary>Broadcasts the stored transaction of a key again if need be, and waits for its receipt. Null when no transaction was made under this key.</summary>
    /// <param name="key">The key of the request.</param>
    /// <param name="wait">How long to wait; zero asks once.</param>
    /// <param name="cancellationToken">Stops waiting; the transaction goes its way.</param>
    Task<LaneResult?> FollowAsync(string key, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>After a start: broadcasts again every stored transaction that has no receipt, in the order of nonces. Returns how many are still open.</summary>
    Task<int> RecoverAsync(CancellationToken cancellationToken = default);
}

/// <summary>A transaction that is wanted.</summary>
public sealed record LaneRequest
{
    /// <summary>The caller's name for this one wish, 1 to 200 characters; the same key never makes a second transaction.</summary>
    public required string Key { get; init; }

    /// <summary>The callee; null creates a contract from <see cref="Data"/>.</summary>
    public required Address? To { get; init; }

    /// <summary>Calldata, or creation code; at most 128 KiB.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Wei sent along.</summary>
    public UInt256 Value { get; init; }

    /// <summary>The most gas that may be bought; a higher estimate is refused.</summary>
    public required ulong GasCap { get; init; }

    /// <summary>
    /// Called in the write that stores the signed transaction, after the lease was checked, with the transaction's hash: what it
    /// writes and the lane's row are one. False takes all of it back, the nonce too, and the result is the refusal
    /// <c>request_withdrawn</c>. It is not called when the key has its transaction already, nor for a later version of it. Locks are
    /// taken in this order: the lane's lease, then whatever the guard takes (the wallet's clock, its budgets); so nothing that holds
    /// those may ask for a lane. As every write it may run again after a rollback, and must do nothing but use its transaction.
    /// </summary>
    internal Func<IStoreTransaction, Hash32, bool>? Guard { get; init; }
}

/// <summary>What became of a transaction.</summary>
public abstract record LaneResult
{
    private LaneResult()
    {
    }

    /// <summary>It is in a block and succeeded.</summary>
    /// <param name="Receipt">The receipt.</param>
    public sealed record Mined(TransactionReceipt Receipt) : LaneResult;

    /// <summary>It is in a block and reverted: the gas is paid, nothing else happened.</summary>
    /// <param name="Receipt">The receipt.</param>
    public sealed record Reverted(TransactionReceipt Receipt) : LaneResult;

    /// <summary>It is signed and stored, and was or will be broadcast, but has no receipt yet: it may still be mined. Follow it by its key.</summary>
    /// <param name="TransactionHash">Its hash.</param>
    public sealed record Pending(Hash32 TransactionHash) : LaneResult;

    /// <summary>Nothing was signed or sent.</summary>
    /// <param name="Code">A stable code: <c>would_revert</c>, <c>gas_over_cap</c>, <c>fee_over_cap</c>, <c>insufficient_gas_funds</c>, <c>lane_busy</c>, <c>lane_full</c>, <c>chain_behind_lane</c>, or that of a <see cref="Keys.SignerException"/>.</param>
    /// <param name="Message">What was wrong.</param>
    /// <param name="Hint">What to do next.</param>
    /// <param name="RevertData">The revert data of the simulation; empty unless the code is <c>would_revert</c>.</param>
    /// <param name="IsTransient">Whether the same request may pass later by itself.</param>
    public sealed record Refused(string Code, string Message, string Hint, byte[] RevertData, bool IsTransient) : LaneResult;
}
