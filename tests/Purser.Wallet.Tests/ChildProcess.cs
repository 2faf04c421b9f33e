using System.Diagnostics;

namespace Purser.Wallet.Tests;

/// <summary>This test program run again as a process of its own, in one of the modes of <see cref="ChildModes"/>.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    public const string Marker = "--purser-child";
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public static ChildProcess Start(params string[] arguments) => new(Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Marker, .. arguments])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment = { ["DOTNET_EnableDiagnostics"] = "0" }, // a child that is killed leaves no pipe of the runtime's behind
    })!);

    /// <summary>The next line of its output, or null when it has ended.</summary>
    public Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync();

    /// <summary>Waits for its end and gives what is left of its output. A child that failed by itself throws its errors here.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var text = await _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
        return _process.ExitCode is 0 or 137 ? text : throw new InvalidOperationException($"the child failed ({_process.ExitCode}): {await _process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
