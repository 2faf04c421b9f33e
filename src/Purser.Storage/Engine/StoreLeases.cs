namespace Purser.Storage.Engine;

/// <summary>Leases as rows, in statements that both databases run.</summary>
internal sealed class StoreLeases(Store store) : ILeases
{
    private const int MaxName = 200;
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    public async Task<Lease?> TryAcquireAsync(string name, string owner, TimeSpan duration, CancellationToken cancellation = default)
    {
        CheckName(name, nameof(name));
        CheckName(owner, nameof(owner));
        CheckDuration(duration);
        return await store.WriteAsync(
            transaction =>
            {
                // One statement decides and takes. The token rises with the holder, also over a row that was released.
                var now = Now();
                var until = now + (long)duration.TotalMilliseconds;
                var token = transaction.QuerySingleOrDefault<long?>(
                    """
                    INSERT INTO purser_leases (name, owner, token, expires_at) VALUES (@name, @owner, 1, @until)
                    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, token = purser_leases.token + 1, expires_at = excluded.expires_at
                    WHERE purser_leases.expires_at <= @now
                    RETURNING token
                    """,
                    new { name, owner, until, now });
                return token is { } taken ? new Lease(name, owner, taken, DateTimeOffset.FromUnixTimeMilliseconds(until)) : null;
            },
            cancellation);
    }

    public async Task<Lease?> TryRenewAsync(Lease lease, TimeSpan duration, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(lease);
        CheckDuration(duration);
        return await store.WriteAsync(
            transaction =>
            {
                var now = Now();
                var until = now + (long)duration.TotalMilliseconds;
                var renewed = transaction.Execute(
                    "UPDATE purser_leases SET expires_at = @until WHERE name = @Name AND token = @Token AND expires_at > @now",
                    new { lease.Name, lease.Token, until, now });
                return renewed == 1 ? lease with { ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(until) } : null;
            },
            cancellation);
    }

    public async Task<bool> ReleaseAsync(Lease lease, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return await store.WriteAsync(
            transaction => transaction.Execute(
                "UPDATE purser_leases SET expires_at = 0 WHERE name = @Name AND token = @Token AND expires_at > @now",
                new { lease.Name, lease.Token, now = Now() }) == 1,
            cancellation);
    }

    public void EnsureHeld(IStoreTransaction transaction, Lease lease)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(lease);

        // The shared lock keeps an acquirer out until this transaction ends, so it does not matter how long that takes from here.
        var until = transaction.QuerySingleOrDefault<long?>(
            $"SELECT expires_at FROM purser_leases WHERE name = @Name AND token = @Token{store.Dialect.ForShare}",
            new { lease.Name, lease.Token });
        if (until is not { } moment || moment <= Now())
        {
            throw new LeaseLostException(lease.Name, lease.Token);
        }
    }

    private static void CheckName(string text, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(text, parameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, MaxName, parameter);
    }

    private static void CheckDuration(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(duration, s_longest);
    }

    private long Now() => store.Time.GetUtcNow().ToUnixTimeMilliseconds();
}
