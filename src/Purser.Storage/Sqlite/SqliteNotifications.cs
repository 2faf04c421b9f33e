using Dapper;
using Microsoft.Data.Sqlite;
using Purser.Storage.Engine;

namespace Purser.Storage.Sqlite;

/// <summary>
/// Reads the notifications table behind the commits. This process's own commits wake it at once; those of other processes it finds
/// by a timer that asks <c>PRAGMA data_version</c>, which costs no disk access. Ids rise in the order of commits, for there is one
/// writer at a time; a hole in them means that rows were trimmed unread, and is told as a gap.
/// </summary>
#pragma warning disable CA1001 // semaphores whose wait handle is never asked for, and a token source without a timer, hold nothing to dispose
internal sealed class SqliteNotifications(SqliteConnections connections, SubscriptionHub hub, TimeProvider time, TimeSpan poll)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _starting = new(1);
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _stop = new();
    private PreparedConnection? _connection;
    private ITimer? _timer;
    private Task? _loop;
    private long _version;
    private long _last;

    /// <summary>Begins to follow the table from its present end; once for all listeners.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await _starting.WaitAsync(cancellation);
        try
        {
            if (_loop is null)
            {
                ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, typeof(Store));
                Attach();

                // The loop outlives this caller: nothing of his context (activity, locals) goes with it.
                using (ExecutionContext.SuppressFlow())
                {
                    _loop = LoopAsync();
                    _timer = time.CreateTimer(_ => Wake(), null, poll, poll);
                }
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Something was committed, or may have been.</summary>
    public void Wake()
    {
        // One waiting signal is enough: the loop reads everything there is.
        if (_loop is not null && _signal.CurrentCount == 0)
        {
            _signal.Release();
        }
    }

    public async Task CloseAsync()
    {
        await _starting.WaitAsync();
        try
        {
            await _stop.CancelAsync();
            if (_timer is not null)
            {
                await _timer.DisposeAsync();
            }

            if (_loop is not null)
            {
                await _loop;
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task LoopAsync()
    {
        while (true)
        {
            try
            {
                await _signal.WaitAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            try
            {
                if (_connection is null)
                {
                    Attach();
                    hub.PublishGap();
                }

                Pump(_connection!);
            }
            catch (Exception e) when (e is SqliteException or StorageException)
            {
                // Try anew at the next signal, the timer's at the latest; the listeners then hear a gap.
                Detach();
            }
        }

        Detach();
    }

    private void Attach()
    {
        var connection = connections.OpenReader();
        try
        {
            _version = connection.QuerySingle<long>("PRAGMA data_version");
            _last = End(connection);
            _connection = connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Detach()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private void Pump(PreparedConnection connection)
    {
        var version = connection.QuerySingle<long>("PRAGMA data_version");
        if (version == _version)
        {
            return;
        }

        _version = version;
        var end = End(connection);
        if (end == _last)
        {
            return;
        }

        foreach (var row in connection.Query<Row>(
            "SELECT id, channel, payload FROM purser_notifications WHERE id > @_last AND id <= @end ORDER BY id",
            new { _last, end }))
        {
            if (row.Id != _last + 1)
            {
                hub.PublishGap();
            }

            hub.Publish(row.Channel, row.Payload);
            _last = row.Id;
        }

        if (_last != end)
        {
            hub.PublishGap();
            _last = end;
        }
    }

    private static long End(PreparedConnection connection) =>
        connection.QuerySingleOrDefault<long?>("SELECT seq FROM sqlite_sequence WHERE name = 'purser_notifications'") ?? 0;

    private sealed record Row(long Id, string Channel, string Payload);
}
