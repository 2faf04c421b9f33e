using Purser.Ethereum;

namespace Purser.Wallet.Transactions;

/// <summary>The bounds of a lane.</summary>
public sealed record NonceLaneOptions
{
    /// <summary>Who holds the lane's lease, for people to read; 1 to 100 characters.</summary>
    public string Owner { get; init; } = "purser";

    /// <summary>The most wei per gas that is offered, base fee and tip together; above it the request is refused. Default 500 gwei.</summary>
    public UInt256 MaxFeePerGas { get; init; } = 500_000_000_000UL;

    /// <summary>What an estimate is multiplied by, in percent; 100 to 300, default 120. Never above the request's own cap.</summary>
    public int GasMarginPercent { get; init; } = 120;

    /// <summary>How many transactions may be open at once; default 64.</summary>
    public int MaxOpen { get; init; } = 64;

    /// <summary>How long <see cref="INonceLane.SendAsync"/> waits for a receipt; default 60 seconds.</summary>
    public TimeSpan ReceiptWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The pause between two looks for a receipt; default 250 milliseconds.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>After how long without a receipt the transaction is broadcast again; default 5 seconds.</summary>
    public TimeSpan Rebroadcast { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a lease on the lane lasts: as long a crashed process keeps the others waiting. Default 10 seconds.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request waits for the lane while another process holds it; default 30 seconds.</summary>
    public TimeSpan LeaseWait { get; init; } = TimeSpan.FromSeconds(30);
}
