using Purser.Storage.Engine;
using SQLitePCL;

namespace Purser.Storage.Sqlite;

/// <summary>
/// The one writer of this process: a thread that runs the waiting writes in one transaction, each in a savepoint, and commits them
/// together. While the disk syncs one group the next one gathers, so the group grows with the load by itself.
/// </summary>
internal sealed class SqliteWriter
{
    private readonly SqliteConnections _connections;
    private readonly WorkQueue _queue;
    private readonly int _maxGroup;
    private readonly Action _notified;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(WorkItem Item, Exception? Failure)> _group = [];
    private PreparedConnection? _connection;

    public SqliteWriter(SqliteConnections connections, PreparedConnection first, WorkQueue queue, int maxGroup, Action notified)
    {
        _connections = connections;
        _connection = first;
        _queue = queue;
        _maxGroup = maxGroup;
        _notified = notified;
        new Thread(Loop) { IsBackground = true, Name = "purser-sqlite-writer" }.UnsafeStart();
    }

    /// <summary>Takes no more, finishes what waits, and closes the connection.</summary>
    public Task CloseAsync()
    {
        _queue.Close();
        return _stopped.Task;
    }

    private void Loop()
    {
        while (_queue.Take(out var item))
        {
            RunGroup(item);
        }

        _connection?.Dispose();
        _stopped.SetResult();
    }

    private void RunGroup(WorkItem first, bool alone = false)
    {
        _group.Clear();
        var notify = false;
        try
        {
            _connection ??= _connections.OpenWriter(isFirst: false);
            _connections.Execute(_connection, "BEGIN IMMEDIATE");
        }
        catch (Exception e)
        {
            Refuse(first, e);
            return;
        }

        try
        {
            var item = first;
            do
            {
                var failure = RunOne(_connection, item, ref notify);
                _group.Add((item, failure));
                if (raw.sqlite3_get_autocommit(_connection.Inner.Handle) != 0)
                {
                    // SQLite itself took the whole transaction back (disk full, I/O error), on account of this write alone.
                    Restart(failure ?? new InvalidOperationException("a write ended the engine's transaction"));
                    return;
                }
            }
            while (!alone && _group.Count < _maxGroup && _queue.TryTake(out item));

            Commit(_connection);
        }
        catch (Exception e)
        {
            Abort(e);
            return;
        }

        Tell();
        if (notify)
        {
            _notified();
        }
    }

    private Exception? RunOne(PreparedConnection connection, WorkItem item, ref bool notify)
    {
        var transaction = new SqlTransaction(connection, Dialect.Sqlite, e => SqliteFaults.Of(e, _connections.Path));
        try
        {
            _connections.Execute(connection, "SAVEPOINT one");
            item.Run(transaction);
            transaction.ThrowIfVoid();
            transaction.End();
            _connections.Execute(connection, "RELEASE one");
            notify |= transaction.HasNotified;
            return null;
        }
        catch (Exception e)
        {
            transaction.End();
            if (raw.sqlite3_get_autocommit(connection.Inner.Handle) == 0 && (_connections.TryExecute(connection, "ROLLBACK TO one") != raw.SQLITE_OK || _connections.TryExecute(connection, "RELEASE one") != raw.SQLITE_OK))
            {
                // Its changes cannot be taken back alone, so all are.
                _connections.TryExecute(connection, "ROLLBACK");
            }

            return e;
        }
    }

    private void Commit(PreparedConnection connection)
    {
        var code = _connections.TryExecute(connection, "COMMIT");
        if (code == raw.SQLITE_OK)
        {
            return;
        }

        // A failed sync may have left the commit record on the disk all the same; only a full disk surely has not.
        throw code is raw.SQLITE_FULL or raw.SQLITE_BUSY
            ? SqliteFaults.Of(code, code, "", _connections.Path)
            : new StorageException(
                StorageCodes.CommitUnknown,
                $"the commit to '{_connections.Path}' failed (SQLite code {code})",
                "read the state before trying again; check the disk");
    }

    // Every outcome waits for the commit, refusals too: a write may have refused because of what an earlier one in its group wrote.
    private void Tell()
    {
        foreach (var (item, failure) in _group)
        {
            if (failure is null)
            {
                item.Complete();
            }
            else
            {
                item.Fail(failure);
            }
        }
    }

    // The commit failed. Refusals fail too: what they saw is gone.
    private void Abort(Exception cause)
    {
        Forget();
        foreach (var (item, _) in _group)
        {
            item.Fail(cause);
        }
    }

    // The last of the group took all down with it. It fails; those before it are run again, each in a commit of its own.
    private void Restart(Exception cause)
    {
        Forget();
        var innocents = _group[..^1].ConvertAll(entry => entry.Item);
        _group[^1].Item.Fail(cause);
        foreach (var item in innocents)
        {
            RunGroup(item, alone: true);
        }
    }

    // A connection that failed so is not trusted again; closing it rolls back what was open.
    private void Forget()
    {
        _connection?.Dispose();
        _connection = null;
    }

    // The lock was not to be had within the bound. Those that wait have waited as long: each with a wait of its own would hang for minutes.
    private void Refuse(WorkItem first, Exception cause)
    {
        first.Fail(cause);
        for (var waiting = _queue.Count; waiting > 0 && _queue.TryTake(out var item); waiting--)
        {
            item.Fail(cause);
        }
    }
}
