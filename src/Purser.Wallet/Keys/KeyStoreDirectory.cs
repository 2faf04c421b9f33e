using System.Text;
using System.Text.RegularExpressions;
using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>
/// The folder <c>keys</c> of a data folder: one file for each named account (<c>NAME.json</c>, 0600 in a folder of 0700), which is a V3 key
/// store or says where the key lies else, and the file <c>current</c> with the name of the selected one. A file that others can read,
/// or that is half written, is refused and the other accounts go on; a file is never written over, and every write is whole or not at
/// all. Several processes may use it at once.
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

    /// <summary>Opens an account's key store. The signer holds the key until it is disposed. An account whose key lies elsewhere is refused (<c>no_key_here</c>).</summary>
    public KeyResult<ISigner> Unlock(string nameOrAddress, ReadOnlySpan<char> password)
    {
        var found = Find(nameOrAddress);
        if (found is not KeyResult<AccountInfo>.Found { Value: var account })
        {
            return new KeyResult<ISigner>.Refused(((KeyResult<AccountInfo>.Refused)found).Reason);
        }

        if (account.IsWatched)
        {
            return new KeyResult<ISigner>.Refused(KeyRefusals.WatchOnly(account));
        }

        if (account.Remote is not null)
        {
            return new KeyResult<ISigner>.Refused(KeyRefusals.NoKeyHere(account));
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
        // A password's derivation costs; what is refused anyway is refused before.
        if (CheckNew(name, key.Address) is { } refusal)
        {
            return new KeyResult<AccountInfo>.Refused(refusal);
        }

        return Write(new(name, key.Address, false), KeyStoreV3.Encrypt(key, password, _random, _cost));
    }

    private WalletRefusal? CheckNew(string name, Address address)
    {
        if (name is null || !NameForm().IsMatch(name))
        {
            return KeyRefusals.BadName();
        }

        return List() switch
        {
            KeyResult<IReadOnlyList<AccountInfo>>.Refused refused => refused.Reason,
            KeyResult<IReadOnlyList<AccountInfo>>.Found { Value: var accounts } when accounts.FirstOrDefault(account => account.Address == address) is { } present => KeyRefusals.AddressTaken(present.Name, address),
            _ => File.Exists(PathOf(name)) ? KeyRefusals.NameTaken(name) : null,
        };
    }

    private KeyResult<AccountInfo> Write(AccountInfo account, byte[] content)
    {
        try
        {
            if (!PrivateFile.TryWrite(PathOf(account.Name), content, replace: false, _random))
            {
                return new KeyResult<AccountInfo>.Refused(KeyRefusals.NameTaken(account.Name));
            }

            // Without replacing: the first of several accounts that are made at once becomes the current one.
            var current = ReadCurrent() is null && PrivateFile.TryWrite(Path.Combine(_folder, CurrentFile), Encoding.ASCII.GetBytes(account.Name), replace: false, _random);
            return new KeyResult<AccountInfo>.Found(account with { IsCurrent = current });
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
