using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Purser.Storage.Engine;

/// <summary>
/// A bounded queue between async callers and engine threads. A caller waits without a thread for a place; a thread waits
/// for work by blocking and is woken directly, so that a starved thread pool cannot delay a commit.
/// </summary>
#pragma warning disable CA1001 // semaphores whose wait handle is never asked for, and a token source without a timer, hold nothing to dispose
internal sealed class WorkQueue(int capacity)
#pragma warning restore CA1001
{
    private readonly ConcurrentQueue<WorkItem> _items = new();
    private readonly SemaphoreSlim _places = new(capacity);
    private readonly SemaphoreSlim _ready = new(0);
    private readonly Lock _gate = new();
    private volatile bool _closed;

    /// <summary>Items that wait now.</summary>
    public int Count => _items.Count;

    /// <summary>Queues a delegate and completes with its outcome.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async Task<T> RunAsync<T>(Func<SqlTransaction, T> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_closed, typeof(Store));
        await _places.WaitAsync(cancellation);
        var item = new WorkItem<T>(work);

        // Before the item is queued: afterwards it could complete, and end the registration, before there is one.
        item.CancelWith(cancellation);
        lock (_gate)
        {
            // Under the gate, so that nothing is queued behind the last thread's back.
            if (_closed)
            {
                _places.Release();
                item.Abandon();
                throw new ObjectDisposedException(nameof(Store));
            }

            _items.Enqueue(item);
        }

        _ready.Release();
        return await item.Task;
    }

    /// <summary>Blocks until there is a claimed item; false when the queue is closed and empty.</summary>
    public bool Take([NotNullWhen(true)] out WorkItem? item)
    {
        while (true)
        {
            _ready.Wait();
            if (_items.TryDequeue(out item))
            {
                _places.Release();
                if (item.TryClaim())
                {
                    return true;
                }

                continue;
            }

            if (_closed)
            {
                // Wakes the next thread too.
                _ready.Release();
                return false;
            }
        }
    }

    /// <summary>A claimed item if one waits now.</summary>
    public bool TryTake([NotNullWhen(true)] out WorkItem? item)
    {
        while (_ready.Wait(0))
        {
            if (!_items.TryDequeue(out item))
            {
                // That was the wake-up of Close; give it back to Take.
                _ready.Release();
                return false;
            }

            _places.Release();
            if (item.TryClaim())
            {
                return true;
            }
        }

        item = null;
        return false;
    }

    /// <summary>Takes no more; what is queued stays for <see cref="Take"/>.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        _ready.Release();
    }
}
