using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Journal;

/// <summary>Looks through the blocks from the newest back to a payment's reservation, in ranges that nodes commonly answer for.</summary>
internal static class EventSearch
{
    private const ulong BlocksPerQuery = 2_000;
    private const int MaxQueries = 50;

    /// <summary>The first thing found, or null when nothing is found until the blocks are older than the payment.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="newest">The last block to look at.</param>
    /// <param name="reservedAt">When the payment was reserved, milliseconds since 1970.</param>
    /// <param name="look">Looks into a range of blocks, first and last.</param>
    /// <param name="cancellation">Stops the search.</param>
    public static async Task<T?> FindAsync<T>(IChain chain, ulong newest, long reservedAt, Func<ulong, ulong, Task<T?>> look, CancellationToken cancellation)
        where T : class
    {
        var to = newest;
        for (var query = 0; query < MaxQueries; query++)
        {
            var from = to < BlocksPerQuery ? 0 : to - BlocksPerQuery + 1;
            if (await look(from, to) is { } found)
            {
                return found;
            }

            if (from == 0 || await chain.GetBlockAsync(BlockTag.At(from), cancellation) is not { } first || (long)first.Timestamp * 1000 < reservedAt - WalletClock.ToleranceMs)
            {
                return null;
            }

            to = from - 1;
        }

        return null;
    }
}
