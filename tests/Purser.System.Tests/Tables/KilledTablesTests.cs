using System.Diagnostics;
using System.Globalization;
using Purser.Services.Tests.Tables;
using Purser.SystemTests.Processes;
using Purser.Testing;
using Purser.Testing.Postgres;

namespace Purser.SystemTests.Tables;

/// <summary>
/// V81, E9: a game server that is killed in the middle of play. Nothing that it acknowledged is lost, no credit is made or lost, and whoever opens the store next
/// resolves what was locked. The seeds fix who plays how and after how many actions the kill comes; where in a write it falls is the machine's affair.
/// </summary>
public sealed class KilledTablesTests
{
    [Fact]
    public async Task V81_SignIn_E9_a_killed_server_loses_no_stake_and_makes_no_credit_on_sqlite()
    {
        using var folder = new TemporaryFolder();
        await SeasonAsync("sqlite:" + folder.File("tables.db"), Tier.Pick(12, 600));
    }

    [Fact]
    public async Task V81_SignIn_E9_a_killed_server_loses_no_stake_and_makes_no_credit_on_postgres()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await SeasonAsync(database.Url, Tier.Pick(8, 400));
    }

    private static Task SeasonAsync(string url, int kills) => Seeded.RunAsync(1, async seeded =>
    {
        var taken = 0;
        for (var kill = 1; kill <= kills; kill++)
        {
            var messages = await KillOnceAsync(url, (ulong)kill, seeded);
            taken += messages.Count;
            await using var world = await TablePlayer.OpenAsync(url, (ulong)kill);
            (await world.Tables.AuditAsync()).ShouldBeEmpty($"after kill {kill}");
            var known = (await world.Store.ReadAsync(reader => reader.Query<string>("SELECT message_id FROM table_event WHERE message_id LIKE @like", new { like = $"m{kill}-%" }))).ToHashSet();
            messages.Except(known).ShouldBeEmpty($"acknowledged and lost by kill {kill}");

            // Now and then everybody is gone for good: then nothing may stay locked.
            if (seeded.OneIn(4) || kill == kills)
            {
                await ResolveAsync(world);
            }
        }

        taken.ShouldBeGreaterThan(kills);
    });

    private static async Task ResolveAsync(TableWorld world)
    {
        foreach (var name in TablePlayer.Agents)
        {
            await world.Sessions.EndAsync("ses-" + name, Services.SignIn.AgentSessionEnd.Expired);
        }

        await world.Tables.CheckSessionsAsync(); // what a keeper does when it starts
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        while (await world.Tables.SweepAsync() > 0)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(10));
        }

        var count = await world.Tables.Credits.CountAsync();
        (count.Stacks, count.Staked).ShouldBe((0, 0));
        (await world.Tables.AuditAsync()).ShouldBeEmpty();
    }

    private static async Task<HashSet<string>> KillOnceAsync(string url, ulong run, Seeded seeded)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_EnableDiagnostics"] = "0" }, // a child that is killed leaves no pipe of the runtime's behind
        };
        foreach (var argument in (string[])[TablePlayer.Marker, url, run.ToString(CultureInfo.InvariantCulture), seeded.NextUInt64().ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        using var child = Process.Start(start)!;
        var messages = new HashSet<string>();
        try
        {
            for (var until = seeded.Between(1, 60); until > 0; until--)
            {
                messages.Add(await child.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the child ended: " + await child.StandardError.ReadToEndAsync()));
            }
        }
        finally
        {
            child.Kill(); // SIGKILL: no handler runs, nothing is flushed
        }

        // What it said before it died counts as well; a torn last line does not.
        foreach (var line in (await child.StandardOutput.ReadToEndAsync()).Split('\n')[..^1])
        {
            messages.Add(line);
        }

        await child.WaitForExitAsync();
        return messages;
    }
}
