using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Services.Tests.Facilitator;

/// <summary>A node that counts what is sent through it, and that can be cut off.</summary>
internal sealed class FaultyChain(IChain inner) : IChain
{
    private int _sends;

    /// <summary>Whether nothing arrives and nothing is answered.</summary>
    public bool Down { get; set; }

    /// <summary>Whether an estimate is answered while the chain moves on behind its back: runs after each estimate.</summary>
    public Func<Task> AfterEstimate { get; set; } = () => Task.CompletedTask;

    /// <summary>What is said to a call in the chain's place; null leaves it to the chain.</summary>
    public Func<CallRequest, CallResult?> InsteadOfCall { get; set; } = _ => null;

    /// <summary>Different raw transactions that were handed in.</summary>
    public HashSet<string> Transactions { get; } = [];

    /// <summary>How often any was handed in.</summary>
    public int Sends => _sends;

    public Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken = default) => Up().GetChainIdAsync(cancellationToken);

    public Task<ulong> GetBlockNumberAsync(CancellationToken cancellationToken = default) => Up().GetBlockNumberAsync(cancellationToken);

    public Task<BlockHeader?> GetBlockAsync(BlockTag block, CancellationToken cancellationToken = default) => Up().GetBlockAsync(block, cancellationToken);

    public Task<UInt256> GetBalanceAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => Up().GetBalanceAsync(account, block, cancellationToken);

    public Task<ulong> GetTransactionCountAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => Up().GetTransactionCountAsync(account, block, cancellationToken);

    public Task<byte[]> GetCodeAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => Up().GetCodeAsync(account, block, cancellationToken);

    public Task<Hash32> GetStorageAtAsync(Address account, UInt256 slot, BlockTag block = default, CancellationToken cancellationToken = default) => Up().GetStorageAtAsync(account, slot, block, cancellationToken);

    public Task<CallResult> CallAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default) =>
        Up() is var node && InsteadOfCall(request) is { } said ? Task.FromResult(said) : node.CallAsync(request, block, cancellationToken);

    public async Task<GasEstimate> EstimateGasAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        var estimate = await Up().EstimateGasAsync(request, block, cancellationToken);
        await AfterEstimate();
        return estimate;
    }

    public Task<UInt256> GetMaxPriorityFeePerGasAsync(CancellationToken cancellationToken = default) => Up().GetMaxPriorityFeePerGasAsync(cancellationToken);

    public Task<Hash32> SendRawTransactionAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken = default)
    {
        var node = Up();
        Interlocked.Increment(ref _sends);
        lock (Transactions)
        {
            Transactions.Add(Convert.ToHexString(rawTransaction.Span));
        }

        return node.SendRawTransactionAsync(rawTransaction, cancellationToken);
    }

    public Task<TransactionReceipt?> GetTransactionReceiptAsync(Hash32 transactionHash, CancellationToken cancellationToken = default) => Up().GetTransactionReceiptAsync(transactionHash, cancellationToken);

    public Task<ReadOnlyMemory<byte>?> GetTransactionDataAsync(Hash32 transactionHash, CancellationToken cancellationToken = default) => Up().GetTransactionDataAsync(transactionHash, cancellationToken);

    public Task<IReadOnlyList<LogEntry>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken = default) => Up().GetLogsAsync(filter, cancellationToken);

    private IChain Up() => Down ? throw new ChainException("connection refused") { IsTransient = true } : inner;
}
