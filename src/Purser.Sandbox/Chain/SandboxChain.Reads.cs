using System.Globalization;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <content>The <see cref="IChain"/> seam: everything answers at once, on the caller's thread.</content>
public sealed partial class SandboxChain
{
    /// <inheritdoc/>
    public Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken = default) => Task.FromResult(ChainId);

    /// <inheritdoc/>
    public Task<ulong> GetBlockNumberAsync(CancellationToken cancellationToken = default) => Task.FromResult(_view.Head.Header.Number);

    /// <inheritdoc/>
    public Task<BlockHeader?> GetBlockAsync(BlockTag block, CancellationToken cancellationToken = default)
    {
        if (IsHeldUpstream(block, out var pinned))
        {
            return _view.Fork!.Upstream.GetBlockAsync(pinned, cancellationToken);
        }
        var found = block == BlockTag.Pending ? PendingBlock() : Find(_view, block);
        return Task.FromResult(found is null ? null : new BlockHeader(found.Header.Number, found.Hash, found.Header.ParentHash, found.Header.Timestamp,
            found.Header.BaseFee, found.Header.GasLimit, found.Header.GasUsed, found.Header.Coinbase, [.. found.Transactions.Select(t => t.Hash)]));
    }

    /// <inheritdoc/>
    public Task<UInt256> GetBalanceAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) =>
        Before(block)?.GetBalanceAsync(account, block, cancellationToken) ?? Answer(() => StateAt(ViewFor(block), block).Find(account)?.Balance ?? default);

    /// <inheritdoc/>
    public Task<ulong> GetTransactionCountAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) =>
        Before(block)?.GetTransactionCountAsync(account, block, cancellationToken) ?? Answer(() => NonceOf(account, block));

    /// <inheritdoc/>
    public Task<byte[]> GetCodeAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) =>
        Before(block)?.GetCodeAsync(account, block, cancellationToken) ?? Answer(() => StateAt(ViewFor(block), block).Find(account)?.Code.Bytes.ToArray() ?? []);

    /// <inheritdoc/>
    public Task<Hash32> GetStorageAtAsync(Address account, UInt256 slot, BlockTag block = default, CancellationToken cancellationToken = default) =>
        Before(block)?.GetStorageAtAsync(account, slot, block, cancellationToken) ?? Answer(() => Hash32.FromUInt256(StateAt(ViewFor(block), block).Find(account)?.ReadStorage(slot) ?? default));

    /// <inheritdoc/>
    public Task<CallResult> CallAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Before(block)?.CallAsync(request, block, cancellationToken) ?? Answer<CallResult>(() =>
        {
            var result = Run(ToMessage(request), block, cancellationToken);
            return result.Succeeded ? new CallResult.Returned(result.Output) : new CallResult.Reverted(result.Output, Explain(result));
        });
    }

    /// <inheritdoc/>
    public Task<GasEstimate> EstimateGasAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Before(block)?.EstimateGasAsync(request, block, cancellationToken) ?? Answer<GasEstimate>(() =>
        {
            var gas = FindGas(ToMessage(request), block, out var failure, cancellationToken);
            return failure is null ? new GasEstimate.Succeeds(gas) : new GasEstimate.Reverts(failure.Output, Explain(failure));
        });
    }

    /// <summary>The suggested tip: 1 gwei.</summary>
    public Task<UInt256> GetMaxPriorityFeePerGasAsync(CancellationToken cancellationToken = default) => Task.FromResult(SuggestedTip);

    /// <inheritdoc/>
    public Task<Hash32> SendRawTransactionAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken = default) =>
        Answer(() =>
        {
            if (!SignedTransaction.TryDecode(rawTransaction.Span, ChainId, out var transaction, out var refusal))
            {
                throw new ChainException(refusal.Message) { Code = -32000 };
            }
            return Submit(transaction) switch
            {
                // A repeat is harmless: the node has it, in the pool or in a block.
                null or TransactionRejection.AlreadyKnown => transaction.Hash,
                var rejection => throw new ChainException(rejection.Message) { Code = rejection.Code },
            };
        });

    /// <inheritdoc/>
    public Task<TransactionReceipt?> GetTransactionReceiptAsync(Hash32 transactionHash, CancellationToken cancellationToken = default)
    {
        var view = _view;
        if (!view.Transactions.TryGetValue(transactionHash, out var place))
        {
            return view.Fork is { } fork ? FindOlderReceiptAsync(fork, transactionHash, cancellationToken) : Task.FromResult<TransactionReceipt?>(null);
        }
        var block = view.Find(place.Block)!;
        var transaction = block.Transactions[place.Index];
        var receipt = block.Receipts[place.Index];
        return Task.FromResult<TransactionReceipt?>(new(transactionHash, (ulong)place.Index, block.Hash, block.Header.Number, transaction.From,
            transaction.Transaction.To, receipt.ContractAddress, receipt.Succeeded, receipt.GasUsed, receipt.EffectiveGasPrice, LogsOf(block, place.Index))
        {
            Type = receipt.Type,
            CumulativeGasUsed = receipt.CumulativeGas,
        });
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> GetTransactionDataAsync(Hash32 transactionHash, CancellationToken cancellationToken = default)
    {
        var view = _view;
        return view.Transactions.TryGetValue(transactionHash, out var place)
            ? Task.FromResult<ReadOnlyMemory<byte>?>(view.Find(place.Block)!.Transactions[place.Index].Transaction.Data)
            : view.Fork?.Upstream.GetTransactionDataAsync(transactionHash, cancellationToken) ?? Task.FromResult<ReadOnlyMemory<byte>?>(null);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LogEntry>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return _view.Fork is null ? Answer(() => FindOwnLogs(_view, filter)) : FindLogsAsync(filter, cancellationToken);
    }

    private static IReadOnlyList<LogEntry> FindOwnLogs(ChainView view, LogFilter filter)
    {
        if (filter.BlockHash is { } hash)
        {
            var number = view.Find(hash)?.Header.Number ?? throw new ChainException("unknown block") { Code = -32000 };
            return LogSearch.Find(view, number, number, filter);
        }
        // What lies before a fork is not ours.
        var from = filter.FromBlock.Number is { } given && given < view.First ? view.First : Find(view, filter.FromBlock)?.Header.Number ?? ulong.MaxValue;
        var to = Math.Min(filter.ToBlock.Number ?? Find(view, filter.ToBlock)!.Header.Number, view.Head.Header.Number);
        return LogSearch.Find(view, from, to, filter);
    }

    internal static UInt256 SuggestedTip => 1_000_000_000UL;

    internal static Block? Find(ChainView view, BlockTag tag) => tag.Number is { } number ? view.Find(number) : tag == BlockTag.Earliest ? view.Blocks[0] : view.Head;

    /// <summary>The state at a block; at the newest one with what cheats made of it.</summary>
    internal static StateRoot StateAt(ChainView view, BlockTag tag)
    {
        var block = Find(view, tag) ?? throw new ChainException("header not found") { Code = -32000 };
        if (!block.HasState)
        {
            throw new ChainException(string.Create(CultureInfo.InvariantCulture, $"missing trie node: the state of block {block.Header.Number} is no longer kept")) { Code = -32000 };
        }
        return ReferenceEquals(block, view.Head) ? view.State : block.State;
    }

    internal ulong NonceOf(in Address account, BlockTag tag)
    {
        if (tag != BlockTag.Pending)
        {
            return StateAt(_view, tag).Find(account)?.Nonce ?? 0;
        }
        lock (_gate)
        {
            var nonce = _view.State.Find(account)?.Nonce ?? 0;
            return nonce + _pool.CountFrom(account, nonce);
        }
    }

    internal SignedTransaction? FindPooled(in Hash32 hash)
    {
        lock (_gate)
        {
            return _pool.Find(hash);
        }
    }

    internal static IReadOnlyList<LogEntry> LogsOf(Block block, int transaction)
    {
        var receipt = block.Receipts[transaction];
        var hash = block.Transactions[transaction].Hash;
        return [.. receipt.Logs.Select((log, i) => new LogEntry(log.Address, log.Topics, log.Data, block.Header.Number, hash, receipt.FirstLogIndex + (ulong)i)
        {
            BlockHash = block.Hash,
            TransactionIndex = (ulong)transaction,
        })];
    }

    private static Message ToMessage(CallRequest request) => new()
    {
        From = request.From ?? default,
        To = request.To,
        Value = request.Value,
        Data = request.Data,
        GasLimit = request.Gas ?? ulong.MaxValue,
        IsSimulated = true,
    };

    // A fault becomes the task's, not the call's.
    private static Task<T> Answer<T>(Func<T> answer)
    {
        try
        {
            return Task.FromResult(answer());
        }
        catch (OperationCanceledException e)
        {
            return Task.FromException<T>(e);
        }
        catch (ChainException e)
        {
            return Task.FromException<T>(e);
        }
        catch (StateFileException e)
        {
            return Task.FromException<T>(new ChainException(e.Message, e) { Code = -32603 });
        }
    }
}
