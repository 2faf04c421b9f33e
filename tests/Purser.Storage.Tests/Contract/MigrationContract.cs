namespace Purser.Storage.Tests.Contract;

/// <summary>Schemas move forward once, together, and never silently.</summary>
public abstract class MigrationContract<TDatabase> : StoreContract<TDatabase>
    where TDatabase : TestDatabase, new()
{
    private static readonly Migration s_first = new(1, "first", "CREATE TABLE feature_a (id BIGINT NOT NULL PRIMARY KEY)");
    private static readonly Migration s_second = new(2, "second", "CREATE TABLE feature_b (id BIGINT NOT NULL PRIMARY KEY); INSERT INTO feature_b (id) VALUES (42)");

    [Fact]
    public async Task Migrating_twice_applies_once_and_a_later_step_is_added()
    {
        await Store.MigrateAsync(new MigrationSet("feature", [s_first]), Cancellation);
        await Store.MigrateAsync(new MigrationSet("feature", [s_first]), Cancellation);
        await Store.MigrateAsync(new MigrationSet("feature", [s_first, s_second]), Cancellation);
        await Store.MigrateAsync(new MigrationSet("feature", [s_first, s_second]), Cancellation);

        (await CountAsync("feature_b")).ShouldBe(1);
        (await Applied("feature")).ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task Line_ends_are_not_part_of_a_step()
    {
        await Store.MigrateAsync(new MigrationSet("ends", [new(1, "x", "CREATE TABLE\nends_a (id BIGINT)")]), Cancellation);
        await Store.MigrateAsync(new MigrationSet("ends", [new(1, "x", "CREATE TABLE\r\nends_a (id BIGINT)")]), Cancellation);
        (await Applied("ends")).ShouldBe(["x"]);
    }

    [Fact]
    public async Task A_changed_step_is_refused_and_nothing_is_applied()
    {
        await Store.MigrateAsync(new MigrationSet("feature", [s_first]), Cancellation);

        var fault = await Should.ThrowAsync<StorageException>(() =>
            Store.MigrateAsync(new MigrationSet("feature", [s_first with { Sql = s_first.Sql + " " }, s_second]), Cancellation));

        fault.Code.ShouldBe(StorageCodes.MigrationChanged);
        fault.IsTransient.ShouldBeFalse();
        fault.Hint.ShouldNotBeEmpty();
        (await Applied("feature")).ShouldBe(["first"]);
    }

    [Fact]
    public async Task A_schema_newer_than_the_program_is_refused()
    {
        await Store.MigrateAsync(new MigrationSet("feature", [s_first, s_second]), Cancellation);

        var fault = await Should.ThrowAsync<StorageException>(() => Store.MigrateAsync(new MigrationSet("feature", [s_first]), Cancellation));

        fault.Code.ShouldBe(StorageCodes.SchemaNewer);
    }

    [Fact]
    public async Task A_store_whose_own_tables_are_newer_cannot_be_opened()
    {
        await Store.WriteAsync(
            t => t.Execute("INSERT INTO purser_migrations (feature, version, name, checksum, applied_at) VALUES ('purser_leases', 2, 'of tomorrow', 'x', 0)"),
            Cancellation);

        var fault = await Should.ThrowAsync<StorageException>(() => OpenAnotherAsync());

        fault.Code.ShouldBe(StorageCodes.SchemaNewer);
    }

    [Fact]
    public async Task A_step_that_fails_takes_back_its_whole_set()
    {
        var fault = await Should.ThrowAsync<StorageException>(() => Store.MigrateAsync(
            new MigrationSet("feature", [s_first, new(2, "broken", "CREATE TABLE feature_c (id BIGINT); CREATE TABLE feature_c (id BIGINT)")]),
            Cancellation));

        fault.Code.ShouldBe(StorageCodes.MigrationFailed);
        fault.Message.ShouldContain("broken");
        (await Applied("feature")).ShouldBeEmpty();
        await Store.MigrateAsync(new MigrationSet("feature", [s_first, s_second]), Cancellation);
    }

    [Fact]
    public async Task Many_stores_migrating_at_once_apply_once()
    {
        var stores = new List<Store>();
        for (var i = 0; i < 4; i++)
        {
            stores.Add(await OpenAnotherAsync());
        }

        await Task.WhenAll(stores.Select(s => s.MigrateAsync(new MigrationSet("feature", [s_first, s_second]), Cancellation)));

        (await Applied("feature")).ShouldBe(["first", "second"]);
        (await CountAsync("feature_b")).ShouldBe(1);
    }

    [Fact]
    public async Task Two_processes_that_start_at_once_both_find_the_tables()
    {
        await using var fresh = new TDatabase();
        await fresh.CreateAsync();

        // Each opens the store, which makes the engine's tables, and migrates: all of it races.
        await using var one = ChildProcess.Start("migrate", fresh.UrlText);
        await using var two = ChildProcess.Start("migrate", fresh.UrlText);
        (await one.ReadToEndAsync()).ShouldBe("migrated");
        (await two.ReadToEndAsync()).ShouldBe("migrated");

        await using var store = await Store.OpenAsync(fresh.Url, Clock, Cancellation);
        (await store.ReadAsync(r => r.Query<long>("SELECT version FROM purser_migrations WHERE feature = 'test' ORDER BY version"), Cancellation)).ShouldBe([1, 2]);
    }

    private async Task<IReadOnlyList<string>> Applied(string feature) =>
        await Store.ReadAsync(r => r.Query<string>("SELECT name FROM purser_migrations WHERE feature = @feature ORDER BY version", new { feature }), Cancellation);
}
