using System.Security.Cryptography;
using System.Text;
using Purser.Storage;

namespace Purser.Services.Payments;

/// <summary>How many free requests callers have had, on the store. Of a caller only a digest is kept.</summary>
public sealed class FreeQuotaBook
{
    private static readonly MigrationSet s_schema = new("payment_free",
    [
        new Migration(1, "free requests",
            """
            CREATE TABLE payment_free_uses (
                id {blob} NOT NULL PRIMARY KEY,
                used BIGINT NOT NULL,
                until_ms BIGINT NOT NULL
            );
            CREATE INDEX payment_free_uses_by_end ON payment_free_uses (until_ms);
            """),
    ]);

    private readonly Store _store;
    private readonly TimeProvider _time;
    private Task? _ready;

    /// <summary>A book in this store; its table is made when it is first used.</summary>
    public FreeQuotaBook(Store store, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        _store = store;
        _time = time;
    }

    /// <summary>
    /// Takes one free request. The race: of any number of requests of one caller at once, in any number of processes, exactly as many are let through as
    /// the quota has, because each counts itself in the statement that compares.
    /// </summary>
    /// <param name="name">The quota's own name, or its endpoint's.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="quota">The quota.</param>
    /// <param name="cancellationToken">Counts until the write begins.</param>
    /// <returns>Whether there was one left.</returns>
    /// <exception cref="StorageException">The store cannot be used; nothing is free then.</exception>
    public async Task<bool> TryTakeAsync(string name, string caller, FreeQuota quota, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(quota);
        await ReadyAsync();
        var (one, all) = (Digest(name, caller), Digest(name, null));
        return await _store.WriteAsync(
            transaction =>
            {
                var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
                var until = now + (long)quota.Window.TotalMilliseconds;
                if (Count(transaction, one, quota.Requests, now, until) is not { } used)
                {
                    return false;
                }

                if (quota.TotalRequests is { } total && Count(transaction, all, total, now, until) is null)
                {
                    transaction.Execute("UPDATE payment_free_uses SET used = used - 1 WHERE id = @one", new { one });
                    return false;
                }

                if (used == 1)
                {
                    transaction.Execute("DELETE FROM payment_free_uses WHERE id IN (SELECT id FROM payment_free_uses WHERE until_ms <= @now ORDER BY until_ms LIMIT 200)", new { now });
                }

                return true;
            },
            cancellationToken);
    }

    // The count with this one, or null when it was full; a window that is over begins anew.
    private static long? Count(IStoreTransaction transaction, byte[] id, int limit, long now, long until) => transaction.QuerySingleOrDefault<long?>(
        """
        INSERT INTO payment_free_uses (id, used, until_ms) VALUES (@id, 1, @until)
        ON CONFLICT (id) DO UPDATE SET
            used = CASE WHEN payment_free_uses.until_ms <= @now THEN 1 ELSE payment_free_uses.used + 1 END,
            until_ms = CASE WHEN payment_free_uses.until_ms <= @now THEN excluded.until_ms ELSE payment_free_uses.until_ms END
        WHERE payment_free_uses.until_ms <= @now OR payment_free_uses.used < @limit
        RETURNING used
        """,
        new { id, until, now, limit = (long)limit });

    private static byte[] Digest(string name, string? caller) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(caller is null ? $"{name.Length}:{name}" : $"{name.Length}:{name}:{caller}"));

    // As for the claims: any number of callers may begin it, and a failed one is tried again by the next.
    private async Task ReadyAsync()
    {
        var ready = _ready;
        if (ready is null || ready.IsFaulted || ready.IsCanceled)
        {
            _ready = ready = _store.MigrateAsync(s_schema);
        }

        await ready;
    }
}
