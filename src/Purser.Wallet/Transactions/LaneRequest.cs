using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Wallet.Transactions;

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
    /// taken in the order that <see cref="LaneTurn"/> gives: the lane's lease, then whatever the guard takes (the wallet's clock, its
    /// budgets); so nothing that holds those may ask for a lane. As every write it may run again after a rollback, and must do nothing
    /// but use its transaction.
    /// </summary>
    internal Func<IStoreTransaction, Hash32, bool>? Guard { get; init; }
}
