using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Purser.Storage.Sqlite;

/// <summary>
/// A connection that keeps what it has compiled: compiling a statement costs several times what running it does, and the driver compiles
/// anew for every command. For one thread at a time, as the connection itself.
/// </summary>
internal sealed class PreparedConnection(SqliteConnection inner) : DbConnection
{
    /// <summary>Statements that are kept. More than the features have; what is beyond (lists of changing length) is compiled each time.</summary>
    public const int Capacity = 400;

    private readonly Dictionary<string, SqliteCommand> _idle = new(StringComparer.Ordinal);
    private readonly Dictionary<string, sqlite3_stmt> _bare = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WritingStatement?> _writing = new(StringComparer.Ordinal);

    /// <summary>The driver's connection.</summary>
    public SqliteConnection Inner => inner;

    [AllowNull]
    public override string ConnectionString
    {
        get => inner.ConnectionString;
        set => throw new NotSupportedException("the connection is open already");
    }

    public override string Database => inner.Database;

    public override string DataSource => inner.DataSource;

    public override string ServerVersion => inner.ServerVersion;

    public override ConnectionState State => inner.State;

    /// <summary>Runs one statement without parameters or rows, such as <c>BEGIN</c>; it is not waited for locks.</summary>
    /// <returns>SQLite's primary result code.</returns>
    public int TryRun(string sql)
    {
        if (!_bare.TryGetValue(sql, out var statement))
        {
            var code = raw.sqlite3_prepare_v2(inner.Handle, sql, out statement);
            if (code != raw.SQLITE_OK)
            {
                statement?.Dispose();
                return code & 0xff;
            }

            _bare[sql] = statement;
        }

        var done = raw.sqlite3_step(statement) & 0xff;
        var reset = raw.sqlite3_reset(statement) & 0xff;
        return done is raw.SQLITE_DONE or raw.SQLITE_ROW ? reset : done;
    }

    /// <summary>A command with this text, compiled if it was used before.</summary>
    public SqliteCommand Rent(string text)
    {
        if (_idle.Remove(text, out var command))
        {
            return command;
        }

        command = inner.CreateCommand();
        command.CommandText = text;
        return command;
    }

    /// <summary>Takes a command back, without its parameters. SQLite keeps what was bound last until the statement is run or closed again: one set of values for each statement that is kept.</summary>
    public void Return(SqliteCommand command)
    {
        command.Parameters.Clear();
        if (_idle.Count >= Capacity || inner.State != ConnectionState.Open || !_idle.TryAdd(command.CommandText, command))
        {
            command.Dispose();
        }
    }

    /// <summary>Runs a command whose rows nobody reads without the driver; false when the driver must, and nothing was done.</summary>
    /// <exception cref="SqliteException">SQLite refused.</exception>
    public bool TryWrite(SqliteCommand command, out int changed)
    {
        changed = 0;
        if (!_writing.TryGetValue(command.CommandText, out var statement) && _writing.Count < Capacity)
        {
            _writing[command.CommandText] = statement = WritingStatement.TryCompile(inner, command.CommandText);
        }

        if (statement is null || !statement.Accepts(command.Parameters))
        {
            return false;
        }

        changed = statement.Run(inner, command.Parameters);
        return true;
    }

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException("a file is one database");

    public override void Open() => throw new NotSupportedException("the connection is open already");

    public override void Close() => Dispose();

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw new NotSupportedException("the engine begins transactions itself");

    protected override DbCommand CreateDbCommand() => new PreparedCommand(this);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var statement in _bare.Values)
            {
                statement.Dispose();
            }

            foreach (var statement in _writing.Values)
            {
                statement?.Dispose();
            }

            foreach (var command in _idle.Values)
            {
                command.Dispose();
            }

            _bare.Clear();
            _writing.Clear();
            _idle.Clear();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
