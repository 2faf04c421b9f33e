using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Approvals;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Journal;

/// <summary>A data folder opened for its journal alone: no key is unlocked, nothing is recovered and no payment is touched, so that a folder that is damaged can still be examined.</summary>
public sealed class JournalFolder : IAsyncDisposable
{
    private readonly Store _store;
    private readonly JournalKey _key;

    private JournalFolder(Store store, JournalKey key)
    {
        _store = store;
        _key = key;
        Journal = new(store, key);
    }

    /// <summary>The journal.</summary>
    public PaymentJournal Journal { get; }

    /// <summary>Opens the folder, or says why not: <c>no_journal</c> when it holds no wallet, <c>journal_key_missing</c> when entries stand there and the key of their MACs does not.</summary>
    /// <param name="folder">The data folder, absolute.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">For temporary names.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">The store cannot be opened.</exception>
    public static async Task<KeyResult<JournalFolder>> OpenAsync(string folder, TimeProvider time, IRandom random, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var (store, key) = (Path.Combine(folder, WalletFolder.StoreFile), Path.Combine(folder, JournalKey.FileName));
        if (!File.Exists(store))
        {
            return Refuse("no_journal", $"there is no wallet in {folder}", "give the wallet's folder with --data");
        }

        var opened = await Store.OpenAsync(StoreUrl.ForFile(store), time, cancellationToken);
        try
        {
            foreach (var set in (MigrationSet[])[WalletSchema.Migrations, ApprovalSchema.Migrations, PolicySchema.Migrations])
            {
                await opened.MigrateAsync(set, cancellationToken);
            }

            // A folder that has made no payment yet has no key either; one that lost it must not get a new one, by which every entry would look forged.
            var missing = !File.Exists(key) && await opened.ReadAsync(reader => reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM wallet_journal"), cancellationToken) > 0;
            KeyResult<JournalFolder> result = missing
                ? Refuse("journal_key_missing", $"{key} is missing, and with it the key that the journal's entries are checked by", "put the file back from a backup")
                : JournalKey.LoadOrCreate(folder, random) switch
                {
                    KeyResult<JournalKey>.Found found => new KeyResult<JournalFolder>.Found(new(opened, found.Value)),
                    KeyResult<JournalKey>.Refused refused => new KeyResult<JournalFolder>.Refused(refused.Reason),
                    _ => throw new System.Diagnostics.UnreachableException(),
                };
            if (result is KeyResult<JournalFolder>.Refused)
            {
                await opened.DisposeAsync();
            }

            return result;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _key.Dispose();
        await _store.DisposeAsync();
    }

    private static KeyResult<JournalFolder>.Refused Refuse(string code, string message, string hint) => new(new(code, message, hint, WalletRefusalKind.State));
}
