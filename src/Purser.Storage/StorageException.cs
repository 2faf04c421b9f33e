namespace Purser.Storage;

/// <summary>The stable codes of <see cref="StorageException.Code"/>. Programs may switch on them; they do not change.</summary>
public static class StorageCodes
{
    /// <summary>The store's url cannot be read.</summary>
    public const string UrlInvalid = "storage_url_invalid";

    /// <summary>The server cannot be reached, refuses new connections, or dropped the connection before anything was committed.</summary>
    public const string Unreachable = "storage_unreachable";

    /// <summary>The server refused the user or the password.</summary>
    public const string AuthFailed = "storage_auth_failed";

    /// <summary>The named database does not exist on the server.</summary>
    public const string DatabaseMissing = "storage_database_missing";

    /// <summary>The server is older than what the engine needs, or is set up in a way that it cannot use.</summary>
    public const string ServerUnfit = "storage_server_unfit";

    /// <summary>The folder, file or server cannot be written.</summary>
    public const string ReadOnly = "storage_read_only";

    /// <summary>The file is not a database, or its pages contradict one another.</summary>
    public const string Damaged = "storage_damaged";

    /// <summary>The file is a database of another program.</summary>
    public const string ForeignFile = "storage_foreign_file";

    /// <summary>The database was written by a newer version of this program.</summary>
    public const string SchemaNewer = "storage_schema_newer";

    /// <summary>A migration that was applied differs from the one that the program holds.</summary>
    public const string MigrationChanged = "storage_migration_changed";

    /// <summary>A migration's SQL failed; nothing of its set was applied.</summary>
    public const string MigrationFailed = "storage_migration_failed";

    /// <summary>Another process or transaction held the database, or a row, longer than the bound.</summary>
    public const string Busy = "storage_busy";

    /// <summary>Transactions kept colliding (deadlock, serialization failure) through every retry.</summary>
    public const string Conflict = "storage_conflict";

    /// <summary>The disk is full. Nothing of the write remains.</summary>
    public const string DiskFull = "storage_disk_full";

    /// <summary>The operating system failed to read or write. Nothing of the write remains.</summary>
    public const string Io = "storage_io";

    /// <summary>The commit was sent and its answer lost: the write stands whole or not at all, and only reading tells which.</summary>
    public const string CommitUnknown = "storage_commit_unknown";

    /// <summary>A unique index or primary key refused a row.</summary>
    public const string Unique = "storage_unique";

    /// <summary>Another constraint (check, not null, foreign key) refused a row.</summary>
    public const string Constraint = "storage_constraint";

    /// <summary>The statement itself is wrong: a bug of the caller.</summary>
    public const string Sql = "storage_sql";

    /// <summary>A lease is no longer held (<see cref="LeaseLostException"/>).</summary>
    public const string LeaseLost = "storage_lease_lost";
}

/// <summary>
/// A fault of the store. The message is one line that names what was tried, without passwords; <see cref="Hint"/> says what to do next.
/// </summary>
public class StorageException : Exception
{
    /// <summary>Makes a fault.</summary>
    /// <param name="code">One of <see cref="StorageCodes"/>.</param>
    /// <param name="message">One line, no secrets.</param>
    /// <param name="hint">What to do next.</param>
    /// <param name="isTransient">Whether the same call may succeed later without anybody changing anything.</param>
    /// <param name="cause">The driver's exception.</param>
    public StorageException(string code, string message, string hint, bool isTransient = false, Exception? cause = null)
        : base(message, cause)
    {
        Code = code;
        Hint = hint;
        IsTransient = isTransient;
    }

    /// <summary>The stable code, one of <see cref="StorageCodes"/>.</summary>
    public string Code { get; }

    /// <summary>What to do next, one line.</summary>
    public string Hint { get; }

    /// <summary>
    /// True when the same call may succeed later and nothing of it remains now, so that it can simply be repeated.
    /// False for <see cref="StorageCodes.CommitUnknown"/>: read first.
    /// </summary>
    public bool IsTransient { get; }
}

/// <summary>
/// The caller acted under a lease that has expired or passed to another holder. Its write was rolled back.
/// </summary>
public sealed class LeaseLostException : StorageException
{
    /// <summary>Names the lease and the token that is no longer good.</summary>
    public LeaseLostException(string leaseName, long token)
        : base(StorageCodes.LeaseLost, $"the lease '{leaseName}' (token {token}) is no longer held", "stop the work done under it and acquire the lease anew")
    {
        LeaseName = leaseName;
        Token = token;
    }

    /// <summary>The lease's name.</summary>
    public string LeaseName { get; }

    /// <summary>The fencing token that was presented.</summary>
    public long Token { get; }
}
