using System.CommandLine;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.Wallet.Keys;

namespace Purser.Cli.Commands;

/// <summary>The flags of <c>purser facilitator</c>, and how they become <see cref="FacilitatorSettings"/>.</summary>
internal sealed class FacilitatorFlags
{
    private static readonly UInt256 s_gwei = 1_000_000_000UL;

    public Option<int> Port { get; } = SharedFlags.Port(4021);

    public Option<string[]> Networks { get; } = new("--network") { Description = "A chain to settle on, in CAIP-2; may be repeated.", HelpName = "CAIP2" };

    public Option<string[]> Rpcs { get; } = new("--rpc") { Description = "A node's JSON-RPC URL (default: that of networks.json in the data folder); may be repeated, one for each chain.", HelpName = "URL" };

    public Option<string[]> Accounts { get; } = new("--account") { Description = "An account that sends, by name or address (default: the selected one); may be repeated.", HelpName = "ACCOUNT" };

    public Option<string?> PasswordFile { get; } = Passwords.FileOption();

    public Option<int?> PasswordFd { get; } = Passwords.DescriptorOption();

    public Option<int[]> DevelopmentAccounts { get; } = new("--dev-account") { Description = "Send with this one (0 to 9) of the public development keys; may be repeated. For sandboxes only.", HelpName = "INDEX" };

    public Option<string?> Store { get; } = new("--store") { Description = "Where settlements are kept (default: the data folder).", HelpName = "URL" };

    public Option<ulong> GasCap { get; } = new("--gas-cap") { Description = "The most gas that a settlement may buy (default 400000).", HelpName = "GAS", DefaultValueFactory = _ => 400_000 };

    public Option<ulong?> MaxFee { get; } = new("--max-fee") { Description = "The most that is offered for one gas, in whole gwei (default 500).", HelpName = "GWEI" };

    public Option<string[]> Factories { get; } = new("--factory") { Description = "A factory that may deploy payers' wallets at our cost (ERC-6492); may be repeated. None by default.", HelpName = "ADDRESS" };

    public Option<ulong?> DeployGasCap { get; } = new("--deploy-gas-cap") { Description = "The most gas that such a deployment may buy (default 2000000).", HelpName = "GAS" };

    public Option<int> KeepDays { get; } = new("--keep-days") { Description = "How long a result is remembered after its payment can move money no more (default 30).", HelpName = "DAYS", DefaultValueFactory = _ => 30 };

    public Option<bool> Metrics { get; } = new("--metrics") { Description = "Serve GET /metrics, for the operator." };

    public Option<bool> Discovery { get; } = new("--discovery") { Description = "List what settled payments say of their resources, as GET /discovery/resources." };

    public IReadOnlyList<Option> All => [Port, Networks, Rpcs, Accounts, PasswordFile, PasswordFd, DevelopmentAccounts, Store, GasCap, MaxFee, Factories, DeployGasCap, KeepDays, Metrics, Discovery];

    /// <summary>What can be said without opening anything: bounds, forms, what excludes what.</summary>
    /// <exception cref="CliRefusalException">A value that cannot be used.</exception>
    public Read Check(ParseResult parsed)
    {
        var networks = Distinct("--network", "network_twice", (parsed.GetValue(Networks) ?? []).Select(SharedFlags.ReadChain));
        var development = Distinct("--dev-account", "account_twice", parsed.GetValue(DevelopmentAccounts) ?? []);
        var names = Distinct("--account", "account_twice", parsed.GetValue(Accounts) ?? []);
        if (development.Count > 0 && names.Count > 0)
        {
            throw Usage("account_mixed", "--dev-account and --account exclude each other.", "A key that is worth something settles known tokens only; a public one settles any. Give one kind.");
        }
        if (development.Any(index => index is < 0 or >= Composition.DevelopmentAccounts.Count))
        {
            throw Usage("dev_account_invalid", $"--dev-account must be 0 to {Composition.DevelopmentAccounts.Count - 1}.", "There are ten development accounts.");
        }
        var factories = Distinct("--factory", "factory_twice", (parsed.GetValue(Factories) ?? []).Select(text => SharedFlags.ReadAddress("--factory", text)));
        var deployGas = parsed.GetValue(DeployGasCap);
        if (deployGas is not null && factories.Count == 0)
        {
            throw Usage("factory_missing", "--deploy-gas-cap needs --factory: without one nothing is deployed.", "Name the factory, or leave the cap away.");
        }
        return new(networks, development, names, factories, new(new Dictionary<ChainId, Ethereum.Rpc.IChain>(), [])
        {
            GasCap = Bounded("--gas-cap", parsed.GetValue(GasCap), FacilitatorSettings.LeastGasCap, FacilitatorSettings.MostGasCap),
            DeploymentGasCap = Bounded("--deploy-gas-cap", deployGas ?? 2_000_000, FacilitatorSettings.LeastGasCap, FacilitatorSettings.MostGasCap),
            MaxFeePerGas = parsed.GetValue(MaxFee) is { } fee ? (UInt256)Bounded("--max-fee", fee, 1, 1_000_000) * s_gwei : null,
            Factories = factories.Count == 0 ? FactoryRule.None : FactoryRule.Only(factories),
            KeepFinished = TimeSpan.FromDays((int)Bounded("--keep-days", (ulong)Math.Max(0, parsed.GetValue(KeepDays)), 1, 3650)),
            Metrics = parsed.GetValue(Metrics),
            Discovery = parsed.GetValue(Discovery),
            Port = parsed.GetValue(Port),
        });
    }

