using System.Diagnostics;
using System.Globalization;

namespace Purser.Bench;

/// <summary>A peer in its own process: a count goes in, nanoseconds of its CPU time per piece of work come out. It lives over all rounds.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;

    internal Peer(string file, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{file} did not start.");
    }

    /// <summary>What came behind the nanoseconds in the last answer.</summary>
    internal string Answer { get; private set; } = "";

    internal double Measure(int count) => Ask(count.ToString(CultureInfo.InvariantCulture));

    /// <summary>Measures <paramref name="count"/> pieces of the work named.</summary>
    internal double Measure(string work, int count) => Ask(string.Create(CultureInfo.InvariantCulture, $"{work} {count}"));

    private double Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        var parts = (_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{_process.StartInfo.FileName} ended.")).Split(' ');
        Answer = parts[1];
        return double.Parse(parts[0], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(10_000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
