using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;

namespace Purser.Cli.Commands;

/// <summary><c>purser wallet new · import · list · use · balance · chains</c>, and the login.</summary>
public static class WalletCommands
{
    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Group("wallet", "Keys and what they hold.",
        [New(output), Import(output), List(output), Use(output), Balance(output), ChainCommand.Make(output), WalletTransactionCommands.Make(output), .. WalletLoginCommands.Make(output)]);

    private static Option<string> PolicyOption() => new("--policy") { Description = "The policy that a new data folder begins with: cautious, operator (transactions too), or demo (test networks only).", DefaultValueFactory = _ => "cautious" };

    private static Command New(CliOutput output)
    {
        var name = new Argument<string>("name") { Description = "The account's name.", DefaultValueFactory = _ => "agent" };
        var policy = PolicyOption();
        var passwordFile = Passwords.FileOption();
        var passwordFd = Passwords.DescriptorOption();
        var mnemonic = new Option<bool>("--mnemonic") { Description = "Makes the key by a mnemonic of 12 words, which is shown once, at a terminal only." };
        return PurserCommand.Make(output, "new", "Makes a key and keeps it under a password.", [name, mnemonic, policy, passwordFile, passwordFd], async (context, token) =>
        {
            var preset = Preset(context.Parsed.GetValue(policy)!);
            await using var session = await DataSession.OpenAsync(context, null, token);
            var chosen = context.Parsed.GetValue(name)!;
            var account = context.Parsed.GetValue(mnemonic)
                ? WalletImport.MakeMnemonic(context, session, chosen, passwordFile, passwordFd)
                : Create(context, session, chosen, passwordFile, passwordFd);
            return await AddedAsync(context, session, account, context.Parsed.GetValue(policy)!, preset, token);
        });
    }

    private static AccountInfo Create(CommandContext context, DataSession session, string name, Option<string?> passwordFile, Option<int?> passwordFd)
    {
        using var password = Passwords.ReadNew(context, passwordFile, passwordFd, name);
        return DataSession.Take(session.KeyStores.Create(name, password.Span));
    }

    private static Command Import(CliOutput output)
    {
        var name = new Argument<string>("name") { Description = "The account's name.", DefaultValueFactory = _ => "agent" };
        var policy = PolicyOption();
        var from = new WalletImport();
        return PurserCommand.Make(output, "import", "Takes an account in: a key or a mnemonic, kept under a password, or one whose key lies elsewhere.", [name, policy, .. from.Symbols], async (context, token) =>
        {
            var preset = Preset(context.Parsed.GetValue(policy)!);
            await using var session = await DataSession.OpenAsync(context, null, token);
            var account = await from.TakeInAsync(context, session, context.Parsed.GetValue(name)!, token);
            return await AddedAsync(context, session, account, context.Parsed.GetValue(policy)!, preset, token);
        });
    }

    private static Command List(CliOutput output) => PurserCommand.Make(output, "list", "The accounts.", [], async (context, token) =>
    {
        await using var session = await DataSession.OpenAsync(context, null, token);
        var listing = DataSession.Take(session.KeyStores.ListAll());
        var data = new JsonObject { ["accounts"] = new JsonArray([.. listing.Accounts.Select(a => (JsonNode)Describe(a))]) };
        if (listing.Broken.Count > 0)
        {
            data["broken"] = new JsonArray([.. listing.Broken.Select(b => (JsonNode)new JsonObject { ["name"] = b.Name, ["code"] = b.Reason.Code, ["message"] = b.Reason.Message, ["hint"] = b.Reason.Hint })]);
        }
        foreach (var broken in listing.Broken)
        {
            context.Warn($"{broken.Reason.Message} [{broken.Reason.Code}] {broken.Reason.Hint}");
        }
        return new CliResult.Ok(data)
        {
            Text = listing.Accounts.Count == 0 ? ["There are no accounts yet: purser wallet new"] : [.. listing.Accounts.Select(a => $"{(a.IsCurrent ? "*" : " ")} {a.Name,-20} {a.Address}{(a.Kind == AccountKind.KeyStore ? "" : $" {KindName(a)}")}")],
        };
    });

