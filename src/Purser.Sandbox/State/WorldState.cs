using System.Runtime.InteropServices;
using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.State;

/// <summary>
/// The state while a block, or one call, runs: a layer of changes over a committed <see cref="StateRoot"/>, with a journal that undoes
/// what a reverted frame did. Transactions run in it one after another; <see cref="Commit"/> makes the next committed state.
/// Not safe for several threads: each block or call has its own.
/// </summary>
internal sealed class WorldState(StateRoot committed)
{
    private readonly Dictionary<Address, AccountEntry> _accounts = [];
    private readonly Dictionary<(Address, UInt256), UInt256> _transient = [];
    private readonly List<JournalEntry> _ownJournal = [];
    private List<JournalEntry>? _lentJournal;
    private readonly List<AccountEntry> _touched = [];
    private readonly List<AccountEntry> _destroyed = [];
    private int _transaction = 1;

    private List<JournalEntry> Journal => _lentJournal ?? _ownJournal;

    /// <summary>A point to which <see cref="Undo(in Mark)"/> returns.</summary>
    public readonly record struct Mark(int Journal, int Logs, long Refund);

    /// <summary>The logs of the running transaction, in order.</summary>
    public List<Log> Logs { get; } = [];

    /// <summary>The refund counter of the running transaction in gas (EIP-3529 caps what is paid out).</summary>
    public long Refund { get; set; }

    /// <summary>The committed state below.</summary>
    public StateRoot Base => committed;

