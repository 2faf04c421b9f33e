using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Purser.Bench.Sandbox;
using Purser.Ethereum.Rpc;

namespace Purser.Bench.Payments;

/// <summary>
/// The payment rows of the design's table: our middleware and facilitator beside the official TypeScript ones, in one run. The contenders take turns
/// in short rounds, every other round backwards, and medians are compared. Of each, the time on the wall and the CPU time of its process are noted.
/// </summary>
internal sealed class PaymentsTable : IDisposable
{
    private const int Connections = 64;

    private readonly TimeProvider _clock;
    private readonly int _rounds;
    private readonly SignedPayments _payments;
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-bench-").FullName;
    private readonly List<IDisposable> _running = [];
    private readonly List<PaymentRow> _rows = [];

    private PaymentsTable(int rounds, TimeProvider clock)
    {
        _rounds = rounds;
        _clock = clock;
        _payments = new(clock);
    }

    /// <summary>Runs everything and writes the table.</summary>
    /// <param name="purser">Our executable, for its sandbox.</param>
    /// <param name="anvil">Anvil's.</param>
    /// <param name="peers">The folder of the peers' scripts.</param>
    /// <param name="rounds">How many rounds.</param>
    /// <param name="resultFile">What to append to.</param>
    /// <param name="clock">The clock.</param>
    /// <returns>The exit code: 1 when a row misses its target.</returns>
    internal static async Task<int> RunAsync(string purser, string anvil, string peers, int rounds, string resultFile, TimeProvider clock)
    {
        using var table = new PaymentsTable(rounds, clock);
        table.MeasurePaidRequests(peers);
        await table.MeasureVerifyAsync(purser, anvil, peers);
        var text = table.Render();
        Console.Write(text);
        await File.AppendAllTextAsync(resultFile, text);
        return table._rows.All(row => row.Reached) ? 0 : 1;
    }

