using System.Reflection;
using Purser.Cli.Commands;
using Purser.Cli.Output;

namespace Purser.Cli;

/// <summary>The composition root: the one executable <c>purser</c>.</summary>
public static class Program
{
    /// <summary>The program's version, a semver.</summary>
    public static string Version { get; } =
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Runs one command and gives its exit code (specs/cli.md).</summary>
    public static Task<int> Main(string[] args)
    {
        // Answered before the command tree is built: scripts ask it often.
        if (args is ["--version"])
        {
            Console.Out.WriteLine(Version);
            return Task.FromResult((int)ExitCode.Ok);
        }
        return Run(args);
    }

    // A method of its own, so that --version does not load the command line's assembly.
    private static async Task<int> Run(string[] args)
    {
        Composition.ProcessHardening.Apply();
        using var output = CliOutput.ForConsole();
        return await PurserCommand.InvokeAsync(args, output, CancellationToken.None);
    }
}
