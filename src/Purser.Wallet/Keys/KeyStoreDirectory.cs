using System.Text;
using System.Text.RegularExpressions;
using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>An account of the key store.</summary>
/// <param name="Name">Its name: 1 to 40 characters of a-z, 0-9, '-' and '_', beginning with a letter.</param>
/// <param name="Address">Its address, as the file claims it; unlocking proves it.</param>
/// <param name="IsCurrent">Whether it is the one that is used when none is named.</param>
public sealed record AccountInfo(string Name, Address Address, bool IsCurrent);

/// <summary>
/// The folder <c>keys</c> of a data folder: one V3 key store for each named account (<c>NAME.json</c>, 0600 in a folder of 0700), and
/// the file <c>current</c> with the name of the selected one. A file that others can read is refused, a key store is never written
/// over, and every write is whole or not at all. Several processes may use it at once.
/// </summary>
public sealed partial class KeyStoreDirectory
{
    private const string CurrentFile = "current";
    private const int MaxFileBytes = 64 * 1024;

    private readonly string _folder;
    private readonly IRandom _random;
    private readonly ScryptCost? _cost;

    /// <summary>Names the folder; nothing is read or made yet.</summary>
    /// <param name="dataFolder">The data folder, absolute.</param>
    /// <param name="random">For keys and salts; cryptographically strong.</param>
    /// <param name="cost">What a password's derivation costs; the standard one when null. Only tests and throw-away keys take less.</param>
    public KeyStoreDirectory(string dataFolder, IRandom random, ScryptCost? cost = null)
    {
        ArgumentNullException.ThrowIfNull(random);
        _folder = Path.Combine(dataFolder, "keys");
        _random = random;
        _cost = cost;
    }

    /// <summary>Makes a new key. The first account becomes the current one.</summary>
    public KeyResult<AccountInfo> Create(string name, ReadOnlySpan<char> password)
    {
        using var key = PrivateKey.Generate(_random);
        return Store(name, key, password);
    }

