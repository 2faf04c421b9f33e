using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Chain;

/// <summary>A transaction that left the pool without a block.</summary>
/// <param name="Transaction">Which.</param>
/// <param name="Reason">Why, in one line.</param>
internal sealed record DroppedTransaction(SignedTransaction Transaction, string Reason);

/// <summary>Transactions that wait for a block: for each sender by nonce, gaps allowed. Not safe for several threads: the chain's writer lock guards it.</summary>
/// <param name="limit">Transactions at most.</param>
/// <param name="limitPerSender">Transactions of one sender at most.</param>
internal sealed class TransactionPool(int limit, int limitPerSender)
{
    private const int MaxDropped = 1000;
    private readonly Queue<DroppedTransaction> _dropped = new();

    private readonly Dictionary<Address, SortedList<ulong, SignedTransaction>> _bySender = [];
    private readonly Dictionary<Hash32, (SignedTransaction Transaction, long Arrival)> _byHash = [];
    private long _arrivals;

    /// <summary>How many wait.</summary>
    public int Count => _byHash.Count;

    /// <summary>A number that changes whenever the content does.</summary>
    public ulong Version { get; private set; }

    /// <summary>The last 1,000 that were dropped, oldest first.</summary>
    public IReadOnlyCollection<DroppedTransaction> Dropped => _dropped;

    /// <summary>The waiting transaction with a hash, or null.</summary>
    public SignedTransaction? Find(in Hash32 hash) => _byHash.TryGetValue(hash, out var found) ? found.Transaction : null;

    /// <summary>Takes a transaction in, replacing one with the same nonce if the new one pays at least 10 % more in cap and tip.</summary>
    public TransactionRejection? Add(SignedTransaction transaction)
    {
        if (_byHash.ContainsKey(transaction.Hash))
        {
            return new TransactionRejection.AlreadyKnown();
        }
        var nonce = transaction.Transaction.Nonce;
        var queue = _bySender.GetValueOrDefault(transaction.From);
        if (queue is not null && queue.TryGetValue(nonce, out var old))
        {
            if (!Outbids(transaction.Transaction, old.Transaction))
            {
                return new TransactionRejection.Underpriced();
            }
            Drop(old, $"replaced by {transaction.Hash}");
            queue = _bySender.GetValueOrDefault(transaction.From);
        }
        else if (_byHash.Count >= limit)
        {
            return new TransactionRejection.PoolFull(limit);
        }
        else if (queue?.Count >= limitPerSender)
        {
            return new TransactionRejection.SenderFull(transaction.From, limitPerSender);
        }
        if (queue is null)
        {
            _bySender.Add(transaction.From, queue = []);
        }
        queue[nonce] = transaction;
        _byHash.Add(transaction.Hash, (transaction, _arrivals++));
        Version++;
        return null;
    }

    /// <summary>Takes a transaction out.</summary>
    public void Remove(SignedTransaction transaction)
    {
        if (_byHash.Remove(transaction.Hash) && _bySender.TryGetValue(transaction.From, out var queue))
        {
            Version++;
            queue.Remove(transaction.Transaction.Nonce);
            if (queue.Count == 0)
            {
                _bySender.Remove(transaction.From);
            }
        }
    }

    /// <summary>Takes a transaction out and remembers why.</summary>
    public void Drop(SignedTransaction transaction, string reason)
    {
        Remove(transaction);
        if (_dropped.Count >= MaxDropped)
        {
            _dropped.Dequeue();
        }
        _dropped.Enqueue(new(transaction, reason));
    }

    /// <summary>All that wait, oldest first.</summary>
    public SignedTransaction[] All() => [.. _byHash.Values.OrderBy(waiting => waiting.Arrival).Select(waiting => waiting.Transaction)];

    /// <summary>All that wait, for each sender by nonce: those that follow on his next nonce, and those with a gap before them.</summary>
    public (IReadOnlyList<SignedTransaction> Pending, IReadOnlyList<SignedTransaction> Queued) Waiting(Func<Address, ulong> nonceOf)
    {
        var (pending, queued) = (new List<SignedTransaction>(), new List<SignedTransaction>());
        foreach (var (sender, queue) in _bySender.OrderBy(entry => entry.Key))
        {
            var next = nonceOf(sender);
            foreach (var (nonce, transaction) in queue)
            {
                (nonce == next ? pending : queued).Add(transaction);
                next += nonce == next ? 1UL : 0UL;
            }
        }
        return (pending, queued);
    }

