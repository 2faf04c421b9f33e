using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Sandbox;

/// <summary>
/// <c>purser sandbox --state FILE</c>, killed with SIGKILL while several clients have it mine: whatever was acknowledged is there when it is started
/// again, and nothing is that nobody sent. The seed chooses how many acknowledgements, and how long after the last of them, each life lasts.
/// </summary>
public sealed class KilledSandboxTests
{
    private const int Clients = 4;

    // A file is used for so many lives: each start runs its whole chain again.
    private const int LivesPerFile = 20;

    [Fact]
    public Task every_acknowledged_block_is_there_after_kill_9() => Seeded.RunAsync(1, async random =>
    {
        var kills = Tier.Pick(20, 1000);
        for (var done = 0; done < kills; done += LivesPerFile)
        {
            using var folder = new TemporaryFolder();
            await new Lives(folder.File("chain"), random.Fork()).PlayAsync(Math.Min(LivesPerFile, kills - done));
        }
    });

    private sealed class Lives(string file, Seeded random)
    {
        private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(30) };
        private readonly Client[] _clients = [.. Enumerable.Range(0, Clients).Select(i => new Client(i))];
        private ulong _mined;

        public async Task PlayAsync(int kills)
        {
            for (var life = 0; life <= kills; life++)
            {
                await using var sandbox = await PurserProcess.StartAsync("sandbox", "--state", file, "--port", "0", "--no-contracts");
                var url = new Uri(sandbox.Ready.GetProperty("rpcUrl").GetString()!);
                await CheckAsync(url);
                if (life < kills)
                {
                    await LiveAsync(url, sandbox);
                }
            }
        }

        private async Task LiveAsync(Uri url, PurserProcess sandbox)
        {
            using var enough = new SemaphoreSlim(0);
            var wanted = random.Between(1, 40);
            var more = TimeSpan.FromMilliseconds(random.Next(12));
            var working = _clients.Select(c => c.WorkAsync(url, enough)).Append(MineAsync(url, enough)).ToArray();
            for (var i = 0; i < wanted; i++)
            {
                (await enough.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue("the sandbox answers");
            }
            // The moment of the kill lies anywhere in the writing of a block, also between two.
            await Task.Delay(more, TimeProvider.System, TestContext.Current.CancellationToken);
            await sandbox.KillAsync();
            await Task.WhenAll(working);
        }

        private async Task MineAsync(Uri url, SemaphoreSlim acknowledged)
        {
            while (await TryAsync(url, "evm_mine") is not null && await TryAsync(url, "eth_blockNumber") is { } height)
            {
                _mined = Convert.ToUInt64(height.GetString(), 16);
                acknowledged.Release();
            }
        }

        private async Task CheckAsync(Uri url)
        {
            var height = Convert.ToUInt64((await AskAsync(url, "eth_blockNumber")).GetString(), 16);
            height.ShouldBeGreaterThanOrEqualTo(_mined, "a block that was seen");
            var found = new HashSet<string>(StringComparer.Ordinal);
            var parent = Hash32.Zero.ToString();
            var blocks = await BatchAsync(url, [.. Enumerable.Range(0, (int)height + 1).Select(i => ("eth_getBlockByNumber", (object?[])[$"0x{i:x}", false]))]);
            foreach (var block in blocks)
            {
                block.GetProperty("parentHash").GetString().ShouldBe(parent, "the chain is one");
                parent = block.GetProperty("hash").GetString()!;
                found.UnionWith(block.GetProperty("transactions").EnumerateArray().Select(t => t.GetString()!));
            }
            foreach (var client in _clients)
            {
                client.Settle(found);
                var nonce = Convert.ToUInt64((await AskAsync(url, "eth_getTransactionCount", client.Address, "latest")).GetString(), 16);
                nonce.ShouldBe(client.Nonce, "as many transactions count as are in blocks");
                var received = UInt256.Parse((await AskAsync(url, "eth_getBalance", client.Payee, "latest")).GetString()!);
                received.ShouldBe((UInt256)client.Nonce, "each paid 1 wei, once");
            }
            found.Count.ShouldBe((int)_clients.Sum(c => (long)c.Nonce), "no transaction that nobody sent");
            var receipts = await BatchAsync(url, [.. found.Select(hash => ("eth_getTransactionReceipt", (object?[])[hash]))]);
            receipts.ShouldAllBe(r => r.GetProperty("status").GetString() == "0x1");
        }

        private static async Task<IReadOnlyList<JsonElement>> BatchAsync(Uri url, IReadOnlyList<(string Method, object?[] Parameters)> calls)
        {
            var results = new List<JsonElement>();
            foreach (var some in calls.Chunk(500))
            {
                using var response = await s_http.PostAsJsonAsync(url, some.Select((c, i) => new { jsonrpc = "2.0", id = i, method = c.Method, @params = c.Parameters }));
                results.AddRange((await response.Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray().Select(r => r.GetProperty("result")));
            }
            return results;
        }

        private static async Task<JsonElement> AskAsync(Uri url, string method, params object?[] parameters) =>
            await TryAsync(url, method, parameters) ?? throw new InvalidOperationException($"{method} was not answered.");

        // Null when the process died meanwhile; an error of the node fails the test.
        public static async Task<JsonElement?> TryAsync(Uri url, string method, params object?[] parameters)
        {
            try
            {
                using var response = await s_http.PostAsJsonAsync(url, new { jsonrpc = "2.0", id = 1, method, @params = parameters });
                var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
                return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException($"{method}: {answer}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
            {
                return null;
            }
        }
    }

    /// <summary>Pays 1 wei to a payee of its own, again and again, and remembers what was acknowledged.</summary>
    private sealed class Client(int account)
    {
        private readonly PrivateKey _key = DevelopmentAccounts.Key(account);
        private readonly HashSet<string> _acknowledged = new(StringComparer.Ordinal);
        private string? _open;

        public string Address => _key.Address.ToString();

        public string Payee { get; } = $"0x{(0xfeed0 + account).ToString("x40", CultureInfo.InvariantCulture)}";

        /// <summary>What the chain holds of this client.</summary>
        public ulong Nonce { get; private set; }

        public async Task WorkAsync(Uri url, SemaphoreSlim acknowledged)
        {
            while (true)
            {
                var signed = new Transaction1559
                {
                    ChainId = new(31337),
                    Nonce = Nonce,
                    MaxFeePerGas = 10_000_000_000UL,
                    GasLimit = 21_000,
                    To = Ethereum.Address.Parse(Payee),
                    Value = 1UL,
                }.Sign(_key);
                _open = signed.Hash.ToString();
                if (await Lives.TryAsync(url, "eth_sendRawTransaction", Hex.Encode(signed.Raw.Span)) is null)
                {
                    return;
                }
                _acknowledged.Add(_open);
                _open = null;
                Nonce++;
                acknowledged.Release();
            }
        }

        /// <summary>After a start: everything acknowledged is among what was found; the one that had no answer may be.</summary>
        public void Settle(IReadOnlySet<string> found)
        {
            foreach (var hash in _acknowledged)
            {
                found.ShouldContain(hash, "acknowledged, so there after kill -9");
            }
            if (_open is { } open && found.Contains(open))
            {
                _acknowledged.Add(open);
                Nonce++;
            }
            _open = null;
        }
    }
}
