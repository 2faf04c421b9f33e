using Purser.Storage;

namespace Purser.Services.Gate;

/// <summary>So many within a window, and how long the door stays shut when there were more.</summary>
/// <param name="Count">How many are let pass, at least 1.</param>
/// <param name="Window">The window, which begins with the first.</param>
/// <param name="Lock">How long to wait once they are used up; never less than what is left of the window.</param>
public sealed record AttemptLimit(int Count, TimeSpan Window, TimeSpan Lock);

/// <summary>So many within a window pass at once; each further one waits, at first a little, then twice as long each time up to a bound that a person can sit out.</summary>
/// <param name="Free">How many pass at once, at least 1.</param>
/// <param name="Window">The window, which begins with the first.</param>
/// <param name="First">The first pause.</param>
/// <param name="Most">The longest pause.</param>
public sealed record AttemptPace(int Free, TimeSpan Window, TimeSpan First, TimeSpan Most);

/// <summary>
/// Counts per subject (an e-mail, a caller) on the store, so that limits hold across restarts and replicas. To be called in a write that has entered what puts
/// such writes in one line (<see cref="StoreClock.Enter"/>, a row that is locked).
/// </summary>
/// <param name="table">Its table: subject (text, primary key), until_ms, count, locked_ms.</param>
internal sealed class AttemptGuard(string table)
{
    /// <summary>How long the subject is still locked; null when it is not.</summary>
    public TimeSpan? Locked(IStoreTransaction transaction, string subject, long now) =>
        Find(transaction, subject) is { } row && row.LockedMs > now ? TimeSpan.FromMilliseconds(row.LockedMs - now) : null;

    /// <summary>Counts one that passes, and sets the pause before the next once the free ones are used up.</summary>
    public void Pass(IStoreTransaction transaction, string subject, AttemptPace pace, long now)
    {
        var over = Count(transaction, subject, pace.Window, now, Find(transaction, subject)) - pace.Free;
        if (over >= 0)
        {
            var pause = Math.Min(pace.First.TotalMilliseconds * Math.Pow(2, Math.Min(over, 30)), pace.Most.TotalMilliseconds);
            transaction.Execute($"UPDATE {table} SET locked_ms = @until WHERE subject = @subject", new { until = now + (long)pause, subject });
        }
    }

    /// <summary>How many were counted within the window.</summary>
    public long Tally(IStoreTransaction transaction, string subject, long now) => Find(transaction, subject) is { } row && row.UntilMs > now ? row.Count : 0;

    /// <summary>Counts one, and locks nothing.</summary>
    public void Note(IStoreTransaction transaction, string subject, TimeSpan window, long now) => Count(transaction, subject, window, now, Find(transaction, subject));

    /// <summary>Counts a failure; the one that reaches the limit locks the subject. Gives how long it is then locked, or null.</summary>
    public TimeSpan? Fail(IStoreTransaction transaction, string subject, AttemptLimit limit, long now)
    {
        var count = Count(transaction, subject, limit.Window, now, Find(transaction, subject));
        if (count < limit.Count)
        {
            return null;
        }

        var until = now + (long)limit.Lock.TotalMilliseconds;
        transaction.Execute($"UPDATE {table} SET until_ms = @until, locked_ms = @until, count = 0 WHERE subject = @subject", new { until, subject });
        return limit.Lock;
    }

    /// <summary>Forgets a subject: what was counted against it turned out well.</summary>
    public void Clear(IStoreTransaction transaction, string subject) => transaction.Execute($"DELETE FROM {table} WHERE subject = @subject", new { subject });

    /// <summary>Forgets what no longer counts, a bounded number at a time.</summary>
    public void Sweep(IStoreTransaction transaction, long now) =>
        transaction.Execute(
            $"DELETE FROM {table} WHERE subject IN (SELECT subject FROM {table} WHERE until_ms < @now AND locked_ms < @now ORDER BY until_ms LIMIT 200)", new { now });

    private long Count(IStoreTransaction transaction, string subject, TimeSpan window, long now, GuardRow? row)
    {
        var fresh = row is null || row.UntilMs <= now;
        var count = fresh ? 1 : checked(row!.Count + 1);
        var until = fresh ? now + (long)window.TotalMilliseconds : row!.UntilMs;
        transaction.Execute(
            $"""
            INSERT INTO {table} (subject, until_ms, count, locked_ms) VALUES (@subject, @until, @count, 0)
            ON CONFLICT (subject) DO UPDATE SET until_ms = excluded.until_ms, count = excluded.count
            """,
            new { subject, until, count });
        return count;
    }

    private GuardRow? Find(IStoreTransaction transaction, string subject) =>
        transaction.QuerySingleOrDefault<GuardRow>($"SELECT until_ms AS UntilMs, count AS Count, locked_ms AS LockedMs FROM {table} WHERE subject = @subject", new { subject });

    private sealed class GuardRow
    {
        public long UntilMs { get; init; }

        public long Count { get; init; }

        public long LockedMs { get; init; }
    }
}
