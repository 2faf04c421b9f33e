using System.CommandLine;
using Purser.Agent.Payments;
using Purser.Cli.Commands;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Storage;
using Purser.Wallet;
using Purser.Wallet.Approvals;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;

namespace Purser.Cli.Composition;

/// <summary>An opened data folder: its store, its networks and its key stores. Several processes may have it open at once.</summary>
public sealed class DataSession : IAsyncDisposable
{
    private readonly CommandContext _context;
    private WalletFolder? _folder;

    private DataSession(CommandContext context, Store store, NetworkFile networks)
    {
        _context = context;
        Store = store;
        Registry = networks.ToRegistry();
        Chains = networks.ToChains(context.Clock);
        KeyStores = new(context.DataDirectory, context.Random);
        Policy = new(context.DataDirectory, Registry);
    }

    /// <summary>The store.</summary>
    public Store Store { get; }

    /// <summary>Chains and tokens that are known.</summary>
    public AssetRegistry Registry { get; }

    /// <summary>Chains that can be asked.</summary>
    public IReadOnlyDictionary<ChainId, IChain> Chains { get; }

    /// <summary>The key stores.</summary>
    public KeyStoreDirectory KeyStores { get; }

    /// <summary>The mandate.</summary>
    public PolicyFile Policy { get; }

    /// <summary>Opens the folder of <c>--data</c>, making it when it is missing.</summary>
    /// <param name="context">The command.</param>
    /// <param name="rpc">A node to ask besides those of <c>networks.json</c>, with the chain that it has to be; or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<DataSession> OpenAsync(CommandContext context, ReachableNetwork? rpc, CancellationToken cancellationToken) =>
        OpenWithAsync(context, rpc is null ? [] : [rpc], cancellationToken);

    /// <summary>As the other form, with any number of nodes.</summary>
    public static async Task<DataSession> OpenWithAsync(CommandContext context, IReadOnlyList<ReachableNetwork> nodes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(nodes);
        DataFolder.Ensure(context.DataDirectory);
        DataFolder.RefuseWide(context.DataDirectory);
        var networks = nodes.Aggregate(NetworkFile.Load(context.DataDirectory), (file, node) => file.With(node));
        var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(context.DataDirectory, "purser.db")), context.Clock, cancellationToken);
        return new(context, store, networks);
    }

    /// <summary>The account that was named, or the current one.</summary>
    /// <exception cref="CliRefusalException">There is none (exit 5).</exception>
    public AccountInfo Account(string? nameOrAddress) =>
        Take(nameOrAddress is null ? KeyStores.Current() : KeyStores.Find(nameOrAddress));

    /// <summary>The wallet, with all accounts locked but those that were unlocked on it before: for what reads, reconciles or denies.</summary>
    public async Task<LocalWallet> OpenWalletAsync(CancellationToken cancellationToken) => (await OpenFolderAsync(cancellationToken)).Wallet;

    /// <summary>The wallet, with this account unlocked as what it is: by its password, by nothing (an external signer), or by its custodian's API key.</summary>
    /// <exception cref="CliRefusalException">It cannot be unlocked.</exception>
    public async Task<LocalWallet> OpenWalletAsync(AccountInfo account, Option<string?> passwordFile, Option<int?> passwordFd, CancellationToken cancellationToken)
    {
        var folder = await OpenFolderAsync(cancellationToken);
        await AccountUnlock.AddAsync(_context, this, folder.Keys, account, passwordFile, passwordFd, cancellationToken);
        return folder.Wallet;
    }

    /// <summary>What waits for a human.</summary>
    public async Task<ApprovalQueue> OpenApprovalsAsync(CancellationToken cancellationToken) => (await OpenFolderAsync(cancellationToken)).Approvals;

    /// <summary>The policy in force.</summary>
    public async Task<PolicyKeeper> OpenPolicyAsync(CancellationToken cancellationToken) => (await OpenFolderAsync(cancellationToken)).PolicyKeeper;

    /// <summary>The approver's secret; <see cref="ApproverConsent"/> asks for it.</summary>
    public async Task<ApproverSecret> OpenApproverAsync(CancellationToken cancellationToken) => (await OpenFolderAsync(cancellationToken)).Approver;

    /// <summary>The wallet's time, and the way out when a clock once ran ahead.</summary>
    public async Task<ClockAcceptance> OpenClockAsync(CancellationToken cancellationToken) => (await OpenFolderAsync(cancellationToken)).Clock;

    /// <summary>The client of the two-step payment.</summary>
    public async Task<PaymentClient> OpenPaymentsAsync(IWallet wallet, CancellationToken cancellationToken)
    {
        var quotes = new QuoteStore(Store, Registry);
        await quotes.MigrateAsync(cancellationToken);
        return new(CommandContext.Http, wallet, quotes, Registry, _context.Clock, _context.Random);
    }

    /// <summary>Payments that wait for a human.</summary>
    public async Task<HeldPayments> OpenHeldPaymentsAsync(CancellationToken cancellationToken)
    {
        var held = new HeldPayments(Store, _context.Clock);
        await held.MigrateAsync(cancellationToken);
        return held;
    }

    /// <summary>A chain that can be asked.</summary>
    /// <exception cref="CliRefusalException">No node is known for it.</exception>
    public IChain Chain(ChainId chain) => Chains.TryGetValue(chain, out var node)
        ? node
        : throw new CliRefusalException(CliResult.Usage("no_rpc", $"No node is known for {chain}.", $"Give --rpc URL, or add the network to {NetworkFile.FileName} in the data folder."));

    // The one way to a wallet of a folder, here as in the vault. Not before it is needed: a command that only looks at keys or networks makes no journal.
    private async Task<WalletFolder> OpenFolderAsync(CancellationToken cancellationToken) => _folder ??= Take(await WalletFolder.OpenAsync(
        new()
        {
            Folder = _context.DataDirectory,
            Store = Store,
            Registry = Registry,
            Chains = Chains,
            Time = _context.Clock,
            Random = _context.Random,
        },
        cancellationToken));

    /// <summary>The value, or the refusal on its way to the command's door.</summary>
    public static T Take<T>(KeyResult<T> result) => result switch
    {
        KeyResult<T>.Found found => found.Value,
        KeyResult<T>.Refused refused => throw new CliRefusalException(WalletRefusals.ToResult(refused.Reason)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            await _folder.DisposeAsync();
        }
        await Store.DisposeAsync();
    }
}
