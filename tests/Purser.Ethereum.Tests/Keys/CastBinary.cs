using System.Diagnostics;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Keys;

/// <summary>Foundry's <c>cast</c>, run in a folder of its own as its home. Passwords go to it by file or environment, never by argument.</summary>
internal sealed class CastBinary : IDisposable
{
    private readonly string _path;

    private CastBinary(string path) => _path = path;

    /// <summary>The folder that is cast's home and holds the files of the test; gone after <see cref="Dispose"/>.</summary>
    internal string Folder { get; } = Directory.CreateTempSubdirectory("purser-cast-").FullName;

    /// <summary>The installed binary; without one the running test is skipped, or fails where all components are required.</summary>
    internal static async Task<CastBinary> FindAsync()
    {
        var path = (await RunAsync("node", [Path.Combine(Vectors.RepositoryRoot, "contracts", "tools", "foundry.mjs"), "cast"], [])).Output.Trim();
        Require.Component("cast", File.Exists(path), "eng/contracts.sh install");
        return new CastBinary(path);
    }

    /// <summary>Writes a file into the folder and gives its path.</summary>
    internal string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>What it printed; fails the test when it did not end with 0.</summary>
    internal async Task<string> WalletAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        var (exitCode, output) = await RunAsync(_path, ["wallet", .. arguments], [.. environment, ("HOME", Folder), ("NO_COLOR", "1")]);
        exitCode.ShouldBe(0, output);
        return output;
    }

    /// <summary>Whether it ended with another code than 0.</summary>
    internal async Task<bool> RefusesAsync(string[] arguments, params (string Name, string Value)[] environment) =>
        (await RunAsync(_path, ["wallet", .. arguments], [.. environment, ("HOME", Folder), ("NO_COLOR", "1")])).ExitCode != 0;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static async Task<(int ExitCode, string Output)> RunAsync(string file, string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            using var process = Process.Start(start)!;
            // No terminal to ask at: what would prompt ends at once.
            process.StandardInput.Close();
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            try
            {
                await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(120));
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }
            }

            return (process.ExitCode, await output + await errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, $"{file} is not there");
        }
    }
}
