using System.Globalization;
using Purser.Testing;

namespace Purser.Storage.Tests.Contract;

/// <summary>A process killed in the middle of its writes loses nothing that it acknowledged and leaves nothing half done.</summary>
public abstract class CrashContract<TDatabase> : StoreContract<TDatabase>
    where TDatabase : TestDatabase, new()
{
    // Each child counts in a range of its own.
    private const long Span = 1_000_000;

    protected abstract int Kills { get; }

    [Fact]
    public async Task A_killed_writer_loses_no_acknowledged_write_and_leaves_none_half_done()
    {
        // One seed draws all kills; where threads of two processes interleave, a seed fixes the plan, not the schedule.
        await Seeded.RunAsync(1, async seeded =>
        {
            var all = new HashSet<long>();
            for (var kill = 0; kill < Kills; kill++)
            {
                var acknowledged = await KillOnceAsync(seeded, kill);
                await CheckAsync(acknowledged, kill * Span);
                all.UnionWith(acknowledged);
            }

            all.Count.ShouldBeGreaterThan(Kills);
            (await CountAsync("test_left")).ShouldBeGreaterThanOrEqualTo(all.Count);
            (await CountAsync("test_right")).ShouldBe(await CountAsync("test_left"));
        });
    }

    private async Task<HashSet<long>> KillOnceAsync(Seeded seeded, int kill)
    {
        var acknowledged = new HashSet<long>();
        await using var child = ChildProcess.Start("pairs", Database.UrlText, $"{kill * Span}", $"{seeded.Between(1, 24)}");
        var until = seeded.Between(1, 120);
        for (var seen = 0; seen < until; seen++)
        {
            acknowledged.Add(long.Parse((await child.ReadLineAsync())!, CultureInfo.InvariantCulture));
        }

        child.Kill();

        // What it said before it died, and we had not read yet, counts as well; a torn last line does not.
        var rest = await child.ReadToEndAsync();
        foreach (var line in rest.Split('\n')[..^1])
        {
            acknowledged.Add(long.Parse(line, CultureInfo.InvariantCulture));
        }

        return acknowledged;
    }

    private async Task CheckAsync(HashSet<long> acknowledged, long from)
    {
        // A store opened after the kill, as a restarted process has it; and the one that was open all the time.
        var restarted = await OpenAnotherAsync();
        foreach (var store in new[] { restarted, Store })
        {
            var (left, right) = await store.ReadAsync(
                r => (
                    r.Query<(long, byte[])>("SELECT n, payload FROM test_left WHERE n > @from ORDER BY n", new { from }),
                    r.Query<(long, byte[])>("SELECT n, payload FROM test_right WHERE n > @from ORDER BY n", new { from })),
                Cancellation);

            left.Select(p => p.Item1).ShouldBe(right.Select(p => p.Item1));
            acknowledged.Except(left.Select(p => p.Item1)).ShouldBeEmpty();
            left.Concat(right).ShouldAllBe(p => ChildPairs.Payload(p.Item1).SequenceEqual(p.Item2));
        }

        await restarted.WriteAsync(t => TestTables.Put(t, "alive", 1), Cancellation);
        await restarted.DisposeAsync();
    }
}
