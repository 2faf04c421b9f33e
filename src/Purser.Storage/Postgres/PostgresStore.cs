using System.Data.Common;
using Dapper;
using Npgsql;
using Purser.Storage.Engine;

namespace Purser.Storage.Postgres;

/// <summary>The store on a server.</summary>
internal sealed class PostgresStore : Store
{
    private const int OldestServer = 120000;
    private readonly NpgsqlDataSource _source;
    private readonly WorkQueue _writes;
    private readonly WorkQueue _reads;
    private readonly PostgresLanes _writeLanes;
    private readonly PostgresLanes _readLanes;
    private readonly PostgresNotifications _notifications;
    private volatile bool _closed;

    private PostgresStore(StoreUrl url, TimeProvider time, StoreOptions options, NpgsqlDataSource source, string listening)
        : base(url, time, options, Dialect.Postgres)
    {
        _source = source;
        _writes = new WorkQueue(options.QueueCapacity);
        _reads = new WorkQueue(options.QueueCapacity);
        _writeLanes = new PostgresLanes(source, _writes, options.WriteLanes, readOnly: false);
        _readLanes = new PostgresLanes(source, _reads, options.Readers, readOnly: true);
        _notifications = new PostgresNotifications(listening, Hub, time, options.ReconnectPause);
    }

    public static async Task<PostgresStore> ConnectAsync(StoreUrl url, TimeProvider time, StoreOptions options, CancellationToken cancellation)
    {
        var settings = new NpgsqlConnectionStringBuilder(url.ConnectionString)
        {
            MaxPoolSize = options.WriteLanes + options.Readers,
            MinPoolSize = 0,
            Multiplexing = false,

            // A caller's ambient transaction must not swallow ours.
            Enlist = false,
            MaxAutoPrepare = 64,

            // The settings below are the session's; resetting it on return to the pool would cost a round trip and change nothing.
            NoResetOnClose = true,
        };
        settings.ApplicationName ??= "purser";
        var lockTimeout = Math.Max(1, (long)options.BusyTimeout.TotalMilliseconds);
        settings.Options = $"{settings.Options} -c synchronous_commit=on -c default_transaction_isolation=read\\ committed -c lock_timeout={lockTimeout}".TrimStart();
        var listening = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false, KeepAlive = 15, MaxAutoPrepare = 0, NoResetOnClose = false };
        var source = NpgsqlDataSource.Create(settings);
        try
        {
            await CheckServerAsync(source, cancellation);
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }

        return new PostgresStore(url, time, options, source, listening.ConnectionString);
    }

    private protected override Task<T> WriteCoreAsync<T>(Func<IStoreTransaction, T> work, CancellationToken cancellation) =>
        _writes.RunAsync(work, cancellation);

    private protected override Task<T> ReadCoreAsync<T>(Func<IStoreReader, T> work, CancellationToken cancellation) =>
        _reads.RunAsync(work, cancellation);

    private protected override Task StartListeningAsync(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(Store));
        return _notifications.StartAsync(cancellation);
    }

    private protected override async Task CloseAsync()
    {
        _closed = true;
        await _writeLanes.CloseAsync();
        await _readLanes.CloseAsync();
        await _notifications.CloseAsync();
        await _source.DisposeAsync();
    }

    private static async Task CheckServerAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        (int Version, string Encoding, bool Standby) server;
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
            server = await connection.QuerySingleAsync<(int, string, bool)>(new CommandDefinition(
                "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), pg_is_in_recovery()",
                cancellationToken: cancellation));
        }
        catch (DbException e)
        {
            throw PostgresFaults.Of(e);
        }
        catch (Exception e) when (e is TimeoutException or System.Net.Sockets.SocketException)
        {
            throw new StorageException(StorageCodes.Unreachable, "the PostgreSQL server does not answer", "check that it runs and that host and port are right", true, e);
        }

        if (server.Version < OldestServer)
        {
            throw new StorageException(StorageCodes.ServerUnfit, $"the PostgreSQL server is version {server.Version / 10000}", "version 12 or later is needed");
        }

        if (server.Encoding != "UTF8")
        {
            throw new StorageException(StorageCodes.ServerUnfit, $"the database's encoding is {server.Encoding}", "create it with ENCODING 'UTF8'");
        }

        if (server.Standby)
        {
            throw new StorageException(StorageCodes.ReadOnly, "the PostgreSQL server is a standby", "name the primary");
        }
    }
}
