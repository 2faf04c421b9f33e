namespace Purser.Ethereum.Rpc;

/// <summary>Base fees and tips of consecutive blocks (<c>eth_feeHistory</c>).</summary>
/// <param name="OldestBlock">The first block's height.</param>
/// <param name="BaseFeePerGas">Wei per gas: one for each block, and the next block's at the end.</param>
/// <param name="GasUsedRatio">The part of each block's gas limit that was used, 0 to 1; a measure of load, not of money.</param>
/// <param name="Rewards">For each block the tips, in wei per gas, at the percentiles that were asked for; empty when none were.</param>
/// <param name="BaseFeePerBlobGas">Wei per blob gas: one for each block and the next block's at the end; null where the chain has no blobs.</param>
public sealed record FeeHistory(ulong OldestBlock, IReadOnlyList<UInt256> BaseFeePerGas, IReadOnlyList<double> GasUsedRatio,
    IReadOnlyList<IReadOnlyList<UInt256>> Rewards, IReadOnlyList<UInt256>? BaseFeePerBlobGas);

/// <summary>What a call would touch (<c>eth_createAccessList</c>).</summary>
/// <param name="AccessList">The addresses and slots.</param>
/// <param name="GasUsed">The gas that the call uses when they are declared.</param>
/// <param name="Error">The node's message when the call fails all the same, cleaned; else null.</param>
public sealed record AccessListOutcome(IReadOnlyList<AccessListEntry> AccessList, ulong GasUsed, string? Error);

/// <summary>An account with the trie nodes that prove it (EIP-1186).</summary>
/// <param name="Address">The account.</param>
/// <param name="Balance">In wei.</param>
/// <param name="Nonce">The number of transactions that it sent.</param>
/// <param name="CodeHash">The code's Keccak-256.</param>
/// <param name="StorageHash">The root of its storage.</param>
/// <param name="Nodes">The RLP of the trie's nodes from the state root to the account.</param>
/// <param name="Storage">The slots that were asked for, in that order.</param>
public sealed record AccountProof(Address Address, UInt256 Balance, ulong Nonce, Hash32 CodeHash, Hash32 StorageHash, IReadOnlyList<byte[]> Nodes, IReadOnlyList<StorageProof> Storage);

/// <summary>A slot with the trie nodes that prove it (EIP-1186).</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Value">What it holds.</param>
/// <param name="Nodes">The RLP of the trie's nodes from the account's storage root to the slot.</param>
public sealed record StorageProof(Hash32 Slot, UInt256 Value, IReadOnlyList<byte[]> Nodes);

/// <summary>What a simulated call is to believe about an account (geth's state override set); null leaves as it is.</summary>
public sealed record StateOverride
{
    /// <summary>The balance, in wei.</summary>
    public UInt256? Balance { get; init; }

    /// <summary>The nonce.</summary>
    public ulong? Nonce { get; init; }

    /// <summary>The code.</summary>
    public ReadOnlyMemory<byte>? Code { get; init; }

    /// <summary>The whole storage: slots that are not named here are zero. Not together with <see cref="Slots"/>.</summary>
    public IReadOnlyDictionary<Hash32, Hash32>? Storage { get; init; }

    /// <summary>Single slots; the others keep their values. Not together with <see cref="Storage"/>.</summary>
    public IReadOnlyDictionary<Hash32, Hash32>? Slots { get; init; }
}
