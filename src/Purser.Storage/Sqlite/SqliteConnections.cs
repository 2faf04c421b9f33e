using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Purser.Storage.Sqlite;

/// <summary>Opens connections to one file, set up alike, and refuses a file that is not ours or cannot be used.</summary>
internal sealed class SqliteConnections
{
    // "PURS": what file(1) and a cautious program find in the header.
    private const int ApplicationId = 0x50555253;

    // We poll for locks ourselves: the bundled SQLite sleeps whole seconds between its polls. Dense polls matter: a busy writer in
    // another process frees the lock for moments only, and would starve one that looks seldom.
    private const int PollMilliseconds = 2;

    private readonly string _path;
    private readonly int _attempts;

    static SqliteConnections() => Batteries_V2.Init();

    public SqliteConnections(string path, TimeSpan busyTimeout)
    {
        _path = path;
        _attempts = 1 + (int)Math.Min(1_000_000, busyTimeout.TotalMilliseconds / PollMilliseconds);
    }

    public string Path => _path;

    /// <summary>Makes the file if there is none, checks it, and gives the writing connection.</summary>
    public PreparedConnection OpenWriter(bool isFirst)
    {
        if (isFirst)
        {
            CreateFile();
        }

        var connection = Connect();
        try
        {
            if (raw.sqlite3_db_readonly(connection.Handle, "main") != 0)
            {
                throw SqliteFaults.ReadOnly(_path);
            }

            if (isFirst)
            {
                SetJournal(connection);
                CheckOwner(connection);
            }

            // Pages stay in memory, and go from the log to the file seldom: under load the same ones are written again and again.
            Execute(connection, "PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=8000");
            return new(connection);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw SqliteFaults.Of(e, _path);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A connection that cannot write.</summary>
    public PreparedConnection OpenReader()
    {
        var connection = Connect();
        try
        {
            Execute(connection, "PRAGMA query_only=ON");
            return new(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs a statement without parameters or rows, waiting for locks within the bound.</summary>
    public void Execute(PreparedConnection connection, string sql) => ThrowUnlessOk(connection.Inner, TryExecute(connection, sql));

    /// <summary>As <see cref="Execute(PreparedConnection, string)"/>, giving SQLite's primary result code.</summary>
    public int TryExecute(PreparedConnection connection, string sql) => Wait((connection, sql), static a => a.connection.TryRun(a.sql));

    // Before the connection is handed out; these may be several statements, and are not kept.
    private void Execute(SqliteConnection connection, string sql) => ThrowUnlessOk(connection, TryExecute(connection, sql));

    private int TryExecute(SqliteConnection connection, string sql) => Wait((connection, sql), static a => raw.sqlite3_exec(a.connection.Handle, a.sql) & 0xff);

    private void ThrowUnlessOk(SqliteConnection connection, int code)
    {
        if (code != raw.SQLITE_OK)
        {
            var handle = connection.Handle;
            throw SqliteFaults.Of(code, raw.sqlite3_extended_errcode(handle), raw.sqlite3_errmsg(handle).utf8_to_string(), _path);
        }
    }

    private int Wait<T>(T argument, Func<T, int> run)
    {
        var code = run(argument);
        if (code == raw.SQLITE_BUSY)
        {
            using var never = new ManualResetEventSlim();
            for (var attempt = 1; attempt < _attempts && code == raw.SQLITE_BUSY; attempt++)
            {
                never.Wait(PollMilliseconds);
                code = run(argument);
            }
        }

        return code;
    }

    private void CreateFile()
    {
        try
        {
            var folder = System.IO.Path.GetDirectoryName(_path)!;
            if (!Directory.Exists(folder))
            {
                if (OperatingSystem.IsWindows())
                {
                    Directory.CreateDirectory(folder);
                }
                else
                {
                    Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                }
            }

            if (!File.Exists(_path))
            {
                // SQLite gives the files beside it (-wal, -shm) the permissions of this one.
                var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
                if (!OperatingSystem.IsWindows())
                {
                    options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                }

                new FileStream(_path, options).Dispose();
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw SqliteFaults.ReadOnly(_path, e);
        }
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,

            // Seconds for which the driver repeats a busy statement. Only reading goes through it, which almost never waits.
            DefaultTimeout = 1,
        }.ConnectionString);
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=67108864");
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw SqliteFaults.Of(e, _path);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void SetJournal(SqliteConnection connection)
    {
        // Changing the mode needs the file alone for a moment: another process that opens it now makes this busy.
        Execute(connection, "PRAGMA journal_mode=WAL");
        var mode = (string?)Scalar(connection, "PRAGMA journal_mode");
        if (mode != "wal")
        {
            throw new StorageException(
                StorageCodes.ReadOnly,
                $"'{_path}' cannot use a write-ahead log (mode '{mode}')",
                "put it on a local disk: network file systems cannot share memory between processes");
        }
    }

    private void CheckOwner(SqliteConnection connection)
    {
        if (Convert.ToInt64(Scalar(connection, "PRAGMA application_id"), CultureInfo.InvariantCulture) == ApplicationId)
        {
            // Touches the schema, so that a damaged one is found now and not at the first write.
            Scalar(connection, "SELECT count(*) FROM sqlite_master");
            return;
        }

        // Asked again under the lock: another process may be making the same file ours.
        Execute(connection, "BEGIN IMMEDIATE");
        try
        {
            var id = Convert.ToInt64(Scalar(connection, "PRAGMA application_id"), CultureInfo.InvariantCulture);
            var objects = Convert.ToInt64(Scalar(connection, "SELECT count(*) FROM sqlite_master"), CultureInfo.InvariantCulture);
            if (id != ApplicationId)
            {
                if (id != 0 || objects != 0)
                {
                    throw new StorageException(
                        StorageCodes.ForeignFile,
                        $"'{_path}' is a database of another program",
                        "name a file of its own for the store");
                }

                Execute(connection, $"PRAGMA application_id={ApplicationId}");
            }

            Execute(connection, "COMMIT");
        }
        catch
        {
            TryExecute(connection, "ROLLBACK");
            throw;
        }
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
