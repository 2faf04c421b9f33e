using System.Diagnostics;

namespace Purser.Bench.Payments;

/// <summary>A server in a process of its own, which says its URL in its first line and nothing more; it ends with its standard input.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    internal ServerProcess(string name, string file, params string[] arguments)
    {
        Name = name;
        var start = new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["NODE_ENV"] = "production"; // what the peers' own guides say
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        Url = new Uri(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{name} ended before it listened."));
    }

    internal string Name { get; }

    internal Uri Url { get; }

    /// <summary>CPU time used so far, user and system, by all its threads.</summary>
    internal TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(10_000))
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }
}
