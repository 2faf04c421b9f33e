using Purser.Storage;

namespace Purser.Services.Gate;

/// <summary>An instant of a <see cref="StoreClock"/>.</summary>
/// <param name="Ms">Milliseconds: what the store's rows are compared with.</param>
/// <param name="AheadMs">By how much it is ahead of the machine's clock, for what is told to the outside.</param>
internal readonly record struct StoreTime(long Ms, long AheadMs)
{
    /// <summary>A row's instant by the machine's clock.</summary>
    public DateTimeOffset Instant(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(0, ms - AheadMs));
}

/// <summary>
/// The time of logins, shared by all replicas on the store. It runs with the machine's clock but never backwards: a clock that is set forward lets as much time
/// pass, so what ended by it stays ended; a clock that is set back stops it for a moment, and from there it runs on by the machine's steps, ahead of it. So
/// neither of the two, nor one after the other, revives what had ended or lets anything last longer. Entering it locks its row to the end of the write, which
/// puts all of the login's writes in one line: a code is tried, counted and used by one replica at a time, and no two of them deadlock.
/// </summary>
/// <param name="table">Its table with the one row 1: id, high_water, machine_ms.</param>
internal sealed class StoreClock(string table)
{
    /// <summary>How far the clocks of replicas may lie apart without counting as set back: 10 seconds, by which it then stands still at most.</summary>
    private const long ToleranceMs = 10_000;

    public StoreTime Enter(IStoreTransaction transaction, DateTimeOffset machine)
    {
        var row = Read(transaction, transaction.ForUpdate);
        var now = machine.ToUnixTimeMilliseconds();
        var time = At(row, now);
        if (now > row.MachineMs || IsSetBack(row, now))
        {
            transaction.Execute($"UPDATE {table} SET high_water = @high, machine_ms = @now WHERE id = 1", new { high = time.Ms, now });
        }

        return time;
    }

    /// <summary>The time within a read, which moves nothing; null when the clock was set back and somebody has to <see cref="Enter"/> first, or time would stand still for readers.</summary>
    public StoreTime? Look(IStoreReader reader, DateTimeOffset machine)
    {
        var row = Read(reader, "");
        var now = machine.ToUnixTimeMilliseconds();
        return IsSetBack(row, now) ? null : At(row, now);
    }

    private static StoreTime At(ClockRow row, long now)
    {
        var time = row.HighWater + Math.Max(0, now - row.MachineMs);
        return new(time, time - now);
    }

    private static bool IsSetBack(ClockRow row, long now) => now < row.MachineMs - ToleranceMs;

    private ClockRow Read(IStoreReader reader, string forUpdate) =>
        reader.QuerySingleOrDefault<ClockRow>($"SELECT high_water AS HighWater, machine_ms AS MachineMs FROM {table} WHERE id = 1{forUpdate}") ?? throw new InvalidOperationException("the clock of logins has no row");

    private sealed class ClockRow
    {
        public long HighWater { get; init; }

        public long MachineMs { get; init; }
    }
}
