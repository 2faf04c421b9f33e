using System.Globalization;
using System.Text;
using Purser.Services.SignIn;
using Purser.Services.Tests.Tables;
using Purser.Storage;
using Purser.Testing;

namespace Purser.SystemTests.Tables;

/// <summary>This test program as a game server with four agents who play at random, all at once, until it is killed. It says the message of each action that was taken.</summary>
internal static class TablePlayer
{
    public const string Marker = "--purser-table-player";

    public static readonly string[] Agents = ["ann", "bob", "cid", "dee"];

    public static async Task<int> RunAsync(string[] arguments)
    {
        var (url, run, seed) = (arguments[0], ulong.Parse(arguments[1], CultureInfo.InvariantCulture), ulong.Parse(arguments[2], CultureInfo.InvariantCulture));
        await using var world = await OpenAsync(url, run);
        await using var output = Console.OpenStandardOutput();
        var gate = new Lock();
        world.Taken = message =>
        {
            lock (gate)
            {
                // One system call, straight to the pipe: what was said before the kill has been said.
                output.Write(Encoding.ASCII.GetBytes(message + "\n"));
            }
        };
        var seeded = new Seeded(seed);
        await Task.WhenAll(Agents.Select(name => PlayAsync(world, seeded.Fork(), world.Agent(name))));
        return 0;
    }

    public static async Task<TableWorld> OpenAsync(string url, ulong run)
    {
        var world = await TableWorld.OpenAsync(StoreUrl.Parse(url), options => options.WelcomeCredits = 1_000_000, run);
        foreach (var name in Agents)
        {
            world.Agent(name);
        }

        return world;
    }

    private static async Task PlayAsync(TableWorld world, Seeded seeded, AgentSession agent)
    {
        while (true)
        {
            await RandomPlay.StepAsync(world, seeded, agent, world.Tables);
        }
    }
}
