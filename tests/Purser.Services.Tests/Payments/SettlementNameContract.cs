using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Services.Gate;
using Purser.Services.Payments;
using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.Payments;

/// <summary>Under what names a shop has its payments settled, on every database.</summary>
public abstract class SettlementNameContract : IAsyncLifetime
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly List<Store> _stores = [];
    private ulong _seed;

    protected abstract Task<StoreUrl> CreateAsync();

    public ValueTask InitializeAsync() => default;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        _clock.Dispose();
        GC.SuppressFinalize(this);
    }

    // Each with randomness of its own, as another process would.
    private async Task<SettlementOwner> OpenAsync(StoreUrl url)
    {
        var store = await Store.OpenAsync(url, _clock);
        _stores.Add(store);
        return new(store, new SeededRandom(++_seed));
    }

    private static ClaimKey Payment(byte id) => new("payment", Keccak256.Hash([id]));

    [Fact]
    public async Task All_replicas_of_a_shop_that_open_a_new_store_at_once_and_all_restarts_give_a_payment_one_name()
    {
        var url = await CreateAsync();
        var replicas = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => OpenAsync(url)));
        var names = await Task.WhenAll(replicas.Select(replica => replica.NameAsync(Payment(1)).AsTask()));
        var name = names.Distinct().ShouldHaveSingleItem();
        name.Length.ShouldBe(64);
        (await (await OpenAsync(url)).NameAsync(Payment(1))).ShouldBe(name);
    }

    [Fact]
    public async Task No_two_payments_and_no_two_shops_have_one_name()
    {
        var (one, other) = (await OpenAsync(await CreateAsync()), await OpenAsync(await CreateAsync()));
        string[] names = [await one.NameAsync(Payment(1)), await one.NameAsync(Payment(2)), await other.NameAsync(Payment(1)), await other.NameAsync(Payment(2))];
        names.Distinct().Count().ShouldBe(4);
    }
}

public sealed class SettlementNameOnSqliteTests : SettlementNameContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-name-").FullName;
    private int _files;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, $"shop{++_files}.db")));
}

public sealed class SettlementNameOnPostgresTests : SettlementNameContract
{
    private readonly List<PostgresDatabase> _databases = [];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var database in _databases)
        {
            await database.DisposeAsync();
        }
    }

    protected override async Task<StoreUrl> CreateAsync()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        _databases.Add(database);
        return StoreUrl.Parse(database.Url);
    }
}
