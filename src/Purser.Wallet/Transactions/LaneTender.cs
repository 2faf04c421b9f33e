using System.Collections.Concurrent;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Transactions;

/// <summary>
/// Looks after the open transactions, in the order of nonces: settles what the chain has passed, raises what is due, broadcasts the
/// rest again, and notes why each is still open. Whoever follows a transaction does this for all, once in
/// <see cref="NonceLaneOptions.Rebroadcast"/>, because one whose caller has gone would hold up all that come after it.
/// </summary>
internal sealed class LaneTender(IChain node, Address sender, LaneTable table, LaneWriter writer, LaneFees fees, LaneOutcome outcome, NonceLaneOptions options, TimeProvider time) : IDisposable
{
    private const long NeverTended = long.MinValue;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<long, string> _reasons = new();
    private long _tendedAt = NeverTended;

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    /// <summary>Tends if it is due and nobody of this process is at it.</summary>
    public async Task TendIfDueAsync(CancellationToken cancellation)
    {
        var last = Volatile.Read(ref _tendedAt);
        if ((last != NeverTended && time.GetElapsedTime(last) < options.Rebroadcast) || !await _gate.WaitAsync(TimeSpan.Zero, cancellation))
        {
            return;
        }

        await TendInGateAsync(cancellation);
    }

    /// <summary>Tends now.</summary>
    public async Task TendAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        await TendInGateAsync(cancellation);
    }

    /// <summary>Why an open transaction should be looked at; null while it is merely waiting.</summary>
    public string? StuckReason(LaneRow row)
    {
        var reason = _reasons.GetValueOrDefault(row.Nonce, LaneReasons.Waiting);
        return LaneReasons.NeedsSomebody(reason) || Age(row.CreatedAt) >= options.StuckAfter ? reason : null;
    }

    /// <summary>The open transactions as they stand; nothing is changed.</summary>
    public async Task<IReadOnlyList<LaneTransaction>> ListAsync(CancellationToken cancellation)
    {
        var rows = await table.ListOpenAsync(cancellation);
        if (rows.Count == 0)
        {
            return [];
        }

        var market = await fees.ReadMarketAsync(cancellation);
        var count = await node.GetTransactionCountAsync(sender, BlockTag.Latest, cancellation);
        var balance = await node.GetBalanceAsync(sender, BlockTag.Latest, cancellation);
        var listed = new List<LaneTransaction>(rows.Count);
        foreach (var row in rows)
        {
            var newest = row.Newest.Decode();
            var reason = (ulong)row.Nonce < count
                ? await outcome.HasReceiptAsync(row, cancellation) ? LaneReasons.Confirming : LaneReasons.NonceUsed
                : Reason(row, newest, market, count, balance, rows);
            listed.Add(new()
            {
                Key = row.RequestKey,
                Nonce = (ulong)row.Nonce,
                TransactionHash = row.Newest.Hash,
                Versions = row.Versions.Count,
                Age = Age(row.CreatedAt),
                MaxFeePerGas = newest.MaxFeePerGas,
                MaxPriorityFeePerGas = newest.MaxPriorityFeePerGas,
                IsCancelling = row.Newest.IsCancel,
                HeadNonce = count,
                Reason = reason,
                IsStuck = LaneReasons.NeedsSomebody(reason) || Age(row.CreatedAt) >= options.StuckAfter,
            });
        }

        return listed;
    }

    private async Task TendInGateAsync(CancellationToken cancellation)
    {
        try
        {
            Volatile.Write(ref _tendedAt, time.GetTimestamp());
            var rows = await table.ListOpenAsync(cancellation);
            await TendAsync(rows, cancellation);
            Forget(rows);
        }
        catch (ChainException)
        {
            // A node that cannot be asked now is asked at the next round.
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task TendAsync(IReadOnlyList<LaneRow> rows, CancellationToken cancellation)
    {
        LaneMarket market;
        ulong count;
        UInt256 balance;
        try
        {
            market = await fees.ReadMarketAsync(cancellation);
            count = await node.GetTransactionCountAsync(sender, BlockTag.Latest, cancellation);
            balance = rows.Count == 0 ? default : await node.GetBalanceAsync(sender, BlockTag.Latest, cancellation);
        }
        catch (ChainException)
        {
            foreach (var row in rows)
            {
                await LaneBroadcast.SendAsync(node, row, cancellation);
            }

            return;
        }

        // What was in a block and is not any more comes before what is open.
        foreach (var lost in await table.ListInBlocksAsync(count, cancellation))
        {
            if (await outcome.TryReopenAsync(lost, cancellation))
            {
                await LaneBroadcast.SendAsync(node, lost, cancellation);
            }
        }

        foreach (var row in rows)
        {
            if ((ulong)row.Nonce < count)
            {
                var (result, reason) = await outcome.SettlePassedAsync(row, market.Head, sender, cancellation);
                if (result is null)
                {
                    _reasons[row.Nonce] = reason;
                }
            }
            else
            {
                _reasons[row.Nonce] = await PushAsync(row, market, count, balance, rows, cancellation);
            }
        }
    }

    // Raises the fee if that is due, else broadcasts again; and says why it is open.
    private async Task<string> PushAsync(LaneRow row, LaneMarket market, ulong count, UInt256 balance, IReadOnlyList<LaneRow> rows, CancellationToken cancellation)
    {
        var newest = row.Newest.Decode();
        var reason = Reason(row, newest, market, count, balance, rows);
        var isNext = (ulong)row.Nonce == count;
        if (Age(row.Newest.CreatedAt) >= options.BumpAfter && (isNext || reason == LaneReasons.Underpriced) && reason != LaneReasons.NoFunds)
        {
            switch (await writer.RaiseAsync(row, market, cancellation))
            {
                case LaneStep.Done:
                    return isNext ? LaneReasons.Waiting : LaneReasons.WaitsBehind;
                case LaneStep.OverCap:
                    reason = LaneReasons.FeeCapReached;
                    break;
                case LaneStep.SignerFailed:
                    reason = LaneReasons.SignerFailed;
                    break;
                default:
                    break;
            }
        }

        await LaneBroadcast.SendAsync(node, row, cancellation);
        return reason;
    }

    private string Reason(LaneRow row, Transaction1559 newest, LaneMarket market, ulong count, UInt256 balance, IReadOnlyList<LaneRow> rows)
    {
        if (newest.MaxFeePerGas < market.Head.BaseFeePerGas)
        {
            return fees.Raise(newest, market) is null ? LaneReasons.FeeCapReached : LaneReasons.Underpriced;
        }

        if ((ulong)row.Nonce == count)
        {
            return LaneFees.MostToPay(newest.Value, newest.MaxFeePerGas, newest.GasLimit) is not { } most || balance < most ? LaneReasons.NoFunds
                : Age(row.Newest.CreatedAt) >= options.BumpAfter && fees.Raise(newest, market) is null ? LaneReasons.FeeCapReached
                : LaneReasons.Waiting;
        }

        return rows.Any(other => (ulong)other.Nonce == count) ? LaneReasons.WaitsBehind : LaneReasons.NonceGap;
    }

    private TimeSpan Age(long since) => TimeSpan.FromMilliseconds(Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - since));

    private void Forget(IReadOnlyList<LaneRow> open)
    {
        var nonces = open.Select(row => row.Nonce).ToHashSet();
        foreach (var nonce in _reasons.Keys.Where(nonce => !nonces.Contains(nonce)))
        {
            _reasons.TryRemove(nonce, out _);
        }
    }
}
