using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Transactions;

/// <summary>
/// A block that lies deep enough not to be reorganised, noted with every row. By it a chain whose end was reorganised is told from one
/// that was begun anew: on the first a lost transaction is broadcast again, on the second that would be a payment on another chain.
/// </summary>
internal sealed class LaneAnchor(IChain node)
{
    /// <summary>The depth in blocks.</summary>
    public const int Depth = 64;

    private volatile Block? _anchor;

    /// <summary>An anchor for what is made at this head; null when the node does not have the block.</summary>
    public async Task<Block?> GetAsync(BlockHeader head, CancellationToken cancellation)
    {
        // Not the same one for ever: it also bounds where a nonce is looked for.
        if (_anchor is { } known && known.Number <= head.Number && head.Number - known.Number <= 3 * Depth)
        {
            return known;
        }

        var number = head.Number > Depth ? head.Number - Depth : 0;
        return await node.GetBlockAsync(BlockTag.At(number), cancellation) is { } block ? _anchor = new(number, block.Hash) : null;
    }

    /// <summary>Whether the chain is still the one on which the row was made.</summary>
    public async Task<bool> IsSameChainAsync(LaneRow row, CancellationToken cancellation) =>
        row is { AnchorNumber: { } number, AnchorHash: { } hash }
        && await node.GetBlockAsync(BlockTag.At((ulong)number), cancellation) is { } block
        && block.Hash == new Hash32(hash);

    /// <summary>A block's height and hash.</summary>
    public sealed record Block(ulong Number, Hash32 Hash);
}
