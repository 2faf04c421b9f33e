using Purser.Services.Gateway;
using Purser.Storage;
using Purser.Testing;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.Tables;

/// <summary>
/// V62 on PostgreSQL: bets at two tables, on two replicas, at the same moment. The seed fixes who bets what where; how the replicas' writes interleave is the
/// database's affair, which is why there are many races.
/// </summary>
public sealed class LimitRaceTests : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await PostgresServer.CreateDatabaseAsync();

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task V62_two_tables_on_two_replicas_never_pass_the_daily_loss_limit_together()
    {
        await using var world = await TableWorld.OpenAsync(StoreUrl.Parse(_database.Url), options => options.HouseCredits = 1_000_000_000);
        var other = await world.ReplicaAsync();
        var race = 0;
        var refused = 0;
        await Seeded.RunAsync(Tier.Pick(200, 10_000), async seeded =>
        {
            race++;
            var limit = seeded.Between(20, 120);
            var agent = world.Agent($"racer-{race}", new() { DailyLossLimit = limit });
            await world.SitAsync(agent, "dice-1");
            await world.SitAsync(agent, "dice-2");
            var bets = Enumerable.Range(0, seeded.Between(2, 6)).Select(i => (Table: i % 2 == 0 ? "dice-1" : "dice-2", On: i % 2 == 0 ? world.Tables : other, Amount: seeded.Between(5, limit))).ToList();
            var answers = await Task.WhenAll(bets.Select(bet => world.BetAsync(agent, bet.Table, bet.Amount, 5000, bet.On)));
            var taken = bets.Zip(answers).Where(pair => pair.Second is TableAnswer.Accepted).Sum(pair => (long)pair.First.Amount);
            taken.ShouldBeLessThanOrEqualTo(limit);
            (await world.Tables.Credits.BalanceAsync(agent.UserId)).ShouldBe(new AgentBalance(1000 - taken, taken));
            refused += answers.Count(answer => answer is TableAnswer.Refused);
            foreach (var answer in answers.OfType<TableAnswer.Refused>())
            {
                answer.Code.ShouldBe(Purser.Protocol.Tables.TableCodes.DailyLossLimitReached);
            }

            // A bet that was refused would have passed the limit beside those that were taken.
            foreach (var (bet, answer) in bets.Zip(answers).Where(pair => pair.Second is TableAnswer.Refused))
            {
                (taken + bet.Amount).ShouldBeGreaterThan(limit, answer.ToString());
            }

            await world.Tables.LeaveAsync(agent, "dice-1");
            await other.LeaveAsync(agent, "dice-2");
            await world.CloseAsync();
        });
        refused.ShouldBeGreaterThan(0, "races in which nobody is refused race for nothing");
        await world.ShouldBeWholeAsync();
    }
}
