using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Purser.Bench.Sandbox;

/// <summary>
/// The sandbox rows of the design's table: our node, anvil and EthereumJS side by side in one run. The contenders take turns in
/// short rounds, every other round backwards, and medians are compared, so that a slow minute of the machine meets all of them.
/// </summary>
internal sealed class SandboxTable : IDisposable
{
    private const int Rounds = 9;
    private const int Starts = 5;
    private const int BlocksForMemory = 10_000;
    private const int OneByOne = 200;
    private const int PerClient = 25;
    private const int SmallCalls = 1_000;

    private static readonly byte[] s_height = RpcClient.Request("eth_blockNumber", "");

    // Loops of the contract: how often they go round in one call, how many calls make a sample, and what is to be reached beside anvil and EthereumJS.
    private static readonly (string Name, string Loop, int Count, int Calls, double Anvil, double? EthereumJs)[] s_loops =
    [
        ("5,000 ERC-20 transfers", "transfers", 5_000, 4, 0.5, 25),
        ("5,000 ERC-20 mints", "mints", 5_000, 4, 0.5, 25),
        ("20,000 hashes", "hashes", 20_000, 5, 0.5, 25),
        ("10,000 storage reads and writes", "slots", 10_000, 8, 0.5, 25),
        ("arithmetic loop, 100,000 rounds", "arithmetic", 100_000, 3, 0.25, null),
        ("division loop, 20,000 rounds", "divisions", 20_000, 6, 0.25, null),
    ];

    private readonly Func<NodeProcess> _startOurs;
    private readonly Func<NodeProcess> _startAnvil;
    private readonly Workload _work;
    private readonly Peer? _ethereumJs;
    private readonly List<SandboxRow> _rows = [];
    private NodeProcess _ours;
    private NodeProcess _anvil;

    private SandboxTable(string purser, string anvil, string creationCode, string? ethereumJs)
    {
        _startOurs = () => NodeProcess.Start("purser", purser, "sandbox", "--port", "{port}", "--no-contracts");
        _startAnvil = () => NodeProcess.Start("anvil", anvil, "--host", "127.0.0.1", "--port", "{port}", "--hardfork", "cancun", "--quiet");
        _work = new(File.ReadAllText(creationCode));
        _ethereumJs = ethereumJs is null ? null : new Peer("node", ethereumJs, creationCode, _work.Caller.ToString(), _work.MintForCaller);
        _ours = _startOurs();
        _anvil = _startAnvil();
    }

    /// <summary>Runs everything and writes the result file.</summary>
    /// <param name="purser">Our executable.</param>
    /// <param name="anvil">Anvil's executable.</param>
    /// <param name="creationCode">A file with the compiled workload in hex.</param>
    /// <param name="ethereumJs">The script of the EthereumJS peer; null when its packages are not installed.</param>
    /// <param name="resultFile">What to write.</param>
    /// <param name="clock">For the date in it.</param>
    /// <returns>The exit code: 1 when a row misses its target.</returns>
    internal static int Run(string purser, string anvil, string creationCode, string? ethereumJs, string resultFile, TimeProvider clock)
    {
        using var table = new SandboxTable(purser, anvil, creationCode, ethereumJs);
        table.MeasureStarts();
        table.MeasureTransfers();
        table.MeasureCalls();
        table.MeasureMemory();
        var text = table.Render(clock);
        Console.Write(text);
        File.WriteAllText(resultFile, text);
        return table._rows.All(row => row.Reached) ? 0 : 1;
    }

    public void Dispose()
    {
        _ours.Dispose();
        _anvil.Dispose();
        _ethereumJs?.Dispose();
    }

    private static double PerSecond(int count, long from) => count / Stopwatch.GetElapsedTime(from).TotalSeconds;

    // Sends one after another and waits for each one's receipt before the next: what a script or a test does.
    private static void Mine(RpcClient client, Workload.Transfer[] transfers)
    {
        foreach (var transfer in transfers)
        {
            client.Result(transfer.Send);
            while (client.Result(transfer.Receipt) is var receipt && receipt.IndexOf("\"status\":\"0x1\""u8) < 0)
            {
                if (receipt.IndexOf("\"result\":null"u8) < 0)
                {
                    throw new InvalidOperationException($"A transfer failed: {Encoding.UTF8.GetString(receipt)}");
                }
                Pause.Short(); // or the questions would take the time that the miner needs
            }
        }
    }

