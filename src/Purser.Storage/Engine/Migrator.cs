using System.Globalization;

namespace Purser.Storage.Engine;

/// <summary>Applies a <see cref="MigrationSet"/> inside one write.</summary>
internal static class Migrator
{
    public static void Apply(IStoreTransaction transaction, Dialect dialect, MigrationSet set, DateTimeOffset now)
    {
        if (dialect.MigrationLock is { } lockStatement)
        {
            // From here to the end of the transaction no other program migrates, so "is it there?" and "make it" cannot be parted.
            transaction.Execute(lockStatement);
        }

        transaction.Execute(EngineSchema.Book);
        var applied = transaction.Query<Applied>(
            "SELECT version, name, checksum FROM purser_migrations WHERE feature = @Feature ORDER BY version",
            new { set.Feature });
        Check(set, applied);
        foreach (var migration in set.Migrations.Skip(applied.Count))
        {
            Run(transaction, dialect, set, migration);
            transaction.Execute(
                "INSERT INTO purser_migrations (feature, version, name, checksum, applied_at) VALUES (@Feature, @Version, @Name, @Checksum, @At)",
                new { set.Feature, Version = (long)migration.Version, migration.Name, migration.Checksum, At = now.ToUnixTimeMilliseconds() });
        }
    }

    private static void Check(MigrationSet set, IReadOnlyList<Applied> applied)
    {
        if (applied.Count > set.Migrations.Count)
        {
            throw new StorageException(
                StorageCodes.SchemaNewer,
                $"the tables of '{set.Feature}' are at version {applied[^1].Version.ToString(CultureInfo.InvariantCulture)}, this program knows {set.Migrations.Count}",
                "a newer version of this program has written here: run that one");
        }

        for (var i = 0; i < applied.Count; i++)
        {
            if (applied[i].Version != i + 1 || applied[i].Checksum != set.Migrations[i].Checksum)
            {
                throw new StorageException(
                    StorageCodes.MigrationChanged,
                    $"migration {i + 1} ('{applied[i].Name}') of '{set.Feature}' was applied here with other statements than this program holds",
                    "run the version of the program that made this database, or start with a new one");
            }
        }
    }

    private static void Run(IStoreTransaction transaction, Dialect dialect, MigrationSet set, Migration migration)
    {
        try
        {
            transaction.Execute(dialect.Translate(migration.Sql));
        }
        catch (StorageException e) when (!e.IsTransient)
        {
            throw new StorageException(
                StorageCodes.MigrationFailed,
                $"migration {migration.Version} ('{migration.Name}') of '{set.Feature}' failed: {e.Message}",
                "nothing was changed; the program's statements do not fit this database",
                cause: e);
        }
    }

    private sealed record Applied(long Version, string Name, string Checksum);
}
