using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.Payments.Facilitator;

/// <summary>What the book says of a payment that is to be settled.</summary>
internal abstract record SettlementEntry
{
    private SettlementEntry()
    {
    }

    /// <summary>This caller opened it now, or it was opened before and has no result: it may be driven on, by any number of callers, because the lane makes one transaction for it.</summary>
    /// <param name="Lane">The account whose lane it was opened for; null in rows of an earlier version.</param>
    /// <param name="HasOwner">Whether the row says for whom it was opened; rows of an earlier version do not.</param>
    public sealed record Open(Address? Lane, bool HasOwner) : SettlementEntry;

    /// <summary>It has its result.</summary>
    public sealed record Finished(bool Success, string Transaction, string? Reason) : SettlementEntry;

    /// <summary>The same authorization came with another signature or other terms, or the very same payment from another asker; the first one counts.</summary>
    /// <param name="IsAnothers">Whether it is the very same payment.</param>
    public sealed record Other(bool IsAnothers) : SettlementEntry;
}

/// <summary>
/// The facilitator's durable memory of what it settles, so that one payment is settled once and a repeat gets the result, whatever the restarts and replicas.
/// A row is opened before anything is sent and closed when the receipt is known; a row without a result is never removed by a timer.
/// </summary>
public sealed class SettlementBook(Store store, TimeProvider clock)
{
    private static readonly MigrationSet s_schema = new("facilitator",
    [
        new(1, "settlements", """
            CREATE TABLE facilitator_settlements (
                payment TEXT NOT NULL PRIMARY KEY,
                content {blob} NOT NULL,
                opened_at BIGINT NOT NULL,
                success BIGINT,
                tx TEXT,
                reason TEXT
            )
            """),
        new(2, "lanes and ends", """
            ALTER TABLE facilitator_settlements ADD COLUMN lane TEXT;
            ALTER TABLE facilitator_settlements ADD COLUMN dead_at BIGINT;
            CREATE INDEX facilitator_settlements_end ON facilitator_settlements (dead_at);
            """),
        new(3, "owners", "ALTER TABLE facilitator_settlements ADD COLUMN owner {blob}"),
    ]);

    /// <summary>Brings the table up to date; any number of processes may do it at once.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken = default) => store.MigrateAsync(s_schema, cancellationToken);

    /// <summary>Opens a payment, or says what is known. The race: of any number of callers with different contents or owners for one authorization, exactly one wins the row.</summary>
    internal Task<SettlementEntry> OpenAsync(string payment, Hash32 content, Hash32 owner, Address lane, long deadAt, CancellationToken cancellationToken) => store.WriteAsync<SettlementEntry>(
        tx =>
        {
            var inserted = tx.Execute(
                "INSERT INTO facilitator_settlements (payment, content, owner, opened_at, lane, dead_at) VALUES (@payment, @content, @owner, @now, @lane, @deadAt) ON CONFLICT (payment) DO NOTHING",
                new { payment, content = content.ToArray(), owner = owner.ToArray(), now = clock.GetUtcNow().ToUnixTimeSeconds(), lane = lane.ToString(), deadAt });
            return inserted == 1 ? new SettlementEntry.Open(lane, HasOwner: true) : Read(tx, payment, content, owner) ?? throw new InvalidOperationException("The row that was just written is missing.");
        },
        cancellationToken);

    /// <summary>What is known, or null.</summary>
    internal Task<SettlementEntry?> FindAsync(string payment, Hash32 content, Hash32 owner, CancellationToken cancellationToken) =>
        store.ReadAsync(tx => Read(tx, payment, content, owner), cancellationToken);

    /// <summary>
    /// Closes a payment with its result. The first result stays. The race: a twin whose own sending was refused may have forgotten the row in between; it is
    /// then written anew, because what is on the chain is never forgotten.
    /// </summary>
    internal Task CloseAsync(string payment, Hash32 content, Hash32 owner, bool success, string transaction, string? reason, CancellationToken cancellationToken) => store.WriteAsync(
        tx => tx.Execute(
            """
            INSERT INTO facilitator_settlements (payment, content, owner, opened_at, success, tx, reason) VALUES (@payment, @content, @owner, @now, @success, @transaction, @reason)
            ON CONFLICT (payment) DO UPDATE SET content = excluded.content, owner = excluded.owner, success = excluded.success, tx = excluded.tx, reason = excluded.reason
            WHERE facilitator_settlements.success IS NULL
            """,
            new { payment, content = content.ToArray(), owner = owner.ToArray(), now = clock.GetUtcNow().ToUnixTimeSeconds(), success = success ? 1L : 0L, transaction, reason }),
        cancellationToken);

    /// <summary>Forgets a payment for which nothing was signed or sent for this owner, so that it can be tried again, by another too. The caller knows that from the lane.</summary>
    internal Task ForgetAsync(string payment, Hash32 owner, CancellationToken cancellationToken) => store.WriteAsync(
        tx => tx.Execute("DELETE FROM facilitator_settlements WHERE payment = @payment AND success IS NULL AND (owner = @owner OR owner IS NULL)", new { payment, owner = owner.ToArray() }),
        cancellationToken);

    /// <summary>Forgets results of payments that can move no money since this long; at most 1,000 at a time. What is open, or has no known end, stays.</summary>
    /// <returns>How many were forgotten.</returns>
    internal Task<int> PurgeAsync(TimeSpan age, CancellationToken cancellationToken) => store.WriteAsync(
        tx => tx.Execute(
            """
            DELETE FROM facilitator_settlements WHERE payment IN (
                SELECT payment FROM facilitator_settlements WHERE dead_at < @oldest AND success IS NOT NULL ORDER BY dead_at LIMIT 1000)
            """,
            new { oldest = (clock.GetUtcNow() - age).ToUnixTimeSeconds() }),
        cancellationToken);

    private static SettlementEntry? Read(IStoreReader tx, string payment, Hash32 content, Hash32 owner)
    {
        var row = tx.QuerySingleOrDefault<Row>("SELECT content AS Content, owner AS Owner, success AS Success, tx AS Tx, reason AS Reason, lane AS Lane FROM facilitator_settlements WHERE payment = @payment", new { payment });
        if (row is null)
        {
            return null;
        }
        var isSame = row.Content.AsSpan().SequenceEqual(content.Bytes);
        if (!isSame || (row.Owner is { } known && !known.AsSpan().SequenceEqual(owner.Bytes)))
        {
            return new SettlementEntry.Other(isSame);
        }
        return row.Success is { } success ? new SettlementEntry.Finished(success != 0, row.Tx ?? "", row.Reason) : new SettlementEntry.Open(row.Lane is null ? null : Address.Parse(row.Lane), row.Owner is not null);
    }

    private sealed class Row
    {
        public byte[] Content { get; init; } = [];

        public byte[]? Owner { get; init; }

        public long? Success { get; init; }

        public string? Tx { get; init; }

        public string? Reason { get; init; }

        public string? Lane { get; init; }
    }
}
