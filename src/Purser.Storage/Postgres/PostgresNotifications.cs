using System.Data.Common;
using Dapper;
using Npgsql;
using Purser.Storage.Engine;

namespace Purser.Storage.Postgres;

/// <summary>
/// One connection that listens for the whole store. When it is lost it is opened again, and every listener hears a gap once the
/// new one listens, for what was told in between reached nobody.
/// </summary>
#pragma warning disable CA1001 // semaphores whose wait handle is never asked for, and a token source without a timer, hold nothing to dispose
internal sealed class PostgresNotifications(string connectionString, SubscriptionHub hub, TimeProvider time, TimeSpan pause)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _starting = new(1);
    private readonly CancellationTokenSource _stop = new();
    private Task? _loop;

    /// <summary>Begins to listen, once for all listeners.</summary>
    /// <exception cref="StorageException">The server cannot be reached.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await _starting.WaitAsync(cancellation);
        try
        {
            if (_loop is null)
            {
                ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, typeof(Store));
                var first = await AttachAsync(cancellation);

                // The loop outlives this caller: nothing of his context (activity, locals) goes with it.
                using (ExecutionContext.SuppressFlow())
                {
                    _loop = LoopAsync(first);
                }
            }
        }
        catch (DbException e)
        {
            throw PostgresFaults.Of(e);
        }
        finally
        {
            _starting.Release();
        }
    }

    public async Task CloseAsync()
    {
        await _starting.WaitAsync();
        try
        {
            await _stop.CancelAsync();
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

    private async Task LoopAsync(NpgsqlConnection first)
    {
        NpgsqlConnection? connection = first;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (connection is null)
                {
                    await Task.Delay(pause, time, _stop.Token);
                    connection = await AttachAsync(_stop.Token);
                    hub.PublishGap();
                }

                await connection.WaitAsync(_stop.Token);
            }
            catch (Exception e) when (e is DbException or IOException or OperationCanceledException or TimeoutException or InvalidOperationException)
            {
                if (connection is not null)
                {
                    await connection.DisposeAsync();
                    connection = null;
                }
            }
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }

    private async Task<NpgsqlConnection> AttachAsync(CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(connectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            connection.Notification += (_, told) =>
            {
                // "channel LF payload", as the dialect writes it; others may use the channel's name for texts of their own.
                var cut = told.Payload.IndexOf('\n', StringComparison.Ordinal);
                if (cut > 0)
                {
                    hub.Publish(told.Payload[..cut], told.Payload[(cut + 1)..]);
                }
            };
            await connection.ExecuteAsync(new CommandDefinition("LISTEN purser", cancellationToken: cancellation));
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
