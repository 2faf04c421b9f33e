using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Chain;

/// <content>The transaction pool: what comes in, what is dropped, what waits, and the block that it would make.</content>
public sealed partial class SandboxChain
{
    private readonly HashSet<Address> _impersonated = [];
    private bool _impersonatesAll;
    private (ChainView View, ulong PoolVersion, ulong Timestamp, Block Block)? _pending;

    /// <summary>Whether transactions are taken without a key from every account, not only from those of <see cref="Impersonate"/>.</summary>
    public bool ImpersonatesAll
    {
        get => Volatile.Read(ref _impersonatesAll);
        set => Volatile.Write(ref _impersonatesAll, value);
    }

    /// <summary>Takes transactions of an account without its key from now on, also of one that has code.</summary>
    public void Impersonate(Address account)
    {
        lock (_gate)
        {
            _impersonated.Add(account);
        }
    }

    /// <summary>Takes them no more.</summary>
    public void StopImpersonating(Address account)
    {
        lock (_gate)
        {
            _impersonated.Remove(account);
        }
    }

    /// <summary>Whether transactions of an account are taken without its key.</summary>
    public bool Impersonates(Address account)
    {
        lock (_gate)
        {
            return _impersonatesAll || _impersonated.Contains(account);
        }
    }

    /// <summary>Sends a transaction of an impersonated account, without its key.</summary>
    /// <param name="from">The account.</param>
    /// <param name="transaction">What it would have signed.</param>
    /// <returns>The transaction's hash.</returns>
    /// <exception cref="InvalidOperationException">The account is not impersonated.</exception>
    /// <exception cref="Purser.Ethereum.Rpc.ChainException">The chain does not take it (nonce, funds, fees).</exception>
    public Hash32 SendAs(Address from, Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (!Impersonates(from))
        {
            throw new InvalidOperationException($"{from} is not impersonated.");
        }
        var signed = Impersonation.Sign(transaction, from);
        return Submit(signed) is { } rejection ? throw new Purser.Ethereum.Rpc.ChainException(rejection.Message) { Code = rejection.Code } : signed.Hash;
    }

    /// <summary>Takes a transaction out of the pool.</summary>
    /// <returns>False when the pool does not have it.</returns>
    public bool DropTransaction(Hash32 hash)
    {
        lock (_gate)
        {
            if (_pool.Find(hash) is not { } found)
            {
                return false;
            }
            _pool.Drop(found, "dropped by request");
            return true;
        }
    }

    /// <summary>Empties the pool, or takes out what one sender has in it.</summary>
    public void DropTransactions(Address? sender = null)
    {
        lock (_gate)
        {
            foreach (var transaction in _pool.All().Where(t => sender is null || t.From == sender))
            {
                _pool.Drop(transaction, "dropped by request");
            }
        }
    }

    /// <summary>Takes a signed transaction in: into the pool, and with automine into a block before this returns.</summary>
    internal TransactionRejection? Submit(SignedTransaction transaction)
    {
        TransactionRejection? rejection = null;
        Warm(transaction);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if ((CheckForPool(transaction) ?? _pool.Add(transaction)) is { } refused)
            {
                rejection = refused;
            }
            else
            {
                Take(transaction);
            }
        }
        // Also for a repeat: what it repeats may be in a block that is on its way to the disk.
        Commit();
        FollowChain();
        return rejection;
    }

    // Under the lock.
    private void Take(SignedTransaction transaction)
    {
        foreach (var observer in _observers)
        {
            observer.OnPooled(transaction);
        }
        if (_automine)
        {
            MineReady();
        }
    }

    /// <summary>What waits, for each sender by nonce: what could be mined now, and what has a gap before it.</summary>
    internal (IReadOnlyList<SignedTransaction> Pending, IReadOnlyList<SignedTransaction> Queued) Waiting()
    {
        lock (_gate)
        {
            var state = _view.State;
            return _pool.Waiting(sender => state.Find(sender)?.Nonce ?? 0);
        }
    }

    /// <summary>What left the pool without a block lately, oldest first.</summary>
    internal IReadOnlyList<DroppedTransaction> Dropped()
    {
        lock (_gate)
        {
            return [.. _pool.Dropped];
        }
    }

    /// <summary>The block that would be mined now. Not published; the pool stays as it is.</summary>
    internal Block PendingBlock()
    {
        lock (_gate)
        {
            var timestamp = _nextTimestamp ?? NextTimestamp(_view);
            if (_pending is { } made && ReferenceEquals(made.View, _view) && made.PoolVersion == _pool.Version && made.Timestamp == timestamp)
            {
                return made.Block;
            }
            var builder = new BlockBuilder(_view, _writerMachine, timestamp);
            var state = _view.State;
            foreach (var transaction in _pool.Ready(sender => state.Find(sender)?.Nonce ?? 0, builder.Context.BaseFee))
            {
                builder.TryAdd(transaction, out _);
            }
            var block = builder.Seal();
            // Noted after Ready, which may drop what is stale.
            _pending = (_view, _pool.Version, timestamp, block);
            return block;
        }
    }

    /// <summary>The chain as a question at this tag sees it: for "pending" with the state after what waits in the pool.</summary>
    internal ChainView ViewFor(Purser.Ethereum.Rpc.BlockTag tag)
    {
        if (tag != Purser.Ethereum.Rpc.BlockTag.Pending)
        {
            return _view;
        }
        lock (_gate)
        {
            return _pool.Count == 0 ? _view : _view with { State = PendingBlock().State };
        }
    }

    // Under the lock. What keeps a transaction out of the pool; a nonce above the next one waits there.
    private TransactionRejection? CheckForPool(SignedTransaction transaction)
    {
        if (_view.Transactions.ContainsKey(transaction.Hash))
        {
            return new TransactionRejection.AlreadyKnown();
        }
        if (transaction.Transaction.Type is 3 or > 4)
        {
            return new TransactionRejection.TypeNotSupported(transaction.Transaction.Type);
        }
        var message = Message.Of(transaction);
        var context = BlockBuilder.ContextAfter(_view, Clock.UnixSeconds);
        var rejection = TransactionExecutor.Check(new State.WorldState(_view.State), context, message);
        if (rejection is not TransactionRejection.NonceTooHigh)
        {
            return rejection;
        }
        var sender = _view.State.Find(transaction.From);
        var want = TransactionExecutor.MostToPay(message);
        return want is null || want > (sender?.Balance ?? default) ? new TransactionRejection.InsufficientFunds(transaction.From, sender?.Balance ?? default, want) : null;
    }
}
