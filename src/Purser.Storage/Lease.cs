namespace Purser.Storage;

/// <summary>
/// A right to act alone under a name until a moment. <see cref="Token"/> rises with every new holder of the name and never
/// falls, so that what a former holder still sends can be told from what the present one sends (a fencing token).
/// </summary>
/// <param name="Name">What is held.</param>
/// <param name="Owner">Who holds it, for people to read; it gives no right.</param>
/// <param name="Token">The fencing token, from 1.</param>
/// <param name="ExpiresAt">From this moment on, by the store's clock, the lease is void and another may acquire it.</param>
public sealed record Lease(string Name, string Owner, long Token, DateTimeOffset ExpiresAt);

/// <summary>
/// Fenced leases over the store. Time is the store's <see cref="TimeProvider"/>, in milliseconds. With several replicas their
/// clocks have to agree to well within a lease's duration; if they do not, two may believe that they hold a name, but
/// <see cref="EnsureHeld"/> still lets only the newest token write.
/// </summary>
public interface ILeases
{
    /// <summary>
    /// Acquires a name that nobody holds (never held, released or expired), atomically: of any number of callers in any number of
    /// processes one gets the lease, with a token higher than every earlier one. Null when it is held, be it by the same owner.
    /// </summary>
    /// <param name="name">1 to 200 characters.</param>
    /// <param name="owner">1 to 200 characters.</param>
    /// <param name="duration">From 1 millisecond to 1 day.</param>
    /// <param name="cancellation">Cancels while the write waits; once begun it is finished.</param>
    Task<Lease?> TryAcquireAsync(string name, string owner, TimeSpan duration, CancellationToken cancellation = default);

    /// <summary>Prolongs a lease from now, keeping its token. Null when it has expired or passed on: it is lost and stays so.</summary>
    Task<Lease?> TryRenewAsync(Lease lease, TimeSpan duration, CancellationToken cancellation = default);

    /// <summary>Gives the name free at once. False when the lease was lost already; then nothing changes.</summary>
    Task<bool> ReleaseAsync(Lease lease, CancellationToken cancellation = default);

    /// <summary>
    /// To be called in the write that the lease is to guard. Passes only while the lease is held, and keeps it from passing to
    /// another until that write has ended (SQLite: the writer's lock; PostgreSQL: a shared lock on the lease's row). So a holder
    /// that was paused, or whose process froze between two statements, can never write beside its successor.
    /// </summary>
    /// <exception cref="LeaseLostException">The lease has expired or passed on; let it through, so that the write is rolled back.</exception>
    void EnsureHeld(IStoreTransaction transaction, Lease lease);
}
