using System.Collections.Concurrent;

namespace Purser.Services.Gate;

/// <summary>How often one caller may come.</summary>
/// <param name="PerMinute">Requests per minute in the long run, at least 1.</param>
/// <param name="Burst">Requests at once, at least 1.</param>
public sealed record CallerRate(int PerMinute, int Burst);

/// <summary>
/// A token bucket per caller (an IP address, a wallet). It is kept in memory and counts for this process alone: it protects the process, not a rule about
/// money. At most <see cref="MaxCallers"/> are remembered; beyond that, those with a full bucket are forgotten, and if none is full a newcomer is refused.
/// </summary>
public sealed class CallerLimit
{
    /// <summary>The most callers that are remembered.</summary>
    public const int MaxCallers = 100_000;

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly CallerRate _rate;
    private readonly TimeProvider _time;

    /// <summary>A limit of this rate.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rate or the burst is less than 1.</exception>
    public CallerLimit(CallerRate rate, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(rate);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(rate.PerMinute, 1, nameof(rate));
        ArgumentOutOfRangeException.ThrowIfLessThan(rate.Burst, 1, nameof(rate));
        _rate = rate;
        _time = time;
    }

    private double PerSecond => _rate.PerMinute / 60.0;

    /// <summary>Takes one token; null when there was one, otherwise how long to wait for the next.</summary>
    public TimeSpan? TryTake(string caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (_buckets.Count >= MaxCallers && !_buckets.ContainsKey(caller) && !ForgetIdle())
        {
            return TimeSpan.FromMinutes(1);
        }

        var bucket = _buckets.GetOrAdd(caller, _ => new Bucket(_rate.Burst, _time.GetTimestamp()));
        lock (bucket)
        {
            Refill(bucket);
            if (bucket.Tokens >= 1)
            {
                bucket.Tokens -= 1;
                return null;
            }

            return TimeSpan.FromSeconds((1 - bucket.Tokens) / PerSecond);
        }
    }

    private void Refill(Bucket bucket)
    {
        var now = _time.GetTimestamp();
        bucket.Tokens = Math.Min(_rate.Burst, bucket.Tokens + (Math.Max(0, _time.GetElapsedTime(bucket.At, now).TotalSeconds) * PerSecond));
        bucket.At = now;
    }

    private bool ForgetIdle()
    {
        foreach (var (caller, bucket) in _buckets)
        {
            lock (bucket)
            {
                Refill(bucket);
                if (bucket.Tokens >= _rate.Burst)
                {
                    _buckets.TryRemove(caller, out _);
                }
            }
        }

        return _buckets.Count < MaxCallers;
    }

    private sealed class Bucket(double tokens, long at)
    {
        public double Tokens { get; set; } = tokens;

        public long At { get; set; } = at;
    }
}
