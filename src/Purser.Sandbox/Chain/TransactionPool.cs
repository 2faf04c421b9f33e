using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Chain;

/// <summary>Transactions that wait for a block: for each sender by nonce, gaps allowed. Not safe for several threads: the chain's writer lock guards it.</summary>
internal sealed class TransactionPool(int limit)
{
    private readonly Dictionary<Address, SortedList<ulong, SignedTransaction>> _bySender = [];
    private readonly Dictionary<Hash32, (SignedTransaction Transaction, long Arrival)> _byHash = [];
    private long _arrivals;

    /// <summary>How many wait.</summary>
    public int Count => _byHash.Count;

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
            _byHash.Remove(old.Hash);
        }
        else if (_byHash.Count >= limit)
        {
            return new TransactionRejection.PoolFull(limit);
        }
        if (queue is null)
        {
            _bySender.Add(transaction.From, queue = []);
        }
        queue[nonce] = transaction;
        _byHash.Add(transaction.Hash, (transaction, _arrivals++));
        return null;
    }

    /// <summary>Takes a transaction out.</summary>
    public void Remove(SignedTransaction transaction)
    {
        if (_byHash.Remove(transaction.Hash) && _bySender.TryGetValue(transaction.From, out var queue))
        {
            queue.Remove(transaction.Transaction.Nonce);
            if (queue.Count == 0)
            {
                _bySender.Remove(transaction.From);
            }
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
                Remove(stale);
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

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _bySender.Clear();
        _byHash.Clear();
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
}
