namespace Purser.Storage.Tests.Contract;

/// <summary>A place for one test's store; each test has a fresh one.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    public abstract StoreUrl Url { get; }

    public abstract Task CreateAsync();

    public abstract ValueTask DisposeAsync();
}

public sealed class SqliteDatabase : TestDatabase
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-storage-").FullName;

    public override StoreUrl Url => StoreUrl.ForFile(Path.Combine(_folder, "store.db"));

    public override Task CreateAsync() => Task.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return default;
    }
}
