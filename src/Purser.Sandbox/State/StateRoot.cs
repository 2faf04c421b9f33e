using System.Collections.Immutable;
using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.State;

/// <summary>
/// A committed state: the Merkle Patricia trie of accounts, immutable and sharing its unchanged parts with the states before it.
/// So every block keeps its state at the price of what it changed, a reader needs no lock, and going back is taking an older root.
/// A forked chain's state holds only what was changed here; the rest is read from where it was forked (<see cref="IRemoteState"/>), and its root is over the part that is here.
/// </summary>
internal sealed class StateRoot
{
    private readonly Trie<AccountLeaf> _accounts;

    private readonly IRemoteState? _remote;

    // Accounts that were removed here: not in the trie, and not to be asked for.
    private readonly ImmutableHashSet<Address> _removed;

    private StateRoot(Trie<AccountLeaf> accounts, IRemoteState? remote, ImmutableHashSet<Address> removed)
    {
        _accounts = accounts;
        _remote = remote;
        _removed = removed;
    }

    /// <summary>No accounts.</summary>
    public static StateRoot Empty { get; } = new(Trie<AccountLeaf>.Empty, null, []);

    /// <summary>The state of another chain, of which nothing was changed yet.</summary>
    public static StateRoot Over(IRemoteState remote) => new(Trie<AccountLeaf>.Empty, remote, []);

    /// <summary>The state root as headers carry it.</summary>
    public Hash32 Hash => _accounts.RootHash;

    /// <summary>The account, or null.</summary>
    public AccountLeaf? Find(in Address address)
    {
        Span<byte> key = stackalloc byte[32];
        Keccak256.Hash(address.Bytes, key);
        return _accounts.TryGet(key, out var leaf) ? leaf : _remote is null || _removed.Contains(address) ? null : _remote.ReadAccount(address);
    }

    /// <summary>The nodes that prove what the account is, or that there is none, against <see cref="Hash"/> (EIP-1186).</summary>
    public IReadOnlyList<byte[]> Prove(in Address address)
    {
        Span<byte> key = stackalloc byte[32];
        Keccak256.Hash(address.Bytes, key);
        return _accounts.Prove(key);
    }

    /// <summary>This state with one account set, or with null removed.</summary>
    public StateRoot With(in Address address, AccountLeaf? account)
    {
        Span<byte> key = stackalloc byte[32];
        Keccak256.Hash(address.Bytes, key);
        var removed = _remote is null ? _removed : account is null ? _removed.Add(address) : _removed.Remove(address);
        return new(account is null ? _accounts.Without(key) : _accounts.With(key, account), _remote, removed);
    }
}

/// <summary>An account of a committed state; immutable.</summary>
/// <param name="Nonce">The next nonce.</param>
/// <param name="Balance">In wei.</param>
/// <param name="Code">The code.</param>
/// <param name="Storage">The storage trie.</param>
internal sealed record AccountLeaf(ulong Nonce, UInt256 Balance, Code Code, Trie<StorageWord> Storage) : ITrieValue
{
    /// <summary>Of a forked chain's account: the storage that was not written here. Null when all of it is in <see cref="Storage"/>.</summary>
    public RemoteStorage? Remote { get; init; }

    /// <summary>Whether any slot is not zero; of a forked chain's account, any that was written here.</summary>
    public bool HasStorage => !Storage.IsEmpty;

    /// <summary>One slot.</summary>
    public UInt256 ReadStorage(in UInt256 key)
    {
        if (Storage.IsEmpty)
        {
            return Remote?.Read(key) ?? default;
        }
        Span<byte> hashed = stackalloc byte[32];
        HashSlot(key, hashed);
        return Storage.TryGet(hashed, out var word) ? word.Value : Remote?.Read(key) ?? default;
    }

    /// <summary>The nodes that prove the slot's value against the storage root (EIP-1186).</summary>
    public IReadOnlyList<byte[]> ProveStorage(in UInt256 key)
    {
        Span<byte> hashed = stackalloc byte[32];
        HashSlot(key, hashed);
        return Storage.Prove(hashed);
    }

    /// <summary>An account from its parts; slots of value 0 are left out.</summary>
    public static AccountLeaf Make(ulong nonce, in UInt256 balance, ReadOnlySpan<byte> code, IEnumerable<KeyValuePair<UInt256, UInt256>> slots)
    {
        var storage = Trie<StorageWord>.Empty;
        Span<byte> key = stackalloc byte[32];
        foreach (var (slot, value) in slots)
        {
            HashSlot(slot, key);
            storage = value.IsZero ? storage.Without(key) : storage.With(key, new(value));
        }
        return new(nonce, balance, code.IsEmpty ? Code.Empty : new Code(code), storage);
    }

    /// <summary>This account with one slot set.</summary>
    public AccountLeaf WithStorage(in UInt256 slot, in UInt256 value)
    {
        Span<byte> key = stackalloc byte[32];
        HashSlot(slot, key);
        return this with { Storage = value.IsZero ? Storage.Without(key) : Storage.With(key, new(value)), Remote = Remote?.Written(slot, value) };
    }

    /// <summary>What an entry has become at the end of its block.</summary>
    public static AccountLeaf From(AccountEntry entry)
    {
        var storage = entry.StorageCleared || entry.Committed is null ? Trie<StorageWord>.Empty : entry.Committed.Storage;
        var remote = entry.StorageCleared ? null : entry.Committed?.Remote;
        Span<byte> key = stackalloc byte[32];
        foreach (var (slot, state) in entry.Slots)
        {
            HashSlot(slot, key);
            var was = storage.TryGet(key, out var word) ? word.Value : remote?.Read(slot) ?? default;
            if (was != state.Current)
            {
                remote = remote?.Written(slot, state.Current);
                storage = state.Current.IsZero ? storage.Without(key) : storage.With(key, new(state.Current));
            }
        }
        return new(entry.Nonce, entry.Balance, entry.Code, storage) { Remote = remote };
    }

    /// <inheritdoc/>
    public void Encode(ref RlpWriter writer)
    {
        var list = writer.StartList();
        writer.Write(Nonce);
        writer.Write(Balance);
        writer.Write(Storage.RootHash);
        writer.Write(Code.Hash);
        writer.EndList(list);
    }

    private static void HashSlot(in UInt256 slot, Span<byte> key)
    {
        Span<byte> bytes = stackalloc byte[32];
        slot.WriteBigEndian(bytes);
        Keccak256.Hash(bytes, key);
    }
}

/// <summary>A storage slot's value in its trie.</summary>
internal readonly record struct StorageWord(UInt256 Value) : ITrieValue
{
    /// <inheritdoc/>
    public void Encode(ref RlpWriter writer) => writer.Write(Value);
}
