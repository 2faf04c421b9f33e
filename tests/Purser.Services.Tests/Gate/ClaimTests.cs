using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.Gate;

public sealed class ClaimsOnSqliteTests : ClaimContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-claims-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, "claims.db")));
}

public sealed class ClaimsOnPostgresTests : ClaimContract
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
