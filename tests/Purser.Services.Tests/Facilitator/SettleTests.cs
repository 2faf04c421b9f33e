using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.Facilitator;

public sealed class SettleOnSqliteTests : SettleContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-settle-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")));
}

public sealed class SettleOnPostgresTests : SettleContract
{
    private PostgresDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    protected override async Task<StoreUrl> CreateAsync()
    {
        _database = await PostgresServer.CreateDatabaseAsync();
        return StoreUrl.Parse(_database.Url);
    }
}
