using Purser.Storage.Engine;
using Purser.Storage.Postgres;
using Purser.Storage.Sqlite;

namespace Purser.Storage;

/// <summary>
/// A database under the features: one file (SQLite) or one server (PostgreSQL), with the same meaning on both.
/// <para>
/// <b>Writes.</b> A write is a delegate that runs in one transaction on a thread of the engine. SQLite has one writer per process:
/// the writes that wait are run one after another in one transaction, each in a savepoint, and one commit (WAL,
/// <c>synchronous=FULL</c>) makes them durable together; a write that throws takes only itself back. A second process is waited for
/// (<see cref="StoreOptions.BusyTimeout"/>). So writes are serial. PostgreSQL runs each write in a transaction of its own
/// (READ COMMITTED) on one of several lanes: whoever reads a row in order to change it appends
/// <see cref="IStoreTransaction.ForUpdate"/>, or decides and changes in one statement. Deadlocks, serialization failures and
/// connections that broke before the commit are tried again a bounded number of times.
/// </para>
/// <para>
/// <b>Outcome.</b> When the task of a write completes, the write is durable. When it throws, nothing of it remains, with the one
/// exception of <see cref="StorageCodes.CommitUnknown"/>. <see cref="OperationCanceledException"/> means that it never began:
/// a write that has begun is finished, and its true outcome reported.
/// </para>
/// <para>
/// Inside a delegate, call nothing of the store (it would wait for itself; this is detected) and do no other input or output:
/// every other write waits meanwhile.
/// </para>
/// </summary>
public abstract class Store : IAsyncDisposable
{
    // Set while this thread runs a delegate, so that a call back into the store fails at once instead of deadlocking.
    [ThreadStatic]
    private static bool t_inside;

    private readonly StoreLeases _leases;
    private readonly SubscriptionHub _hub;

    private protected Store(StoreUrl url, TimeProvider time, StoreOptions options, Dialect dialect)
    {
        Url = url;
        Time = time;
        Options = options;
        Dialect = dialect;
        _leases = new StoreLeases(this);
        _hub = new SubscriptionHub(options.ListenerCapacity);
    }

    /// <summary>Where the store lies.</summary>
    public StoreUrl Url { get; }

    /// <summary>Leases of this store, by its clock.</summary>
    public ILeases Leases => _leases;

    internal TimeProvider Time { get; }

    internal StoreOptions Options { get; }

    internal Dialect Dialect { get; }

    private protected SubscriptionHub Hub => _hub;

    /// <summary>As <see cref="OpenAsync(StoreUrl, TimeProvider, StoreOptions, CancellationToken)"/>, with the default bounds.</summary>
    public static Task<Store> OpenAsync(StoreUrl url, TimeProvider time, CancellationToken cancellation = default) =>
        OpenAsync(url, time, new StoreOptions(), cancellation);

