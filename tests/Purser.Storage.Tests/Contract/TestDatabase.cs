using Purser.Testing.Postgres;

namespace Purser.Storage.Tests.Contract;

/// <summary>A place for one test's store; each test has a fresh one.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    /// <summary>As given to another process.</summary>
    public abstract string UrlText { get; }

    public StoreUrl Url => StoreUrl.Parse(UrlText);

    public abstract Task CreateAsync();

    public abstract ValueTask DisposeAsync();
}

public sealed class SqliteDatabase : TestDatabase
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("purser-storage-").FullName;

    public string File => Path.Combine(Folder, "store.db");

    public override string UrlText => "sqlite:" + File;

    public override Task CreateAsync() => Task.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return default;
    }
}

public sealed class PostgresTestDatabase : TestDatabase
{
    private PostgresDatabase? _database;

    public override string UrlText => _database!.Url;

    public PostgresDatabase Server => _database!;

    public override async Task CreateAsync() => _database = await PostgresServer.CreateDatabaseAsync();

    public override async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}
