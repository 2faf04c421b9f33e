using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.Payments.Extensions;

/// <summary>Who paid for what, and until when that counts: what <c>sign-in-with-x</c> looks up.</summary>
public interface IPaymentHistory
{
    /// <summary>Notes that an account paid. The race: of two notes the later end counts.</summary>
    /// <param name="scope">What for, in the seller's own words.</param>
    /// <param name="account">Who.</param>
    /// <param name="until">Until when it counts.</param>
    /// <param name="cancellationToken">Counts until the write begins.</param>
    Task RecordAsync(string scope, Address account, DateTimeOffset until, CancellationToken cancellationToken = default);

    /// <summary>Whether an account paid and it still counts.</summary>
    Task<bool> HasPaidAsync(string scope, Address account, CancellationToken cancellationToken = default);
}

/// <summary><see cref="IPaymentHistory"/> on the service's store; what no longer counts is forgotten at the next note.</summary>
/// <param name="store">The store.</param>
/// <param name="time">The clock.</param>
public sealed class PaidAccounts(Store store, TimeProvider time) : IPaymentHistory
{
    private static readonly MigrationSet s_schema = new("payment_history",
    [
        new(1, "paid accounts", """
            CREATE TABLE payment_paid_accounts (
                scope {blob} NOT NULL,
                account {blob} NOT NULL,
                until_ms BIGINT NOT NULL,
                PRIMARY KEY (scope, account)
            );
            CREATE INDEX payment_paid_accounts_by_end ON payment_paid_accounts (until_ms);
            """),
    ]);

    private Task? _ready;

    /// <inheritdoc/>
    public async Task RecordAsync(string scope, Address account, DateTimeOffset until, CancellationToken cancellationToken = default)
    {
        await ReadyAsync();
        var (now, end) = (time.GetUtcNow().ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds());
        await store.WriteAsync(
            transaction =>
            {
                transaction.Execute("DELETE FROM payment_paid_accounts WHERE until_ms < @now", new { now });
                transaction.Execute(
                    """
                    INSERT INTO payment_paid_accounts (scope, account, until_ms) VALUES (@scope, @account, @end)
                    ON CONFLICT (scope, account) DO UPDATE SET until_ms = excluded.until_ms WHERE payment_paid_accounts.until_ms < excluded.until_ms
                    """,
                    new { scope = Digest(scope), account = account.Bytes.ToArray(), end });
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> HasPaidAsync(string scope, Address account, CancellationToken cancellationToken = default)
    {
        await ReadyAsync();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return await store.ReadAsync(
            reader => reader.QuerySingleOrDefault<long?>("SELECT until_ms FROM payment_paid_accounts WHERE scope = @scope AND account = @account", new { scope = Digest(scope), account = account.Bytes.ToArray() }) >= now,
            cancellationToken);
    }

    private static byte[] Digest(string scope) => SHA256.HashData(Encoding.UTF8.GetBytes(scope));

    // Any number of callers may begin it; the migration itself is safe against that. A failed one is tried again by the next caller.
    private async Task ReadyAsync()
    {
        var ready = _ready;
        if (ready is null || ready.IsFaulted || ready.IsCanceled)
        {
            _ready = ready = store.MigrateAsync(s_schema);
        }

        await ready;
    }
}
