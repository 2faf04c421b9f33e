using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>An account of the data folder.</summary>
/// <param name="Name">Its name: 1 to 40 characters of a-z, 0-9, '-' and '_', beginning with a letter.</param>
/// <param name="Address">Its address, as the file claims it; unlocking, or each signature, proves it.</param>
/// <param name="IsCurrent">Whether it is the one that is used when none is named.</param>
public sealed record AccountInfo(string Name, Address Address, bool IsCurrent)
{
    /// <summary>Where its key lies.</summary>
    public AccountKind Kind => IsWatched ? AccountKind.Watched : Remote?.Kind ?? AccountKind.KeyStore;

    /// <summary>Whether it is only looked at: there is no key, here or elsewhere, that this wallet could ask.</summary>
    public bool IsWatched { get; init; }

    /// <summary>How to reach its key when that lies elsewhere; null for a key store.</summary>
    public RemoteAccount? Remote { get; init; }
}

/// <summary>Where an account's key lies.</summary>
public enum AccountKind
{
    /// <summary>In a V3 key store of the data folder, under a password.</summary>
    KeyStore,

    /// <summary>With an external signer that speaks JSON-RPC.</summary>
    External,

    /// <summary>With a custodian that signs and sends by itself, under an API key that is not kept here.</summary>
    Custodian,

    /// <summary>Nowhere that is known: the account is only looked at.</summary>
    Watched,
}

/// <summary>An account whose key lies elsewhere. Nothing in it is secret but, perhaps, the URL's path.</summary>
/// <param name="Kind"><see cref="AccountKind.External"/> or <see cref="AccountKind.Custodian"/>.</param>
/// <param name="Address">The account.</param>
/// <param name="Url">Where: https, or http on loopback.</param>
/// <param name="AllowPlainHttp">Whether a human allowed http to another host; never for a custodian.</param>
public sealed record RemoteAccount(AccountKind Kind, Address Address, Uri Url, bool AllowPlainHttp = false);

/// <summary>A file of the folder that stands for no account because it is refused.</summary>
/// <param name="Name">The account's name.</param>
/// <param name="Reason">Why: <c>key_store_malformed</c> or <c>permissions_too_wide</c>.</param>
public sealed record BrokenAccount(string Name, WalletRefusal Reason);

/// <summary>What lies in the folder.</summary>
/// <param name="Accounts">The accounts, by name.</param>
/// <param name="Broken">The files that are refused, by name; they hinder no other account.</param>
public sealed record AccountListing(IReadOnlyList<AccountInfo> Accounts, IReadOnlyList<BrokenAccount> Broken);
