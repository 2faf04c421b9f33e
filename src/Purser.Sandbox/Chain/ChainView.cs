using System.Collections.Immutable;
using Purser.Ethereum;
using Purser.Sandbox.Fork;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <summary>Where a transaction lies.</summary>
/// <param name="Block">The block's height.</param>
/// <param name="Index">Its place in the block.</param>
internal readonly record struct TransactionPlace(ulong Block, int Index);

/// <summary>The chain at one moment. Immutable: readers take the newest one and need no lock, and a snapshot is to keep one.</summary>
/// <param name="Blocks">From genesis on.</param>
/// <param name="Numbers">Heights by block hash.</param>
/// <param name="Transactions">Places by transaction hash.</param>
/// <param name="State">The state now: that of the newest block, or what a cheat made of it since.</param>
/// <param name="Settings">What the next blocks are made with.</param>
internal sealed record ChainView(ImmutableList<Block> Blocks, ImmutableDictionary<Hash32, ulong> Numbers, ImmutableDictionary<Hash32, TransactionPlace> Transactions, StateRoot State,
    BlockSettings Settings)
{
    /// <summary>Where the chain was forked from: what lies before its first block is there. Null for a chain of its own.</summary>
    public SandboxFork? Fork { get; init; }

    /// <summary>The height of the first block: 0, or that of the block that was forked from.</summary>
    public ulong First => Blocks[0].Header.Number;

    /// <summary>What cheats did, in order: with the blocks all that is needed to make the chain again.</summary>
    public ImmutableList<CheatRecord> Cheats { get; init; } = [];

    /// <summary>The newest block.</summary>
    public Block Head => Blocks[^1];

    /// <summary>The base fee of the block after the newest, in wei per gas.</summary>
    public UInt256 NextBaseFee => Settings.BaseFee ?? Head.Header.NextBaseFee();

    /// <summary>The chain that has only a genesis block.</summary>
    public static ChainView From(Block genesis, BlockSettings settings, SandboxFork? fork = null) => new(
        [genesis],
        ImmutableDictionary<Hash32, ulong>.Empty.Add(genesis.Hash, genesis.Header.Number),
        ImmutableDictionary<Hash32, TransactionPlace>.Empty,
        genesis.State,
        settings)
    {
        Fork = fork,
    };

    /// <summary>This chain with a block on top.</summary>
    /// <param name="block">The block.</param>
    /// <param name="statesKept">How many of the newest blocks keep their states; null for all.</param>
    public ChainView With(Block block, int? statesKept)
    {
        var blocks = Blocks.Add(block);
        // The first stays, for going back to it. One goes for each that comes; a chain that was opened with a smaller number lets go of all above it while its blocks happen again.
        if (blocks.Count - statesKept - 1 is { } forgotten and > 0 && blocks[forgotten].HasState)
        {
            blocks = blocks.SetItem(forgotten, blocks[forgotten].Forget());
        }
        var transactions = Transactions;
        for (var i = 0; i < block.Transactions.Count; i++)
        {
            transactions = transactions.SetItem(block.Transactions[i].Hash, new(block.Header.Number, i));
        }
        return new ChainView(blocks, Numbers.Add(block.Hash, block.Header.Number), transactions, block.State, Settings.AfterBlock()) { Fork = Fork, Cheats = Cheats };
    }

    /// <summary>This chain with what a cheat left noted down.</summary>
    public ChainView Noting(byte[] cheat) => this with { Cheats = Cheats.Add(new(Head.Header.Number, cheat)) };

    /// <summary>The block at a height, or null.</summary>
    public Block? Find(ulong number) => number >= First && number - First < (ulong)Blocks.Count ? Blocks[(int)(number - First)] : null;

    /// <summary>The block with a hash, or null.</summary>
    public Block? Find(in Hash32 hash) => Numbers.TryGetValue(hash, out var number) ? Find(number) : null;

    /// <summary>The hash of the block at a height, for BLOCKHASH.</summary>
    public Hash32 HashOf(ulong number) => Find(number)?.Hash ?? Fork?.HashOf(number) ?? default;
}
