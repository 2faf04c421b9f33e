using Purser.Testing;
using Purser.Testing.Postgres;

namespace Purser.SystemTests.Payments.Kills;

/// <summary>
/// <c>kill -9</c> of seller, facilitator or client at every state of every way of paying (<see cref="KillCell"/>): no handler ran unpaid twice, no payment settled twice, and every paid request is either
/// served or reported as unknown and reconciled. A seed that failed is printed, and replays the same cells, payments and delays.
/// </summary>
public abstract class KillMatrix
{
    private const int KillsPerSeason = 50;

    /// <summary>Plays seasons until so many were killed; the seller's store of each is asked for.</summary>
    protected static Task PlayAsync(int kills, Func<Task<PostgresDatabase?>> openStore, string test) => Seeded.RunAsync(1, async seeded =>
    {
        var walk = KillCell.Walk(seeded, kills);
        foreach (var cells in walk.Chunk(KillsPerSeason))
        {
            await using var store = await openStore();
            await using var season = await KillSeason.StartAsync(seeded.Fork(), store?.Url);
            var steps = new KillWalk(season, seeded.Fork());
            for (var step = 0; step < cells.Length; step++)
            {
                try
                {
                    await steps.StepAsync(cells[step], step);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"step {step}, {cells[step]}: {exception.Message}", exception);
                }
            }
            await steps.FinishAsync();
            await new KillBooks(season).CheckAsync();
        }
        CheckCoverage(walk);
    }, test);

    // Each step fails unless its moment was reached, so that what was walked was covered.
    private static void CheckCoverage(IReadOnlyList<KillCell> walk)
    {
        foreach (var victims in Enum.GetValues<Victim>().Select(victim => walk.Where(cell => cell.Victim == victim).ToList()))
        {
            victims.Count.ShouldBeGreaterThanOrEqualTo(walk.Count / 3);
            var cells = KillCell.All.Where(cell => cell.Victim == victims[0].Victim).ToList();
            var counts = cells.ConvertAll(cell => victims.Count(killed => killed == cell));
            counts.Min().ShouldBeGreaterThanOrEqualTo(victims.Count / cells.Count);
            counts.Max().ShouldBeLessThanOrEqualTo((victims.Count / cells.Count) + 1);
        }
    }
}

/// <summary>The matrix with the seller's claims in SQLite.</summary>
public sealed class KillMatrixTests : KillMatrix
{
    [Fact]
    public Task Killed_at_every_state_no_handler_runs_unpaid_twice_nothing_settles_twice_and_what_is_paid_is_served_or_reconciled() =>
        PlayAsync(Tier.Pick(15, 750), () => Task.FromResult<PostgresDatabase?>(null), nameof(KillMatrixTests));
}

/// <summary>The matrix with the seller's claims in PostgreSQL.</summary>
public sealed class KillMatrixOnPostgresTests : KillMatrix
{
    [Fact]
    public Task Killed_at_every_state_no_handler_runs_unpaid_twice_nothing_settles_twice_and_what_is_paid_is_served_or_reconciled() =>
        PlayAsync(Tier.Pick(5, 250), async () => await PostgresServer.CreateDatabaseAsync(), nameof(KillMatrixOnPostgresTests));
}