    private static Command Use(CliOutput output)
    {
        var name = new Argument<string>("account") { Description = "The account, by name or address." };
        return PurserCommand.Make(output, "use", "Selects the account that is used when none is named.", [name], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            var account = DataSession.Take(session.KeyStores.Use(context.Parsed.GetValue(name)!));
            return new CliResult.Ok(Describe(account)) { Text = [$"{account.Name} {account.Address}"] };
        });
    }

    private static Command Balance(CliOutput output)
    {
        var chain = new Option<string?>("--chain") { Description = "The chain, by number or in CAIP-2 (default: all that can be asked).", HelpName = "ID" };
        var account = SharedFlags.Account();
        var rpc = SharedFlags.Rpc();
        var local = new Option<bool>("--local") { Description = "An account of this data folder, although a vault is logged in." };
        return PurserCommand.Make(output, "balance", "What the account holds: the vault's while somebody is logged in, else this data folder's.", [chain, account, local, rpc], async (context, token) =>
        {
            ChainId? asked = context.Parsed.GetValue(chain) is { } text ? SharedFlags.ReadChainNumber(text) : null;
            var reached = await SharedFlags.ReadRpcAsync(context, rpc, asked, token);
            await using var session = await DataSession.OpenAsync(context, reached, token);
            var (name, address, at) = await HolderAsync(context, session, context.Parsed.GetValue(account), context.Parsed.GetValue(local), token);
            var only = asked ?? reached?.Chain;
            var chains = only is { } one ? [one] : session.Chains.Keys.Order(Comparer<ChainId>.Create((a, b) => a.Value.CompareTo(b.Value))).ToList();
            var rows = new JsonArray();
            var lines = new List<string> { $"{name} {address}" };
            foreach (var id in chains)
            {
                var node = session.Chain(id);
                if (await node.GetChainIdAsync(token) is var actual && actual != id)
                {
                    throw new CliRefusalException(CliResult.Failed("wrong_chain", $"The node is of chain {actual}, not {id}.", $"Mend its entry in {NetworkFile.FileName}, or give --rpc URL."));
                }
                Add(id, AssetId.Native(id), await node.GetBalanceAsync(address, cancellationToken: token));
                foreach (var known in session.Registry.Tokens.Where(t => t.Asset.Chain == id))
                {
                    Add(id, known.Asset, await TokenReads.BalanceAsync(node, known.Asset.Token, address, token));
                }
            }
            return new CliResult.Ok(new JsonObject { ["account"] = address.ToString(), ["at"] = at, ["balances"] = rows }) { Text = lines };

            void Add(ChainId id, AssetId asset, UInt256? units)
            {
                var shown = units is { } known ? AmountText.Display(new TokenAmount(known, asset), session.Registry) : "the contract does not answer";
                rows.Add(new JsonObject { ["network"] = id.ToString(), ["asset"] = asset.ToString(), ["units"] = units?.ToString(), ["display"] = shown });
                lines.Add($"  {id,-18} {shown}");
            }
        });
    }

    private static async Task<(string Name, Address Address, string At)> HolderAsync(CommandContext context, DataSession session, string? account, bool local, CancellationToken cancellationToken)
    {
        using var vault = new VaultAccess(context);
        if (local || !vault.File.Exists)
        {
            var own = session.Account(account);
            return (own.Name, own.Address, "local");
        }
        var kept = await VaultAccess.AccountAsync(vault.Wallet(), account, cancellationToken);
        return (Protocol.Json.UntrustedText.Clean(kept.Name, 64), kept.Address, "vault");
    }

    // Before a key is made: a command that is refused leaves nothing behind.
    internal static Func<AssetRegistry, SpendingPolicy> Preset(string name) => name switch
    {
        "cautious" => PolicyPresets.Cautious,
        "demo" => PolicyPresets.Demo,
        "operator" => PolicyPresets.Operator,
        _ => throw new CliRefusalException(CliResult.Usage("policy_unknown", $"There is no policy '{SharedFlags.Shown(name)}'.", "Choose cautious, operator or demo.")),
    };

    private static async Task<CliResult.Ok> AddedAsync(CommandContext context, DataSession session, AccountInfo account, string presetName, Func<AssetRegistry, SpendingPolicy> preset, CancellationToken token)
    {
        var made = session.Policy.TryCreate(preset(session.Registry), context.Random);
        if (made)
        {
            // Accepted here and now, so that from its first moment on only a human loosens it.
            await (await session.OpenPolicyAsync(token)).LoadAsync(token);
        }
        var data = Describe(account);
        data["policy"] = made ? presetName : "kept";
        return new(data)
        {
            Text = [$"{account.Name} {account.Address}", made ? $"policy: {presetName} ({PolicyFile.FileName} in {context.DataDirectory})" : "policy: the one that is there"],
            Next = ["purser wallet balance"],
        };
    }

    private static JsonObject Describe(AccountInfo account) => new() { ["name"] = account.Name, ["address"] = account.Address.ToString(), ["current"] = account.IsCurrent, ["kind"] = KindName(account) };

    private static string KindName(AccountInfo account) => account.Kind switch { AccountKind.External => "external", AccountKind.Custodian => "custodian", AccountKind.Watched => "watch", _ => "keystore" };
}
