using System.Data.Common;
using System.Runtime.ExceptionServices;
using Dapper;

namespace Purser.Storage.Engine;

/// <summary>
/// The transaction that a delegate sees, over a connection on which the engine has begun one. After the first failed statement
/// it is void, as PostgreSQL has it, so that a delegate that swallows the exception cannot commit half of its work on SQLite.
/// </summary>
internal sealed class SqlTransaction(DbConnection connection, Dialect dialect, Func<DbException, StorageException> fault) : IStoreTransaction
{
    private HashSet<(string Channel, string Payload)>? _told;
    private ExceptionDispatchInfo? _failure;
    private bool _ended;

    public string ForUpdate => dialect.ForUpdate;

    /// <summary>Whether the write told any channel anything.</summary>
    public bool HasNotified => _told is { Count: > 0 };

    public int Execute(string sql, object? parameters = null) =>
        Guarded((Connection: connection, sql, parameters), static a => a.Connection.Execute(a.sql, a.parameters));

    public IReadOnlyList<T> Query<T>(string sql, object? parameters = null) =>
        Guarded((Connection: connection, sql, parameters), static a => a.Connection.Query<T>(a.sql, a.parameters).AsList());

    public T? QuerySingleOrDefault<T>(string sql, object? parameters = null) =>
        Guarded((Connection: connection, sql, parameters), static a => a.Connection.QuerySingleOrDefault<T>(a.sql, a.parameters));

    public void Notify(string channel, string payload)
    {
        Notification.Check(channel, payload);
        _told ??= [];

        // PostgreSQL tells equal notifications of one transaction once; so does this.
        if (_told.Add((channel, payload)))
        {
            Execute(dialect.Notify, new { channel, payload });
        }
    }

    /// <summary>What the first failed statement said, if one failed.</summary>
    public StorageException? Fault => _failure?.SourceException as StorageException;

    /// <summary>Rethrows the failure of an earlier statement that the delegate swallowed.</summary>
    public void ThrowIfVoid() => _failure?.Throw();

    /// <summary>From here on the object refuses use: its delegate has returned.</summary>
    public void End() => _ended = true;

    private T Guarded<TArguments, T>(TArguments arguments, Func<TArguments, T> run)
    {
        if (_ended)
        {
            throw new InvalidOperationException("this transaction has ended: use it only inside the delegate that received it");
        }

        ThrowIfVoid();
        try
        {
            return run(arguments);
        }
        catch (DbException e)
        {
            var translated = fault(e);
            _failure = ExceptionDispatchInfo.Capture(translated);
            throw translated;
        }
    }
}
