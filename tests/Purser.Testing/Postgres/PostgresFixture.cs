using Xunit;

namespace Purser.Testing.Postgres;

/// <summary>
/// A fresh database per test class (<c>IClassFixture&lt;PostgresFixture&gt;</c>). It is made at the first <see cref="RequireAsync"/>,
/// which a test class calls in its <c>InitializeAsync</c>, so that a missing server skips tests loudly instead of breaking the fixture.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly SemaphoreSlim _gate = new(1);
    private PostgresDatabase? _database;

    /// <summary>The class's database; see <see cref="Require.Component"/> for what happens when there is no server.</summary>
    public async Task<PostgresDatabase> RequireAsync()
    {
        await _gate.WaitAsync();
        try
        {
            return _database ??= await PostgresServer.CreateDatabaseAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        _gate.Dispose();
    }
}
