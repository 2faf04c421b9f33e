using Purser.Ethereum;
using Purser.Wallet;
using Purser.Wallet.Keys;

namespace Purser.Services.Vault;

/// <summary>
/// Whether the unlock password is the vault's own. At the first start a key store that guards nothing is made under it (<c>unlock/</c> in the data folder); later starts
/// open that one, so that a mistyped password is refused at the start and never makes a user's key under another.
/// </summary>
public static class VaultPassword
{
    private const string Name = "check";

    /// <summary>Whether the folder has a password already, so that it need not be asked twice.</summary>
    public static bool IsSet(string dataFolder, IRandom random) => new KeyStoreDirectory(FolderOf(dataFolder), random).Find(Name) is KeyResult<AccountInfo>.Found;

    /// <summary>Sets the password of a new vault, or compares it; null when it fits.</summary>
    /// <param name="dataFolder">The vault's folder, absolute.</param>
    /// <param name="password">What was given.</param>
    /// <param name="random">Cryptographically strong.</param>
    /// <param name="cost">What the derivation costs; the standard when null.</param>
    public static WalletRefusal? Check(string dataFolder, ReadOnlySpan<char> password, IRandom random, ScryptCost? cost = null)
    {
        var folder = FolderOf(dataFolder);
        if (WalletFolder.EnsurePrivate(dataFolder) is { } wide || (wide = WalletFolder.EnsurePrivate(folder)) is not null)
        {
            return wide;
        }

        var stores = new KeyStoreDirectory(folder, random, cost);
        switch (stores.Find(Name))
        {
            case KeyResult<AccountInfo>.Refused { Reason.Code: "no_account" }:
                return stores.Create(Name, password) is KeyResult<AccountInfo>.Refused unmade ? unmade.Reason : null;
            case KeyResult<AccountInfo>.Refused refused:
                return refused.Reason;
        }

        switch (stores.Unlock(Name, password))
        {
            case KeyResult<ISigner>.Found found:
                found.Value.Dispose();
                return null;
            case KeyResult<ISigner>.Refused { Reason.Code: "wrong_password" }:
                return new("wrong_password", "that is not the vault's password", "give the one that the vault was made with", WalletRefusalKind.Locked);
            case KeyResult<ISigner>.Refused refused:
                return refused.Reason;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static string FolderOf(string dataFolder) => Path.Combine(dataFolder, "unlock");
}