    /// <summary>The account at an address; an absent one is an empty entry.</summary>
    public AccountEntry Get(in Address address)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_accounts, address, out _);
        return entry ??= new AccountEntry(address, committed.Find(address));
    }

    /// <summary>All accounts that were asked for so far.</summary>
    public IReadOnlyCollection<AccountEntry> Entries => _accounts.Values;

    /// <summary>Remembers where the journal stands.</summary>
    public Mark TakeMark() => new(Journal.Count, Logs.Count, Refund);

    /// <summary>Makes the address warm.</summary>
    /// <returns>Whether it was cold.</returns>
    public bool Access(AccountEntry account)
    {
        if (account.WarmIn == _transaction)
        {
            return false;
        }
        Journal.Add(new(Change.WarmAccount, account, default, (ulong)account.WarmIn, null));
        account.WarmIn = _transaction;
        return true;
    }

    /// <summary>Writes the journal of the next transaction into a list that is used again by one state after the other; with null into the state's own. Only between transactions.</summary>
    public void LendJournal(List<JournalEntry>? journal)
    {
        journal?.Clear();
        _lentJournal = journal;
    }

    /// <summary>The slot, as <see cref="FindSlot"/> gives it, made warm.</summary>
    /// <param name="account">Whose storage.</param>
    /// <param name="key">Which slot.</param>
    /// <param name="wasCold">Whether it was cold.</param>
    public ref Slot AccessSlot(AccountEntry account, in UInt256 key, out bool wasCold)
    {
        ref var slot = ref FindSlot(account, key);
        wasCold = slot.WarmIn != _transaction;
        if (wasCold)
        {
            Journal.Add(new(Change.WarmSlot, account, key, (ulong)slot.WarmIn, null));
            slot.WarmIn = _transaction;
        }
        return ref slot;
    }

    /// <summary>The slot, with an <see cref="Slot.Original"/> that is right for the running transaction. The reference dies with the next access to the same account.</summary>
    public ref Slot FindSlot(AccountEntry account, in UInt256 key)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(account.Slots, key, out var known);
        if (!known && !account.StorageCleared && account.Committed is { } leaf)
        {
            slot.Current = leaf.ReadStorage(key);
        }
        if (slot.OriginalIn != _transaction)
        {
            slot.Original = slot.Current;
            slot.OriginalIn = _transaction;
        }
        return ref slot;
    }

    /// <summary>Writes a slot that <see cref="AccessSlot"/> gave.</summary>
    public void SetStorage(AccountEntry account, in UInt256 key, ref Slot slot, in UInt256 value)
    {
        Touch(account);
        Journal.Add(new(Change.Storage, account, key, slot.Current, null));
        slot.Current = value;
    }

    /// <summary>Reads transient storage (EIP-1153).</summary>
    public UInt256 GetTransient(AccountEntry account, in UInt256 key) => _transient.GetValueOrDefault((account.Address, key));

    /// <summary>Writes transient storage (EIP-1153).</summary>
    public void SetTransient(AccountEntry account, in UInt256 key, in UInt256 value)
    {
        ref var old = ref CollectionsMarshal.GetValueRefOrAddDefault(_transient, (account.Address, key), out _);
        Journal.Add(new(Change.Transient, account, key, old, null));
        old = value;
    }

    /// <summary>Notes that the account took part, so that it is removed at the transaction's end if it is empty then (EIP-161).</summary>
    public void Touch(AccountEntry account)
    {
        if (account.TouchedIn == _transaction)
        {
            return;
        }
        Journal.Add(new(Change.Touched, account, default, (ulong)account.TouchedIn, null));
        account.TouchedIn = _transaction;
        _touched.Add(account);
    }

    /// <summary>Adds to the balance, modulo 2^256 (no real balance comes near; the official tests do).</summary>
    public void AddBalance(AccountEntry account, in UInt256 amount) => SetBalance(account, UInt256.AddWrapping(account.Balance, amount));

    /// <summary>Takes from the balance.</summary>
    /// <exception cref="OverflowException">More than there is: the caller must have checked.</exception>
    public void SubtractBalance(AccountEntry account, in UInt256 amount) => SetBalance(account, account.Balance - amount);

    /// <summary>Sets the balance.</summary>
    public void SetBalance(AccountEntry account, in UInt256 balance)
    {
        Touch(account);
        Journal.Add(new(Change.Balance, account, default, account.Balance, null));
        account.Balance = balance;
    }

    /// <summary>Sets the nonce.</summary>
    public void SetNonce(AccountEntry account, ulong nonce)
    {
        Touch(account);
        Journal.Add(new(Change.Nonce, account, default, account.Nonce, null));
        account.Nonce = nonce;
    }

    /// <summary>Sets the code.</summary>
    public void SetCode(AccountEntry account, Code code)
    {
        Touch(account);
        Journal.Add(new(Change.Code, account, default, default, account.Code));
        account.Code = code;
    }

    /// <summary>Whether a contract may not be created at the account: it has a nonce, code (EIP-684) or storage (EIP-7610).</summary>
    public static bool IsTaken(AccountEntry account) =>
        account.Nonce != 0 || account.Code.Length != 0 || (account.Committed is { HasStorage: true } && !account.StorageCleared);

    /// <summary>Notes that the contract was created in this transaction.</summary>
    public void MarkCreated(AccountEntry account)
    {
        Touch(account);
        Journal.Add(new(Change.Created, account, default, (ulong)account.CreatedIn, null));
        account.CreatedIn = _transaction;
    }

    /// <summary>Whether the contract was created in this transaction.</summary>
    public bool WasCreatedHere(AccountEntry account) => account.CreatedIn == _transaction;

    /// <summary>Notes that the contract is gone when the transaction ends.</summary>
    /// <returns>Whether it was not marked in this transaction yet.</returns>
    public bool MarkDestroyed(AccountEntry account)
    {
        Touch(account);
        if (account.DestroyedIn == _transaction)
        {
            return false;
        }
        Journal.Add(new(Change.Destroyed, account, default, (ulong)account.DestroyedIn, null));
        account.DestroyedIn = _transaction;
        _destroyed.Add(account);
        return true;
    }

    /// <summary>Undoes everything since the mark.</summary>
    public void Undo(in Mark mark)
    {
        var journal = Journal;
        for (var i = journal.Count - 1; i >= mark.Journal; i--)
        {
            Undo(journal[i]);
        }
        journal.RemoveRange(mark.Journal, journal.Count - mark.Journal);
        Logs.RemoveRange(mark.Logs, Logs.Count - mark.Logs);
        Refund = mark.Refund;
    }

    private void Undo(in JournalEntry entry)
    {
        var account = entry.Account;
        switch (entry.Change)
        {
            // Both lists grow only together with the journal, so that what is undone is their last; they must not grow with every reverted call.
            case Change.Touched: account.TouchedIn = (int)entry.Old; _touched.RemoveAt(_touched.Count - 1); break;
            case Change.Balance: account.Balance = entry.Old; break;
            case Change.Nonce: account.Nonce = (ulong)entry.Old; break;
            case Change.Code: account.Code = entry.OldCode!; break;
            case Change.Storage: FindSlot(account, entry.Key).Current = entry.Old; break;
            case Change.Transient: _transient[(account.Address, entry.Key)] = entry.Old; break;
            case Change.WarmAccount: account.WarmIn = (int)entry.Old; break;
            case Change.WarmSlot: FindSlot(account, entry.Key).WarmIn = (int)entry.Old; break;
            case Change.Created: account.CreatedIn = (int)entry.Old; break;
            case Change.Destroyed: account.DestroyedIn = (int)entry.Old; _destroyed.RemoveAt(_destroyed.Count - 1); break;
            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Ends the running transaction: destroyed accounts go, warmth, transient storage, logs and refund are forgotten.</summary>
    public void EndTransaction()
    {
        foreach (var account in _destroyed)
        {
            account.Balance = default;
            account.Nonce = 0;
            account.Code = Code.Empty;
            account.StorageCleared = true;
            account.Slots.Clear();
        }
        foreach (var account in _touched)
        {
            account.Dirty = true;
        }
        _destroyed.Clear();
        _touched.Clear();
        _transient.Clear();
        Journal.Clear();
        Logs.Clear();
        Refund = 0;
        _transaction++;
    }

    /// <summary>The committed state with the changes of all ended transactions.</summary>
    public StateRoot Commit()
    {
        var root = committed;
        foreach (var account in _accounts.Values)
        {
            if (account.Dirty)
            {
                root = root.With(account.Address, account.IsEmpty ? null : AccountLeaf.From(account));
            }
        }
        return root;
    }
}
