using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Wallet.Keys;

/// <summary>The refusals of keys and key stores, each in one place, so that its code and hint are the same wherever it comes from.</summary>
internal static class KeyRefusals
{
    public static WalletRefusal Locked(Address account) =>
        new("wallet_locked", $"the account {account} is locked", "unlock it with its password", WalletRefusalKind.Locked);

    public static WalletRefusal NoAccount(string name) =>
        // What is longer than any name or address may be a key that was typed in its place, and is not repeated.
        new("no_account", name.Length > 42 ? "there is no account of that name" : $"there is no account {UntrustedText.Quote(name, 60)}", "see `purser wallet list`; make one with `purser wallet new`", WalletRefusalKind.Locked);

    public static WalletRefusal NoneSelected() =>
        new("no_account", "no account is selected", "make one with `purser wallet new`, or select one with `purser wallet use NAME`", WalletRefusalKind.Locked);

    public static WalletRefusal WrongPassword(string name) =>
        new("wrong_password", $"the password does not open the key store of {UntrustedText.Quote(name, 60)}", "give the password that the account was made with", WalletRefusalKind.Locked);

    public static WalletRefusal BadName() =>
        new("account_name_invalid", "an account's name is 1 to 40 characters of a-z, 0-9, '-' and '_', beginning with a letter", "choose another name", WalletRefusalKind.Usage);

    public static WalletRefusal NameTaken(string name) =>
        new("account_exists", $"there is an account named '{name}' already", "choose another name; a key store is never written over", WalletRefusalKind.Usage);

    public static WalletRefusal AddressTaken(string name, Address address) =>
        new("account_exists", $"the key of {address} is here already, as '{name}'", $"use it with `purser wallet use {name}`", WalletRefusalKind.Usage);

    public static WalletRefusal Malformed(string name, string why) =>
        new("key_store_malformed", $"the key store of '{name}' cannot be read: {UntrustedText.Clean(why)}", "put the file back from a backup, or import the key again under another name", WalletRefusalKind.State);

    public static WalletRefusal TooOpen(string path, UnixFileMode mode, string wanted) =>
        new("permissions_too_wide", $"{path} can be read or changed by others (mode {Convert.ToString((int)mode, 8)})", $"run: chmod {wanted} '{path}'", WalletRefusalKind.Locked);

    public static WalletRefusal Unwritable(string path) =>
        new("data_folder_read_only", $"{path} cannot be written", "give a writable folder with --data, or change its owner", WalletRefusalKind.State);

    public static WalletRefusal WatchOnly(AccountInfo account) =>
        new("watch_only", $"the account '{account.Name}' is only looked at: there is no key for it", "use another account, or import its key under another name after taking this one's file away", WalletRefusalKind.Locked);

    public static WalletRefusal NoKeyHere(AccountInfo account) =>
        new("no_key_here", $"the key of '{account.Name}' lies elsewhere ({account.Kind.ToString().ToLowerInvariant()}), not in a key store", "it needs no password of a key store", WalletRefusalKind.Usage);
}
