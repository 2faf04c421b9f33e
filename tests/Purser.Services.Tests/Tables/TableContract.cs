using Purser.Services.Tables;
using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.Tables;

/// <summary>A test of the tables on a store of its own; what it promises holds on every database.</summary>
public abstract class TableContract : IAsyncLifetime
{
    private readonly List<TableWorld> _worlds = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-tables-").FullName;
    private PostgresDatabase? _database;
    private int _files;

    /// <summary>Whether this runs on PostgreSQL.</summary>
    protected abstract bool OnPostgres { get; }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var world in _worlds)
        {
            await world.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal async Task<TableWorld> OpenAsync(Action<TablesOptions>? configure = null)
    {
        var world = await TableWorld.OpenAsync(await UrlAsync(), configure);
        _worlds.Add(world);
        return world;
    }

    private async Task<StoreUrl> UrlAsync()
    {
        if (!OnPostgres)
        {
            return StoreUrl.ForFile(Path.Combine(_folder, $"tables-{_files++}.db"));
        }

        _database ??= await PostgresServer.CreateDatabaseAsync();
        return StoreUrl.Parse(_database.Url);
    }
}
