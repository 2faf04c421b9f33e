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
    public sealed record Open : SettlementEntry;

    /// <summary>It has its result.</summary>
    public sealed record Finished(bool Success, string Transaction, string? Reason) : SettlementEntry;

    /// <summary>The same authorization came with another signature or other terms; the first one counts.</summary>
    public sealed record Other : SettlementEntry;
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
    ]);

    /// <summary>Brings the table up to date; any number of processes may do it at once.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken = default) => store.MigrateAsync(s_schema, cancellationToken);

    /// <summary>Opens a payment, or says what is known. The race: of any number of callers with different contents for one authorization, exactly one content wins the row.</summary>
    internal Task<SettlementEntry> OpenAsync(string payment, Hash32 content, CancellationToken cancellationToken) => store.WriteAsync<SettlementEntry>(
        tx =>
        {
            tx.Execute(
                "INSERT INTO facilitator_settlements (payment, content, opened_at) VALUES (@payment, @content, @now) ON CONFLICT (payment) DO NOTHING",
                new { payment, content = content.ToArray(), now = clock.GetUtcNow().ToUnixTimeSeconds() });
            return Read(tx, payment, content) ?? throw new InvalidOperationException("The row that was just written is missing.");
        },
        cancellationToken);

    /// <summary>What is known, or null.</summary>
    internal Task<SettlementEntry?> FindAsync(string payment, Hash32 content, CancellationToken cancellationToken) =>
        store.ReadAsync(tx => Read(tx, payment, content), cancellationToken);

    /// <summary>
    /// Closes a payment with its result. The first result stays. The race: a twin whose own sending was refused may have forgotten the row in between; it is
    /// then written anew, because what is on the chain is never forgotten.
    /// </summary>
    internal Task CloseAsync(string payment, Hash32 content, bool success, string transaction, string? reason, CancellationToken cancellationToken) => store.WriteAsync(
        tx => tx.Execute(
            """
            INSERT INTO facilitator_settlements (payment, content, opened_at, success, tx, reason) VALUES (@payment, @content, @now, @success, @transaction, @reason)
            ON CONFLICT (payment) DO UPDATE SET content = excluded.content, success = excluded.success, tx = excluded.tx, reason = excluded.reason
            WHERE facilitator_settlements.success IS NULL
            """,
            new { payment, content = content.ToArray(), now = clock.GetUtcNow().ToUnixTimeSeconds(), success = success ? 1L : 0L, transaction, reason }),
        cancellationToken);

    /// <summary>Forgets a payment for which nothing was signed or sent, so that it can be tried again. The caller knows that from the lane.</summary>
    internal Task ForgetAsync(string payment, CancellationToken cancellationToken) => store.WriteAsync(
        tx => tx.Execute("DELETE FROM facilitator_settlements WHERE payment = @payment AND success IS NULL", new { payment }),
        cancellationToken);

    private static SettlementEntry? Read(IStoreReader tx, string payment, Hash32 content)
    {
        var row = tx.QuerySingleOrDefault<Row>("SELECT content AS Content, success AS Success, tx AS Tx, reason AS Reason FROM facilitator_settlements WHERE payment = @payment", new { payment });
        if (row is null)
        {
            return null;
        }
        if (!row.Content.AsSpan().SequenceEqual(content.Bytes))
        {
            return new SettlementEntry.Other();
        }
        return row.Success is { } success ? new SettlementEntry.Finished(success != 0, row.Tx ?? "", row.Reason) : new SettlementEntry.Open();
    }

    private sealed class Row
    {
        public byte[] Content { get; init; } = [];

        public long? Success { get; init; }

        public string? Tx { get; init; }

        public string? Reason { get; init; }
    }
}
