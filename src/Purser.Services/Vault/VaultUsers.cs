using System.Security.Cryptography;
using Purser.Services.Gate;
using Purser.Wallet;
using Purser.Wallet.Keys;

namespace Purser.Services.Vault;

/// <summary>
/// The users' wallets, each opened with its keys on first use, kept while it is in use, and closed with its keys zeroed when it has been idle or when room is
/// needed. A user that comes for the first time gets a key made here and the vault's first policy.
/// </summary>
public sealed class VaultUsers : IAsyncDisposable
{
    /// <summary>The account that the vault makes for a new user.</summary>
    public const string FirstAccount = "agent";

    private readonly VaultOptions _options;
    private readonly char[] _password;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Room> _rooms = new(StringComparer.Ordinal);

    // Deriving a key takes much memory by design: one at a time.
    private readonly SemaphoreSlim _unlocking = new(1);
    private readonly ITimer _sweep;
    private bool _closed;

    /// <summary>Opens nothing yet.</summary>
    public VaultUsers(VaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxOpenUsers, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxOpenUsers, 10_000, nameof(options));
        _options = options;
        _password = options.UnlockPassword.ToArray();
        var every = options.IdleAfter < TimeSpan.FromMinutes(1) ? options.IdleAfter : TimeSpan.FromMinutes(1);
        _sweep = options.Time.CreateTimer(_ => CloseIdle(), null, every, every);
    }

    /// <summary>How many wallets are open.</summary>
    public int OpenCount
    {
        get
        {
            lock (_gate)
            {
                return _rooms.Count;
            }
        }
    }

    /// <summary>The user's wallet, for as long as the lease is held; or why it cannot be opened.</summary>
    public async Task<VaultRental> RentAsync(VaultUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (Enter(user) is not { } room)
        {
            return new VaultRental.Refused(new(503, "vault_busy", "Too many wallets are open, and every one is in use", "send the same request again in a moment") { RetryAfter = TimeSpan.FromSeconds(2) });
        }

        try
        {
            // The opening is shared by all who wait for it, so none of them may cancel it.
            switch (await room.Folder)
            {
                case KeyResult<WalletFolder>.Found found:
                    return new VaultRental.Open(new VaultLease(this, room, user, found.Value));
                case KeyResult<WalletFolder>.Refused refused:
                    Leave(room, failed: true);
                    return new VaultRental.Refused(VaultProblem.Of(refused.Reason));
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
        catch
        {
            Leave(room, failed: true);
            throw;
        }
    }

    /// <summary>Closes every wallet and zeroes the keys and the password. To be called when no request is being served.</summary>
    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        Room[] rooms;
        lock (_gate)
        {
            _closed = true;
            rooms = [.. _rooms.Values];
            _rooms.Clear();
        }

        foreach (var room in rooms)
        {
            await CloseAsync(room);
        }

        CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(_password.AsSpan()));
        _unlocking.Dispose();
    }

    private Room? Enter(VaultUser user)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!_rooms.TryGetValue(user.Id, out var room))
            {
                if (_rooms.Count >= _options.MaxOpenUsers && !MakeRoom())
                {
                    return null;
                }

                var opening = new Lazy<Task<KeyResult<WalletFolder>>>(() => OpenAsync(user));
                room = new Room(user.Id, opening);
                _rooms.Add(user.Id, room);
            }

            room.Guests++;
            return room;
        }
    }

    private void Leave(Room room, bool failed)
    {
        lock (_gate)
        {
            room.Guests--;
            room.LeftAt = _options.Time.GetTimestamp();

            // What failed to open is tried anew by the next who asks.
            if (failed && _rooms.TryGetValue(room.Id, out var present) && ReferenceEquals(present, room))
            {
                _rooms.Remove(room.Id);
            }
        }
    }

    // Under the lock: the wallet that was idle longest goes.
    private bool MakeRoom()
    {
        if (_rooms.Values.Where(room => room.Guests == 0).MinBy(room => room.LeftAt) is not { } idle)
        {
            return false;
        }

        _rooms.Remove(idle.Id);
        _ = CloseAsync(idle);
        return true;
    }

    private void CloseIdle()
    {
        List<Room> idle;
        lock (_gate)
        {
            idle = [.. _rooms.Values.Where(room => room.Guests == 0 && _options.Time.GetElapsedTime(room.LeftAt) >= _options.IdleAfter)];
            idle.ForEach(room => _rooms.Remove(room.Id));
        }

        idle.ForEach(room => _ = CloseAsync(room));
    }

    private static async Task CloseAsync(Room room)
    {
        try
        {
            if (await room.Folder is KeyResult<WalletFolder>.Found found)
            {
                await found.Value.DisposeAsync();
            }
        }
        catch (Storage.StorageException)
        {
            // It never opened; there is nothing to close.
        }
    }

    private async Task<KeyResult<WalletFolder>> OpenAsync(VaultUser user)
    {
        // At once off the caller's thread: those who ask meanwhile wait for the task and not for a lock.
        await Task.Yield();
        await _unlocking.WaitAsync();
        WalletFolder? folder = null;
        try
        {
            if (WalletFolder.EnsurePrivate(Path.Combine(_options.DataFolder, "users")) is { } wide)
            {
                return new KeyResult<WalletFolder>.Refused(wide);
            }

            var opened = await WalletFolder.OpenAsync(new()
            {
                Folder = Path.Combine(_options.DataFolder, "users", user.Id),
                Registry = _options.Registry,
                Chains = _options.Chains,
                Time = _options.Time,
                Random = _options.Random,
                Cost = _options.Cost,
                AllowOffline = _options.AllowOffline,
            });
            if (opened is not KeyResult<WalletFolder>.Found { Value: var found })
            {
                return opened;
            }

            folder = found;
            if (Unlock(found) is { } refusal)
            {
                return new KeyResult<WalletFolder>.Refused(refusal);
            }

            folder = null;
            return opened;
        }
        finally
        {
            if (folder is not null)
            {
                await folder.DisposeAsync();
            }

            _unlocking.Release();
        }
    }

    private WalletRefusal? Unlock(WalletFolder folder)
    {
        switch (folder.KeyStores.List())
        {
            case KeyResult<IReadOnlyList<AccountInfo>>.Refused refused:
                return refused.Reason;
            case KeyResult<IReadOnlyList<AccountInfo>>.Found { Value.Count: 0 }:
                // The policy first: a crash between the two leaves a mandate without a key, and a policy that was taken away later never comes back by itself.
                folder.Policy.TryCreate(_options.FirstPolicy(_options.Registry), _options.Random);
                if (folder.KeyStores.Create(FirstAccount, _password) is KeyResult<AccountInfo>.Refused unmade)
                {
                    return unmade.Reason;
                }

                return Unlock(folder);
            case KeyResult<IReadOnlyList<AccountInfo>>.Found { Value: var accounts }:
                // What the operator added by hand and has no key store is another's to sign for.
                return accounts.Where(account => account.Kind == AccountKind.KeyStore).Select(account => folder.Unlock(account.Name, _password)).OfType<KeyResult<AccountInfo>.Refused>().FirstOrDefault()?.Reason;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>An open wallet, or one that is being opened.</summary>
    internal sealed class Room(string id, Lazy<Task<KeyResult<WalletFolder>>> folder)
    {
        public string Id => id;

        public Task<KeyResult<WalletFolder>> Folder => folder.Value;

        public int Guests { get; set; }

        public long LeftAt { get; set; }
    }

    internal void Release(Room room) => Leave(room, failed: false);
}

/// <summary>What came of asking for a user's wallet.</summary>
public abstract record VaultRental
{
    private VaultRental()
    {
    }

    /// <summary>Here it is.</summary>
    /// <param name="Lease">To be disposed after use.</param>
    public sealed record Open(VaultLease Lease) : VaultRental;

    /// <summary>It cannot be opened now.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(GateRefusal Reason) : VaultRental;
}

/// <summary>A user's wallet in use: it stays open until the lease is disposed.</summary>
public sealed class VaultLease : IDisposable
{
    private readonly VaultUsers _users;
    private VaultUsers.Room? _room;

    internal VaultLease(VaultUsers users, VaultUsers.Room room, VaultUser user, WalletFolder folder)
    {
        (_users, _room) = (users, room);
        User = user;
        Folder = folder;
    }

    /// <summary>Whose it is.</summary>
    public VaultUser User { get; }

    /// <summary>The user's folder, opened.</summary>
    public WalletFolder Folder { get; }

    /// <summary>The user's wallet.</summary>
    public LocalWallet Wallet => Folder.Wallet;

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _room, null) is { } room)
        {
            _users.Release(room);
        }
    }
}
