using System.Collections.Concurrent;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Chain;

/// <summary>
/// An Ethereum chain in this process: a real EVM under the rules of Cancun, with blocks, receipts, logs, EIP-1559 fees and state roots.
/// Writers (transactions, mining, cheats) take one lock; readers and simulated calls run beside them on the immutable chain as it was
/// when they began. Nothing is awaited under the lock, so synchronous and asynchronous callers may be mixed. Blocks are final: there are no reorganisations.
/// </summary>
public sealed partial class SandboxChain : IChain, IDisposable
{
    private readonly Lock _gate = new();
    private readonly SandboxOptions _options;
    private readonly TransactionPool _pool;
    private readonly Machine _writerMachine = new();
    private readonly ConcurrentBag<Machine> _machines = [];
    private readonly Dictionary<ulong, (ChainView View, int Records)> _snapshots = [];
    private readonly ITimer? _miner;
    private StateLog? _log;
    private ulong _lastSnapshot;
    private ulong? _nextTimestamp;
    private bool _automine;
    private bool _isDisposed;

    // Replaced as a whole under the lock; read without it.
    private volatile ChainView _view;

    // The records of the state file that still count; those of a chain without a file are counted all the same.
    private int _records;

    private SandboxChain(SandboxOptions options, SandboxClock clock)
    {
        _options = options;
        Clock = clock;
        _pool = new(options.PoolLimit);
        _automine = options.Automine;
        _view = ChainView.From(MakeGenesis(clock.UnixSeconds));
        if (options.StateFile is { } path)
        {
            _log = StateLog.Open(path, out var records);
            try
            {
                Restore(path, records);
            }
            catch
            {
                _log.Dispose();
                throw;
            }
        }
        // Last: from here on another thread may come in.
        if (options.BlockInterval is { } interval)
        {
            _miner = clock.CreateTimer(_ => MineOnTime(), null, interval, interval);
        }
    }

