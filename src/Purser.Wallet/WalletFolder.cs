using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Storage;
using Purser.Wallet.Approvals;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;

namespace Purser.Wallet;

/// <summary>What a <see cref="WalletFolder"/> needs from outside.</summary>
public sealed record WalletFolderOptions
{
    /// <summary>The folder, absolute; made (0700) when it is missing, refused when others can enter it.</summary>
    public required string Folder { get; init; }

    /// <summary>Chains and tokens.</summary>
    public required AssetRegistry Registry { get; init; }

    /// <summary>The chains that can be asked.</summary>
    public required IReadOnlyDictionary<ChainId, IChain> Chains { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>For keys and nonces; cryptographically strong.</summary>
    public required IRandom Random { get; init; }

    /// <summary>What a key store's password derivation costs; the standard when null.</summary>
    public ScryptCost? Cost { get; init; }

    /// <summary>The folder's store when the caller has it open already and has checked who can enter the folder; it stays the caller's. Null opens it, in a folder that is refused when others can enter it.</summary>
    public Store? Store { get; init; }

    /// <summary>As <see cref="LocalWalletOptions.AllowOffline"/>.</summary>
    public bool AllowOffline { get; init; }
}

/// <summary>A folder with everything of one wallet: store, journal key, key stores and policy; and the wallet on top of them. Disposing it zeroes the keys.</summary>
public sealed class WalletFolder : IAsyncDisposable
{
    /// <summary>The store's file in the folder.</summary>
    public const string StoreFile = "purser.db";

    private readonly JournalKey _journalKey;
    private readonly bool _ownsStore;

    private WalletFolder(WalletFolderOptions options, Store store, JournalKey journalKey)
    {
        Folder = options.Folder;
        Store = store;
        _journalKey = journalKey;
        _ownsStore = options.Store is null;
        KeyStores = new(options.Folder, options.Random, options.Cost);
        Policy = new(options.Folder, options.Registry);
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>The store.</summary>
    public Store Store { get; }

    /// <summary>The key stores.</summary>
    public KeyStoreDirectory KeyStores { get; }

    /// <summary>What can sign until the folder is disposed: what <see cref="Unlock"/> opens, and signers and submitters elsewhere that the caller adds.</summary>
    public KeyRing Keys { get; } = new();

    /// <summary>The mandate.</summary>
    public PolicyFile Policy { get; }

    /// <summary>The wallet.</summary>
    public LocalWallet Wallet { get; private set; } = null!;

    /// <summary>The one way to change the mandate.</summary>
    public PolicyKeeper PolicyKeeper { get; private set; } = null!;

    /// <summary>What waits for a human.</summary>
    public ApprovalQueue Approvals { get; private set; } = null!;

    /// <summary>The secret of that human.</summary>
    public ApproverSecret Approver { get; private set; } = null!;

    /// <summary>The wallet's time, and the way out when a clock once ran ahead.</summary>
    public ClockAcceptance Clock { get; private set; } = null!;

    /// <summary>Opens the folder, all accounts locked.</summary>
    /// <exception cref="StorageException">The store cannot be opened.</exception>
    public static async Task<KeyResult<WalletFolder>> OpenAsync(WalletFolderOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Store is null && PrivateFile.EnsureFolder(options.Folder) is { } wide)
        {
            return new KeyResult<WalletFolder>.Refused(wide);
        }

        var key = JournalKey.LoadOrCreate(options.Folder, options.Random);
        if (key is KeyResult<JournalKey>.Refused refused)
        {
            return new KeyResult<WalletFolder>.Refused(refused.Reason);
        }

        var journalKey = ((KeyResult<JournalKey>.Found)key).Value;
        Store? store = null;
        try
        {
            store = options.Store is null ? await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(options.Folder, StoreFile)), options.Time, cancellationToken) : null;
            var opened = new WalletFolder(options, store ?? options.Store!, journalKey);
            opened.Wallet = await LocalWallet.OpenAsync(opened.ForWallet(options), cancellationToken);
            opened.PolicyKeeper = await PolicyKeeper.OpenAsync(opened.Policy, opened.Store, journalKey, options.Time, cancellationToken);
            opened.Approvals = await ApprovalQueue.OpenAsync(opened.Store, journalKey, options.Time, cancellationToken);
            opened.Approver = await ApproverSecret.OpenAsync(opened.Store, journalKey, options.Time, options.Random, options.Cost, cancellationToken);
            opened.Clock = await ClockAcceptance.OpenAsync(opened.Store, journalKey, options.Time, cancellationToken);
            return new KeyResult<WalletFolder>.Found(opened);
        }
        catch
        {
            journalKey.Dispose();
            if (store is not null)
            {
                await store.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Makes a folder that only its owner may enter, or says why it is refused.</summary>
    public static WalletRefusal? EnsurePrivate(string folder) => PrivateFile.EnsureFolder(folder);

    /// <summary>Unlocks an account until the folder is disposed. One derivation of the password; the caller's thread does the work.</summary>
    public KeyResult<AccountInfo> Unlock(string nameOrAddress, ReadOnlySpan<char> password)
    {
        var account = KeyStores.Find(nameOrAddress);
        if (account is not KeyResult<AccountInfo>.Found found)
        {
            return account;
        }

        switch (KeyStores.Unlock(found.Value.Name, password))
        {
            case KeyResult<ISigner>.Found signer:
                Keys.Add(signer.Value);
                return found;
            case KeyResult<ISigner>.Refused refused:
                return new KeyResult<AccountInfo>.Refused(refused.Reason);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Keys.Dispose();
        _journalKey.Dispose();
        if (_ownsStore)
        {
            await Store.DisposeAsync();
        }
    }

    private LocalWalletOptions ForWallet(WalletFolderOptions options)
    {
        if (KeyStores.List() is KeyResult<IReadOnlyList<AccountInfo>>.Found known)
        {
            Keys.AddLocked(known.Value.Select(account => account.Address));
        }

        return new()
        {
            Store = Store,
            JournalKey = _journalKey,
            Keys = Keys,
            Policy = Policy,
            Registry = options.Registry,
            Chains = options.Chains,
            Time = options.Time,
            Random = options.Random,
            AllowOffline = options.AllowOffline,
        };
    }
}
