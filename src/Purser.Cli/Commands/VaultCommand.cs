using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Services.Vault;
using Purser.Wallet;
using Purser.Wallet.Vault;

namespace Purser.Cli.Commands;

/// <summary><c>purser vault</c>: the wallet as a process of its own, until it is told to stop.</summary>
public static class VaultCommand
{
    private sealed record Flags(Option<int> Port, Option<string?> Socket, Option<string?> Group, Option<string> Policy, Option<string?> Network, Option<string?> Rpc, Option<string?> PasswordFile, Option<int?> PasswordFd, Option<string[]> Hosts, MailFlags Mail)
    {
        public static Flags Make() => new(
            SharedFlags.Port(4025),
            new("--socket") { Description = "Listen on this Unix socket instead of a port.", HelpName = "PATH" },
            new("--socket-group") { Description = "A group that may connect to the socket besides its owner.", HelpName = "GROUP" },
            new("--policy") { Description = "The policy that a new user begins with: cautious, or demo (test networks only).", DefaultValueFactory = _ => "cautious" },
            SharedFlags.Network(),
            SharedFlags.Rpc(),
            Passwords.FileOption(),
            Passwords.DescriptorOption(),
            new("--host") { Description = "A name by which the vault may be called besides localhost; may be repeated.", DefaultValueFactory = _ => [], HelpName = "NAME" },
            MailFlags.Make());

        public Symbol[] Symbols => [Port, Socket, Group, Policy, Network, Rpc, PasswordFile, PasswordFd, Hosts, .. Mail.Symbols];
    }

    /// <summary>Makes the command.</summary>
    public static Command Make(CliOutput output)
    {
        var flags = Flags.Make();
        return PurserCommand.Make(output, "vault", "The wallet as a process of its own, for agents under other users.", [VaultKeyCommands.Make(output), .. flags.Symbols], (context, token) => RunAsync(context, flags, token));
    }

    private static async Task<CliResult> RunAsync(CommandContext context, Flags flags, CancellationToken cancellationToken)
    {
        var parsed = context.Parsed;
        var (socket, group) = (parsed.GetValue(flags.Socket) is { } path ? Path.GetFullPath(path) : null, parsed.GetValue(flags.Group));
        if (socket is null ? group is not null : !VaultAddress.TryParse($"unix:{socket}", out _))
        {
            return socket is null
                ? CliResult.Usage("usage", "--socket-group needs --socket.", "Give --socket PATH.")
                : CliResult.Usage("socket_path_invalid", "--socket is no path that a Unix socket can have.", "Give one of at most 107 bytes.");
        }

        var first = WalletCommands.Preset(parsed.GetValue(flags.Policy)!);
        VaultSocket.NarrowUmask();
        var data = DataFolder.Ensure(context.DataDirectory);
        if (WalletFolder.EnsurePrivate(data) is { } wide)
        {
            return WalletRefusals.ToResult(wide);
        }

        ChainId? asked = parsed.GetValue(flags.Network) is { } text ? SharedFlags.ReadChain(text) : null;
        var reached = await SharedFlags.ReadRpcAsync(context, flags.Rpc, asked, cancellationToken);
        using var password = ReadPassword(context, flags, data);
        if (VaultPassword.Check(data, password.Span, context.Random) is { } refusal)
        {
            return WalletRefusals.ToResult(refusal);
        }

        var networks = NetworkFile.Load(data).With(reached);
        await using var store = await VaultLogins.OpenStoreAsync(context, cancellationToken);
        var options = new VaultOptions
        {
            DataFolder = data,
            Store = store,
            UnlockPassword = password.Memory,
            Registry = networks.ToRegistry(),
            Chains = networks.ToChains(context.Clock),
            Time = context.Clock,
            Random = context.Random,
            FirstPolicy = first,
            Hosts = parsed.GetValue(flags.Hosts) ?? [],
        };
        await using var login = await VaultLogins.OpenAsync(context, store, flags.Mail, cancellationToken);
        await using var host = await VaultHost.StartAsync(options, login.Sessions, login.Map, parsed.GetValue(flags.Port), socket, group, cancellationToken);
        password.Dispose(); // the vault has a copy of its own, which it zeroes at its end
        context.Ready(new(new JsonObject { ["vault"] = host.Address, ["networks"] = new JsonArray([.. networks.Networks.Select(n => (JsonNode)n.Chain.ToString())]) })
        {
            Text = [$"vault     {host.Address}", $"networks  {string.Join(' ', networks.Networks.Select(n => n.Chain))}", "Ctrl-C stops it."],
            Next = [$"purser wallet login --vault {host.Address}"],
        });
        return await CommandContext.UntilStoppedAsync(cancellationToken);
    }

    private static SecretText ReadPassword(CommandContext context, Flags flags, string data) => VaultPassword.IsSet(data, context.Random)
        ? Passwords.Read(context, flags.PasswordFile, flags.PasswordFd, "the vault")
        : Passwords.ReadNew(context, flags.PasswordFile, flags.PasswordFd, "the vault");
}
