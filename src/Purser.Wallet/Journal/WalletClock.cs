using Purser.Storage;

namespace Purser.Wallet.Journal;

/// <summary>
/// The wallet's time: the highest that any process of this store has seen, so that setting a machine's clock back neither frees a
/// budget nor reorders the journal. Reading it locks its row to the end of the write, and so puts all of the wallet's writes in
/// one line; every write takes this lock first, which is also why they cannot deadlock.
/// </summary>
internal static class WalletClock
{
    /// <summary>How far processes' clocks may differ before a reservation is refused, in milliseconds.</summary>
    public const long ToleranceMs = 60_000;

    /// <summary>Takes the lock and gives the time; <paramref name="behindMs"/> is how far the machine's clock lies behind it.</summary>
    public static long Enter(IStoreTransaction transaction, DateTimeOffset machine, out long behindMs)
    {
        var high = transaction.QuerySingleOrDefault<long>("SELECT high_water FROM wallet_clock WHERE id = 1" + transaction.ForUpdate);
        var now = machine.ToUnixTimeMilliseconds();
        behindMs = Math.Max(0, high - now);
        if (now > high)
        {
            transaction.Execute("UPDATE wallet_clock SET high_water = @now WHERE id = 1", new { now });
        }

        return Math.Max(high, now);
    }

    /// <summary>The time without the lock, for what is only looked at.</summary>
    public static long Read(IStoreReader reader, DateTimeOffset machine) =>
        Math.Max(reader.QuerySingleOrDefault<long>("SELECT high_water FROM wallet_clock WHERE id = 1"), machine.ToUnixTimeMilliseconds());
}
