using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Sandbox.Chain;

/// <content>When blocks are made, with what time, and what goes into them.</content>
public sealed partial class SandboxChain
{
    // The last second of the year 9998; no chain needs to go further. A clock of the base library ends a year later: timers that are armed at the end still have a time to fire at.
    private const ulong LastTimestamp = 253_370_764_799;

    private ulong? _nextTimestamp;
    private bool _automine;
    private TimeSpan? _blockInterval;

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
            Commit();
            FollowChain();
        }
    }

    /// <summary>How often a block is mined on the chain's clock; null for not at all. Setting it begins a new interval.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 10 milliseconds or more than a day.</exception>
    public TimeSpan? BlockInterval
    {
        get
        {
            lock (_gate)
            {
                return _blockInterval;
            }
        }
        set
        {
            if (value is { } interval)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromMilliseconds(10), nameof(value));
                ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, TimeSpan.FromDays(1), nameof(value));
            }
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                _blockInterval = value;
            }
            _miner.Change(value ?? Timeout.InfiniteTimeSpan, value ?? Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Mines one block now, with what is ready in the pool, or empty.</summary>
    /// <returns>Its height.</returns>
    /// <exception cref="StateFileException">The block could not be written; the chain is as before.</exception>
    public ulong Mine()
    {
        ulong number;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var timestamp = _nextTimestamp ?? NextTimestamp(_view);
            _nextTimestamp = null;
            number = Publish(Build(timestamp)).Header.Number;
        }
        Commit();
        FollowChain();
        return number;
    }

    /// <summary>Sets the time of the next block, and moves the clock there.</summary>
    /// <param name="unixSeconds">Not before the newest block.</param>
    /// <returns>False when it lies before the newest block.</returns>
    public bool TrySetNextBlockTimestamp(ulong unixSeconds)
    {
        lock (_gate)
        {
            if (unixSeconds < _view.Head.Header.Timestamp || unixSeconds > LastTimestamp)
            {
                return false;
            }
            _nextTimestamp = unixSeconds;
        }
        Clock.AdvanceTo(Instant(unixSeconds));
        return true;
    }

    /// <summary>Moves the clock forward.</summary>
    /// <param name="seconds">How far.</param>
    /// <returns>False when that would pass the year 9998; then nothing moved.</returns>
    internal bool TryAdvance(ulong seconds)
    {
        var now = Clock.UnixSeconds;
        if (now > LastTimestamp || seconds > LastTimestamp - now)
        {
            return false;
        }
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        return true;
    }

    /// <summary>Sets the clock, forward or back, but not before the newest block.</summary>
    /// <param name="unixSeconds">The time from now on.</param>
    /// <returns>False when it lies before the newest block.</returns>
    public bool TrySetTime(ulong unixSeconds)
    {
        lock (_gate)
        {
            if (unixSeconds < _view.Head.Header.Timestamp || unixSeconds > LastTimestamp)
            {
                return false;
            }
            _nextTimestamp = null;
        }
        var instant = Instant(unixSeconds);
        Clock.TurnBackTo(instant);
        Clock.AdvanceTo(instant);
        return true;
    }

    /// <summary>Seconds from each block to the next, whatever the clock says (it is moved along), up to the end of the year 9998, where time stays; null for the clock.</summary>
    public void SetTimestampInterval(ulong? seconds) =>
        Configure(settings => settings with { TimestampInterval = seconds is { } interval ? Math.Min(interval, LastTimestamp) : null });

    /// <summary>Sets the fee recipient of the blocks from the next on.</summary>
    public void SetCoinbase(Address coinbase) => Configure(settings => settings with { Coinbase = coinbase });

    /// <summary>Sets the gas limit of the blocks from the next on; also the cap of a simulated call.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 21,000 or more than 1,000,000,000.</exception>
    public void SetBlockGasLimit(ulong gasLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(gasLimit, BlockSettings.LeastGasLimit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(gasLimit, BlockSettings.MostGasLimit);
        Configure(settings => settings with { GasLimit = gasLimit });
    }

    /// <summary>Sets the base fee of the next block, in wei per gas; EIP-1559 goes on from there.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It has more than 128 bits: fees times gas would not fit in 256, and no block could follow.</exception>
    public void SetNextBaseFee(UInt256 baseFee)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(baseFee, Header.MostBaseFee);
        Configure(settings => settings with { BaseFee = baseFee });
    }

    /// <summary>Sets PREVRANDAO of the next block.</summary>
    public void SetNextPrevRandao(Hash32 randao) => Configure(settings => settings with { PrevRandao = randao });

    /// <summary>Sets the chain's number from the next transaction on.</summary>
    public void SetChainId(ChainId chainId) => Configure(settings => settings with { ChainId = chainId.Value });

    private void Configure(Func<BlockSettings, BlockSettings> change)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var settings = change(_view.Settings);
            var record = new ChainRecord.Configured(settings).Encode();
            _log?.Append(record);
            _records++;
            _view = _view.Noting(record) with { Settings = settings };
        }
        Commit();
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
            // The timer fired while the chain was being closed.
        }
        catch (ChainException)
        {
            // A fork whose upstream does not answer: what waits stays, and the next interval tries again.
        }
        catch (StateFileException)
        {
            // The log is closed for writing now: the next sender gets the reason.
            _miner.Dispose();
        }
    }

    // Under the lock. Mines until nothing in the pool is ready.
    private void MineReady()
    {
        while (_pool.Count > 0)
        {
            // A block that nothing got into is not made: it would leave the pool as it is.
            var block = Build(_nextTimestamp ?? NextTimestamp(_view));
            if (block.Transactions.Count == 0)
            {
                return;
            }
            _nextTimestamp = null;
            Publish(block);
        }
    }

    // Under the lock. What can never be mined any more leaves the pool on the way, with the reason.
    private Block Build(ulong timestamp)
    {
        var builder = new BlockBuilder(_view, _writerMachine, timestamp);
        var state = _view.State;
        foreach (var transaction in _pool.Ready(sender => state.Find(sender)?.Nonce ?? 0, builder.Context.BaseFee))
        {
            if (builder.TryAdd(transaction, out var hasRoom) is { IsPassing: false } rejection && hasRoom)
            {
                _pool.Drop(transaction, rejection.Message);
            }
        }
        return builder.Seal();
    }

    // Blocks of the same second share it: a chain that mines a block for each transaction would otherwise run ahead of the clock that services share.
    private ulong NextTimestamp(ChainView view)
    {
        var newest = view.Head.Header.Timestamp;
        return view.Settings.TimestampInterval is not { } interval ? Math.Max(Clock.UnixSeconds, newest)
            : newest >= LastTimestamp ? newest
            : interval > LastTimestamp - newest ? LastTimestamp : newest + interval;
    }

    // Not under the lock: timers fire. With an interval of its own the chain leads, and the clock that services share comes along.
    private void FollowChain()
    {
        var view = _view;
        if (view.Settings.TimestampInterval is not null)
        {
            Clock.AdvanceTo(Instant(view.Head.Header.Timestamp));
        }
    }

    // A fork's upstream may say any time; the clock stays where it can go on.
    private static DateTimeOffset Instant(ulong unixSeconds) => DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(unixSeconds, LastTimestamp));
}
