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
    private readonly ITimer _miner;
    private StateLog? _log;
    private bool _isDisposed;

    // Replaced as a whole under the lock; read without it.
    private volatile ChainView _view;

    // The records of the state file that still count; those of a chain without a file are counted all the same.
    private int _records;

    private SandboxChain(SandboxOptions options, SandboxClock clock)
    {
        _options = options;
        Clock = clock;
        _pool = new(options.PoolLimit, options.PoolLimitPerSender);
        _automine = options.Automine;
        _blockInterval = options.BlockInterval;
        options.ForkedFrom?.Prefetch([.. options.Genesis.Select(a => a.Address)], []);
        _view = ChainView.From(MakeGenesis(clock.UnixSeconds), BlockSettings.Of(options), options.ForkedFrom);
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
        if (options.ForkedFrom is { } fork)
        {
            clock.AdvanceTo(Instant(fork.Origin.Timestamp));
        }
        // Last: from here on another thread may come in.
        _miner = clock.CreateTimer(_ => MineOnTime(), null, _blockInterval ?? Timeout.InfiniteTimeSpan, _blockInterval ?? Timeout.InfiniteTimeSpan);
    }

    /// <summary>Starts a chain, or goes on with the one in the state file.</summary>
    /// <param name="options">How it is set up; with an existing state file the same as when that was made.</param>
    /// <param name="clock">Gives the blocks their times; shared with the services around. The chain does not dispose it.</param>
    /// <exception cref="StateFileException">The state file is damaged, in use, or of another chain.</exception>
    public static SandboxChain Open(SandboxOptions options, SandboxClock clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentOutOfRangeException.ThrowIfLessThan((int)options.Hardfork, (int)SandboxOptions.OldestHardfork, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.GasLimit, 100_000UL, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.GasLimit, BlockSettings.MostGasLimit, nameof(options));
        if (options.StatesKept is { } kept)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(kept, 1, nameof(options));
        }
        if (options.BlockInterval is { } interval)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromMilliseconds(10), nameof(options));
        }
        return new(options with { Genesis = GenesisContracts.Place(options), WithWellKnownContracts = false }, clock);
    }

    /// <summary>The clock that gives the blocks their times.</summary>
    public SandboxClock Clock { get; }

    /// <summary>The chain's number: that of the options, unless a cheat changed it.</summary>
    public ChainId ChainId => new(_view.Settings.ChainId);

    /// <summary>What was cut off the state file when it was opened (a record that had not been finished, and that nobody was told of), for a human; null when nothing was.</summary>
    public string? StateFileNotice => _log?.Notice;

    /// <summary>How the chain was set up; the genesis as it came to be, with the well-known contracts.</summary>
    public SandboxOptions Options => _options;

    /// <summary>The address of the deterministic deployment proxy that every genesis has.</summary>
    public static Address Create2Deployer => Genesis.Create2Deployer;

    internal ChainView View => _view;

    /// <summary>Sets an account's balance, in wei, without a transaction.</summary>
    public void SetBalance(Address account, UInt256 balance) => Edit(account, new AccountEdit.Balance(balance));

    /// <summary>Adds to an account's balance, in wei, without a transaction.</summary>
    /// <exception cref="OverflowException">The sum has more than 256 bits.</exception>
    public void AddBalance(Address account, UInt256 amount)
    {
        lock (_gate)
        {
            SetBalance(account, (_view.State.Find(account)?.Balance ?? default) + amount);
        }
    }

    /// <summary>Sets an account's next nonce without a transaction.</summary>
    public void SetNonce(Address account, ulong nonce) => Edit(account, new AccountEdit.Nonce(nonce));

    /// <summary>Sets an account's code (what runs, not what deploys) without a transaction.</summary>
    public void SetCode(Address account, ReadOnlySpan<byte> code) => Edit(account, new AccountEdit.Code(code.ToArray()));

    /// <summary>Sets one storage slot without a transaction.</summary>
    public void SetStorageAt(Address account, UInt256 slot, UInt256 value) => Edit(account, new AccountEdit.Storage(slot, value));

    /// <summary>Stops mining and closes the state file; reads go on to work.</summary>
    public void Dispose()
    {
        _miner.Dispose();
        lock (_gate)
        {
            _isDisposed = true;
            _log?.Dispose();
            _log = null;
            _options.ForkedFrom?.Dispose();
        }
    }

    private Block MakeGenesis(ulong timestamp) => _options.ForkedFrom is { } fork
        ? BlockBuilder.Forked(fork.Origin, Genesis.MakeOver(fork, _options.Genesis), _options.Hardfork)
        : BlockBuilder.Genesis(Genesis.Make(_options.Genesis, _options.Hardfork), _options.Coinbase, _options.GasLimit, _options.InitialBaseFee, timestamp, _options.Hardfork);

    private void Edit(Address account, AccountEdit edit)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            EditHeld(account, edit);
        }
        Commit();
    }

    // Under the lock. Not flushed: many of these share one Commit.
    private void EditHeld(Address account, AccountEdit edit)
    {
        var record = new ChainRecord.Edited(account, edit).Encode();
        _log?.Append(record);
        _records++;
        _view = _view.Noting(record) with { State = edit.Apply(_view.State, account) };
    }

    // Not under the lock, so that writers who come at the same time share one flush of the disk; before anybody is told.
    private void Commit() => _log?.Commit();

    // Under the lock. In the file first, then visible: what anybody saw survives the end of this process. Whoever is answered waits for the disk (Commit) besides.
    private Block Publish(Block block)
    {
        try
        {
            _log?.Append(new ChainRecord.Mined(block.Header.Timestamp, block.Hash, [.. block.Transactions.Select(RecordedTransaction.Encode)]).Encode());
        }
        catch (StateFileException)
        {
            Forget(block);
            throw;
        }
        _records++;
        _view = _view.With(block, _options.StatesKept);
        Forget(block);
        foreach (var observer in _observers)
        {
            observer.OnBlock(block);
        }
        return block;
    }

    private void Forget(Block block)
    {
        foreach (var transaction in block.Transactions)
        {
            _pool.Remove(transaction);
        }
    }
}
