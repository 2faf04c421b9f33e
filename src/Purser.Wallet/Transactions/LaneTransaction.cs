using Purser.Ethereum;

namespace Purser.Wallet.Transactions;

/// <summary>An open transaction of a lane, for an operator to look at.</summary>
public sealed record LaneTransaction
{
    /// <summary>The key of its request.</summary>
    public required string Key { get; init; }

    /// <summary>Its nonce.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>The hash of its newest version.</summary>
    public required Hash32 TransactionHash { get; init; }

    /// <summary>How many versions were signed; 1 when its fee was never raised.</summary>
    public required int Versions { get; init; }

    /// <summary>How long it has been open.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>Wei per gas that the newest version offers at most, base fee included.</summary>
    public required UInt256 MaxFeePerGas { get; init; }

    /// <summary>Wei per gas that the newest version offers the block's producer.</summary>
    public required UInt256 MaxPriorityFeePerGas { get; init; }

    /// <summary>Whether the newest version cancels it.</summary>
    public required bool IsCancelling { get; init; }

    /// <summary>The account's next nonce on the chain, at the newest block.</summary>
    public required ulong HeadNonce { get; init; }

    /// <summary>How many nonces of the account come before it; 0 when it is the next one to be mined, negative when the chain has passed it.</summary>
    public long Ahead => (long)Nonce - (long)HeadNonce;

    /// <summary>
    /// Why it is open: <c>waiting</c> (it can be mined in the next block), <c>waits_behind</c> (others come first), <c>confirming</c>
    /// (in a block that is not deep enough yet), <c>underpriced</c> (it offers less than the base fee; it will be raised),
    /// <c>fee_cap_reached</c> (it would have to be raised above <see cref="NonceLaneOptions.MaxFeePerGas"/>),
    /// <c>insufficient_gas_funds</c> (the account cannot pay for it), <c>nonce_used</c> (the chain has passed its nonce and none of its
    /// versions is seen in a block: soon it is found mined, or replaced) or <c>nonce_gap</c> (a nonce before it belongs to no
    /// transaction that this lane has: something sent elsewhere with this key is missing).
    /// </summary>
    public required string Reason { get; init; }

    /// <summary>Whether it needs somebody to look at it: the reason is one that does not pass by itself, or it has been open for longer than <see cref="NonceLaneOptions.StuckAfter"/>.</summary>
    public required bool IsStuck { get; init; }
}
