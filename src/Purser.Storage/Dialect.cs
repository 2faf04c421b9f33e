using System.Text.RegularExpressions;

namespace Purser.Storage;

/// <summary>Everything in which the two databases differ as languages. Nothing outside this file asks which one it talks to.</summary>
internal abstract partial class Dialect
{
    public static readonly Dialect Sqlite = new SqliteDialect();
    public static readonly Dialect Postgres = new PostgresDialect();

    /// <summary>Appended to a SELECT: hold the row against others who read it so, or change it, until the transaction ends.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>Appended to a SELECT: let others read the row so too, and nobody change it, until the transaction ends.</summary>
    public abstract string ForShare { get; }

    /// <summary>Taken first by every migration, so that of two programs starting at once the second waits; null where each write is alone anyway.</summary>
    public abstract string? MigrationLock { get; }

    /// <summary>Tells @channel of @payload, within the transaction; null where <see cref="EngineSchema.Notifications"/> has a table for it.</summary>
    public abstract string Notify { get; }

    /// <summary>The type for bytes.</summary>
    protected abstract string Blob { get; }

    /// <summary>Text that sorts and compares by its bytes.</summary>
    protected abstract string Text { get; }

    /// <summary>A column that is the primary key and takes the next number by itself.</summary>
    protected abstract string Identity { get; }

    public static void CheckTemplate(string template)
    {
        foreach (Match match in Placeholder().Matches(template))
        {
            if (match.Value is not ("{blob}" or "{uint256}" or "{text}" or "{identity}"))
            {
                throw new ArgumentException($"unknown placeholder {match.Value}; known are {{blob}}, {{uint256}}, {{text}} and {{identity}}", nameof(template));
            }
        }
    }

    public string Translate(string template) => Placeholder().Replace(template, match => match.Value switch
    {
        "{blob}" or "{uint256}" => Blob,
        "{text}" => Text,
        "{identity}" => Identity,
        var other => throw new ArgumentException($"unknown placeholder {other}", nameof(template)),
    });

    [GeneratedRegex(@"\{[a-z0-9_]+\}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Placeholder();

    private sealed class SqliteDialect : Dialect
    {
        public override string ForUpdate => "";

        public override string ForShare => "";

        public override string? MigrationLock => null;

        public override string Notify => "INSERT INTO purser_notifications (channel, payload) VALUES (@channel, @payload)";

        protected override string Blob => "BLOB";

        protected override string Text => "TEXT";

        protected override string Identity => "INTEGER PRIMARY KEY AUTOINCREMENT";
    }

    private sealed class PostgresDialect : Dialect
    {
        public override string ForUpdate => " FOR UPDATE";

        public override string ForShare => " FOR SHARE";

        // The number is "purser" in ASCII, to be told from the locks of other programs in the same database.
        public override string? MigrationLock => "SELECT pg_advisory_xact_lock(x'707572736572'::bigint)";

        public override string Notify => "SELECT pg_notify('purser', @channel || chr(10) || @payload)";

        protected override string Blob => "BYTEA";

        protected override string Text => "TEXT COLLATE \"C\"";

        protected override string Identity => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
    }
}
