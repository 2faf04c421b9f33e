namespace Purser.Storage;

/// <summary>
/// Reads within one consistent snapshot. Statements are written once for SQLite and PostgreSQL; parameters are Dapper's:
/// <c>@name</c> with an anonymous object's members. Types that both databases fill alike: <c>long</c>, <c>string</c> and
/// <c>byte[]</c> (columns declared BIGINT, TEXT or {text}, {blob} or {uint256}), and records and tuples of these. Not to be kept beyond
/// the delegate that received it, and not safe for several threads.
/// </summary>
public interface IStoreReader
{
    /// <summary>All rows, in memory.</summary>
    /// <exception cref="StorageException">The statement failed; the whole transaction is then void, whether or not the exception is caught.</exception>
    IReadOnlyList<T> Query<T>(string sql, object? parameters = null);

    /// <summary>The only row, or the default when there is none (for numbers ask for <c>long?</c>).</summary>
    /// <exception cref="StorageException">As for <see cref="Query{T}"/>.</exception>
    /// <exception cref="InvalidOperationException">There is more than one row.</exception>
    T? QuerySingleOrDefault<T>(string sql, object? parameters = null);
}

/// <summary>
/// A write in progress: all of it becomes durable, or none. The delegate that receives it can be run more than once (PostgreSQL:
/// after a deadlock or a broken connection; SQLite: when another write of its group filled the disk; the earlier attempts are
/// rolled back), so it must change nothing but the database and do no other input or output.
/// </summary>
public interface IStoreTransaction : IStoreReader
{
    /// <summary>
    /// What to append to a SELECT whose row the same transaction is going to change: " FOR UPDATE" on PostgreSQL, which then
    /// holds the row against other transactions until the end; empty on SQLite, where the writer holds the whole database.
    /// </summary>
    string ForUpdate { get; }

    /// <summary>Runs a statement that returns no rows; gives the number of rows changed.</summary>
    /// <exception cref="StorageException">As for <see cref="IStoreReader.Query{T}"/>.</exception>
    int Execute(string sql, object? parameters = null);

    /// <summary>
    /// Tells the channel's listeners, in every process, once this write is committed, and never if it is rolled back. The same
    /// payload twice in one write is told once. On PostgreSQL commits with notifications queue behind one another.
    /// </summary>
    /// <param name="channel">Lower-case letters, digits, '_', '-' and '.'; 1 to 48 characters.</param>
    /// <param name="payload">At most <see cref="Notification.MaxPayloadBytes"/> bytes of UTF-8, without NUL: name the row, do not carry it.</param>
    /// <exception cref="ArgumentException">The channel or the payload breaks these bounds.</exception>
    void Notify(string channel, string payload);
}
