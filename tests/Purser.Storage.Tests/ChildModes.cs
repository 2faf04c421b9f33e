using System.Globalization;
using Purser.Storage.Tests.Contract;

namespace Purser.Storage.Tests;

/// <summary>What this program does when it runs as a child of its own tests.</summary>
internal static class ChildModes
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        await using var store = await Store.OpenAsync(StoreUrl.Parse(arguments[1]), TimeProvider.System);
        await store.MigrateAsync(TestTables.Set);
        switch (arguments)
        {
            case ["migrate", _]:
                Console.Out.Write("migrated");
                return 0;
            case ["notify", _, var channel, var payload]:
                await store.WriteAsync(t => t.Notify(channel, payload));
                Console.Out.Write("notified");
                return 0;
            case ["count", _, var name, var times]:
                for (var i = 0; i < int.Parse(times, CultureInfo.InvariantCulture); i++)
                {
                    await store.WriteAsync(t => t.Execute(
                        "INSERT INTO test_counters (name, value) VALUES (@name, 1) ON CONFLICT (name) DO UPDATE SET value = test_counters.value + 1",
                        new { name }));
                }

                Console.Out.Write("counted");
                return 0;
            case ["pairs", _, var from, var writers]:
                await new ChildPairs(store, long.Parse(from, CultureInfo.InvariantCulture)).RunAsync(int.Parse(writers, CultureInfo.InvariantCulture));
                return 0;
            default:
                throw new ArgumentException("unknown mode of the child", nameof(arguments));
        }
    }
}

/// <summary>
/// Writes the same number into two tables in one write, from several callers at once so that commits are shared, and says the number
/// once it is acknowledged; until it is killed.
/// </summary>
internal sealed class ChildPairs(Store store, long from)
{
    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly Lock _gate = new();
    private long _next = from;

    /// <summary>What stands beside a number: large enough that one write spans several pages.</summary>
    public static byte[] Payload(long n)
    {
        var payload = new byte[1 + (n % 9000)];
        payload.AsSpan().Fill((byte)(n % 251));
        return payload;
    }

    public Task RunAsync(int writers) => Task.WhenAll(Enumerable.Range(0, writers).Select(_ => WriteAsync()));

    private async Task WriteAsync()
    {
        while (true)
        {
            var n = Interlocked.Increment(ref _next);
            await store.WriteAsync(t =>
            {
                t.Execute("INSERT INTO test_left (n, payload) VALUES (@n, @payload)", new { n, payload = Payload(n) });
                t.Execute("INSERT INTO test_right (n, payload) VALUES (@n, @payload)", new { n, payload = Payload(n) });
            });
            lock (_gate)
            {
                // One system call, straight to the pipe: what we said before the kill has been said.
                _output.Write(System.Text.Encoding.ASCII.GetBytes($"{n}\n"));
            }
        }
    }
}
