using Purser.Storage;

namespace Purser.Wallet.Tests;

/// <summary>Verifying reads a page at a time, however much there is.</summary>
public sealed class JournalPagesTests : IAsyncLifetime
{
    private const int Payments = 600;

    private TestMandate _mandate = null!;
    private LocalWallet _wallet = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, 9_000), TimeProvider.System);
        _wallet = await _mandate.OpenWalletAsync();
        await Task.WhenAll(Enumerable.Range(0, Payments).Select(i => _wallet.AuthorizeAsync(_mandate.Intent($"one-of-many-{i:D4}"))));
    }

    public ValueTask DisposeAsync() => _mandate.DisposeAsync();

    [Fact]
    public async Task No_table_that_grows_is_in_memory_whole()
    {
        var counting = await _mandate.Store.ReadAsync(reader =>
        {
            var counting = new CountingReader(reader);
            _wallet.Journal.Verify(counting, []).ShouldBeEmpty();
            return counting;
        });
        counting.Rows.ShouldBeGreaterThan(Payments * 3);
        counting.Most.ShouldBeLessThanOrEqualTo(500);
    }

    [Theory]
    [InlineData("UPDATE wallet_payments SET state = 'expired' WHERE intent_id LIKE 'one-of-many-0599%'", "payment_differs")]
    [InlineData("DELETE FROM wallet_payments WHERE intent_id LIKE 'one-of-many-0000%'", "payment_differs")]
    [InlineData("DELETE FROM wallet_journal WHERE intent_id LIKE 'one-of-many-0501%'", "payment_unrecorded")]
    [InlineData("UPDATE wallet_spendings SET held = 0 WHERE intent_id LIKE 'one-of-many-0555%'", "total_differs")]
    public async Task An_edit_on_any_page_is_found(string edit, string code)
    {
        await _mandate.Store.WriteAsync(transaction => transaction.Execute(edit).ShouldBeGreaterThan(0));
        (await _wallet.Journal.VerifyAsync()).ShouldContain(finding => finding.Code == code);
    }

    private sealed class CountingReader(IStoreReader inner) : IStoreReader
    {
        public int Most { get; private set; }

        public int Rows { get; private set; }

        public IReadOnlyList<T> Query<T>(string sql, object? parameters = null)
        {
            var rows = inner.Query<T>(sql, parameters);
            Most = Math.Max(Most, rows.Count);
            Rows += rows.Count;
            return rows;
        }

        public T? QuerySingleOrDefault<T>(string sql, object? parameters = null) => inner.QuerySingleOrDefault<T>(sql, parameters);
    }
}
