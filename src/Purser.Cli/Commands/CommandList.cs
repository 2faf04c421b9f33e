using System.CommandLine;
using Purser.Cli.Output;

namespace Purser.Cli.Commands;

/// <summary>All commands of the tree, in the order of specs/cli.md.</summary>
public static class CommandList
{
    /// <summary>Makes them.</summary>
    public static IEnumerable<Command> All(CliOutput output) =>
    [
        DoctorCommand.Make(output),
    ];
}
