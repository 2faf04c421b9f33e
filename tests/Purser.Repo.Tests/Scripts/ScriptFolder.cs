using System.Diagnostics;

namespace Purser.Repo.Tests.Scripts;

/// <summary>
/// A folder with copies of the repository's scripts and a <c>dotnet</c> of our own first in PATH, so that what the scripts do can be
/// tried without building anything. Its name holds a space.
/// </summary>
internal sealed class ScriptFolder : IDisposable
{
    private readonly string _outer = Directory.CreateTempSubdirectory("purser scripts ").FullName;

    public ScriptFolder(params string[] scripts)
    {
        Root = Path.Combine(_outer, "a clone");
        foreach (var script in scripts)
        {
            var target = Write(script, File.ReadAllText(Path.Combine(RepositoryTree.Current.Root, script)));
            MakeExecutable(target);
        }
    }

    /// <summary>Where the copies stand.</summary>
    public string Root { get; }

    /// <summary>Writes a file below <see cref="Root"/> and gives its path.</summary>
    public string Write(string path, string text)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return full;
    }

    /// <summary>Writes a shell script below <see cref="Root"/>.</summary>
    public void WriteScript(string path, string body) => MakeExecutable(Write(path, "#!/usr/bin/env bash\n" + body));

    /// <summary>Writes the <c>dotnet</c> that the scripts find.</summary>
    public void WriteDotnet(string body)
    {
        var full = Path.Combine(_outer, "bin", "dotnet");
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, "#!/usr/bin/env bash\n" + body);
        MakeExecutable(full);
    }

    /// <summary>Starts a script of the folder from another working folder.</summary>
    public async Task<ScriptResult> RunAsync(string script, string[] arguments, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Path.Combine(Root, script), arguments)
        {
            WorkingDirectory = _outer,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Path.Combine(_outer, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment.Remove("DOTNET_ROOT");
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new ScriptResult(process.ExitCode, await output, await error);
    }

    public void Dispose() => Directory.Delete(_outer, recursive: true);

    private static void MakeExecutable(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
        }
    }
}

/// <summary>What a script did.</summary>
internal sealed record ScriptResult(int ExitCode, string Output, string Error)
{
    /// <summary>The last line of standard output.</summary>
    public string LastLine => Output.TrimEnd('\n').Split('\n')[^1];
}
