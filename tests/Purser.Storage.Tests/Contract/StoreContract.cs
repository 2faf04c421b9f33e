namespace Purser.Storage.Tests.Contract;

/// <summary>The ground of the contract tests: a fresh database, a clock that tests move, and one store open on it.</summary>
public abstract class StoreContract<TDatabase> : IAsyncLifetime
    where TDatabase : TestDatabase, new()
{
    private readonly List<Store> _stores = [];

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected TDatabase Database { get; } = new();

    protected ManualClock Clock { get; } = new();

    protected Store Store { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        await Database.CreateAsync();
        Store = await OpenAnotherAsync();
        await Store.MigrateAsync(TestTables.Set, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        await Database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A further store on the same database, as a second process would have it.</summary>
    protected async Task<Store> OpenAnotherAsync(StoreOptions? options = null)
    {
        var store = await Store.OpenAsync(Database.Url, Clock, options ?? new StoreOptions(), Cancellation);
        _stores.Add(store);
        return store;
    }

    protected Task<long> CountAsync(string table) =>
        Store.ReadAsync(reader => reader.QuerySingleOrDefault<long>($"SELECT count(*) FROM {table}"), Cancellation);
}

/// <summary>Tables that the contract tests use.</summary>
public static class TestTables
{
    public static readonly MigrationSet Set = new("test",
    [
        new(1, "counters", "CREATE TABLE test_counters (name {text} NOT NULL PRIMARY KEY, value BIGINT NOT NULL CHECK (value >= 0))"),
        new(2, "amounts and pairs",
            """
            CREATE TABLE test_amounts (id {identity}, amount {uint256} NOT NULL);
            CREATE TABLE test_left (n BIGINT NOT NULL PRIMARY KEY, payload {blob} NOT NULL);
            CREATE TABLE test_right (n BIGINT NOT NULL PRIMARY KEY, payload {blob} NOT NULL);
            """),
    ]);

    public static void Put(IStoreTransaction transaction, string name, long value) =>
        transaction.Execute(
            "INSERT INTO test_counters (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            new { name, value });

    public static long? Get(IStoreReader reader, string name) =>
        reader.QuerySingleOrDefault<long?>("SELECT value FROM test_counters WHERE name = @name", new { name });
}