    /// <summary>The chains, with their nodes asked which they are.</summary>
    /// <exception cref="CliRefusalException">A node is of no chain that was asked for, or two are of one.</exception>
    public async Task<IReadOnlyList<ReachableNetwork>> ReachAsync(CommandContext context, Read read, CancellationToken cancellationToken)
    {
        var nodes = new List<ReachableNetwork>();
        foreach (var text in context.Parsed.GetValue(Rpcs) ?? [])
        {
            var node = await SharedFlags.ReachAsync(context, text, read.Networks, cancellationToken);
            if (nodes.Any(known => known.Chain == node.Chain))
            {
                throw Usage("rpc_twice", $"Two of the nodes are of {node.Chain}.", "Give one --rpc for each chain.");
            }
            nodes.Add(node);
        }
        return nodes;
    }

    /// <summary>The keys, opened.</summary>
    /// <exception cref="CliRefusalException">One cannot be, or two are of one account.</exception>
    public IReadOnlyList<ISigner> Unlock(CommandContext context, DataSession session, Read read)
    {
        if (read.Development.Count > 0)
        {
            return [.. read.Development.Select(index => FacilitatorCommand.Development(context, index))];
        }
        var accounts = (read.Names.Count == 0 ? [null] : read.Names.Cast<string?>()).Select(session.Account).ToList();
        return accounts.DistinctBy(account => account.Address).Count() == accounts.Count
            ? AccountUnlock.Signers(context, session, accounts, PasswordFile, PasswordFd)
            : throw Usage("account_twice", "Two of --account are the same account.", "Name each account once.");
    }

    /// <summary>
    /// Looks at the chains before money is at stake: a factory that has no code anywhere is a slip of the pen, one that is itself a contract of payments would be called with what a stranger wrote.
    /// </summary>
    /// <exception cref="CliRefusalException">A factory cannot be used, or no token of a chain is known.</exception>
    public static async Task RequireUsableAsync(FacilitatorSettings settings, IReadOnlyList<Address> factories, CancellationToken cancellationToken)
    {
        foreach (var factory in factories)
        {
            if (factory == Permit2.Contract || factory == Permit2.ExactProxy || factory == Permit2.UptoProxy || settings.Registry?.Tokens.Any(token => token.Asset.Token == factory) == true)
            {
                throw Usage("factory_invalid", $"{factory} is a token or a contract of payments, and no factory.", "A factory is called with data that the payer writes: name only contracts that do nothing but deploy.");
            }
            var found = false;
            foreach (var chain in settings.Chains.Values)
            {
                found |= (await chain.GetCodeAsync(factory, cancellationToken: cancellationToken)).Length > 0;
            }
            if (!found)
            {
                throw Usage("factory_missing", $"There is no contract at {factory} on any of the chains.", "Copy the factory's address again from its source.");
            }
        }
        var unknown = settings.Chains.Keys.Where(chain => settings.Registry?.Tokens.Any(token => token.Asset.Chain == chain && (token.Methods & (TransferMethods.Eip3009 | TransferMethods.Permit2)) != 0) == false).ToList();
        if (unknown.Count > 0)
        {
            throw Usage("token_missing", $"No token of {string.Join(", ", unknown)} is known that can be settled.", $"Add it to {NetworkFile.FileName} in the data folder.");
        }
    }

    private static IReadOnlyList<T> Distinct<T>(string flag, string code, IEnumerable<T> values)
    {
        var given = values.ToList();
        return given.Distinct().Count() == given.Count ? given : throw Usage(code, $"The same {flag} stands there twice.", "Name each once.");
    }

    private static ulong Bounded(string flag, ulong value, ulong least, ulong most) => value >= least && value <= most
        ? value
        : throw Usage("value_out_of_bounds", $"{flag} must be {least} to {most}.", "Leave it away for the usual value.");

    private static CliRefusalException Usage(string code, string message, string hint) => new(CliResult.Usage(code, message, hint));

    /// <summary>What the flags say; the settings still lack chains and keys.</summary>
    public sealed record Read(IReadOnlyList<ChainId> Networks, IReadOnlyList<int> Development, IReadOnlyList<string> Names, IReadOnlyList<Address> Factories, FacilitatorSettings Settings);
}
