using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Purser.Testing;

namespace Purser.SystemTests.Processes;

/// <summary>A <c>purser</c> command whose standard input, output and error are a pseudo-terminal, as when a human runs it (by <c>script</c> of util-linux).</summary>
public sealed partial class PseudoTerminal : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _shown = new();
    private readonly Task _pump;

    private PseudoTerminal(Process process)
    {
        _process = process;
        _pump = PumpAsync();
    }

    /// <summary>What the human sees so far.</summary>
    public string Shown
    {
        get
        {
            lock (_shown)
            {
                return _shown.ToString();
            }
        }
    }

    /// <summary>Starts a command at a terminal of its own.</summary>
    public static PseudoTerminal Start(params string[] args)
    {
        Require.Component("script", File.Exists("/usr/bin/script"), "apt-get install bsdutils");
        var start = new ProcessStartInfo("/usr/bin/script")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] words = ["dotnet", Path.Combine(AppContext.BaseDirectory, "purser.dll"), .. args];
        // -e: the command's own exit code; the command line is a shell's, so every word is quoted.
        foreach (var word in (string[])["-qe", "-c", string.Join(' ', words.Select(w => $"'{w.Replace("'", "'\\''", StringComparison.Ordinal)}'")), "/dev/null"])
        {
            start.ArgumentList.Add(word);
        }
        start.Environment["TERM"] = "xterm";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return new(Process.Start(start) ?? throw new InvalidOperationException("script did not start."));
    }

    /// <summary>Waits until a prompt is shown that was not answered yet, then types a line.</summary>
    public async Task AnswerAsync(string prompt, string line)
    {
        await Eventually.HoldsAsync($"the prompt '{prompt}' after: {Shown}", () => Shown.Contains(prompt, StringComparison.Ordinal) || (_process.HasExited && _pump.IsCompleted));
        lock (_shown)
        {
            var text = _shown.ToString();
            var at = text.IndexOf(prompt, StringComparison.Ordinal);
            at.ShouldBeGreaterThanOrEqualTo(0, text);
            // What was answered is not waited for again.
            _shown.Remove(at, prompt.Length).Insert(at, new string('.', prompt.Length));
        }
        await _process.StandardInput.WriteAsync(line + "\r");
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<PurserAnswer> EndAsync()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await _process.WaitForExitAsync(bound.Token);
        await _pump;
        return new(_process.ExitCode, Json().Match(Shown) is { Success: true } found ? found.Value : "", Shown);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        await _pump;
        _process.Dispose();
    }

    private async Task PumpAsync()
    {
        var buffer = new char[1024];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and var read)
        {
            lock (_shown)
            {
                _shown.Append(buffer, 0, read);
            }
        }
    }

    [GeneratedRegex(@"^\{""ok"".*\}", RegexOptions.Multiline)]
    private static partial Regex Json();
}
