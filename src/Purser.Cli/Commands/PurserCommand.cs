using System.CommandLine;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;

namespace Purser.Cli.Commands;

/// <summary>The command tree and the one door through which every command runs: parse, run, map what happened to a result, print it.</summary>
public static class PurserCommand
{
    /// <summary><c>--json</c>.</summary>
    public static Option<bool?> JsonOption { get; } = new("--json") { Description = "One JSON object on standard output (the default when it is not a terminal).", Recursive = true, Arity = ArgumentArity.ZeroOrOne };

    /// <summary><c>--data DIR</c>.</summary>
    public static Option<string?> DataOption { get; } = new("--data") { Description = "Where everything durable lives (PURSER_HOME, else ~/.purser).", Recursive = true, HelpName = "DIR" };

    /// <summary><c>--lang</c>.</summary>
    public static Option<string?> LanguageOption { get; } = new("--lang") { Description = "The language of questions: en or zh (default: that of the environment, else en).", Recursive = true, HelpName = "LANG" };

    /// <summary>
    /// How long a command that is told to stop may take. The parser's own two seconds would end the process (exit 143) in the middle of a request that is being
    /// served; each host bounds its draining by itself (20 seconds, or <c>--drain</c>), so this only has to be longer than any of those.
    /// </summary>
    public static TimeSpan TerminationBound { get; } = TimeSpan.FromSeconds(SellCommand.MaxDrainSeconds + 60);

    /// <summary>Parses and runs.</summary>
    public static async Task<int> InvokeAsync(string[] args, CliOutput output, CancellationToken cancellationToken)
    {
        var root = Build(output);
        var parsed = root.Parse(args);
        var json = IsJson(parsed, output);
        if (parsed.Errors.Count > 0)
        {
            var message = SharedFlags.WithoutKeys(string.Join(" ", parsed.Errors.Select(e => e.Message)));
            return (int)output.Print(CliResult.Usage("usage", message, $"Run '{CommandPath(parsed)} --help'."), json);
        }
        if (parsed.Action is null)
        {
            return (int)output.Print(CliResult.Usage("usage", "A command is missing.", $"Run '{CommandPath(parsed)} --help'."), json);
        }
        return await parsed.InvokeAsync(new InvocationConfiguration { Output = output.Output, Error = output.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TerminationBound }, cancellationToken);
    }

    /// <summary>Makes a command whose handler gives a result.</summary>
    public static Command Make(CliOutput output, string name, string description, IEnumerable<Symbol> symbols, Func<CommandContext, CancellationToken, Task<CliResult>> handler)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Option option:
                    command.Add(option);
                    break;
                case Argument argument:
                    command.Add(argument);
                    break;
                case Command sub:
                    command.Add(sub);
                    break;
                default:
                    throw new ArgumentException("Not a part of a command.", nameof(symbols));
            }
        }
        command.SetAction(async (parsed, token) => (int)await RunAsync(parsed, output, handler, token));
        return command;
    }

    /// <summary>Makes a command that only groups others.</summary>
    public static Command Group(string name, string description, params Command[] commands)
    {
        var group = new Command(name, description);
        foreach (var command in commands)
        {
            group.Add(command);
        }
        return group;
    }

    private static async Task<ExitCode> RunAsync(ParseResult parsed, CliOutput output, Func<CommandContext, CancellationToken, Task<CliResult>> handler, CancellationToken cancellationToken)
    {
        var json = IsJson(parsed, output);
        CliResult result;
        try
        {
            var context = new CommandContext(parsed, output, json, DataFolder.Resolve(parsed.GetValue(DataOption)), TimeProvider.System, new SystemRandom());
            result = await handler(context, cancellationToken);
        }
#pragma warning disable CA1031 // the door: whatever happens becomes one line and an exit code
        catch (Exception exception)
#pragma warning restore CA1031
        {
            result = FaultMapping.ToResult(exception);
        }
        return output.Print(result, json);
    }

    private static bool IsJson(ParseResult parsed, CliOutput output)
    {
        var option = parsed.GetResult(JsonOption);
        return option is null ? !output.OutputIsTerminal : parsed.Errors.Count > 0 || (parsed.GetValue(JsonOption) ?? true);
    }

    private static string CommandPath(ParseResult parsed)
    {
        var names = new List<string>();
        for (Symbol? symbol = parsed.CommandResult.Command; symbol is Command command; symbol = command.Parents.FirstOrDefault())
        {
            names.Insert(0, command is RootCommand ? "purser" : command.Name);
        }
        return string.Join(' ', names);
    }

    private static RootCommand Build(CliOutput output)
    {
        var root = new RootCommand("Purser: the wallet, the services and the test chain that AI agents live on.") { JsonOption, DataOption, LanguageOption };
        foreach (var command in CommandList.All(output))
        {
            root.Add(command);
        }
        return root;
    }
}
