using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Evm;
using Purser.Sandbox.Fork;

namespace Purser.Sandbox.Chain;

/// <content>What a chain that was forked from another asks that one.</content>
public sealed partial class SandboxChain
{
    // The upstream, when the question is for a state before the fork.
    private JsonRpcChain? Before(BlockTag tag) =>
        _view.Fork is { } fork && (tag == BlockTag.Earliest ? 0 : tag.Number) < fork.BlockNumber ? fork.Upstream : null;

    // Whether the question is for a block at or before the fork; its height, since the upstream's newest is another by now.
    private bool IsHeldUpstream(BlockTag tag, out BlockTag pinned)
    {
        pinned = tag == BlockTag.Earliest ? BlockTag.At(0) : tag.Number is not null || tag == BlockTag.Pending ? tag : BlockTag.At(_view.Head.Header.Number);
        return _view.Fork is { } fork && pinned.Number <= fork.BlockNumber;
    }

    private async Task<TransactionReceipt?> FindOlderReceiptAsync(SandboxFork fork, Hash32 hash, CancellationToken cancellationToken) =>
        await fork.Upstream.GetTransactionReceiptAsync(hash, cancellationToken) is { } receipt && receipt.BlockNumber <= fork.BlockNumber ? receipt : null;

    /// <summary>The logs of both sides of the fork.</summary>
    internal async Task<IReadOnlyList<LogEntry>> FindLogsAsync(LogFilter filter, CancellationToken cancellationToken)
    {
        var view = _view;
        if (filter.BlockHash is { } hash && view.Fork is { } holder && !(view.Find(hash)?.Header.Number > holder.BlockNumber))
        {
            var older = await holder.Upstream.GetLogsAsync(filter, cancellationToken);
            return older.All(log => log.BlockNumber <= holder.BlockNumber) ? older : throw new ChainException("unknown block") { Code = -32000 };
        }
        var own = FindOwnLogs(view, filter);
        return view.Fork is { } fork && ForkProxy.Older(filter, fork.BlockNumber, view.Head.Header.Number) is { } before
            ? [.. await fork.Upstream.GetLogsAsync(before, cancellationToken), .. own] : own;
    }

    // Not under the lock. Runs a transaction once on nobody's state, so that what it needs of the upstream is there when the writer runs it: others would wait.
    private void Warm(SignedTransaction transaction)
    {
        if (_view is not { Fork: { } fork } view)
        {
            return;
        }
        var declared = transaction.Transaction.AccessedBeforehand;
        fork.Prefetch([transaction.From, .. transaction.Transaction.To is { } to ? (Address[])[to] : [], view.Settings.Coinbase, .. declared.Select(d => d.Address)],
            [.. declared.SelectMany(d => d.StorageKeys, (d, key) => (d.Address, key.ToUInt256()))]);
        var machine = _machines.TryTake(out var used) ? used : new Machine();
        try
        {
            new BlockBuilder(view, machine, NextTimestamp(view)).TryAdd(transaction, out _);
        }
        finally
        {
            _machines.Add(machine);
        }
    }
}
