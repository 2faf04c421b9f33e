using System.Collections.Concurrent;
using Purser.Storage.Engine;

namespace Purser.Storage.Sqlite;

/// <summary>The store in one file.</summary>
internal sealed class SqliteStore : Store
{
    private readonly SqliteConnections _connections;
    private readonly WorkQueue _queue;
    private readonly SqliteWriter _writer;
    private readonly SemaphoreSlim _readers;
    private readonly ConcurrentBag<PreparedConnection> _idle = [];
    private readonly SqliteNotifications _notifications;
    private volatile bool _closed;

    private SqliteStore(StoreUrl url, TimeProvider time, StoreOptions options, SqliteConnections connections, PreparedConnection first)
        : base(url, time, options, Dialect.Sqlite)
    {
        _connections = connections;
        _queue = new WorkQueue(options.QueueCapacity);
        _notifications = new SqliteNotifications(connections, Hub, time, options.NotificationPoll);
        _writer = new SqliteWriter(connections, first, _queue, options.MaxGroup, _notifications.Wake);
        _readers = new SemaphoreSlim(options.Readers);
    }

    public static SqliteStore Open(StoreUrl url, TimeProvider time, StoreOptions options)
    {
        var connections = new SqliteConnections(url.FilePath!, options.BusyTimeout);
        return new SqliteStore(url, time, options, connections, connections.OpenWriter(isFirst: true));
    }

    private protected override async Task PrepareAsync(CancellationToken cancellation)
    {
        await base.PrepareAsync(cancellation);
        await MigrateAsync(EngineSchema.Notifications, cancellation);
    }

    private protected override Task<T> WriteCoreAsync<T>(Func<IStoreTransaction, T> work, CancellationToken cancellation) =>
        _queue.RunAsync(work, cancellation);

    private protected override async Task<T> ReadCoreAsync<T>(Func<IStoreReader, T> work, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(Store));
        await _readers.WaitAsync(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(Store));
            if (!_idle.TryTake(out var connection))
            {
                connection = _connections.OpenReader();
            }

            return Read(connection, work);
        }
        finally
        {
            _readers.Release();
        }
    }

    private protected override Task StartListeningAsync(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(Store));
        return _notifications.StartAsync(cancellation);
    }

    private protected override async Task CloseAsync()
    {
        _closed = true;
        await _writer.CloseAsync();
        await _notifications.CloseAsync();
        for (var i = 0; i < Options.Readers; i++)
        {
            // Waits for reads under way.
            await _readers.WaitAsync();
        }

        while (_idle.TryTake(out var connection))
        {
            await connection.DisposeAsync();
        }

        _readers.Release(Options.Readers);
    }

    private T Read<T>(PreparedConnection connection, Func<IStoreReader, T> work)
    {
        var transaction = new SqlTransaction(connection, Dialect, e => SqliteFaults.Of(e, _connections.Path));
        try
        {
            // Deferred: the first statement fixes the snapshot for all that follow.
            _connections.Execute(connection, "BEGIN");
            var result = RunInside(work, transaction);
            transaction.ThrowIfVoid();
            return result;
        }
        finally
        {
            transaction.End();
            if (_connections.TryExecute(connection, "ROLLBACK") == SQLitePCL.raw.SQLITE_OK)
            {
                _idle.Add(connection);
            }
            else
            {
                // Closing ends the transaction whatever state it is in.
                connection.Dispose();
            }
        }
    }
}
