namespace Purser.Storage;

/// <summary>The bounds of a store. The defaults suit one service on one machine.</summary>
public sealed record StoreOptions
{
    /// <summary>
    /// How many writes may wait (default 1,024). When as many wait, <see cref="Store.WriteAsync{T}"/> itself waits for a place
    /// before it queues: that is the back-pressure, and its caller's cancellation token bounds it.
    /// </summary>
    public int QueueCapacity { get; init; } = 1024;

    /// <summary>SQLite: at most so many writes share one commit (default 256).</summary>
    public int MaxGroup { get; init; } = 256;

    /// <summary>SQLite: connections for reading (default 4). PostgreSQL: lanes (a thread and a connection each) for reading (default 4).</summary>
    public int Readers { get; init; } = 4;

    /// <summary>PostgreSQL: lanes for writing (default 8): as many transactions run at once. SQLite always has one writer.</summary>
    public int WriteLanes { get; init; } = 8;

    /// <summary>How long a write waits for another process's lock (SQLite) or another transaction's row lock (PostgreSQL); default 10 seconds.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>SQLite: how often a listener looks for notifications of other processes (default 100 milliseconds, by the store's clock).</summary>
    public TimeSpan NotificationPoll { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>PostgreSQL: the pause before a lost listening connection is opened again (default 1 second, by the store's clock).</summary>
    public TimeSpan ReconnectPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many notifications a slow listener may leave unread before they are replaced by one gap (default 1,024).</summary>
    public int ListenerCapacity { get; init; } = 1024;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxGroup, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Readers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(WriteLanes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ListenerCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BusyTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(NotificationPoll, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ReconnectPause, TimeSpan.Zero);
    }
}