    /// <summary>No transactions.</summary>
    public static Content Nothing { get; } = new([]);

    /// <summary>The content as it is now.</summary>
    public Content Keep() => Count == 0 ? Nothing : new(All());

    /// <summary>Goes back to a content.</summary>
    public void Restore(Content content)
    {
        _bySender.Clear();
        _byHash.Clear();
        Version++;
        foreach (var transaction in content.Transactions)
        {
            Add(transaction);
        }
    }

    /// <summary>How many of a sender's transactions follow on a nonce without a gap.</summary>
    public ulong CountFrom(in Address sender, ulong nonce)
    {
        ulong count = 0;
        if (_bySender.TryGetValue(sender, out var queue))
        {
            while (queue.ContainsKey(nonce + count))
            {
                count++;
            }
        }
        return count;
    }

    /// <summary>
    /// What can be mined now, in the order in which it should be: the highest tip first, the older first among equals, a sender's nonces in order;
    /// transactions whose nonce was used are dropped on the way.
    /// </summary>
    /// <param name="nonceOf">The next nonce of an account in the state.</param>
    /// <param name="baseFee">Of the block to be made.</param>
    public List<SignedTransaction> Ready(Func<Address, ulong> nonceOf, UInt256 baseFee)
    {
        var heads = new PriorityQueue<(SortedList<ulong, SignedTransaction> Queue, int Index), (UInt256 Tip, long Arrival)>(
            Comparer<(UInt256 Tip, long Arrival)>.Create((a, b) => a.Tip == b.Tip ? a.Arrival.CompareTo(b.Arrival) : b.Tip.CompareTo(a.Tip)));
        foreach (var (sender, queue) in _bySender.ToArray())
        {
            var next = nonceOf(sender);
            foreach (var stale in queue.Values.TakeWhile(t => t.Transaction.Nonce < next).ToArray())
            {
                Drop(stale, new TransactionRejection.NonceTooLow(sender, stale.Transaction.Nonce, next).Message);
            }
            if (queue.Count > 0 && queue.Keys[0] == next)
            {
                Enqueue(heads, queue, 0, baseFee);
            }
        }
        var ready = new List<SignedTransaction>();
        while (heads.TryDequeue(out var head, out _))
        {
            ready.Add(head.Queue.Values[head.Index]);
            if (head.Index + 1 < head.Queue.Count && head.Queue.Keys[head.Index + 1] == head.Queue.Keys[head.Index] + 1)
            {
                Enqueue(heads, head.Queue, head.Index + 1, baseFee);
            }
        }
        return ready;
    }

    private void Enqueue(PriorityQueue<(SortedList<ulong, SignedTransaction>, int), (UInt256, long)> heads, SortedList<ulong, SignedTransaction> queue, int index, in UInt256 baseFee)
    {
        var waiting = queue.Values[index];
        var transaction = waiting.Transaction;
        // Below the base fee it cannot be in this block, and nothing of the same sender behind it can.
        if (transaction.FeeCap >= baseFee)
        {
            var tip = UInt256.Min(transaction.TipCap, transaction.FeeCap - baseFee);
            heads.Enqueue((queue, index), (tip, _byHash[waiting.Hash].Arrival));
        }
    }

    private static bool Outbids(Transaction now, Transaction before) =>
        now.FeeCap > before.FeeCap && IsTenthMore(now.FeeCap, before.FeeCap) && IsTenthMore(now.TipCap, before.TipCap);

    private static bool IsTenthMore(in UInt256 now, in UInt256 before)
    {
        UInt256.Multiply(now, 10UL, out var low, out var high);
        UInt256.Multiply(before, 11UL, out var neededLow, out var neededHigh);
        return high > neededHigh || (high == neededHigh && low >= neededLow);
    }

    /// <summary>What waited at one moment, in the order of arrival.</summary>
    public sealed record Content(IReadOnlyList<SignedTransaction> Transactions);
}
