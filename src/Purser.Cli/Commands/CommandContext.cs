using System.CommandLine;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;

namespace Purser.Cli.Commands;

/// <summary>What a command's handler is given.</summary>
/// <param name="Parsed">The parsed command line.</param>
/// <param name="Console">Where to read and write.</param>
/// <param name="Json">Whether the result is printed as JSON.</param>
/// <param name="DataDirectory">The folder of <c>--data</c>, <c>PURSER_HOME</c> or <c>~/.purser</c>.</param>
/// <param name="Clock">The clock.</param>
/// <param name="Random">Randomness.</param>
public sealed record CommandContext(ParseResult Parsed, CliOutput Console, bool Json, string DataDirectory, TimeProvider Clock, IRandom Random)
{
    /// <summary>A line of progress for people; never on standard output.</summary>
    public void Progress(string line)
    {
        if (!Json)
        {
            Console.Error.WriteLine(line);
        }
    }

    /// <summary>Prints what a command that stays up prints once it is ready.</summary>
    public void Ready(CliResult.Ok result) => Console.Print(result, Json);

    /// <summary>Waits until the process is told to stop (SIGINT, SIGTERM) or the command is cancelled.</summary>
    public static async Task<CliResult> UntilStoppedAsync(CancellationToken cancellationToken)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(() => stop.TrySetResult());
        await stop.Task;
        return new CliResult.Stopped();
    }

    /// <summary>A warning that is shown in either form, on standard error.</summary>
    public void Warn(string line) => Console.Error.WriteLine($"purser: warning: {line}");

    /// <summary>The HTTP client of this process; one for all commands.</summary>
    public static HttpClient Http => HttpClients.Shared;
}
