using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Bench.Payments;

/// <summary>A chain that answers at once and the same: only the token has code, every call succeeds with a word of zeros, every transfer is mined when it is sent.</summary>
internal sealed class StillChain(ChainId id, Address token) : IChain
{
    private static readonly byte[] s_code = [0x60];
    private static readonly Task<CallResult> s_answer = Task.FromResult<CallResult>(new CallResult.Returned(new byte[32]));

    public Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken = default) => Task.FromResult(id);

    public Task<byte[]> GetCodeAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) =>
        Task.FromResult(account == token ? s_code : []);

    public Task<CallResult> CallAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default) => s_answer;

    public Task<ulong> GetBlockNumberAsync(CancellationToken cancellationToken = default) => Unasked<ulong>();

    public Task<BlockHeader?> GetBlockAsync(BlockTag block, CancellationToken cancellationToken = default) => Unasked<BlockHeader?>();

    public Task<UInt256> GetBalanceAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => Unasked<UInt256>();

    public Task<ulong> GetTransactionCountAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => Unasked<ulong>();

    public Task<Hash32> GetStorageAtAsync(Address account, UInt256 slot, BlockTag block = default, CancellationToken cancellationToken = default) => Unasked<Hash32>();

    public Task<GasEstimate> EstimateGasAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default) => Unasked<GasEstimate>();

    public Task<UInt256> GetMaxPriorityFeePerGasAsync(CancellationToken cancellationToken = default) => Unasked<UInt256>();

    public Task<Hash32> SendRawTransactionAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken = default) => Unasked<Hash32>();

    public Task<TransactionReceipt?> GetTransactionReceiptAsync(Hash32 transactionHash, CancellationToken cancellationToken = default) => Unasked<TransactionReceipt?>();

    public Task<IReadOnlyList<LogEntry>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken = default) => Unasked<IReadOnlyList<LogEntry>>();

    private static Task<T> Unasked<T>() => Task.FromException<T>(new ChainException("The measured path asked the still chain for something else than code and calls."));
}
