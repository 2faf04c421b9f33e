using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Tests;

/// <summary>A chain whose node cannot be reached for reads of contracts; and whose sends can be made to fail, before or after they arrive.</summary>
internal sealed class UnreachableChain(IChain inner) : IChain
{
    public bool ReadsFail { get; set; } = true;

    /// <summary>Sends do not arrive.</summary>
    public bool SendsAreLost { get; set; }

    /// <summary>Sends arrive and their answer is lost.</summary>
    public bool AnswersAreLost { get; set; }

    /// <summary>The node knows no receipts.</summary>
    public bool ReceiptsAreMissing { get; set; }

    /// <summary>By which each send is lost, forgotten, delayed, or answered with an error after it arrived; null for none of these.</summary>
    public SeededRandom? Faults { get; set; }

    /// <summary>Runs before each read of a contract.</summary>
    public Func<Task> BeforeReads { get; set; } = () => Task.CompletedTask;

    /// <summary>What the node makes of the receipts that the chain has.</summary>
    public Func<TransactionReceipt, TransactionReceipt> Receipts { get; set; } = receipt => receipt;

    public int Sends { get; private set; }

    public Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken = default) => inner.GetChainIdAsync(cancellationToken);

    public Task<ulong> GetBlockNumberAsync(CancellationToken cancellationToken = default) => inner.GetBlockNumberAsync(cancellationToken);

    public Task<BlockHeader?> GetBlockAsync(BlockTag block, CancellationToken cancellationToken = default) => inner.GetBlockAsync(block, cancellationToken);

    public Task<UInt256> GetBalanceAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => inner.GetBalanceAsync(account, block, cancellationToken);

    public Task<ulong> GetTransactionCountAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => inner.GetTransactionCountAsync(account, block, cancellationToken);

    public Task<byte[]> GetCodeAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => inner.GetCodeAsync(account, block, cancellationToken);

    public Task<Hash32> GetStorageAtAsync(Address account, UInt256 slot, BlockTag block = default, CancellationToken cancellationToken = default) => inner.GetStorageAtAsync(account, slot, block, cancellationToken);

    public async Task<CallResult> CallAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        await BeforeReads();
        return ReadsFail ? throw Lost() : await inner.CallAsync(request, block, cancellationToken);
    }

    public Task<GasEstimate> EstimateGasAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default) => inner.EstimateGasAsync(request, block, cancellationToken);

    public Task<UInt256> GetMaxPriorityFeePerGasAsync(CancellationToken cancellationToken = default) => inner.GetMaxPriorityFeePerGasAsync(cancellationToken);

    public async Task<Hash32> SendRawTransactionAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken = default)
    {
        Sends++;
        if (SendsAreLost)
        {
            throw Lost();
        }

        switch (Roll())
        {
            case 0:
                throw Lost();
            case 1:
                // The node said yes and forgot it.
                return Keccak256.Hash(rawTransaction.Span);
            case 2:
                await inner.SendRawTransactionAsync(rawTransaction, cancellationToken);
                throw Lost();
            case 3:
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
                break;
            default:
                break;
        }

        var hash = await inner.SendRawTransactionAsync(rawTransaction, cancellationToken);
        return AnswersAreLost ? throw Lost() : hash;
    }

    public async Task<TransactionReceipt?> GetTransactionReceiptAsync(Hash32 transactionHash, CancellationToken cancellationToken = default) =>
        ReceiptsAreMissing || await inner.GetTransactionReceiptAsync(transactionHash, cancellationToken) is not { } receipt ? null : Receipts(receipt);

    public Task<IReadOnlyList<LogEntry>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken = default) => inner.GetLogsAsync(filter, cancellationToken);

    private int Roll()
    {
        // Without faults the die falls on 5, which does nothing.
        Span<byte> die = [255];
        Faults?.Fill(die);
        return die[0] % 10;
    }

    private static ChainException Lost() => new("connection refused") { IsTransient = true };
}