    /// <summary>
    /// Opens the store and brings the engine's own tables up to date. SQLite: a missing file is made, with missing folders,
    /// readable by its owner alone. PostgreSQL: the database has to exist.
    /// </summary>
    /// <param name="url">Where.</param>
    /// <param name="time">The clock of leases, polls and pauses.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="cancellation">Gives up opening.</param>
    /// <exception cref="StorageException">It cannot be used: <see cref="StorageException.Code"/> says why, <see cref="StorageException.Hint"/> what to do.</exception>
    public static async Task<Store> OpenAsync(StoreUrl url, TimeProvider time, StoreOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        cancellation.ThrowIfCancellationRequested();
        Store store = url.IsSqlite
            ? SqliteStore.Open(url, time, options)
            : await PostgresStore.ConnectAsync(url, time, options, cancellation);
        try
        {
            await store.PrepareAsync(cancellation);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Brings a feature's tables up to date: applies what is missing, all in one transaction, and records each step with its
    /// checksum. Any number of programs may call it at once; one applies, the others wait and find it done.
    /// </summary>
    /// <exception cref="StorageException">
    /// <see cref="StorageCodes.SchemaNewer"/>, <see cref="StorageCodes.MigrationChanged"/> or <see cref="StorageCodes.MigrationFailed"/>;
    /// nothing was changed.
    /// </exception>
    public Task MigrateAsync(MigrationSet set, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        return WriteAsync(transaction => Migrator.Apply(transaction, Dialect, set, Time.GetUtcNow()), cancellation);
    }

    /// <summary>
    /// Runs a write and completes when it is durable. See <see cref="Store"/> for what may stand in the delegate, for isolation and
    /// for what a failure means. What the delegate throws comes out here, after its changes are taken back.
    /// </summary>
    /// <param name="work">The write. It can be run more than once, and must not be async.</param>
    /// <param name="cancellation">Counts until the write begins.</param>
    /// <exception cref="StorageException">The store failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before it began; nothing was written.</exception>
    public Task<T> WriteAsync<T>(Func<IStoreTransaction, T> work, CancellationToken cancellation = default)
    {
        CheckWork<T>(work);
        return WriteCoreAsync(work, cancellation);
    }

    /// <summary>As <see cref="WriteAsync{T}"/>, without a result.</summary>
    public Task WriteAsync(Action<IStoreTransaction> work, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return WriteAsync(
            transaction =>
            {
                work(transaction);
                return true;
            },
            cancellation);
    }

    /// <summary>
    /// Reads in one consistent snapshot, beside the writer: it sees every write that completed before it began. SQLite runs the
    /// delegate on the calling thread, PostgreSQL on one of its lanes.
    /// </summary>
    /// <param name="work">The reads. Can be run more than once, and must not be async.</param>
    /// <param name="cancellation">Counts until the read begins.</param>
    /// <exception cref="StorageException">The store failed.</exception>
    public Task<T> ReadAsync<T>(Func<IStoreReader, T> work, CancellationToken cancellation = default)
    {
        CheckWork<T>(work);
        return ReadCoreAsync(work, cancellation);
    }

    /// <summary>
    /// Listens to a channel. The first element is a <see cref="Notification.Gap"/>, given when listening has begun: read the state
    /// then. A listener that falls behind <see cref="StoreOptions.ListenerCapacity"/> gets a gap for what it missed. Ends without
    /// an exception when the store is disposed.
    /// </summary>
    /// <param name="channel">See <see cref="IStoreTransaction.Notify"/>.</param>
    /// <param name="cancellation">Ends listening with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="StorageException">Listening could not begin.</exception>
    public async IAsyncEnumerable<Notification> ListenAsync(string channel, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        Notification.CheckChannel(channel);
        await StartListeningAsync(cancellation);
        using var subscription = _hub.Subscribe(channel);
        while (await subscription.NextAsync(cancellation) is { } notification)
        {
            yield return notification;
        }
    }

    /// <summary>Takes no more writes, finishes those that wait, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _hub.Close();
        GC.SuppressFinalize(this);
    }

    internal static T RunInside<TArgument, T>(Func<TArgument, T> work, TArgument argument)
    {
        t_inside = true;
        try
        {
            return work(argument);
        }
        finally
        {
            t_inside = false;
        }
    }

    private protected abstract Task<T> WriteCoreAsync<T>(Func<IStoreTransaction, T> work, CancellationToken cancellation);

    private protected abstract Task<T> ReadCoreAsync<T>(Func<IStoreReader, T> work, CancellationToken cancellation);

    private protected abstract Task StartListeningAsync(CancellationToken cancellation);

    private protected abstract Task CloseAsync();

    private protected virtual Task PrepareAsync(CancellationToken cancellation) => MigrateAsync(EngineSchema.Leases, cancellation);

    private static void CheckWork<T>(Delegate work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (t_inside)
        {
            throw new InvalidOperationException("a delegate of the store called the store: it would wait for itself; use the transaction it was given");
        }

        if (Promise<T>.Is)
        {
            throw new ArgumentException("the work of a transaction must not be async: the transaction ends when the delegate returns", nameof(work));
        }
    }

    private static class Promise<T>
    {
        public static readonly bool Is = typeof(Task).IsAssignableFrom(typeof(T)) || typeof(T) == typeof(ValueTask)
            || (typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(ValueTask<>));
    }
}
