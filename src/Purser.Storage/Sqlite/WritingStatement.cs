using System.Collections.Frozen;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Purser.Storage.Sqlite;

/// <summary>
/// One compiled statement whose rows nobody reads. The driver looks every parameter up by name, several times, for every run: under load that is a tenth
/// of the writer's time. Here the names are resolved once. For the one thread of its connection.
/// </summary>
internal sealed class WritingStatement : IDisposable
{
    private readonly sqlite3_stmt _statement;
    private readonly FrozenDictionary<string, int> _indexes;

    private WritingStatement(sqlite3_stmt statement)
    {
        _statement = statement;
        var count = raw.sqlite3_bind_parameter_count(statement);
        var names = new Dictionary<string, int>(count, StringComparer.Ordinal);
        for (var index = 1; index <= count; index++)
        {
            // Named as '@name'; what has no name is left to the driver, since no run of ours could be complete.
            if (raw.sqlite3_bind_parameter_name(statement, index).utf8_to_string() is { Length: > 1 } name)
            {
                names[name[1..]] = index;
            }
        }

        Parameters = count;
        _indexes = names.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private int Parameters { get; }

    /// <summary>Compiles a text that is one statement; null for several, for none, and for what SQLite does not take, which the driver then says.</summary>
    public static WritingStatement? TryCompile(SqliteConnection connection, string sql)
    {
        if (raw.sqlite3_prepare_v2(connection.Handle, sql, out var statement, out var rest) != raw.SQLITE_OK || statement.IsInvalid || !string.IsNullOrWhiteSpace(rest))
        {
            statement?.Dispose();
            return null;
        }

        return new(statement);
    }

    /// <summary>Whether every parameter has a value of a kind that is bound here.</summary>
    public bool Accepts(SqliteParameterCollection values)
    {
        var found = 0;
        for (var i = 0; i < values.Count; i++)
        {
            if (!_indexes.ContainsKey(values[i].ParameterName))
            {
                continue;
            }

            if (values[i].Value is not (null or DBNull or long or int or string or byte[]))
            {
                return false;
            }

            found++;
        }

        return found == Parameters;
    }

    /// <summary>Binds and runs it; afterwards it holds none of the values.</summary>
    /// <returns>How many rows it changed.</returns>
    /// <exception cref="SqliteException">SQLite refused.</exception>
    public int Run(SqliteConnection connection, SqliteParameterCollection values)
    {
        try
        {
            for (var i = 0; i < values.Count; i++)
            {
                if (_indexes.TryGetValue(values[i].ParameterName, out var index))
                {
                    ThrowUnlessOk(Bind(index, values[i].Value), connection);
                }
            }

            int code;
            while ((code = raw.sqlite3_step(_statement)) == raw.SQLITE_ROW)
            {
                // rows of a RETURNING that nobody reads
            }

            ThrowUnlessOk(code == raw.SQLITE_DONE ? raw.SQLITE_OK : code, connection);
            return raw.sqlite3_stmt_readonly(_statement) == 0 ? raw.sqlite3_changes(connection.Handle) : -1;
        }
        finally
        {
            raw.sqlite3_reset(_statement);
            raw.sqlite3_clear_bindings(_statement);
        }
    }

    public void Dispose() => _statement.Dispose();

    private static void ThrowUnlessOk(int code, SqliteConnection connection) => SqliteException.ThrowExceptionForRC(code, connection.Handle);

    private int Bind(int index, object? value) => value switch
    {
        long number => raw.sqlite3_bind_int64(_statement, index, number),
        int number => raw.sqlite3_bind_int64(_statement, index, number),
        string text => raw.sqlite3_bind_text(_statement, index, text),

        // An empty array has no address, and SQLite takes that for NULL.
        byte[] { Length: 0 } => raw.sqlite3_bind_zeroblob(_statement, index, 0),
        byte[] bytes => raw.sqlite3_bind_blob(_statement, index, bytes),
        _ => raw.sqlite3_bind_null(_statement, index),
    };
}
