namespace Purser.Storage.Tests.Sqlite;

/// <summary>Statements are kept compiled; nothing of one run may be seen in the next.</summary>
public sealed class SqliteStatementTests : IAsyncLifetime
{
    private static readonly MigrationSet s_first = new("kept", [new(1, "a table", "CREATE TABLE kept (id BIGINT NOT NULL PRIMARY KEY, text TEXT)")]);
    private static readonly MigrationSet s_second = new("kept", [s_first.Migrations[0], new(2, "a column", "ALTER TABLE kept ADD COLUMN more TEXT DEFAULT 'new'")]);
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-statements-").FullName;
    private Store _store = null!;

    public async ValueTask InitializeAsync()
    {
        _store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "kept.db")), TimeProvider.System, TestContext.Current.CancellationToken);
        await _store.MigrateAsync(s_first, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_parameter_that_is_left_out_is_missed_and_not_taken_from_the_run_before()
    {
        const string Sql = "INSERT INTO kept (id, text) VALUES (@id, @text)";
        await _store.WriteAsync(tx => tx.Execute(Sql, new { id = 1L, text = "first" }));
        await Should.ThrowAsync<Exception>(() => _store.WriteAsync(tx => tx.Execute(Sql, new { id = 2L })));
        await _store.WriteAsync(tx => tx.Execute(Sql, new { id = 3L, text = (string?)null }));
        (await TextsAsync()).ShouldBe(["1 first", "3 "]);
    }

    [Fact]
    public async Task A_statement_that_failed_runs_again_as_if_it_had_not()
    {
        const string Sql = "INSERT INTO kept (id, text) VALUES (@id, @text)";
        await _store.WriteAsync(tx => tx.Execute(Sql, new { id = 1L, text = "first" }));
        for (var i = 0; i < 3; i++)
        {
            (await Should.ThrowAsync<StorageException>(() => _store.WriteAsync(tx => tx.Execute(Sql, new { id = 1L, text = "again" })))).Code.ShouldBe(StorageCodes.Unique);
            await _store.WriteAsync(tx => tx.Execute(Sql, new { id = 10L + i, text = "after" }));
        }
        (await TextsAsync()).ShouldBe(["1 first", "10 after", "11 after", "12 after"]);
    }

    [Fact]
    public async Task A_statement_used_within_its_own_result_is_two()
    {
        const string Sql = "SELECT id FROM kept WHERE id >= @from ORDER BY id";
        await _store.WriteAsync(tx => tx.Execute("INSERT INTO kept (id) VALUES (1), (2), (3)"));
        var seen = await _store.ReadAsync(tx => tx.Query<long>(Sql, new { from = 1L }).SelectMany(id => tx.Query<long>(Sql, new { from = id })).ToList());
        seen.ShouldBe([1, 2, 3, 2, 3, 3]);
    }

    [Fact]
    public async Task Lists_of_any_length_are_read()
    {
        await _store.WriteAsync(tx => tx.Execute("INSERT INTO kept (id) VALUES (1), (2), (3)"));
        foreach (var ids in (long[][])[[1], [1, 2], [3], [], [2, 3], [1]])
        {
            (await _store.ReadAsync(tx => tx.Query<long>("SELECT id FROM kept WHERE id IN @ids ORDER BY id", new { ids }))).ShouldBe(ids);
        }
    }

    [Fact]
    public async Task A_table_that_was_changed_is_seen_as_it_is_now()
    {
        const string Sql = "SELECT * FROM kept WHERE id = @id";
        await _store.WriteAsync(tx => tx.Execute("INSERT INTO kept (id, text) VALUES (1, 'old')"));
        (await _store.ReadAsync(tx => tx.QuerySingleOrDefault<Row>(Sql, new { id = 1L })))!.More.ShouldBeNull();
        (await _store.WriteAsync(tx => tx.QuerySingleOrDefault<Row>(Sql, new { id = 1L })))!.More.ShouldBeNull();
        await _store.MigrateAsync(s_second, TestContext.Current.CancellationToken);
        (await _store.ReadAsync(tx => tx.QuerySingleOrDefault<Row>($"{Sql} ", new { id = 1L })))!.More.ShouldBe("new");
        (await _store.WriteAsync(tx => tx.QuerySingleOrDefault<Row>($"{Sql} ", new { id = 1L })))!.More.ShouldBe("new");
    }

    [Fact]
    public async Task More_statements_than_are_kept_all_run()
    {
        var sum = await _store.ReadAsync(tx => Enumerable.Range(0, 1_000).Sum(i => tx.QuerySingleOrDefault<long>($"SELECT {i % 500} + @one", new { one = 1L })));
        sum.ShouldBe(Enumerable.Range(0, 1_000).Sum(i => (i % 500) + 1L));
    }

    [Theory]
    [InlineData("long", "integer")]
    [InlineData("int", "integer")]
    [InlineData("text", "text")]
    [InlineData("emptytext", "text")]
    [InlineData("blob", "blob")]
    [InlineData("emptyblob", "blob")]
    [InlineData("null", "null")]
    [InlineData("double", "real")]
    public async Task A_value_is_written_with_its_own_type_whoever_binds_it(string value, string type)
    {
        object? given = value switch
        {
            "long" => long.MaxValue, "int" => -7, "text" => "a\u00e9\U0001F600", "emptytext" => "", "blob" => new byte[] { 0, 1, 255 }, "emptyblob" => Array.Empty<byte>(), "double" => 0.5, _ => null,
        };
        await _store.WriteAsync(tx => tx.Execute("CREATE TABLE anything (v)"));
        for (var run = 0; run < 2; run++)
        {
            (await _store.WriteAsync(tx => tx.Execute("INSERT INTO anything (v) VALUES (@v)", new { v = given, unused = 1L }))).ShouldBe(1);
        }
        (await _store.ReadAsync(tx => tx.Query<string>("SELECT typeof(v) FROM anything"))).ShouldBe([type, type]);
        if (given is string or byte[] or long)
        {
            var equal = await _store.ReadAsync(tx => tx.QuerySingleOrDefault<long>("SELECT count(*) FROM anything WHERE v = @v", new { v = given }));
            equal.ShouldBe(2);
        }
    }

    [Fact]
    public async Task How_many_rows_changed_is_told_for_each_run()
    {
        await _store.WriteAsync(tx => tx.Execute("INSERT INTO kept (id, text) VALUES (1, 'a'), (2, 'a'), (3, 'b')"));
        const string Sql = "UPDATE kept SET text = @to WHERE text = @from";
        (await _store.WriteAsync(tx => tx.Execute(Sql, new { from = "a", to = "c" }))).ShouldBe(2);
        (await _store.WriteAsync(tx => tx.Execute(Sql, new { from = "a", to = "c" }))).ShouldBe(0);
        (await _store.WriteAsync(tx => tx.Execute("DELETE FROM kept WHERE id = @id RETURNING id", new { id = 3L }))).ShouldBe(1);
        (await TextsAsync()).ShouldBe(["1 c", "2 c"]);
    }

    [Fact]
    public async Task Several_statements_in_one_text_are_all_run()
    {
        await _store.WriteAsync(tx => tx.Execute("INSERT INTO kept (id, text) VALUES (@a, 'x'); INSERT INTO kept (id, text) VALUES (@b, 'y')", new { a = 1L, b = 2L }));
        (await TextsAsync()).ShouldBe(["1 x", "2 y"]);
    }

    private async Task<IReadOnlyList<string>> TextsAsync() => await _store.ReadAsync(tx => tx.Query<string>("SELECT id || ' ' || COALESCE(text, '') FROM kept ORDER BY id"));

    private sealed class Row
    {
        public long Id { get; set; }

        public string? Text { get; set; }

        public string? More { get; set; }
    }
}
