using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Purser.Storage.Sqlite;

/// <summary>SQLite's result codes as faults of the store.</summary>
internal static class SqliteFaults
{
    private const int ConstraintUnique = 2067;
    private const int ConstraintPrimaryKey = 1555;
    private const int ConstraintRowId = 2579;

    public static StorageException Of(DbException exception, string path) =>
        exception is SqliteException e
            ? Of(e.SqliteErrorCode, e.SqliteExtendedErrorCode, e.Message, path, e)
            : new StorageException(StorageCodes.Sql, exception.Message, "this is a bug of the program: please report it", cause: exception);

    public static StorageException Of(int code, int extended, string message, string path, Exception? cause = null) => code switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new(StorageCodes.Busy, $"'{path}' stayed locked by another process", "try again; if it lasts, look for a process that holds the file", true, cause),
        raw.SQLITE_FULL => new(StorageCodes.DiskFull, $"the disk that holds '{path}' is full", "free some room and try again", true, cause),
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH => ReadOnly(path, cause),
        raw.SQLITE_CANTOPEN => new(StorageCodes.ReadOnly, $"'{path}' cannot be opened for writing", "check that the folder exists, is writable and has room for the files beside it (-wal, -shm)", false, cause),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new(StorageCodes.Damaged, $"'{path}' is not an intact database", "restore it from a backup, or move it away to start anew; do not delete it if it held money", false, cause),
        raw.SQLITE_IOERR => new(StorageCodes.Io, $"reading or writing '{path}' failed: {message}", "check the disk and the system's log", true, cause),
        raw.SQLITE_CONSTRAINT when extended is ConstraintUnique or ConstraintPrimaryKey or ConstraintRowId => new(StorageCodes.Unique, message, "the row is there already", false, cause),
        raw.SQLITE_CONSTRAINT => new(StorageCodes.Constraint, message, "the row breaks a rule of its table", false, cause),
        _ => new(StorageCodes.Sql, message, "this is a bug of the program: please report it", false, cause),
    };

    public static StorageException ReadOnly(string path, Exception? cause = null) =>
        new(StorageCodes.ReadOnly, $"'{path}' cannot be written", "check the permissions of the file and its folder, and that the disk is not mounted read-only", false, cause);
}
