using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Purser.Bench.Sandbox;

/// <summary>A node in a process of its own, on a free port of loopback; killed when disposed.</summary>
internal sealed class NodeProcess : IDisposable
{
    private static readonly byte[] s_first = RpcClient.Request("eth_chainId", "");

    private readonly Process _process;

    private NodeProcess(string name, Process process, int port, TimeSpan untilFirstAnswer)
    {
        Name = name;
        _process = process;
        Port = port;
        UntilFirstAnswer = untilFirstAnswer;
    }

    internal string Name { get; }

    internal int Port { get; }

    /// <summary>From the start of the process to the first answer to a request.</summary>
    internal TimeSpan UntilFirstAnswer { get; }

    /// <summary>Memory in use now, in bytes (resident set).</summary>
    internal long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>CPU time used so far.</summary>
    internal TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a node and waits for its first answer.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="file">The executable.</param>
    /// <param name="arguments">With <c>{port}</c> where the port belongs.</param>
    internal static NodeProcess Start(string name, string file, params string[] arguments)
    {
        var port = FreePort();
        var start = new ProcessStartInfo(file, arguments.Select(argument => argument.Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var from = Stopwatch.GetTimestamp();
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        // Read and dropped, or a full pipe would stop the node.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        while (true)
        {
            try
            {
                using var client = new RpcClient(port);
                client.Result(s_first);
                return new(name, process, port, Stopwatch.GetElapsedTime(from));
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(from) < TimeSpan.FromSeconds(60))
            {
                Thread.Yield(); // it does not listen yet
            }
            catch
            {
                process.Kill();
                process.Dispose();
                throw;
            }
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
