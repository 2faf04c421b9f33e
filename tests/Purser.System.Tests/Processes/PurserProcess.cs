using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Purser.SystemTests.Processes;

/// <summary>A <c>purser</c> process of its own, started from the build output; ended by its own handle, never by name.</summary>
public sealed class PurserProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _error = new();
    private readonly Task _pump;

    private PurserProcess(Process process)
    {
        _process = process;
        _pump = PumpAsync(process.StandardError, _error);
    }

    /// <summary>The object that a command which stays up prints once it is ready (<c>data</c>).</summary>
    public JsonElement Ready { get; private set; }

    /// <summary>What went to standard error so far.</summary>
    public string Error
    {
        get
        {
            lock (_error)
            {
                return _error.ToString();
            }
        }
    }

    /// <summary>Starts a command that stays up and waits for its ready object.</summary>
    public static Task<PurserProcess> StartAsync(params string[] args) => ReadyAsync(Launch(args, null), args);

    /// <summary>Starts a command and waits for nothing: it is going to be killed.</summary>
    public static PurserProcess Begin(params string[] args) => new(Launch(args, null));

    /// <summary>As <see cref="StartAsync"/>, with no file that it writes growing beyond so many KiB: as on a disk that is full.</summary>
    public static Task<PurserProcess> StartOnSmallDiskAsync(int kibibytes, params string[] args) =>
        // The signal that comes with the limit is ignored, so that the write fails as it does for want of room; the runtime's own double mapping would pass the limit.
        ReadyAsync(Launch(args, null, "bash", "-c", $"trap '' XFSZ; ulimit -f {kibibytes}; DOTNET_EnableWriteXorExecute=0 exec dotnet \"$@\"", "bash"), args);

    /// <summary>As <see cref="StartAsync"/>, as another user of the system: one who has no home, no group but those named, and no privileges.</summary>
    public static Task<PurserProcess> StartAsUserAsync(string[] setpriv, params string[] args) => ReadyAsync(Launch(args, null, [.. setpriv, "dotnet"]), args);

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    private static async Task<PurserProcess> ReadyAsync(Process process, string[] args)
    {
        var running = new PurserProcess(process);
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var line = await running._process.StandardOutput.ReadLineAsync(bound.Token);
        if (line is null)
        {
            await running._process.WaitForExitAsync(bound.Token);
            throw new InvalidOperationException($"purser {string.Join(' ', args)} ended before it was ready: {running.Error}");
        }
        var answer = JsonDocument.Parse(line).RootElement;
        answer.GetProperty("ok").GetBoolean().ShouldBeTrue(line);
        running.Ready = answer.GetProperty("data");
        return running;
    }

    /// <summary>Runs a command to its end.</summary>
    public static Task<PurserAnswer> RunAsync(params string[] args) => RunAsync(null, args);

    /// <summary>Runs a command to its end with text on its standard input.</summary>
    public static async Task<PurserAnswer> RunAsync(string? input, string[] args)
    {
        using var process = Launch(args, input);
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(180));
        var output = process.StandardOutput.ReadToEndAsync(bound.Token);
        var error = process.StandardError.ReadToEndAsync(bound.Token);
        try
        {
            await process.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException exception)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"purser {string.Join(' ', args)} did not end.", exception);
        }
        return new(process.ExitCode, await output, await error);
    }

    /// <summary>SIGKILL: the process has no chance to tidy up.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, then the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(300)); // it only ends a test that has failed
        await _process.WaitForExitAsync(bound.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        await _pump;
        _process.Dispose();
    }

    private static Process Launch(string[] args, string? input, params string[] shell)
    {
        var start = new ProcessStartInfo(shell is [var program, ..] ? program : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var word in shell.Skip(1))
        {
            start.ArgumentList.Add(word);
        }
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "purser.dll"));
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }
        start.Environment["DOTNET_TieredPGO"] = "0"; // short-lived processes
        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        if (input is not null)
        {
            process.StandardInput.Write(input);
        }
        process.StandardInput.Close();
        return process;
    }

    private static async Task PumpAsync(StreamReader reader, StringBuilder text)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (text)
            {
                text.AppendLine(line);
            }
        }
    }
}

/// <summary>What a command came to.</summary>
public sealed record PurserAnswer(int ExitCode, string Output, string Error)
{
    /// <summary>The one JSON object of standard output.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>The <c>data</c> member; fails the test with what was printed when there is none.</summary>
    public JsonElement Data => Json.TryGetProperty("data", out var data) ? data : throw new InvalidOperationException($"exit {ExitCode}: {Output} {Error}");

    /// <summary>The code of the refusal.</summary>
    public string? ErrorCode => Json.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : null;
}

/// <summary>A temporary folder that goes when the test does.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("purser-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
