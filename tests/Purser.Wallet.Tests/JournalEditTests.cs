using Purser.Testing;
using Purser.Wallet.Approvals;

namespace Purser.Wallet.Tests;

/// <summary>A journal with one byte changed: in every column of every table that the wallet's answers rest on.</summary>
public sealed class JournalEditTests : IAsyncLifetime
{
    private static readonly string[] s_tables = ["wallet_journal", "wallet_heads", "wallet_payments", "wallet_spendings", "wallet_totals", "approvals_requests"];

    // An edit of these counts nothing otherwise unless there are payments between the old and the new edge, and then it is found; the recount says which.
    private static readonly string[] s_edges = ["wallet_totals.window_ms", "wallet_totals.tail"];

    private TestMandate _mandate = null!;
    private LocalWallet _wallet = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, 100), TimeProvider.System);
        _wallet = await _mandate.OpenWalletAsync();
        foreach (var id in (string[])["one", "two", "three", "four"])
        {
            var intent = _mandate.Intent(id, 5);
            (await _wallet.AuthorizeAsync(intent with { Url = $"{intent.Url}?{id}" })).ShouldBeOfType<AuthorizationResult.Authorized>();
        }

        await _wallet.BeginPresentAsync(_mandate.Intent("two").Id);
        await _wallet.RecordOutcomeAsync(_mandate.Intent("two").Id, new PresentOutcome.Settled(new Ethereum.Hash32(new byte[32])));
        await _wallet.BeginPresentAsync(_mandate.Intent("three").Id);
        await _wallet.RecordOutcomeAsync(_mandate.Intent("three").Id, new PresentOutcome.Rejected("no, thank you"));
        await _mandate.Store.MigrateAsync(ApprovalSchema.Migrations);
        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    public ValueTask DisposeAsync() => _mandate.DisposeAsync();

    [Fact]
    public Task One_byte_changed_in_any_column_of_any_table_is_found() => Seeded.RunAsync(Tier.Pick(2, 60), async seeded =>
    {
        var edits = 0;
        foreach (var table in s_tables)
        {
            foreach (var column in await ColumnsAsync(table))
            {
                if (await EditAsync(table, column, seeded) is not { } restore)
                {
                    continue;
                }

                var findings = await _wallet.Journal.VerifyAsync();
                var seen = findings.Count > 0 || (s_edges.Contains($"{table}.{column}", StringComparer.Ordinal) && (await Recount.OfAsync(_mandate.Store, _mandate.Folder)).Disagreements.Count == 0);
                seen.ShouldBeTrue($"{table}.{column} was changed and nobody saw it");
                await restore();
                edits++;
            }
        }

        edits.ShouldBeGreaterThan(35);
        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    });

    [Fact]
    public async Task A_row_removed_from_any_table_is_found()
    {
        foreach (var table in (string[])["wallet_journal", "wallet_heads", "wallet_payments", "wallet_spendings"])
        {
            await _mandate.Store.WriteAsync(t => t.Execute($"CREATE TABLE saved_{table} AS SELECT * FROM {table}"));
            await _mandate.Store.WriteAsync(t => t.Execute($"DELETE FROM {table} WHERE rowid = (SELECT rowid FROM {table} ORDER BY rowid LIMIT 1)").ShouldBe(1));
            (await _wallet.Journal.VerifyAsync()).ShouldNotBeEmpty(table);
            await _mandate.Store.WriteAsync(t =>
            {
                t.Execute($"DELETE FROM {table}");
                t.Execute($"INSERT INTO {table} SELECT * FROM saved_{table}");
            });
        }

        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_wallets_clock_set_back_behind_the_newest_entry_is_found()
    {
        await _mandate.Store.WriteAsync(t => t.Execute("UPDATE wallet_clock SET high_water = 1"));
        (await _wallet.Journal.VerifyAsync()).ShouldHaveSingleItem().Code.ShouldBe("clock_differs");
        await _mandate.Store.WriteAsync(t => t.Execute("DELETE FROM wallet_clock"));
        (await _wallet.Journal.VerifyAsync()).ShouldHaveSingleItem().Code.ShouldBe("clock_differs");
    }

    [Fact]
    public async Task An_approval_that_somebody_wrote_into_the_database_is_found()
    {
        await _mandate.Store.WriteAsync(t => t.Execute(
            "INSERT INTO approvals_requests (id, account, intent_id, content_hash, intent, reasons, state, remember, cool_down, life, requested_at, decided_at, expires_at, seal) VALUES ('a-1', @a, 'x', @a, @a, '{}', 'approved', 0, 0, 1, 1, 1, 9999999999999, @a)",
            new { a = new byte[20] }));
        (await _wallet.Journal.VerifyAsync()).ShouldHaveSingleItem().Code.ShouldBe("approval_forged");
    }

    [Theory]
    [InlineData("INSERT INTO wallet_spendings (intent_id, part, account, asset, origin, payee, amount, held, reserved_at) SELECT 'nobody', 0, account, asset, origin, payee, amount, held, reserved_at FROM wallet_spendings LIMIT 1")]
    [InlineData("UPDATE wallet_heads SET mac = zeroblob(5)")]
    [InlineData("UPDATE wallet_journal SET account = zeroblob(3) WHERE seq = 2")]
    [InlineData("UPDATE wallet_journal SET mac = zeroblob(3) WHERE seq = 2")]
    [InlineData("UPDATE wallet_heads SET account = zeroblob(3) WHERE account <> zeroblob(20)")]
    [InlineData("UPDATE wallet_spendings SET payee = zeroblob(3)")]
    [InlineData("UPDATE wallet_totals SET total = zeroblob(3)")]
    [InlineData("UPDATE wallet_totals SET total = zeroblob(40)")]
    [InlineData("UPDATE wallet_payments SET intent = zeroblob(100000)")]
    [InlineData("UPDATE wallet_journal SET body = zeroblob(100000)")]
    [InlineData("UPDATE wallet_journal SET at = 9223372036854775807 WHERE seq = 1")]
    public async Task A_value_of_another_form_is_a_finding_and_no_fault(string edit)
    {
        await _mandate.Store.WriteAsync(t => t.Execute(edit).ShouldBeGreaterThan(0));
        (await _wallet.Journal.VerifyAsync()).ShouldNotBeEmpty();
    }

    private Task<IReadOnlyList<string>> ColumnsAsync(string table) => _mandate.Store.ReadAsync(reader => reader.Query<string>($"SELECT name FROM pragma_table_info('{table}')"));

    // Changes one byte of one row's value and gives the way back; null when the table has no value there.
    private async Task<Func<Task>?> EditAsync(string table, string column, Seeded seeded)
    {
        var rows = await _mandate.Store.ReadAsync(reader => reader.Query<long>($"SELECT rowid FROM {table} WHERE {column} IS NOT NULL"));
        if (rows.Count == 0)
        {
            return null;
        }

        var row = rows[seeded.Next(rows.Count)];
        var type = await _mandate.Store.ReadAsync(reader => reader.QuerySingleOrDefault<string>($"SELECT typeof({column}) FROM {table} WHERE rowid = @row", new { row }));
        object before;
        object after;
        if (type == "integer")
        {
            var number = await _mandate.Store.ReadAsync(reader => reader.QuerySingleOrDefault<long>($"SELECT {column} FROM {table} WHERE rowid = @row", new { row }));
            (before, after) = (number, number ^ (1L << seeded.Next(30)));
        }
        else
        {
            var bytes = await _mandate.Store.ReadAsync(reader => reader.QuerySingleOrDefault<byte[]>($"SELECT CAST({column} AS BLOB) FROM {table} WHERE rowid = @row", new { row }));
            var changed = bytes!.ToArray();
            // An empty text gets a letter; text stays text.
            changed = changed.Length == 0 ? "x"u8.ToArray() : changed;
            var at = seeded.Next(changed.Length);
            changed[at] = type == "text" ? (byte)(changed[at] == (byte)'x' ? 'y' : 'x') : (byte)(changed[at] ^ (1 + seeded.Next(255)));
            before = type == "text" ? System.Text.Encoding.UTF8.GetString(bytes!) : bytes!;
            after = type == "text" ? System.Text.Encoding.UTF8.GetString(changed) : changed;
        }

        // What another row's key forbids is no edit that somebody could make.
        if (await SetAsync(after))
        {
            return async () => (await SetAsync(before)).ShouldBeTrue();
        }

        return null;

        async Task<bool> SetAsync(object value) => await _mandate.Store.WriteAsync(t => t.Execute($"UPDATE OR IGNORE {table} SET {column} = @value WHERE rowid = @row", new { value, row })) == 1;
    }
}
