using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.Gate;

/// <summary>
/// By this a process shows that it is alive, so that what it claimed is left to it. When it stops for longer than <see cref="Duration"/>, others may go on
/// with its claims; its own writes are then fenced off by the claim's attempt number. This only passes work on: it never frees a claim.
/// </summary>
public sealed class WorkerLease
{
    /// <summary>How long a process counts as alive after its last sign of life.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    /// <summary>How often a sign of life is due.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _time;
    private long _lastBeat = long.MinValue;

    /// <summary>A new worker with a name of its own.</summary>
    public WorkerLease(TimeProvider time, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        _time = time;
        Span<byte> id = stackalloc byte[16];
        random.Fill(id);
        Id = Convert.ToHexStringLower(id);
    }

    /// <summary>The worker's name.</summary>
    public string Id { get; }

    /// <summary>Gives a sign of life if one is due; to be called within a write that is being made anyway.</summary>
    internal void BeatIfDue(IStoreTransaction transaction)
    {
        // By the wall clock, because the rows are: a clock that was moved makes a sign of life due at once.
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var last = Volatile.Read(ref _lastBeat);
        if (last > now - (long)Interval.TotalMilliseconds && last <= now)
        {
            return;
        }

        transaction.Execute(
            """
            INSERT INTO gate_workers (id, until_ms) VALUES (@Id, @until)
            ON CONFLICT (id) DO UPDATE SET until_ms = excluded.until_ms
            """,
            new { Id, until = now + (long)Duration.TotalMilliseconds });
        Volatile.Write(ref _lastBeat, now);
    }

    /// <summary>Whether a worker has given a sign of life in time.</summary>
    internal static bool IsAlive(IStoreReader reader, string worker, long nowMs) => worker.Length > 0
        && reader.QuerySingleOrDefault<long?>("SELECT until_ms FROM gate_workers WHERE id = @worker", new { worker }) is { } until && until > nowMs;

    /// <summary>Forgets workers that have been silent for a day.</summary>
    internal static void Sweep(IStoreTransaction transaction, long nowMs) =>
        transaction.Execute("DELETE FROM gate_workers WHERE until_ms < @before", new { before = nowMs - 86_400_000 });
}
