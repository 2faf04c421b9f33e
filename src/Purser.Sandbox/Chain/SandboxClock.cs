namespace Purser.Sandbox.Chain;

/// <summary>
/// The clock that chain and services share: moving it moves both, and timers made on it fire when it passes them. It follows another
/// clock at an offset, or stands still until it is moved. It goes back only by <see cref="TurnBackTo"/>; durations and timers go on then
/// as if nothing had happened. Safe for concurrent use.
/// </summary>
public sealed class SandboxClock : TimeProvider, IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider? _followed;
    private readonly List<ClockTimer> _timers = [];
    private readonly ITimer? _wake;
    private TimeSpan _offset;

    // How far the wall clock was turned back in all. Timers and durations run on the time without it, which never goes back.
    private TimeSpan _turnedBack;
    private DateTimeOffset _still;

    private SandboxClock(TimeProvider? followed, DateTimeOffset still)
    {
        _followed = followed;
        _still = still;
        _wake = followed?.CreateTimer(_ => FireDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A clock that runs as <paramref name="clock"/> does; moving it adds an offset.</summary>
    public static SandboxClock Follow(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return new(clock, default);
    }

    /// <summary>A clock that stands at an instant until it is moved.</summary>
    public static SandboxClock StandingAt(DateTimeOffset instant) => new(null, instant.ToUniversalTime());

    /// <summary>The time in whole Unix seconds, as blocks carry it.</summary>
    public ulong UnixSeconds => (ulong)GetUtcNow().ToUnixTimeSeconds();

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return Now() - _turnedBack;
        }
    }

    /// <summary>Ticks of 100 ns on this clock, so that measured durations move with it too; they never go back.</summary>
    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return Now().UtcTicks;
        }
    }

    /// <summary>Moves the clock forward; timers that become due fire before this returns, on this thread.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        lock (_gate)
        {
            Move(by);
        }
        FireDue();
    }

    /// <summary>Moves the clock forward to an instant; does nothing when that is past already.</summary>
    public void AdvanceTo(DateTimeOffset instant)
    {
        lock (_gate)
        {
            var by = instant - (Now() - _turnedBack);
            if (by <= TimeSpan.Zero)
            {
                return;
            }
            Move(by);
        }
        FireDue();
    }

    /// <summary>Turns the wall clock back to an instant; does nothing when that is still to come. Timers keep the time that they have left, and <see cref="GetTimestamp"/> goes on.</summary>
    public void TurnBackTo(DateTimeOffset instant)
    {
        lock (_gate)
        {
            var by = Now() - _turnedBack - instant;
            if (by > TimeSpan.Zero)
            {
                _turnedBack += by;
            }
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ClockTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Stops following the other clock; timers do not fire any more.</summary>
    public void Dispose() => _wake?.Dispose();

    // Under the lock. The followed clock may be set back by its operator; this one then waits for it.
    private DateTimeOffset Now()
    {
        if (_followed is not null && _followed.GetUtcNow() + _offset is var now && now > _still)
        {
            _still = now;
        }
        return _still;
    }

    private void Move(TimeSpan by)
    {
        _still = Now() + by;
        _offset += by;
    }

    // Callbacks run outside the lock: they may make, change and end timers.
    private void FireDue()
    {
        while (true)
        {
            ClockTimer? due;
            lock (_gate)
            {
                due = _timers.Where(t => t.DueAt <= Now()).MinBy(t => t.DueAt);
                if (due is null)
                {
                    ScheduleWake();
                    return;
                }
                due.Rearm(Now());
                if (due.DueAt == DateTimeOffset.MaxValue)
                {
                    _timers.Remove(due);
                }
            }
            due.Fire();
        }
    }

    private void ScheduleWake()
    {
        if (_wake is null)
        {
            return;
        }
        var next = _timers.Count == 0 ? DateTimeOffset.MaxValue : _timers.Min(t => t.DueAt);
        var wait = next == DateTimeOffset.MaxValue ? Timeout.InfiniteTimeSpan : next - Now();
        // The longest that a timer of the base library takes; waking early only looks again.
        var longest = TimeSpan.FromDays(40);
        _wake.Change(wait == Timeout.InfiniteTimeSpan ? wait : wait < TimeSpan.Zero ? TimeSpan.Zero : wait > longest ? longest : wait, Timeout.InfiniteTimeSpan);
    }

    private sealed class ClockTimer(SandboxClock clock, TimerCallback callback, object? state) : ITimer
    {
        // Guarded by the clock's lock.
        public DateTimeOffset DueAt { get; set; } = DateTimeOffset.MaxValue;

        public TimeSpan Period { get; private set; } = Timeout.InfiniteTimeSpan;

        public void Fire() => callback(state);

        // A jump over many periods fires once, not once for each.
        public void Rearm(DateTimeOffset now) => DueAt =
            Period <= TimeSpan.Zero ? DateTimeOffset.MaxValue :
            DueAt + Period > now ? DueAt + Period : now + Period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                Period = period;
                DueAt = dueTime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : clock.Now() + dueTime;
                if (DueAt != DateTimeOffset.MaxValue)
                {
                    clock._timers.Add(this);
                }
                clock.ScheduleWake();
            }
            if (dueTime == TimeSpan.Zero)
            {
#pragma warning disable RS0030 // This is an engine: a timer must not fire inside the call that makes it.
                ThreadPool.UnsafeQueueUserWorkItem(static c => c.FireDue(), clock, preferLocal: false);
#pragma warning restore RS0030
            }
            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
