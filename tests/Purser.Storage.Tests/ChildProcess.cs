using System.Diagnostics;

namespace Purser.Storage.Tests;

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

    /// <summary>The next line of its output. A child that ends without one has failed: its errors are then thrown.</summary>
    public async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the child ended: " + await _process.StandardError.ReadToEndAsync());

    /// <summary>All of its further output.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var text = await _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
        return text.Length == 0 && _process.ExitCode is not (0 or 137)
            ? throw new InvalidOperationException("the child failed: " + await _process.StandardError.ReadToEndAsync())
            : text;
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