    /// <summary>Takes a key in, which stays the caller's to dispose.</summary>
    public KeyResult<AccountInfo> Import(string name, PrivateKey key, ReadOnlySpan<char> password)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Store(name, key, password);
    }

    /// <summary>All accounts, by name. A file that cannot be read as a key store is refused, with its name.</summary>
    public KeyResult<IReadOnlyList<AccountInfo>> List()
    {
        if (Ready() is { } refusal)
        {
            return new KeyResult<IReadOnlyList<AccountInfo>>.Refused(refusal);
        }

        var current = ReadCurrent();
        var accounts = new List<AccountInfo>();
        foreach (var path in Directory.EnumerateFiles(_folder, "*.json").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (!NameForm().IsMatch(name))
            {
                continue;
            }

            switch (Read(name))
            {
                case KeyResult<byte[]>.Found file when KeyStoreV3.TryReadAddress(file.Value, out var address):
                    accounts.Add(new(name, address, name == current));
                    break;
                case KeyResult<byte[]>.Found:
                    return new KeyResult<IReadOnlyList<AccountInfo>>.Refused(KeyRefusals.Malformed(name, "it is no V3 key store with an address"));
                case KeyResult<byte[]>.Refused { Reason.Code: "no_account" }:
                    break;
                case KeyResult<byte[]>.Refused refused:
                    return new KeyResult<IReadOnlyList<AccountInfo>>.Refused(refused.Reason);
            }
        }

        return new KeyResult<IReadOnlyList<AccountInfo>>.Found(accounts);
    }

    /// <summary>The account of this name or address.</summary>
    public KeyResult<AccountInfo> Find(string nameOrAddress)
    {
        var known = List();
        if (known is not KeyResult<IReadOnlyList<AccountInfo>>.Found accounts)
        {
            return new KeyResult<AccountInfo>.Refused(((KeyResult<IReadOnlyList<AccountInfo>>.Refused)known).Reason);
        }

        var byAddress = Address.TryParse(nameOrAddress.AsSpan(), out var address);
        return accounts.Value.FirstOrDefault(account => byAddress ? account.Address == address : account.Name == nameOrAddress) is { } found
            ? new KeyResult<AccountInfo>.Found(found)
            : new KeyResult<AccountInfo>.Refused(KeyRefusals.NoAccount(nameOrAddress));
    }

    /// <summary>The account that is used when none is named.</summary>
    public KeyResult<AccountInfo> Current()
    {
        if (Ready() is { } refusal)
        {
            return new KeyResult<AccountInfo>.Refused(refusal);
        }

        return ReadCurrent() is { } name ? Find(name) : new KeyResult<AccountInfo>.Refused(KeyRefusals.NoneSelected());
    }

    /// <summary>Selects the account that is used when none is named.</summary>
    public KeyResult<AccountInfo> Use(string nameOrAddress)
    {
        var account = Find(nameOrAddress);
        if (account is not KeyResult<AccountInfo>.Found found)
        {
            return account;
        }

        try
        {
            PrivateFile.TryWrite(Path.Combine(_folder, CurrentFile), Encoding.ASCII.GetBytes(found.Value.Name), replace: true, _random);
            return new KeyResult<AccountInfo>.Found(found.Value with { IsCurrent = true });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new KeyResult<AccountInfo>.Refused(KeyRefusals.Unwritable(_folder));
        }
    }

    /// <summary>Opens an account's key store. The signer holds the key until it is disposed.</summary>
    public KeyResult<ISigner> Unlock(string nameOrAddress, ReadOnlySpan<char> password)
    {
        var found = Find(nameOrAddress);
        if (found is not KeyResult<AccountInfo>.Found { Value: var account })
        {
            return new KeyResult<ISigner>.Refused(((KeyResult<AccountInfo>.Refused)found).Reason);
        }

        if (Read(account.Name) is not KeyResult<byte[]>.Found file)
        {
            return new KeyResult<ISigner>.Refused(KeyRefusals.NoAccount(nameOrAddress));
        }

        if (!KeyStoreV3.TryDecrypt(file.Value, password, out var key, out var refusal))
        {
            return new KeyResult<ISigner>.Refused(refusal is KeyStoreRefusal.WrongPassword ? KeyRefusals.WrongPassword(account.Name) : KeyRefusals.Malformed(account.Name, refusal.Message));
        }

        if (key.Address != account.Address)
        {
            key.Dispose();
            return new KeyResult<ISigner>.Refused(KeyRefusals.Malformed(account.Name, $"it claims to be {account.Address} and holds another key"));
        }

        return new KeyResult<ISigner>.Found(new LocalSigner(key));
    }

    private KeyResult<AccountInfo> Store(string name, PrivateKey key, ReadOnlySpan<char> password)
    {
        if (name is null || !NameForm().IsMatch(name))
        {
            return new KeyResult<AccountInfo>.Refused(KeyRefusals.BadName());
        }

        switch (List())
        {
            case KeyResult<IReadOnlyList<AccountInfo>>.Refused refused:
                return new KeyResult<AccountInfo>.Refused(refused.Reason);
            case KeyResult<IReadOnlyList<AccountInfo>>.Found { Value: var accounts } when accounts.FirstOrDefault(account => account.Address == key.Address) is { } present:
                return new KeyResult<AccountInfo>.Refused(KeyRefusals.AddressTaken(present.Name, key.Address));
        }

        try
        {
            if (!PrivateFile.TryWrite(PathOf(name), KeyStoreV3.Encrypt(key, password, _random, _cost), replace: false, _random))
            {
                return new KeyResult<AccountInfo>.Refused(KeyRefusals.NameTaken(name));
            }

            // Without replacing: the first of several accounts that are made at once becomes the current one.
            var current = ReadCurrent() is null && PrivateFile.TryWrite(Path.Combine(_folder, CurrentFile), Encoding.ASCII.GetBytes(name), replace: false, _random);
            return new KeyResult<AccountInfo>.Found(new(name, key.Address, current));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new KeyResult<AccountInfo>.Refused(KeyRefusals.Unwritable(_folder));
        }
    }

    private WalletRefusal? Ready() => PrivateFile.EnsureFolder(_folder);

    private string? ReadCurrent()
    {
        var path = Path.Combine(_folder, CurrentFile);
        try
        {
            // A name that is none, or too long to be one, selects nothing.
            return File.Exists(path) && new FileInfo(path).Length <= 64 && File.ReadAllText(path) is var name && NameForm().IsMatch(name) ? name : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private KeyResult<byte[]> Read(string name)
    {
        var path = PathOf(name);
        try
        {
            if (PrivateFile.CheckMode(path, secret: true) is { } refusal)
            {
                return new KeyResult<byte[]>.Refused(refusal);
            }

            return new FileInfo(path) switch
            {
                { Exists: false } => new KeyResult<byte[]>.Refused(KeyRefusals.NoAccount(name)),
                { Length: > MaxFileBytes } => new KeyResult<byte[]>.Refused(KeyRefusals.Malformed(name, "it is larger than 64 KiB")),
                _ => new KeyResult<byte[]>.Found(File.ReadAllBytes(path)),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new KeyResult<byte[]>.Refused(KeyRefusals.Malformed(name, "the file cannot be read"));
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name + ".json");

    [GeneratedRegex(@"^[a-z][a-z0-9_-]{0,39}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NameForm();
}
