namespace Purser.Storage;

/// <summary>The engine's own tables; features have theirs in sets of their own.</summary>
internal static class EngineSchema
{
    /// <summary>The book of applied migrations itself; it exists before any set.</summary>
    public const string Book =
        """
        CREATE TABLE IF NOT EXISTS purser_migrations (
            feature TEXT NOT NULL,
            version BIGINT NOT NULL,
            name TEXT NOT NULL,
            checksum TEXT NOT NULL,
            applied_at BIGINT NOT NULL,
            PRIMARY KEY (feature, version))
        """;

    /// <summary>On both databases.</summary>
    public static readonly MigrationSet Leases = new("purser_leases",
    [
        // A released or expired row stays, so that its token goes on rising. Moments are Unix milliseconds.
        new(1, "leases",
            """
            CREATE TABLE purser_leases (
                name {text} NOT NULL PRIMARY KEY,
                owner TEXT NOT NULL,
                token BIGINT NOT NULL,
                expires_at BIGINT NOT NULL)
            """),
    ]);

    /// <summary>SQLite only: PostgreSQL notifies by itself.</summary>
    public static readonly MigrationSet Notifications = new("purser_notifications",
    [
        new(1, "notifications",
            """
            CREATE TABLE purser_notifications (
                id {identity},
                channel TEXT NOT NULL,
                payload TEXT NOT NULL);

            -- Keeps the last few thousand; a listener that missed trimmed rows sees the hole in the ids.
            CREATE TRIGGER purser_notifications_trim AFTER INSERT ON purser_notifications WHEN new.id % 256 = 0
            BEGIN
                DELETE FROM purser_notifications WHERE id <= new.id - 4096;
            END;
            """),
    ]);
}
