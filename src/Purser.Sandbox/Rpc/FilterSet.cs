using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <summary>The filters that clients poll (eth_newFilter and its kin). One that nobody asks for five minutes of the chain's clock is forgotten. Safe for concurrent use.</summary>
internal sealed class FilterSet : IChainObserver, IDisposable
{
    // What one filter of pending transactions keeps at most; who does not fetch them in time has to begin anew.
    private const int MaxHashes = 10_000;

    private readonly Lock _gate = new();
    private readonly SandboxChain _chain;
    private readonly int _limit;
    private readonly TimeSpan _lifetime;
    private readonly Dictionary<UInt256, Filter> _filters = [];

    /// <summary>No filters yet.</summary>
    /// <param name="chain">What they look at.</param>
    /// <param name="limit">Filters at most.</param>
    /// <param name="lifetime">How long one lives unasked.</param>
    public FilterSet(SandboxChain chain, int limit, TimeSpan lifetime)
    {
        _chain = chain;
        _limit = limit;
        _lifetime = lifetime;
        chain.AddObserver(this);
    }

    /// <summary>Makes a filter that gives what happens from now on.</summary>
    /// <param name="query">The logs it gives; null for none.</param>
    /// <param name="isPending">Whether it gives transactions that come into the pool; with neither it gives blocks.</param>
    /// <returns>Its number: 128 bits that cannot be guessed.</returns>
    public UInt256 Add(LogQuery? query, bool isPending)
    {
        lock (_gate)
        {
            Expire();
            if (_filters.Count >= _limit)
            {
                throw new RpcException(RpcException.LimitExceeded, $"limit exceeded: there are {_limit} filters; uninstall some");
            }
            UInt256 id;
            do
            {
                id = UInt256.FromBigEndian([.. new byte[16], .. RandomId()]);
            }
            while (id.IsZero || _filters.ContainsKey(id));
            _filters.Add(id, new(query, isPending) { Next = _chain.View.Head.Header.Number + 1, AskedAt = _chain.Clock.GetTimestamp() });
            return id;
        }
    }

    /// <summary>Forgets a filter.</summary>
    /// <returns>False when there is none.</returns>
    public bool Remove(in UInt256 id)
    {
        lock (_gate)
        {
            Expire();
            return _filters.Remove(id);
        }
    }

    /// <summary>Takes what happened since the filter was made or last asked: a range of heights (empty when from is above to) or hashes from the pool.</summary>
    public (LogQuery? Query, ulong From, ulong To, IReadOnlyList<Hash32>? Hashes) Take(in UInt256 id, ChainView view)
    {
        lock (_gate)
        {
            var filter = Find(id);
            if (filter.IsPending)
            {
                Hash32[] hashes = [.. filter.Hashes];
                filter.Hashes.Clear();
                return (null, 1, 0, hashes);
            }
            var from = filter.Next;
            filter.Next = view.Head.Header.Number + 1;
            return (filter.Query, from, view.Head.Header.Number, null);
        }
    }

    /// <summary>The query of a filter of logs.</summary>
    public LogQuery QueryOf(in UInt256 id)
    {
        lock (_gate)
        {
            return Find(id).Query ?? throw NotFound();
        }
    }

    /// <summary>Lets all filters begin their lifetime anew: a cheat moved the clock, not time.</summary>
    public void Renew()
    {
        lock (_gate)
        {
            var now = _chain.Clock.GetTimestamp();
            foreach (var filter in _filters.Values)
            {
                filter.AskedAt = now;
            }
        }
    }

    /// <inheritdoc/>
    public void OnBlock(Block block)
    {
        lock (_gate)
        {
            foreach (var filter in _filters.Values)
            {
                // Below what was given already after the chain went back: heights that are mined again are news.
                filter.Next = Math.Min(filter.Next, block.Header.Number);
            }
        }
    }

    /// <inheritdoc/>
    public void OnPooled(SignedTransaction transaction)
    {
        lock (_gate)
        {
            foreach (var (id, filter) in _filters)
            {
                if (!filter.IsPending)
                {
                    continue;
                }
                filter.Hashes.Add(transaction.Hash);
                if (filter.Hashes.Count > MaxHashes)
                {
                    _filters.Remove(id);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _chain.RemoveObserver(this);

    private static RpcException NotFound() => new(RpcException.Refused, "filter not found");

    private static byte[] RandomId()
    {
#pragma warning disable RS0030 // An id that another client cannot guess; nothing on the chain depends on it.
        return RandomNumberGenerator.GetBytes(16);
#pragma warning restore RS0030
    }

    private Filter Find(in UInt256 id)
    {
        Expire();
        if (!_filters.TryGetValue(id, out var filter))
        {
            throw NotFound();
        }
        filter.AskedAt = _chain.Clock.GetTimestamp();
        return filter;
    }

    private void Expire()
    {
        var now = _chain.Clock.GetTimestamp();
        foreach (var (id, filter) in _filters)
        {
            if (_chain.Clock.GetElapsedTime(filter.AskedAt, now) > _lifetime)
            {
                _filters.Remove(id);
            }
        }
    }

    private sealed class Filter(LogQuery? query, bool isPending)
    {
        public LogQuery? Query { get; } = query;

        public bool IsPending { get; } = isPending;

        public List<Hash32> Hashes { get; } = [];

        public ulong Next { get; set; }

        public long AskedAt { get; set; }
    }
}
