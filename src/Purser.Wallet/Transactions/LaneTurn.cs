using Purser.Storage;

namespace Purser.Wallet.Transactions;

/// <summary>
/// Whose turn it is to give out the next nonce: one caller at a time in this process, and the lane's lease between processes. The
/// lease is kept while callers of this process wait for it, at most for a handful of turns, so that neither each transaction costs
/// a lease nor another process waits for ever.
/// <para>
/// The order of locks, from the outside in; who holds one takes only those after it, so nobody waits in a circle:
/// the tender's gate (<see cref="LaneTender"/>), the turn of this process, the lane's lease, then within one write of the store the
/// lease's row, the lane's rows and what a request's guard takes (the wallet's clock, then its budgets and its journal). A write that
/// holds the wallet's clock never asks for a lane, because writes of the store do not wait for anything but rows.
/// </para>
/// </summary>
internal sealed class LaneTurn(Store store, string lane, NonceLaneOptions options, TimeProvider time) : IDisposable
{
    private const int MaxTurns = 16;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Lease? _lease;
    private int _turns;
    private int _waiting;

    /// <summary>Takes the turn; null when another process held the lane for longer than the options allow. Every turn taken must be given back.</summary>
    public Task<Lease?> TakeAsync(CancellationToken cancellation) => TakeAsync(options.LeaseWait, cancellation);

    /// <summary>Takes the turn; null when another process held the lane for longer than <paramref name="wait"/>. Every turn taken must be given back.</summary>
    public async Task<Lease?> TakeAsync(TimeSpan wait, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _gate.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            var lease = await HoldAsync(wait, cancellation);
            if (lease is null)
            {
                _gate.Release();
            }

            return lease;
        }
        catch
        {
            _gate.Release();
            throw;
        }
    }

    /// <summary>Gives the turn back. After a fault the lease is dropped, because nobody knows whether it is still good.</summary>
    public async Task GiveAsync(bool faulted)
    {
        try
        {
            _turns++;
            if (_lease is { } lease && (faulted || _turns >= MaxTurns || Volatile.Read(ref _waiting) == 0))
            {
                _lease = null;
                await store.Leases.ReleaseAsync(lease, CancellationToken.None);
            }
        }
        catch (StorageException)
        {
            // What cannot be released runs out by itself.
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Keeps the lease of the turn that is being had for its whole duration from now; false if it has passed on.</summary>
    public async Task<bool> RenewAsync(CancellationToken cancellation) =>
        (_lease = _lease is { } held ? await store.Leases.TryRenewAsync(held, options.LeaseDuration, cancellation) : null) is not null;

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<Lease?> HoldAsync(TimeSpan wait, CancellationToken cancellation)
    {
        if (_lease is { } held && held.ExpiresAt - time.GetUtcNow() > options.LeaseDuration / 2)
        {
            return held;
        }

        if (_lease is { } old)
        {
            _lease = await store.Leases.TryRenewAsync(old, options.LeaseDuration, cancellation);
            if (_lease is not null)
            {
                return _lease;
            }
        }

        _turns = 0;
        var start = time.GetTimestamp();
        while ((_lease = await store.Leases.TryAcquireAsync(lane, options.Owner, options.LeaseDuration, cancellation)) is null && time.GetElapsedTime(start) < wait)
        {
            await Task.Delay(s_pause, time, cancellation);
        }

        return _lease;
    }
}
