using System.Data;
using System.Data.Common;
using Dapper;
using Npgsql;
using Purser.Storage.Engine;

namespace Purser.Storage.Postgres;

/// <summary>
/// Threads that run the waiting delegates, each in a transaction of its own. Delegates are synchronous, as on SQLite; threads of
/// our own keep them from starving the thread pool while the server thinks.
/// </summary>
#pragma warning disable CA1001 // the last lane disposes the lock as it ends
internal sealed class PostgresLanes
#pragma warning restore CA1001
{
    private const int MaxAttempts = 8;

    private readonly NpgsqlDataSource _source;
    private readonly WorkQueue _queue;
    private readonly bool _readOnly;

    // Shared by first attempts, exclusive for those that collided: run alone, they cannot collide with their own process again.
    private readonly ReaderWriterLockSlim _together = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;

    public PostgresLanes(NpgsqlDataSource source, WorkQueue queue, int lanes, bool readOnly)
    {
        _source = source;
        _queue = queue;
        _readOnly = readOnly;
        _running = lanes;
        for (var lane = 0; lane < lanes; lane++)
        {
            var number = lane;
            new Thread(() => Loop(number)) { IsBackground = true, Name = $"purser-postgres-{(readOnly ? "read" : "write")}-{number}" }.UnsafeStart();
        }
    }

    /// <summary>Takes no more and finishes what waits.</summary>
    public Task CloseAsync()
    {
        _queue.Close();
        return _stopped.Task;
    }

    private void Loop(int lane)
    {
        while (_queue.Take(out var item))
        {
            RunItem(item, lane);
        }

        if (Interlocked.Decrement(ref _running) == 0)
        {
            _together.Dispose();
            _stopped.SetResult();
        }
    }

    private void RunItem(WorkItem item, int lane)
    {
        for (var attempt = 1; ; attempt++)
        {
            var failure = attempt == 1 ? Together(item, out var retry) : Alone(item, out retry);
            if (failure is null)
            {
                item.Complete();
                return;
            }

            if (!retry || attempt == MaxAttempts)
            {
                item.Fail(failure);
                return;
            }

            Pause(attempt, lane);
        }
    }

    private Exception? Together(WorkItem item, out bool retry)
    {
        _together.EnterReadLock();
        try
        {
            return Attempt(item, out retry);
        }
        finally
        {
            _together.ExitReadLock();
        }
    }

    private Exception? Alone(WorkItem item, out bool retry)
    {
        _together.EnterWriteLock();
        try
        {
            return Attempt(item, out retry);
        }
        finally
        {
            _together.ExitWriteLock();
        }
    }

    // Replicas that collided must not collide again in step: the lanes pause for different times.
    private static void Pause(int attempt, int lane)
    {
        using var never = new ManualResetEventSlim();
        never.Wait(TimeSpan.FromMilliseconds((attempt * 3) + lane));
    }

    /// <summary>Null when committed. Otherwise nothing remains (or the fault says that this is unknown), and <paramref name="retry"/> tells whether another attempt may help.</summary>
    private Exception? Attempt(WorkItem item, out bool retry)
    {
        retry = false;
        NpgsqlConnection connection;
        try
        {
            connection = _source.OpenConnection();
        }
        catch (DbException e)
        {
            return PostgresFaults.Of(e);
        }
        catch (Exception e) when (e is TimeoutException or System.Net.Sockets.SocketException)
        {
            return new StorageException(StorageCodes.Unreachable, "the PostgreSQL server does not answer", "check that it runs and that host and port are right", true, e);
        }

        using (connection)
        {
            var transaction = new SqlTransaction(connection, Dialect.Postgres, PostgresFaults.Of);
            try
            {
                using var scope = connection.BeginTransaction(_readOnly ? IsolationLevel.RepeatableRead : IsolationLevel.ReadCommitted);
                if (_readOnly)
                {
                    connection.Execute("SET TRANSACTION READ ONLY");
                }

                item.Run(transaction);
                transaction.ThrowIfVoid();
                return Commit(scope, out retry);
            }
            catch (Exception e)
            {
                // A delegate may have wrapped or swallowed the fault; what counts is what the database said.
                var fault = transaction.Fault ?? (e is DbException d ? PostgresFaults.Of(d) : null);
                retry = fault?.Code is StorageCodes.Conflict or StorageCodes.Unreachable;
                return retry ? fault : e is DbException ? fault : e;
            }
            finally
            {
                transaction.End();
            }
        }
    }

    private static StorageException? Commit(NpgsqlTransaction scope, out bool retry)
    {
        retry = false;
        try
        {
            scope.Commit();
            return null;
        }
        catch (DbException e)
        {
            var fault = PostgresFaults.OfCommit(e);
            retry = fault.Code == StorageCodes.Conflict;
            return fault;
        }
    }
}
