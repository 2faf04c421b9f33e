using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Purser.Ethereum;

namespace Purser.Bench;

/// <summary>
/// The crypto rows of the design's table, each beside its peer, in one run: all contenders are warmed, then measured in
/// rounds that go through them in turn, every other round backwards, so that a slow minute of the machine meets both sides.
/// </summary>
internal static class CryptoTable
{
    private const int Rounds = 9;

    internal static int Run(string peerFolder, string resultFile, TimeProvider clock)
    {
        var permits = PermitSet.Create(64);
        var lines = Path.Combine(peerFolder, "permits.txt");
        var json = Path.Combine(peerFolder, "permits.json");
        permits.WriteLines(lines);
        permits.WriteJson(json);

        using var recover = new Peer(Path.Combine(peerFolder, "recover"), lines);
        using var keccak = new Peer(Path.Combine(peerFolder, "keccak"));
        using var viem = new Peer("node", Path.Combine(AppContext.BaseDirectory, "../../../../bench/peers/viem.mjs"), json);

        var message = new byte[136];
        var (compact, publicKey) = (new byte[64], new byte[64]);
        var verify = Contender.Ours($"EIP-712 hash and recover ({Secp256k1.Backend})", 5_000, i => Require(permits.Verify(i & 63)));
        var managed = Contender.Ours("managed recover", 2_000, i => Require(permits.Recover(Secp256k1.Managed, i & 63, compact, publicKey)));
        var hash = Contender.Ours("Keccak-256, 136 bytes", 300_000, _ => Keccak256.Hash(message, message));
        var c = new Contender("C, libsecp256k1, recover alone", 5_000, recover.Measure);
        var js = new Contender("viem 2.57.0 verifyTypedData", 150, viem.Measure);
        var loop = new Contender("C, unrolled, -O3", 300_000, keccak.Measure);
        Contender[] all = [verify, c, managed, hash, loop, js];

        foreach (var contender in all)
        {
            contender.Warm(4);
        }

        SameWork(permits, message, js, viem, keccak);
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var contender in round % 2 == 0 ? all : all.Reverse())
            {
                contender.Round();
            }
        }

        Row[] rows =
        [
            new("EIP-712 hash and recover, five fields, one core", verify, c, 0.85),
            new("the same", verify, js, 40),
            new("managed recover (no native library)", managed, c, 0.25),
            new("Keccak-256, 136 bytes", hash, loop, 1.0),
        ];
        var text = Render(rows, all, clock);
        Console.Write(text);
        File.WriteAllText(resultFile, text);
        return rows.All(row => row.Reached) ? 0 : 1;
    }

    /// <summary>Before anything counts: the peers must have done the same work with the same outcome.</summary>
    private static void SameWork(PermitSet permits, byte[] message, Contender js, Peer viem, Peer keccak)
    {
        js.Measure(permits.Count);
        Require(viem.Answer == permits.Count.ToString(CultureInfo.InvariantCulture));

        keccak.Measure(1_000);
        message.AsSpan().Fill(7);
        for (var i = 0; i < 1_000; i++)
        {
            Keccak256.Hash(message, message);
        }

        Require(keccak.Answer == Convert.ToHexStringLower(message.AsSpan(0, 32)));
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("A contender gave a wrong answer; what it takes does not count.");
        }
    }

    private static string Render(Row[] rows, Contender[] all, TimeProvider clock)
    {
        var text = new StringBuilder();
        var culture = CultureInfo.InvariantCulture;
        text.AppendLine("# Crypto, side by side");
        text.AppendLine();
        text.AppendLine(culture, $"{clock.GetUtcNow():yyyy-MM-dd HH:mm} UTC; {Processor()}, {Environment.ProcessorCount} cores; {RuntimeInformation.FrameworkDescription}; {RuntimeInformation.OSDescription}.");
        text.AppendLine(culture, $"{Rounds} rounds in turn, CPU time of each process; written by `bench/run.sh`. A ratio is the peer's median over ours: above 1 ours is faster.");
        text.AppendLine();
        text.AppendLine("| what | against | ratio | lowest and highest round | reach | |");
        text.AppendLine("|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            text.AppendLine(culture, $"| {row.What} | {row.Peer.Name} | {row.Ratio:F2} | {row.RoundRatios[0]:F2} to {row.RoundRatios[^1]:F2} | {row.Target:0.##} | {(row.Reached ? "reached" : "MISSED")} |");
        }

        text.AppendLine();
        text.AppendLine("| contender | min, µs | median, µs | max, µs |");
        text.AppendLine("|---|---|---|---|");
        foreach (var contender in all)
        {
            text.AppendLine(culture, $"| {contender.Name} | {contender.Least / 1000:F3} | {contender.Median / 1000:F3} | {contender.Most / 1000:F3} |");
        }

        return text.ToString();
    }

    internal static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
        : RuntimeInformation.ProcessArchitecture.ToString();
}
