using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Transactions;

/// <summary>
/// Proves that a nonce went to a transaction of somebody else: finds the block in which the account's count passed it, and sees that
/// none of our versions is in that block. A missing receipt alone would prove nothing, because a node (or one of several behind one
/// address) may be behind with its receipts.
/// </summary>
internal sealed class LaneReplacement(IChain node)
{
    // The replacing transaction is only named for people: a block with more than this is not searched for it.
    private const int MaxSearched = 512;

    /// <summary>The proof, by what block <paramref name="confirmed"/> and those before it say; null when there is none.</summary>
    /// <exception cref="ChainException">The node could not be asked.</exception>
    public async Task<LaneReplaced?> FindAsync(LaneRow row, Address sender, ulong confirmed, CancellationToken cancellation)
    {
        var nonce = (ulong)row.Nonce;
        try
        {
            if (await node.GetTransactionCountAsync(sender, BlockTag.At(confirmed), cancellation) <= nonce)
            {
                return null;
            }

            var (block, before, after) = await FindBlockAsync(row, sender, confirmed, cancellation);
            var header = await node.GetBlockAsync(BlockTag.At(block), cancellation);
            if (header is null || row.Versions.Any(version => header.Transactions.Contains(version.Hash)))
            {
                return null;
            }

            return new(await NameAsync(header, sender, nonce, before, after, cancellation));
        }
        catch (ChainException e) when (!e.IsTransient)
        {
            return await IsLongPassedAsync(row, sender, confirmed, cancellation) ? new(null) : null;
        }
    }

    // The first block after which the count is above the nonce. From the newest backwards in doubling steps and then by halving, because
    // it is not long ago and nodes forget old states.
    private async Task<(ulong Block, ulong Before, ulong After)> FindBlockAsync(LaneRow row, Address sender, ulong confirmed, CancellationToken cancellation)
    {
        var nonce = (ulong)row.Nonce;
        var (low, before) = (0UL, 0UL);
        var (high, after) = (confirmed, await node.GetTransactionCountAsync(sender, BlockTag.At(confirmed), cancellation));
        var step = 1UL;
        while (high > 0)
        {
            low = high > step ? high - step : 0;
            var count = await node.GetTransactionCountAsync(sender, BlockTag.At(low), cancellation);
            if (count <= nonce)
            {
                before = count;
                break;
            }

            (high, after) = (low, count);
            step *= 2;
        }

        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            var count = await node.GetTransactionCountAsync(sender, BlockTag.At(middle), cancellation);
            if (count > nonce)
            {
                (high, after) = (middle, count);
            }
            else
            {
                (low, before) = (middle, count);
            }
        }

        return (high, before, after);
    }

    // Nodes keep the state of the last 128 blocks only, if nobody asked for more. Half of that ago the nonce was used, and no node is
    // so far behind with its receipts, of which the caller saw none.
    private async Task<bool> IsLongPassedAsync(LaneRow row, Address sender, ulong confirmed, CancellationToken cancellation) =>
        confirmed > LaneAnchor.Depth && await node.GetTransactionCountAsync(sender, BlockTag.At(confirmed - LaneAnchor.Depth), cancellation) > (ulong)row.Nonce;

    // The account's transactions in one block have its nonces in order. With EIP-7702 a nonce can rise without one; then nothing is named.
    private async Task<Hash32?> NameAsync(BlockHeader header, Address sender, ulong nonce, ulong before, ulong after, CancellationToken cancellation)
    {
        if (header.Transactions.Count > MaxSearched)
        {
            return null;
        }

        var own = new List<Hash32>();
        foreach (var hash in header.Transactions)
        {
            if (await node.GetTransactionReceiptAsync(hash, cancellation) is { } receipt && receipt.From == sender)
            {
                own.Add(hash);
            }
        }

        return (ulong)own.Count == after - before ? own[(int)(nonce - before)] : null;
    }
}

/// <summary>The proof that a nonce was used elsewhere.</summary>
/// <param name="By">The transaction that used it, if it was found.</param>
internal sealed record LaneReplaced(Hash32? By);
