using System.Data.Common;
using Npgsql;

namespace Purser.Storage.Postgres;

/// <summary>PostgreSQL's SQLSTATE codes and the driver's failures as faults of the store.</summary>
internal static class PostgresFaults
{
    private const string Later = "try again; if it lasts, look at the server";

    public static StorageException Of(DbException exception) => exception switch
    {
        PostgresException e => OfState(e),
        NpgsqlException { IsTransient: true } or NpgsqlException { InnerException: not null } =>
            new(StorageCodes.Unreachable, "the connection to the PostgreSQL server failed", "check that the server runs and that host and port are right", true, exception),
        _ => new(StorageCodes.Sql, exception.Message, "this is a bug of the program: please report it", cause: exception),
    };

    /// <summary>As <see cref="Of(DbException)"/>, for a failure that answers COMMIT.</summary>
    public static StorageException OfCommit(DbException exception) =>
        exception is PostgresException e && !IsLostConnection(e.SqlState)
            ? OfState(e)
            : new(StorageCodes.CommitUnknown, "the connection to the PostgreSQL server was lost during a commit", "read the state before trying again", cause: exception);

    private static bool IsLostConnection(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal);

    private static StorageException OfState(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => new(StorageCodes.Conflict, "transactions collided", Later, true, e),
        PostgresErrorCodes.LockNotAvailable => new(StorageCodes.Busy, "a row stayed locked by another transaction", Later, true, e),
        PostgresErrorCodes.UniqueViolation => new(StorageCodes.Unique, e.MessageText, "the row is there already", cause: e),
        PostgresErrorCodes.ReadOnlySqlTransaction => new(StorageCodes.ReadOnly, "the PostgreSQL server takes no writes", "name the primary, not a standby", cause: e),
        PostgresErrorCodes.InvalidCatalogName => new(StorageCodes.DatabaseMissing, e.MessageText, "create it: createdb NAME", cause: e),
        PostgresErrorCodes.DiskFull => new(StorageCodes.DiskFull, "the PostgreSQL server's disk is full", "free some room there", true, e),
        PostgresErrorCodes.InsufficientPrivilege => new(StorageCodes.ReadOnly, e.MessageText, "the user needs to own its database, or at least to create tables in it", cause: e),
        var state when state.StartsWith("28", StringComparison.Ordinal) => new(StorageCodes.AuthFailed, e.MessageText, "check user and password", cause: e),
        var state when state.StartsWith("23", StringComparison.Ordinal) => new(StorageCodes.Constraint, e.MessageText, "the row breaks a rule of its table", cause: e),
        var state when IsLostConnection(state) || state.StartsWith("53", StringComparison.Ordinal) => new(StorageCodes.Unreachable, e.MessageText, Later, true, e),
        var state when state.StartsWith("58", StringComparison.Ordinal) => new(StorageCodes.Io, e.MessageText, "look at the server's log and disk", true, e),
        var state when state.StartsWith("XX", StringComparison.Ordinal) => new(StorageCodes.Damaged, e.MessageText, "look at the server's log", cause: e),
        _ => new(StorageCodes.Sql, e.MessageText, "this is a bug of the program: please report it", cause: e),
    };
}
