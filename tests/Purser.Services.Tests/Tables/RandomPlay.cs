using System.Globalization;
using Purser.Services.SignIn;
using Purser.Services.Tables;
using Purser.Testing;

namespace Purser.Services.Tests.Tables;

/// <summary>Agents that join, leave, drop, bet and play whatever is offered to them, and much that is not.</summary>
internal static class RandomPlay
{
    private static readonly string[] s_tables = ["dice-1", "dice-2", "holdem-1"];

    public static async Task StepAsync(TableWorld world, Seeded seeded, AgentSession agent, StoreTables on)
    {
        var table = seeded.Pick(s_tables);
        switch (seeded.Next(20))
        {
            case < 4:
                await on.JoinAsync(agent, table, table == "holdem-1" ? seeded.Between(40, 200) : 0);
                break;
            case 4:
                await on.LeaveAsync(agent, table);
                break;
            case 5:
                await on.DroppedAsync(agent, world.Clock.GetUtcNow().AddSeconds(seeded.Next(200)));
                break;
            case 6:
                await on.ConnectedAsync(agent);
                break;
            case 7:
                world.Clock.Advance(TimeSpan.FromSeconds(seeded.Next(40)));
                await on.SweepAsync();
                world.Sessions.Live[agent.Id] = agent;
                break;
            case < 12:
                await world.BetAsync(agent, seeded.Pick(s_tables[..2]), seeded.Between(0, 120), seeded.Between(90, 9_900), on);
                break;
            default:
                await OfferedAsync(world, seeded, agent, on);
                break;
        }
    }

    private static async Task OfferedAsync(TableWorld world, Seeded seeded, AgentSession agent, StoreTables on)
    {
        foreach (var snapshot in await on.SnapshotsAsync(agent))
        {
            var offered = snapshot.CurrentState.GetProperty("availableActions").EnumerateArray().ToList();
            if (offered.Count == 0 || snapshot.GameType == "dice")
            {
                continue;
            }

            var choice = seeded.Pick(offered);
            var type = choice.GetProperty("type").GetString();
            var amount = type != "raise" ? "" : string.Create(CultureInfo.InvariantCulture, $",\"amount\":{(seeded.OneIn(2) ? choice.GetProperty("minAmount") : choice.GetProperty("maxAmount")).GetInt64()}");
            var seed = type == "ready" ? ",\"clientSeed\":\"c\"" : "";
            await world.ActAsync(agent, snapshot.TableId, $$"""{"action":"{{type}}"{{amount}}{{seed}}}""", on);
        }
    }
}