    public void Dispose()
    {
        foreach (var part in Enumerable.Reverse(_running))
        {
            part.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private void MeasurePaidRequests(string peers)
    {
        var ours = Start("purser", Environment.ProcessPath!, "payments-shop", _folder);
        var theirs = Start("@x402/express 2.27.0", "node", Path.Combine(peers, "shop.mjs"), BenchedToken.Asset.Token.ToString(), BenchedToken.Payee.ToString());
        PaymentContender Paid(ServerProcess server, int perRound)
        {
            var (resource, accepted) = SignedPayments.ReadOffer(server.Url);
            return new(server, perRound, count => _payments.Requests(server.Url, resource, accepted, count), "\"report\":"u8.ToArray());
        }
        var (us, them) = (Paid(ours, 2_000), Paid(theirs, 150));
        // The runtime compiles hot methods anew in the background, twice, and each time only after a while: before that is over, it costs more than the work.
        us.Warm(20_000);
        them.Warm(1_500);
        InTurn(us, them);
        Add("paid request through the middleware", us, them, 25);
    }

    private async Task MeasureVerifyAsync(string purser, string anvil, string peers)
    {
        var sandbox = Keep(NodeProcess.Start("purser sandbox", purser, "sandbox", "--port", "{port}", "--chain-id", "84532", "--no-contracts"));
        var node = Keep(NodeProcess.Start("anvil", anvil, "--host", "127.0.0.1", "--port", "{port}", "--chain-id", "84532", "--hardfork", "cancun", "--quiet"));
        using var http = new HttpClient();
        foreach (var port in (int[])[sandbox.Port, node.Port])
        {
            await BenchedToken.DeployAsync(new JsonRpcChain(http, new Uri($"http://127.0.0.1:{port}"), _clock));
        }
        var ours = Start("purser, sandbox in another process", Environment.ProcessPath!, "payments-facilitator", _folder, $"http://127.0.0.1:{sandbox.Port}");
        var inside = Start("purser, sandbox in its process", Environment.ProcessPath!, "payments-facilitator", Directory.CreateDirectory(Path.Combine(_folder, "inside")).FullName, "in-process");
        var theirs = Start("@x402/evm 2.27.0 on anvil", "node", Path.Combine(peers, "facilitator.mjs"), $"http://127.0.0.1:{node.Port}");

        var resource = JsonNode.Parse("""{"url":"http://127.0.0.1/report","description":"One report","mimeType":"application/json"}""")!;
        var accepted = JsonNode.Parse($$$"""
            {"scheme":"exact","network":"eip155:84532","amount":"2500","asset":"{{{BenchedToken.Asset.Token}}}","payTo":"{{{BenchedToken.Payee}}}",
             "maxTimeoutSeconds":300,"extra":{"name":"Test USD","version":"1"}}
            """)!;
        PaymentContender Verified(ServerProcess server, int perRound) =>
            new(server, perRound, count => _payments.Questions(server.Url, resource, accepted, count), "\"isValid\":true"u8.ToArray());
        var (us, within, them) = (Verified(ours, 1_000), Verified(inside, 2_000), Verified(theirs, 100));
        us.Warm(20_000);
        within.Warm(20_000);
        them.Warm(1_000);
        InTurn(us, within, them);
        Add("verify over HTTP, chain reads over JSON-RPC", us, them, null);
        Add("verify over HTTP, chain reads from the sandbox", within, them, 20);
    }

    private void InTurn(params PaymentContender[] contenders)
    {
        for (var round = 0; round < _rounds; round++)
        {
            foreach (var contender in round % 2 == 0 ? contenders : contenders.Reverse())
            {
                contender.Round();
            }
        }
    }

    private void Add(string what, PaymentContender ours, PaymentContender theirs, double? target)
    {
        _rows.Add(new($"{what}: requests", "/s", true, target, ours.Name, ours.Rate, theirs.Name, theirs.Rate));
        _rows.Add(new($"{what}: CPU of the server", "µs", false, target, ours.Name, ours.Cpu, theirs.Name, theirs.Cpu));
    }

    private ServerProcess Start(string name, string file, params string[] arguments) => Keep(new ServerProcess(name, file, arguments));

    private T Keep<T>(T part)
        where T : IDisposable
    {
        _running.Add(part);
        return part;
    }

    private string Render()
    {
        var text = new StringBuilder();
        var culture = CultureInfo.InvariantCulture;
        text.AppendLine(culture, $"{_rounds} rounds in turn, {Connections} kept connections of one client for all; every payment is signed anew and verified for real. A ratio is by medians: above 1 ours is better.");
        text.AppendLine();
        text.AppendLine(culture, $"{"what",-62} {"ratio",7} {"reach",6}");
        foreach (var row in _rows)
        {
            text.AppendLine(culture, $"{row.What,-62} {row.Ratio,7:F1} {row.Target,6:0.#} {(row.Target is null ? "" : row.Reached ? "reached" : "MISSED")}");
        }
        text.AppendLine();
        foreach (var row in _rows)
        {
            text.AppendLine(culture, $"{row.What}, {row.Unit}");
            text.AppendLine(culture, $"  {row.Ours,-40} {row.OurSamples}");
            text.AppendLine(culture, $"  {row.Theirs,-40} {row.TheirSamples}");
        }
        return text.ToString();
    }

    /// <summary>One server under load.</summary>
    private sealed class PaymentContender(ServerProcess server, int perRound, Func<int, byte[][]> make, byte[] expected)
    {
        internal string Name => server.Name;

        internal Samples Rate { get; } = new();

        internal Samples Cpu { get; } = new();

        internal void Warm(int count)
        {
            for (var done = 0; done < count; done += perRound)
            {
                Send(make(perRound));
            }
        }

        internal void Round()
        {
            var requests = make(perRound);
            var cpu = server.CpuTime;
            var from = Stopwatch.GetTimestamp();
            Send(requests);
            Rate.Add(requests.Length / Stopwatch.GetElapsedTime(from).TotalSeconds);
            Cpu.Add((server.CpuTime - cpu).TotalMicroseconds / requests.Length);
        }

        // Each connection takes the next request as soon as it has its answer; a wrong answer ends the run.
        private void Send(byte[][] requests)
        {
            var next = -1;
            Exception? fault = null;
            var threads = Enumerable.Range(0, Connections).Select(_ => new Thread(() =>
            {
                try
                {
                    using var connection = new HttpConnection(server.Url);
                    while (Volatile.Read(ref fault) is null && Interlocked.Increment(ref next) is var i && i < requests.Length)
                    {
                        if (connection.Send(requests[i]) != 200 || connection.Body.Span.IndexOf(expected) < 0)
                        {
                            throw new InvalidOperationException($"{server.Name}: {Encoding.UTF8.GetString(connection.Head.Span)}\n{Encoding.UTF8.GetString(connection.Body.Span)}");
                        }
                    }
                }
                catch (Exception exception)
                {
                    Volatile.Write(ref fault, exception);
                }
            })).ToArray();
            foreach (var thread in threads)
            {
                thread.Start();
            }
            foreach (var thread in threads)
            {
                thread.Join();
            }
            if (fault is not null)
            {
                throw new InvalidOperationException(fault.Message, fault);
            }
        }
    }
}
