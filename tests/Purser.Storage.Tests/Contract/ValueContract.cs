using System.Numerics;
using Purser.Testing;

namespace Purser.Storage.Tests.Contract;

/// <summary>What is stored comes back, and 32-byte big-endian blobs compare as the numbers they are.</summary>
public abstract class ValueContract<TDatabase> : StoreContract<TDatabase>
    where TDatabase : TestDatabase, new()
{
    private static readonly BigInteger s_max = (BigInteger.One << 256) - 1;

    [Fact]
    public async Task Amounts_of_256_bits_sort_and_compare_as_numbers() => await Seeded.RunAsync(3, async seeded =>
    {
        await Store.WriteAsync(t => t.Execute("DELETE FROM test_amounts"), Cancellation);
        BigInteger[] amounts = [0, 1, 127, 128, 255, 256, 1_000_000, BigInteger.One << 63, (BigInteger.One << 64) - 1, BigInteger.One << 64, BigInteger.One << 255, s_max, .. Enumerable.Range(0, 40).Select(_ => Draw(seeded))];
        foreach (var amount in amounts.OrderBy(_ => seeded.NextUInt64()))
        {
            await Store.WriteAsync(t => t.Execute("INSERT INTO test_amounts (amount) VALUES (@amount)", new { amount = Word(amount) }), Cancellation);
        }

        var sorted = amounts.Order().ToArray();
        var rows = await Store.ReadAsync(r => r.Query<byte[]>("SELECT amount FROM test_amounts ORDER BY amount"), Cancellation);
        rows.Select(Number).ShouldBe(sorted);

        var pivot = seeded.Pick(amounts);
        var below = await Store.ReadAsync(
            r => r.QuerySingleOrDefault<long>("SELECT count(*) FROM test_amounts WHERE amount < @pivot", new { pivot = Word(pivot) }),
            Cancellation);
        below.ShouldBe(amounts.Count(a => a < pivot));
        var greatest = await Store.ReadAsync(
            r => r.QuerySingleOrDefault<byte[]>("SELECT amount FROM test_amounts ORDER BY amount DESC LIMIT 1"),
            Cancellation);
        Number(greatest!).ShouldBe(s_max);
    });

    [Fact]
    public async Task A_cap_in_a_condition_holds_to_the_last_unit()
    {
        // The form in which a budget is reserved: the statement itself compares.
        await Store.WriteAsync(t => t.Execute("INSERT INTO test_amounts (amount) VALUES (@v)", new { v = Word(BigInteger.One << 200) }), Cancellation);

        Task<int> Raise(BigInteger to) => Store.WriteAsync(
            t => t.Execute("UPDATE test_amounts SET amount = @to WHERE amount < @to AND @to <= @cap", new { to = Word(to), cap = Word((BigInteger.One << 200) + 10) }),
            Cancellation);
        (await Raise((BigInteger.One << 200) + 11)).ShouldBe(0);
        (await Raise((BigInteger.One << 200) + 10)).ShouldBe(1);
        (await Raise((BigInteger.One << 200) + 10)).ShouldBe(0);
    }

    [Fact]
    public async Task Identities_rise_and_are_given_by_the_database()
    {
        var ids = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await Store.WriteAsync(
                t => t.QuerySingleOrDefault<long>("INSERT INTO test_amounts (amount) VALUES (@v) RETURNING id", new { v = new byte[32] }),
                Cancellation));
        }

        ids.ShouldBe(ids.Order());
        ids.Distinct().Count().ShouldBe(5);
        await Store.WriteAsync(t => t.Execute("DELETE FROM test_amounts"), Cancellation);
        var next = await Store.WriteAsync(
            t => t.QuerySingleOrDefault<long>("INSERT INTO test_amounts (amount) VALUES (@v) RETURNING id", new { v = new byte[32] }),
            Cancellation);
        next.ShouldBeGreaterThan(ids[^1]);
    }

    [Fact]
    public async Task Text_sorts_by_its_bytes_on_both()
    {
        string[] names = ["b", "B", "a", "A", "_", "ä", "z", "0", "aa", "Ω", "😀"];
        await Store.WriteAsync(
            t =>
            {
                foreach (var name in names)
                {
                    TestTables.Put(t, name, 1);
                }
            },
            Cancellation);

        var rows = await Store.ReadAsync(r => r.Query<string>("SELECT name FROM test_counters ORDER BY name"), Cancellation);
        rows.ShouldBe(names.OrderBy(n => n, Comparer<string>.Create((x, y) =>
            System.Text.Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(y)))));
    }

    [Fact]
    public async Task Rows_fill_records_and_tuples_with_nulls_and_extremes_on_both()
    {
        await Store.MigrateAsync(
            new MigrationSet("values", [new(1, "values", "CREATE TABLE values_rows (id BIGINT NOT NULL PRIMARY KEY, name TEXT, body {blob}, amount BIGINT)")]),
            Cancellation);
        var full = new Row(long.MaxValue, "", [], long.MinValue);
        var empty = new Row(-1, null, null, null);
        foreach (var row in new[] { full, empty })
        {
            await Store.WriteAsync(t => t.Execute("INSERT INTO values_rows (id, name, body, amount) VALUES (@Id, @Name, @Body, @Amount)", row), Cancellation);
        }

        var rows = await Store.ReadAsync(r => r.Query<Row>("SELECT id, name, body, amount FROM values_rows ORDER BY id"), Cancellation);
        rows[0].ShouldBe(empty);
        rows[1].ShouldBe(full with { Body = rows[1].Body });
        rows[1].Body.ShouldBe([]);
        var tuples = await Store.ReadAsync(r => r.Query<(long, string?)>("SELECT id, name FROM values_rows ORDER BY id"), Cancellation);
        tuples.ShouldBe([(-1, null), (long.MaxValue, "")]);
    }

    [Fact]
    public async Task A_text_that_looks_like_sql_is_only_text()
    {
        const string Attack = "x'); DROP TABLE test_counters; --";
        await Store.WriteAsync(t => TestTables.Put(t, Attack, 1), Cancellation);

        (await Store.ReadAsync(r => TestTables.Get(r, Attack), Cancellation)).ShouldBe(1);
    }

    private static BigInteger Draw(Seeded seeded) => new(seeded.Bytes(seeded.Between(1, 32)), isUnsigned: true, isBigEndian: true);

    private static byte[] Word(BigInteger number)
    {
        var word = new byte[32];
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(word.AsSpan(32 - bytes.Length));
        return word;
    }

    private static BigInteger Number(byte[] word) => new(word, isUnsigned: true, isBigEndian: true);

    private sealed record Row(long Id, string? Name, byte[]? Body, long? Amount);
}
