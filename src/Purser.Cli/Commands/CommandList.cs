using System.CommandLine;
using Purser.Cli.Output;

namespace Purser.Cli.Commands;

/// <summary>All commands of the tree, in the order of specs/cli.md.</summary>
public static class CommandList
{
    /// <summary>Makes them.</summary>
    public static IEnumerable<Command> All(CliOutput output) =>
    [
        DemoCommand.Make(output),
        UpCommand.Make(output),
        SandboxCommand.Make(output),
        DoctorCommand.Make(output),
        WalletCommands.Make(output),
        PayCommands.Make(output),
        JournalCommands.Make(output),
        X402PayCommand.Make(output),
        ApprovalCommands.Make(output),
        PolicyCommands.Make(output),
        SecurityCommands.Make(output),
        SellCommand.Make(output),
        FacilitatorCommand.Make(output),
        SignInCommands.Make(output),
        LinkCommands.Make(output),
        VaultCommand.Make(output),
    ];
}
