using Purser.Ethereum;
using Purser.Wallet.Keys.External;

namespace Purser.Wallet.Keys;

/// <content>What lies in the folder, and the accounts whose key lies elsewhere.</content>
public sealed partial class KeyStoreDirectory
{
    /// <summary>All accounts that can be read, by name. What cannot is named by <see cref="ListAll"/>.</summary>
    public KeyResult<IReadOnlyList<AccountInfo>> List() => ListAll() switch
    {
        KeyResult<AccountListing>.Found { Value.Accounts: var accounts } => new KeyResult<IReadOnlyList<AccountInfo>>.Found(accounts),
        KeyResult<AccountListing>.Refused refused => new KeyResult<IReadOnlyList<AccountInfo>>.Refused(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>All files of accounts, those that are refused apart. Refused as a whole is only a folder that others can enter, or that cannot be read.</summary>
    public KeyResult<AccountListing> ListAll()
    {
        if (Ready() is { } refusal)
        {
            return new KeyResult<AccountListing>.Refused(refusal);
        }

        var current = ReadCurrent();
        var accounts = new List<AccountInfo>();
        var broken = new List<BrokenAccount>();
        foreach (var path in Directory.EnumerateFiles(_folder, "*.json").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (!NameForm().IsMatch(name))
            {
                continue;
            }

            switch (ReadAccount(name, current))
            {
                case KeyResult<AccountInfo>.Found found:
                    accounts.Add(found.Value);
                    break;
                // Removed since the folder was listed.
                case KeyResult<AccountInfo>.Refused { Reason.Code: "no_account" }:
                    break;
                case KeyResult<AccountInfo>.Refused refused:
                    broken.Add(new(name, refused.Reason));
                    break;
            }
        }

        return new KeyResult<AccountListing>.Found(new(accounts, broken));
    }

    /// <summary>The account of this name or address. A name whose file is refused gives that refusal.</summary>
    public KeyResult<AccountInfo> Find(string nameOrAddress)
    {
        var known = ListAll();
        if (known is not KeyResult<AccountListing>.Found { Value: var listing })
        {
            return new KeyResult<AccountInfo>.Refused(((KeyResult<AccountListing>.Refused)known).Reason);
        }

        var byAddress = Address.TryParse(nameOrAddress.AsSpan(), out var address);
        return listing.Accounts.FirstOrDefault(account => byAddress ? account.Address == address : account.Name == nameOrAddress) is { } found
            ? new KeyResult<AccountInfo>.Found(found)
            : new KeyResult<AccountInfo>.Refused(listing.Broken.FirstOrDefault(file => file.Name == nameOrAddress)?.Reason ?? KeyRefusals.NoAccount(nameOrAddress));
    }

    /// <summary>Notes an account whose key lies elsewhere. The first account becomes the current one. Whether the signer has the account is the caller's to ask before.</summary>
    public KeyResult<AccountInfo> AddRemote(string name, RemoteAccount account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return (RemoteAccountFile.Check(account) ?? CheckNew(name, account.Address)) is { } refusal
            ? new KeyResult<AccountInfo>.Refused(refusal)
            : Write(new(name, account.Address, false) { Remote = account }, RemoteAccountFile.Write(account));
    }

    /// <summary>Notes an account that is only looked at. The first account becomes the current one.</summary>
    public KeyResult<AccountInfo> AddWatched(string name, Address account) =>
        (account.IsZero ? new("address_zero", "the zero address is nobody's", "give the account's address", WalletRefusalKind.Usage) : CheckNew(name, account)) is { } refusal
            ? new KeyResult<AccountInfo>.Refused(refusal)
            : Write(new(name, account, false) { IsWatched = true }, RemoteAccountFile.WriteWatched(account));

    /// <summary>The signer of an account of kind <see cref="AccountKind.External"/>. It connects when it is first asked; an account of another kind is refused (<c>not_external</c>).</summary>
    /// <param name="nameOrAddress">The account.</param>
    /// <param name="http">Sends the requests; it must not follow redirects.</param>
    /// <param name="time">Drives the timeout.</param>
    public KeyResult<ISigner> Connect(string nameOrAddress, HttpClient http, TimeProvider time) => Find(nameOrAddress) switch
    {
        KeyResult<AccountInfo>.Found { Value: { Kind: AccountKind.External, Remote: { } remote } } =>
            new KeyResult<ISigner>.Found(new JsonRpcSigner(http, remote.Url, remote.Address, time, new() { AllowPlainHttp = remote.AllowPlainHttp })),
        KeyResult<AccountInfo>.Found { Value: { IsWatched: true } watched } => new KeyResult<ISigner>.Refused(KeyRefusals.WatchOnly(watched)),
        KeyResult<AccountInfo>.Found { Value: var other } =>
            new KeyResult<ISigner>.Refused(new("not_external", $"the account '{other.Name}' has no external signer", "unlock it as what it is; see `purser wallet list`", WalletRefusalKind.Usage)),
        KeyResult<AccountInfo>.Refused refused => new KeyResult<ISigner>.Refused(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private KeyResult<AccountInfo> ReadAccount(string name, string? current)
    {
        var read = Read(name);
        if (read is not KeyResult<byte[]>.Found { Value: var file })
        {
            return new KeyResult<AccountInfo>.Refused(((KeyResult<byte[]>.Refused)read).Reason);
        }

        if (RemoteAccountFile.TryReadWatched(file, out var watched))
        {
            return new KeyResult<AccountInfo>.Found(new(name, watched, name == current) { IsWatched = true });
        }

        if (RemoteAccountFile.TryRead(file, out var remote, out var why))
        {
            return new KeyResult<AccountInfo>.Found(new(name, remote.Address, name == current) { Remote = remote });
        }

        return why is null && KeyStoreV3.TryReadAddress(file, out var address)
            ? new KeyResult<AccountInfo>.Found(new(name, address, name == current))
            : new KeyResult<AccountInfo>.Refused(KeyRefusals.Malformed(name, why ?? "it is no V3 key store with an address"));
    }
}
