using Purser.Storage;

namespace Purser.Wallet.Journal;

/// <summary>
/// The wallet's time: the highest that any process of this store has seen, so that setting a machine's clock back neither frees a
/// budget nor reorders the journal. Reading it locks its row to the end of the write, and so puts all of the wallet's writes in
/// one line; every write takes this lock first, which is also why they cannot deadlock. What it lies ahead of the machines' clocks for good, because one of
/// them once was wrong, only a human accepts (<see cref="ClockAcceptance"/>).
/// </summary>
internal static class WalletClock
{
    /// <summary>How far processes' clocks may differ before a reservation is refused, in milliseconds.</summary>
    public const long ToleranceMs = 60_000;

    /// <summary>Takes the lock and gives the time; <paramref name="behindMs"/> is how far the machine's clock, with what was accepted, lies behind it.</summary>
    public static long Enter(IStoreTransaction transaction, DateTimeOffset machine, out long behindMs)
    {
        var row = Find(transaction, transaction.ForUpdate);
        var now = machine.ToUnixTimeMilliseconds() + row.Ahead;
        behindMs = Math.Max(0, row.HighWater - now);
        if (now > row.HighWater)
        {
            transaction.Execute("UPDATE wallet_clock SET high_water = @now WHERE id = 1", new { now });
        }

        return Math.Max(row.HighWater, now);
    }

    /// <summary>The time without the lock, for what is only looked at.</summary>
    public static long Read(IStoreReader reader, DateTimeOffset machine)
    {
        var row = Find(reader, "");
        return Math.Max(row.HighWater, machine.ToUnixTimeMilliseconds() + row.Ahead);
    }

    /// <summary>Where it stands, both in milliseconds; zeros when the row was removed.</summary>
    public static Row Find(IStoreReader reader, string forUpdate) =>
        reader.QuerySingleOrDefault<Row>("SELECT high_water AS HighWater, ahead AS Ahead FROM wallet_clock WHERE id = 1" + forUpdate) ?? new();

    internal sealed class Row
    {
        /// <summary>The highest time that was seen, milliseconds since 1970.</summary>
        public long HighWater { get; init; }

        /// <summary>What a human accepted that it is ahead, in milliseconds.</summary>
        public long Ahead { get; init; }
    }
}
