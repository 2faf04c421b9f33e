using Purser.Ethereum;

namespace Purser.Wallet.Transactions;

/// <summary>The bounds of a lane.</summary>
public sealed record NonceLaneOptions
{
    /// <summary>Who holds the lane's lease, for people to read; 1 to 100 characters.</summary>
    public string Owner { get; init; } = "purser";

    /// <summary>The most wei per gas that is offered, base fee and tip together; above it a request is refused and an open transaction is not raised. Default 500 gwei.</summary>
    public UInt256 MaxFeePerGas { get; init; } = 500_000_000_000UL;

    /// <summary>What an estimate is multiplied by, in percent; 100 to 300, default 120. Never above the request's own cap.</summary>
    public int GasMarginPercent { get; init; } = 120;

    /// <summary>How many transactions may be open at once; default 64.</summary>
    public int MaxOpen { get; init; } = 64;

    /// <summary>How long <see cref="INonceLane.SendAsync"/> waits for a receipt; default 60 seconds.</summary>
    public TimeSpan ReceiptWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The pause between two looks for a receipt; default 250 milliseconds.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>After how long without a receipt the open transactions are broadcast again; default 5 seconds.</summary>
    public TimeSpan Rebroadcast { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a version may be open before a dearer one is made, for what could be mined next or offers less than the base fee; default 30 seconds.</summary>
    public TimeSpan BumpAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>By how many percent cap and tip rise at least from version to version; 10 to 100, default 13. Pools ask for 10 (geth, and most that follow EIP-1559) or 12.5.</summary>
    public int FeeBumpPercent { get; init; } = 13;

    /// <summary>How long a transaction may be open before it is told as stuck; default 2 minutes.</summary>
    public TimeSpan StuckAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many blocks, its own included, must hold a receipt before it counts; 1 to 1,000, default 1. Up to then the transaction is open.</summary>
    public int Confirmations { get; init; } = 1;

    /// <summary>How many blocks ago, its own included, a foreign transaction must have taken a nonce before the lane's own is given up as replaced; 1 to 1,000, default 12. It must be more than the chain's reorganisations are deep: what was given up may be paid again.</summary>
    public int ReplacedConfirmations { get; init; } = 12;

    /// <summary>How long a lease on the lane lasts: as long a crashed process keeps the others waiting. Default 10 seconds.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request waits for the lane while another process holds it; default 30 seconds.</summary>
    public TimeSpan LeaseWait { get; init; } = TimeSpan.FromSeconds(30);

    internal void Validate()
    {
        Check(Owner is { Length: >= 1 and <= 100 }, nameof(Owner));
        Check(GasMarginPercent is >= 100 and <= 300, nameof(GasMarginPercent));
        Check(FeeBumpPercent is >= 10 and <= 100, nameof(FeeBumpPercent));
        Check(MaxOpen >= 1, nameof(MaxOpen));
        Check(Confirmations is >= 1 and <= 1_000, nameof(Confirmations));
        Check(ReplacedConfirmations is >= 1 and <= 1_000, nameof(ReplacedConfirmations));
        Check(MaxFeePerGas.BitLength <= 128, nameof(MaxFeePerGas));
        Check(Poll > TimeSpan.Zero, nameof(Poll));
    }

    private static void Check(bool isGood, string name)
    {
        if (!isGood)
        {
            throw new ArgumentOutOfRangeException(name, "the lane's option is out of its bounds");
        }
    }
}
