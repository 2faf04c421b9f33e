namespace Purser.Storage.Engine;

/// <summary>A unit of work that waits for an engine thread. It is claimed exactly once: by the thread that begins it or by its cancellation.</summary>
internal abstract class WorkItem
{
    private const int Waiting = 0;
    private const int Claimed = 1;
    private int _state = Waiting;

    /// <summary>True for the one caller that may begin (or cancel) the work.</summary>
    public bool TryClaim() => Interlocked.CompareExchange(ref _state, Claimed, Waiting) == Waiting;

    /// <summary>Runs the delegate and keeps its result for <see cref="Complete"/>. What the delegate throws comes out.</summary>
    public abstract void Run(SqlTransaction transaction);

    /// <summary>Tells the caller the result; only once its changes are durable.</summary>
    public abstract void Complete();

    /// <summary>Tells the caller the failure; only once its changes are taken back.</summary>
    public abstract void Fail(Exception exception);
}

/// <inheritdoc/>
internal sealed class WorkItem<T>(Func<SqlTransaction, T> work) : WorkItem
{
    // Continuations run elsewhere: a caller's code must not run on the engine's thread.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _registration;
    private T? _result;

    public Task<T> Task => _done.Task;

    public void CancelWith(CancellationToken cancellation)
    {
        if (cancellation.CanBeCanceled)
        {
            _registration = cancellation.UnsafeRegister(
                static (state, token) =>
                {
                    var item = (WorkItem<T>)state!;
                    if (item.TryClaim())
                    {
                        item._done.TrySetCanceled(token);
                    }
                },
                this);
        }
    }

    /// <summary>The item was never queued.</summary>
    public void Abandon() => _registration.Dispose();

    public override void Run(SqlTransaction transaction) => _result = Store.RunInside(work, transaction);

    public override void Complete()
    {
        _registration.Dispose();
        _done.TrySetResult(_result!);
    }

    public override void Fail(Exception exception)
    {
        _registration.Dispose();
        _done.TrySetException(exception);
    }
}
