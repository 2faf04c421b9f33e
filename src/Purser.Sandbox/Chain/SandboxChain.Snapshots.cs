namespace Purser.Sandbox.Chain;

/// <content>Going back.</content>
public sealed partial class SandboxChain
{
    // A snapshot keeps states and waiting transactions alive; a loop that takes them without end is stopped.
    private const int MaxSnapshots = 10_000;

    private readonly SortedDictionary<ulong, Kept> _snapshots = [];
    private ulong _lastSnapshot;

    /// <summary>Keeps the chain as it is now, for <see cref="Revert"/>: blocks, state, cheats, pool and time.</summary>
    /// <returns>The snapshot's number, from 1. Of more than 10,000 the oldest is given up.</returns>
    public ulong Snapshot()
    {
        lock (_gate)
        {
            if (_snapshots.Count >= MaxSnapshots)
            {
                _snapshots.Remove(_snapshots.Keys.First());
            }
            _snapshots.Add(++_lastSnapshot, new(_view, _records, _pool.Keep(), Clock.GetUtcNow(), _nextTimestamp));
            return _lastSnapshot;
        }
    }

    /// <summary>Goes back to a snapshot: blocks, state and cheats since then are gone, pool and clock are as they were, and this snapshot and later ones are used up.</summary>
    /// <returns>False when there is no such snapshot.</returns>
    public bool Revert(ulong snapshot)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_snapshots.TryGetValue(snapshot, out var kept))
            {
                return false;
            }
            GoBack(kept);
            foreach (var later in _snapshots.Keys.Where(id => id >= snapshot).ToArray())
            {
                _snapshots.Remove(later);
            }
        }
        Commit();
        return true;
    }

    /// <summary>Goes back to the genesis block: blocks, state, cheats, pool and snapshots are gone, and the clock goes back to the genesis block's time.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var genesis = _view.Blocks[0];
            // The first record of a state file says what the chain was made with: it stays.
            GoBack(new(ChainView.From(genesis, BlockSettings.Of(_options), _options.ForkedFrom), Math.Min(1, _records), TransactionPool.Nothing,
                Instant(genesis.Header.Timestamp), null));
            _snapshots.Clear();
            _impersonated.Clear();
            ImpersonatesAll = false;
        }
        Commit();
    }

    /// <summary>The snapshots that can be gone back to, and the newest block of each.</summary>
    internal IReadOnlyList<(ulong Id, Block Head)> KeptSnapshots()
    {
        lock (_gate)
        {
            return [.. _snapshots.Select(entry => (entry.Key, entry.Value.View.Head))];
        }
    }

    // Under the lock. Time runs again from where it was: an authorization that had expired since is valid again, on chain and in the services around.
    private void GoBack(Kept kept)
    {
        _log?.CutTo(kept.Records);
        _records = kept.Records;
        _view = kept.View;
        _pool.Restore(kept.Pool);
        _nextTimestamp = kept.NextTimestamp;
        Clock.TurnBackTo(kept.At);
    }

    private sealed record Kept(ChainView View, int Records, TransactionPool.Content Pool, DateTimeOffset At, ulong? NextTimestamp);
}