    /// <summary>Starts a chain, or goes on with the one in the state file.</summary>
    /// <param name="options">How it is set up; with an existing state file the same as when that was made.</param>
    /// <param name="clock">Gives the blocks their times; shared with the services around. The chain does not dispose it.</param>
    /// <exception cref="StateFileException">The state file is damaged, in use, or of another chain.</exception>
    public static SandboxChain Open(SandboxOptions options, SandboxClock clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.GasLimit, 100_000UL, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.GasLimit, 1_000_000_000UL, nameof(options));
        if (options.BlockInterval is { } interval)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromMilliseconds(10), nameof(options));
        }
        return new(options, clock);
    }

    /// <summary>The clock that gives the blocks their times.</summary>
    public SandboxClock Clock { get; }

    /// <summary>The chain's number.</summary>
    public ChainId ChainId => _options.ChainId;

    /// <summary>How the chain was set up.</summary>
    public SandboxOptions Options => _options;

    /// <summary>The address of the deterministic deployment proxy that every genesis has.</summary>
    public static Address Create2Deployer => Genesis.Create2Deployer;

    /// <summary>Whether transactions are mined when they are sent.</summary>
    public bool Automine
    {
        get
        {
            lock (_gate)
            {
                return _automine;
            }
        }
        set
        {
            lock (_gate)
            {
                _automine = value;
                if (value)
                {
                    MineReady();
                }
            }
        }
    }

    internal ChainView View => _view;

    /// <summary>Takes a signed transaction in: into the pool, and with automine into a block before this returns.</summary>
    internal TransactionRejection? Submit(SignedTransaction transaction)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (CheckForPool(transaction) is { } rejection)
            {
                return rejection;
            }
            if (_pool.Add(transaction) is { } full)
            {
                return full;
            }
            if (_automine)
            {
                MineReady();
            }
            return null;
        }
    }

    /// <summary>Mines one block now, with what is ready in the pool, or empty.</summary>
    /// <returns>Its height.</returns>
    /// <exception cref="StateFileException">The block could not be written; the chain is as before.</exception>
    public ulong Mine()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return Publish(Build(TakeTimestamp())).Header.Number;
        }
    }

    /// <summary>Sets the time of the next block, and moves the clock there.</summary>
    /// <param name="unixSeconds">Not before the newest block.</param>
    /// <returns>False when it lies before the newest block.</returns>
    public bool TrySetNextBlockTimestamp(ulong unixSeconds)
    {
        lock (_gate)
        {
            if (unixSeconds < _view.Head.Header.Timestamp || unixSeconds > int.MaxValue * 64UL)
            {
                return false;
            }
            _nextTimestamp = unixSeconds;
        }
        Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds((long)unixSeconds));
        return true;
    }

    /// <summary>Keeps the chain as it is now, for <see cref="Revert"/>.</summary>
    /// <returns>The snapshot's number, from 1.</returns>
    public ulong Snapshot()
    {
        lock (_gate)
        {
            _snapshots.Add(++_lastSnapshot, (_view, _records));
            return _lastSnapshot;
        }
    }

    /// <summary>Goes back to a snapshot: blocks, state and cheats since then are gone, the pool is emptied, and this snapshot and later ones are used up. The clock does not go back.</summary>
    /// <returns>False when there is no such snapshot.</returns>
    public bool Revert(ulong snapshot)
    {
        lock (_gate)
        {
            if (!_snapshots.TryGetValue(snapshot, out var kept))
            {
                return false;
            }
            _log?.Append(new ChainRecord.Rewound((ulong)kept.Records).Encode());
            _records = kept.Records;
            _view = kept.View;
            _pool.Clear();
            _nextTimestamp = null;
            foreach (var later in _snapshots.Keys.Where(id => id >= snapshot).ToArray())
            {
                _snapshots.Remove(later);
            }
            return true;
        }
    }

    /// <summary>Sets an account's balance, in wei, without a transaction.</summary>
    public void SetBalance(Address account, UInt256 balance) => Edit(account, new AccountEdit.Balance(balance));

    /// <summary>Sets an account's next nonce without a transaction.</summary>
    public void SetNonce(Address account, ulong nonce) => Edit(account, new AccountEdit.Nonce(nonce));

    /// <summary>Sets an account's code (what runs, not what deploys) without a transaction.</summary>
    public void SetCode(Address account, ReadOnlySpan<byte> code) => Edit(account, new AccountEdit.Code(code.ToArray()));

    /// <summary>Sets one storage slot without a transaction.</summary>
    public void SetStorageAt(Address account, UInt256 slot, UInt256 value) => Edit(account, new AccountEdit.Storage(slot, value));

    /// <summary>Stops mining and closes the state file; reads go on to work.</summary>
    public void Dispose()
    {
        _miner?.Dispose();
        lock (_gate)
        {
            _isDisposed = true;
            _log?.Dispose();
            _log = null;
        }
    }

    // On the clock's thread, which must not be torn down by a full disk or by a chain that was closed meanwhile.
    private void MineOnTime()
    {
        try
        {
            Mine();
        }
        catch (ObjectDisposedException)
        {
            _miner?.Dispose();
        }
        catch (StateFileException)
        {
            // The log is closed for writing now: the next sender gets the reason.
            _miner?.Dispose();
        }
    }

    private Block MakeGenesis(ulong timestamp) =>
        BlockBuilder.Genesis(Genesis.Make(_options.Genesis), _options.Coinbase, _options.GasLimit, _options.InitialBaseFee, timestamp);

    private void Edit(Address account, AccountEdit edit)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _log?.Append(new ChainRecord.Edited(account, edit).Encode());
            _records++;
            _view = _view with { State = edit.Apply(_view.State, account) };
        }
    }

    // Under the lock. What keeps a transaction out of the pool; a nonce above the next one waits there.
    private TransactionRejection? CheckForPool(SignedTransaction transaction)
    {
        if (_view.Transactions.ContainsKey(transaction.Hash))
        {
            return new TransactionRejection.AlreadyKnown();
        }
        var message = Message.Of(transaction);
        var context = BlockBuilder.ContextAfter(_view, ChainId.Value, _options.Coinbase, _options.GasLimit, Clock.UnixSeconds);
        var rejection = TransactionExecutor.Check(new State.WorldState(_view.State), context, message);
        if (rejection is not TransactionRejection.NonceTooHigh)
        {
            return rejection;
        }
        var sender = _view.State.Find(transaction.From);
        var want = TransactionExecutor.MostToPay(message);
        return want is null || want > (sender?.Balance ?? default) ? new TransactionRejection.InsufficientFunds(transaction.From, sender?.Balance ?? default, want) : null;
    }

    // Under the lock. Mines until nothing in the pool is ready.
    private void MineReady()
    {
        while (_pool.Count > 0)
        {
            // A block that nothing got into is not made: it would leave the pool as it is.
            var timestamp = NextTimestamp();
            var block = Build(timestamp);
            if (block.Transactions.Count == 0)
            {
                return;
            }
            _nextTimestamp = null;
            Publish(block);
        }
    }

    private Block Build(ulong timestamp)
    {
        var builder = new BlockBuilder(_view, _writerMachine, ChainId.Value, _options.Coinbase, _options.GasLimit, timestamp);
        var state = _view.State;
        foreach (var transaction in _pool.Ready(sender => state.Find(sender)?.Nonce ?? 0, builder.Context.BaseFee))
        {
            if (builder.TryAdd(transaction, out var hasRoom) is { IsPassing: false } && hasRoom)
            {
                _pool.Remove(transaction);
            }
        }
        return builder.Seal();
    }

    // On the disk first, then visible: what anybody saw survives a crash.
    private Block Publish(Block block)
    {
        try
        {
            _log?.Append(new ChainRecord.Mined(block.Header.Timestamp, block.Hash, [.. block.Transactions.Select(t => t.Raw.ToArray())]).Encode());
        }
        catch (StateFileException)
        {
            foreach (var transaction in block.Transactions)
            {
                _pool.Remove(transaction);
            }
            throw;
        }
        _records++;
        _view = _view.With(block);
        foreach (var transaction in block.Transactions)
        {
            _pool.Remove(transaction);
        }
        return block;
    }

    private ulong TakeTimestamp()
    {
        var timestamp = NextTimestamp();
        _nextTimestamp = null;
        return timestamp;
    }

    // Blocks of the same second share it: a chain that mines a block for each transaction would otherwise run ahead of the clock that services share.
    private ulong NextTimestamp() => _nextTimestamp ?? Math.Max(Clock.UnixSeconds, _view.Head.Header.Timestamp);
}
