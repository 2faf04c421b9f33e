namespace Purser.Storage.Engine;

/// <summary>
/// One listener's bounded box: at most one gap, in front, and the messages after it. What does not fit turns into the gap.
/// </summary>
internal sealed class Subscription(SubscriptionHub hub, string channel, int capacity) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<Notification> _messages = new();

    // Every listener begins with one: it is what makes "listen, then read" whole.
    private bool _gap = true;
    private bool _closed;
    private TaskCompletionSource? _waiter;

    public string Channel => channel;

    public void Offer(Notification notification)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (notification is Notification.Gap || _messages.Count >= capacity)
            {
                // Whoever reads the state anew needs nothing of what was told before.
                _messages.Clear();
                _gap = true;
            }

            if (notification is not Notification.Gap)
            {
                _messages.Enqueue(notification);
            }

            _waiter?.TrySetResult();
        }
    }

    /// <summary>The next notification, or null once closed.</summary>
    public async ValueTask<Notification?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                if (_closed)
                {
                    return null;
                }

                if (_gap)
                {
                    _gap = false;
                    return Notification.Gap.Instance;
                }

                if (_messages.TryDequeue(out var message))
                {
                    return message;
                }

                _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _waiter.Task;
            }

            await wait.WaitAsync(cancellation);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _waiter?.TrySetResult();
        }
    }

    public void Dispose()
    {
        Close();
        hub.Remove(this);
    }
}

/// <summary>The listeners of one store, by channel.</summary>
internal sealed class SubscriptionHub(int capacity)
{
    private readonly Lock _gate = new();
    private readonly List<Subscription> _all = [];
    private bool _closed;

    public Subscription Subscribe(string channel)
    {
        var subscription = new Subscription(this, channel, capacity);
        lock (_gate)
        {
            if (_closed)
            {
                subscription.Close();
            }
            else
            {
                _all.Add(subscription);
            }
        }

        return subscription;
    }

    public void Publish(string channel, string payload)
    {
        var message = new Notification.Message(payload);
        lock (_gate)
        {
            foreach (var subscription in _all)
            {
                if (subscription.Channel == channel)
                {
                    subscription.Offer(message);
                }
            }
        }
    }

    public void PublishGap()
    {
        lock (_gate)
        {
            foreach (var subscription in _all)
            {
                subscription.Offer(Notification.Gap.Instance);
            }
        }
    }

    public void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            _all.Remove(subscription);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var subscription in _all)
            {
                subscription.Close();
            }

            _all.Clear();
        }
    }
}
