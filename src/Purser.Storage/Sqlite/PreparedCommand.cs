using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Purser.Storage.Sqlite;

/// <summary>A command of a <see cref="PreparedConnection"/>: the driver's own, borrowed by its text and given back when it is disposed.</summary>
internal sealed class PreparedCommand(PreparedConnection connection) : DbCommand
{
    private SqliteCommand? _command;
    private bool _faulted;

    [AllowNull]
    public override string CommandText
    {
        get => _command?.CommandText ?? "";
        set
        {
            // Lists among the parameters are written into the text after the parameters are there.
            var before = _command;
            _command = connection.Rent(value ?? "");
            if (before is null)
            {
                return;
            }

            var parameters = before.Parameters.Cast<SqliteParameter>().ToArray();
            connection.Return(before);
            _command.Parameters.AddRange(parameters);
        }
    }

    public override int CommandTimeout
    {
        get => _command?.CommandTimeout ?? 1;
        set => Command.CommandTimeout = value;
    }

    public override CommandType CommandType
    {
        get => CommandType.Text;
        set
        {
            if (value != CommandType.Text)
            {
                throw new NotSupportedException("SQLite has statements only");
            }
        }
    }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    public override bool DesignTimeVisible { get; set; }

    protected override DbConnection? DbConnection
    {
        get => connection;
        set
        {
            if (!ReferenceEquals(value, connection))
            {
                throw new NotSupportedException("a command stays with its connection");
            }
        }
    }

    protected override DbTransaction? DbTransaction { get; set; }

    protected override DbParameterCollection DbParameterCollection => Command.Parameters;

    private SqliteCommand Command => _command ??= connection.Rent("");

    public override void Cancel()
    {
        // nothing runs beside the thread that would call this
    }

    public override void Prepare() => Command.Prepare();

    public override int ExecuteNonQuery() => connection.TryWrite(Command, out var changed) ? changed : Guarded(static command => command.ExecuteNonQuery());

    public override object? ExecuteScalar() => Guarded(static command => command.ExecuteScalar());

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => Guarded(command => command.ExecuteReader(behavior));

    protected override DbParameter CreateDbParameter() => new SqliteParameter();

    protected override void Dispose(bool disposing)
    {
        if (disposing && _command is { } command)
        {
            _command = null;
            if (_faulted)
            {
                // What a statement that failed half-way has left of itself is not known.
                command.Dispose();
            }
            else
            {
                connection.Return(command);
            }
        }

        base.Dispose(disposing);
    }

    private T Guarded<T>(Func<SqliteCommand, T> run)
    {
        _faulted = true;
        var result = run(Command);
        _faulted = false;
        return result;
    }
}
