using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>What the code can learn of the block it runs in.</summary>
internal sealed record BlockContext
{
    /// <summary>The height.</summary>
    public required ulong Number { get; init; }

    /// <summary>Unix seconds.</summary>
    public required ulong Timestamp { get; init; }

    /// <summary>The fee recipient.</summary>
    public required Address Coinbase { get; init; }

    /// <summary>The gas of all the block's transactions together.</summary>
    public required ulong GasLimit { get; init; }

    /// <summary>Wei per gas that is burned; 0 before EIP-1559.</summary>
    public required UInt256 BaseFee { get; init; }

    /// <summary>The rules that hold in the block.</summary>
    public ForkRules Rules { get; init; } = ForkRules.Cancun;

    /// <summary>EIP-4399; before the merge the block's difficulty.</summary>
    public required Hash32 PrevRandao { get; init; }

    /// <summary>Wei per blob gas (EIP-7516).</summary>
    public required UInt256 BlobBaseFee { get; init; }

    /// <summary>The chain's number.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>The hash of one of the last 256 blocks; asked only for those.</summary>
    public required Func<ulong, Hash32> HashOf { get; init; }
}