    private static void MineTogether(NodeProcess node, Workload.Transfer[][] perClient)
    {
        var threads = perClient.Select(transfers => new Thread(() =>
        {
            using var client = new RpcClient(node.Port);
            Mine(client, transfers);
        })).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }
        foreach (var thread in threads)
        {
            thread.Join();
        }
    }

    // Each round goes through the contenders in turn, every other one backwards.
    private static void InTurn(int rounds, params Action<int>[] contenders)
    {
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < contenders.Length; i++)
            {
                contenders[round % 2 == 0 ? i : contenders.Length - 1 - i](round);
            }
        }
    }

    private (Samples Ours, Samples Anvil) AddRow(string what, string unit, bool moreIsBetter, double? target)
    {
        var (ours, anvil) = (new Samples(), new Samples());
        _rows.Add(new(what, unit, moreIsBetter, target, ours, "anvil 1.7.1", anvil));
        return (ours, anvil);
    }

    private void MeasureStarts()
    {
        var (ours, anvil) = AddRow("start to first answer", "ms", false, null);
        InTurn(Starts,
            _ => ours.Add(Start(_startOurs, ref _ours)),
            _ => anvil.Add(Start(_startAnvil, ref _anvil)));
        using var first = new RpcClient(_ours.Port);
        using var second = new RpcClient(_anvil.Port);
        Mine(first, _work.Setup);
        Mine(second, _work.Setup);
    }

    // The last one that was started is the one that all other rows are measured on.
    private static double Start(Func<NodeProcess> start, ref NodeProcess node)
    {
        node.Dispose();
        node = start();
        return node.UntilFirstAnswer.TotalMilliseconds;
    }

    private void MeasureTransfers()
    {
        using var first = new RpcClient(_ours.Port);
        using var second = new RpcClient(_anvil.Port);
        var batches = Enumerable.Range(0, Rounds + 3).Select(_ => _work.Transfers(0, OneByOne)).ToArray();
        var (ours, anvil) = AddRow("ERC-20 transfers mined, one after another", "/s", true, 1.0);
        InTurn(3, round => Mine(first, batches[round]), round => Mine(second, batches[round])); // warm
        InTurn(Rounds, round => Timed(first, ours, batches[round + 3]), round => Timed(second, anvil, batches[round + 3]));

        var together = Enumerable.Range(0, Rounds + 1).Select(_ => Enumerable.Range(0, Workload.Clients).Select(i => _work.Transfers(i, PerClient)).ToArray()).ToArray();
        var (ours8, anvil8) = AddRow($"ERC-20 transfers mined, {Workload.Clients} clients", "/s", true, null);
        InTurn(1, _ => MineTogether(_ours, together[0]), _ => MineTogether(_anvil, together[0]));
        InTurn(Rounds, round => TimedTogether(_ours, ours8, together[round + 1]), round => TimedTogether(_anvil, anvil8, together[round + 1]));
    }

    private static void Timed(RpcClient client, Samples samples, Workload.Transfer[] transfers)
    {
        var from = Stopwatch.GetTimestamp();
        Mine(client, transfers);
        samples.Add(PerSecond(transfers.Length, from));
    }

    private static void TimedTogether(NodeProcess node, Samples samples, Workload.Transfer[][] perClient)
    {
        var from = Stopwatch.GetTimestamp();
        MineTogether(node, perClient);
        samples.Add(PerSecond(perClient.Sum(transfers => transfers.Length), from));
    }

    private void MeasureCalls()
    {
        using var first = new RpcClient(_ours.Port);
        using var second = new RpcClient(_anvil.Port);
        foreach (var loop in s_loops)
        {
            var calldata = Workload.Loop(loop.Loop, loop.Count);
            var request = _work.Call(calldata);
            SameAnswer(first.Text(request), second.Text(request), calldata);
            var (ours, anvil) = AddRow($"eth_call: {loop.Name}", "ms", false, loop.Anvil);
            InTurn(3, _ => Call(first, request, loop.Calls), _ => Call(second, request, loop.Calls)); // warm
            InTurn(Rounds, _ => ours.Add(Call(first, request, loop.Calls)), _ => anvil.Add(Call(second, request, loop.Calls)), round => AskEthereumJs(loop.EthereumJs, calldata, round, ours));
        }
        var small = _work.SmallCall();
        var (oursSmall, anvilSmall) = AddRow("eth_call: a balance", "/s", true, null);
        InTurn(2, _ => Call(first, small, SmallCalls), _ => Call(second, small, SmallCalls)); // warm
        InTurn(Rounds, _ => oursSmall.Add(1000 / Call(first, small, SmallCalls)), _ => anvilSmall.Add(1000 / Call(second, small, SmallCalls)));
    }

    // Slow as it is, it takes part in every third round only.
    private void AskEthereumJs(double? target, string calldata, int round, Samples ours)
    {
        if (target is null || _ethereumJs is null || round % 3 != 0)
        {
            return;
        }
        if (round == 0)
        {
            _rows.Add(_rows[^1] with { Target = target, Peer = "@ethereumjs/evm 10.1.3, without HTTP", Theirs = new Samples(), Ours = ours });
        }
        _rows[^1].Theirs.Add(_ethereumJs.Measure(calldata, 1) / 1e6);
    }

    private void SameAnswer(string ours, string anvil, string calldata)
    {
        _ethereumJs?.Measure(calldata, 1);
        if (ours != anvil || (_ethereumJs is not null && _ethereumJs.Answer != ours))
        {
            throw new InvalidOperationException($"The contenders answer {calldata} differently ({ours}, {anvil}, {_ethereumJs?.Answer}); what they take does not count.");
        }
    }

    // Milliseconds for each call.
    private static double Call(RpcClient client, byte[] request, int count)
    {
        var from = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            client.Result(request);
        }
        return Stopwatch.GetElapsedTime(from).TotalMilliseconds / count;
    }

    // All the blocks before count, too: what is missing is mined one by one.
    private void MeasureMemory()
    {
        using var first = new RpcClient(_ours.Port);
        using var second = new RpcClient(_anvil.Port);
        var missing = BlocksForMemory - (int)Math.Min(Height(first), Height(second));
        var transfers = _work.Transfers(1, Math.Max(0, missing));
        Mine(first, transfers);
        Mine(second, transfers);
        var (ours, anvil) = AddRow($"memory after {BlocksForMemory:N0} blocks", "MB", false, null);
        ours.Add(_ours.Memory / 1e6);
        anvil.Add(_anvil.Memory / 1e6);
    }

    private static long Height(RpcClient client) => long.Parse(client.Text(s_height).AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private string Render(TimeProvider clock)
    {
        var text = new StringBuilder();
        var culture = CultureInfo.InvariantCulture;
        text.AppendLine("# Sandbox, side by side");
        text.AppendLine();
        text.AppendLine(culture, $"{clock.GetUtcNow():yyyy-MM-dd HH:mm} UTC; {CryptoTable.Processor()}, {Environment.ProcessorCount} cores; {RuntimeInformation.FrameworkDescription}; {RuntimeInformation.OSDescription}.");
        text.AppendLine(culture, $"{Rounds} rounds in turn ({Starts} starts; EthereumJS every third round), wall clock; written by `bench/sandbox.sh`. Both nodes are driven over HTTP by the same client, one kept connection for each client; EthereumJS runs in its own process without HTTP. A ratio is by medians: above 1 ours is better.");
        text.AppendLine();
        text.AppendLine("| what | against | ratio | reach | |");
        text.AppendLine("|---|---|---|---|---|");
        foreach (var row in _rows)
        {
            text.AppendLine(culture, $"| {row.What} | {row.Peer} | {row.Ratio:F2} | {(row.Target is { } target ? target.ToString("0.##", culture) : "")} | {(row.Target is null ? "" : row.Reached ? "reached" : "MISSED")} |");
        }
        if (_ethereumJs is null)
        {
            text.AppendLine();
            text.AppendLine("EthereumJS was not installed: its rows are missing.");
        }
        text.AppendLine();
        text.AppendLine("| what | unit | ours: median (least to most) | against | median (least to most) |");
        text.AppendLine("|---|---|---|---|---|");
        foreach (var row in _rows)
        {
            text.AppendLine(culture, $"| {row.What} | {row.Unit} | {Spread(row.Ours)} | {row.Peer} | {Spread(row.Theirs)} |");
        }
        return text.ToString();
    }

    private static string Spread(Samples samples)
    {
        var format = samples.Median >= 100 ? "0" : samples.Median >= 10 ? "0.0" : "0.00";
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(samples.Median)} ({Text(samples.Least)} to {Text(samples.Most)})";
    }
}
