namespace Purser.Ethereum.Rpc;

/// <summary>
/// A node of an EVM chain, as far as wallet and services ask it: the sandbox in process, or any JSON-RPC URL.
/// Every call may throw <see cref="ChainException"/>; <see cref="ChainException.IsTransient"/> tells whether the same call may succeed later.
/// </summary>
public interface IChain
{
    /// <summary>The chain's id (<c>eth_chainId</c>).</summary>
    Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken = default);

    /// <summary>The number of the newest block.</summary>
    Task<ulong> GetBlockNumberAsync(CancellationToken cancellationToken = default);

    /// <summary>A block's header, or null when the chain has no such block.</summary>
    Task<BlockHeader?> GetBlockAsync(BlockTag block, CancellationToken cancellationToken = default);

    /// <summary>The balance of the native coin, in wei.</summary>
    Task<UInt256> GetBalanceAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default);

    /// <summary>The number of transactions sent from the account: the next nonce; with <see cref="BlockTag.Pending"/> counting those in the pool.</summary>
    Task<ulong> GetTransactionCountAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default);

    /// <summary>The contract's code; empty for an account without code.</summary>
    Task<byte[]> GetCodeAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default);

    /// <summary>One storage slot.</summary>
    Task<Hash32> GetStorageAtAsync(Address account, UInt256 slot, BlockTag block = default, CancellationToken cancellationToken = default);

    /// <summary>Executes without a transaction. A revert is a value (<see cref="CallResult.Reverted"/>), not an exception.</summary>
    Task<CallResult> CallAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default);

    /// <summary>The gas that the transaction would need; a revert is a value.</summary>
    Task<GasEstimate> EstimateGasAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default);

    /// <summary>The suggested priority fee in wei per gas (<c>eth_maxPriorityFeePerGas</c>).</summary>
    Task<UInt256> GetMaxPriorityFeePerGasAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Hands a signed transaction to the node. A node that already knows it is a success (the same hash), so a repeat is harmless.
    /// A refusal by the node's pool (nonce too low, insufficient funds, underpriced) throws a non-transient <see cref="ChainException"/> with its message;
    /// a lost connection throws a transient one, after which the transaction may or may not have arrived.
    /// </summary>
    /// <returns>The transaction's hash.</returns>
    Task<Hash32> SendRawTransactionAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken = default);

    /// <summary>The receipt, or null while the transaction is not in a block (or was never seen).</summary>
    Task<TransactionReceipt?> GetTransactionReceiptAsync(Hash32 transactionHash, CancellationToken cancellationToken = default);

    /// <summary>What a transaction in a block was called with (its data); null when it is not in one, or when this chain cannot be asked for it, which is what it means unless an implementation says otherwise.</summary>
    Task<ReadOnlyMemory<byte>?> GetTransactionDataAsync(Hash32 transactionHash, CancellationToken cancellationToken = default) => Task.FromResult<ReadOnlyMemory<byte>?>(null);

    /// <summary>Logs that match the filter, oldest first.</summary>
    Task<IReadOnlyList<LogEntry>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken = default);
}

/// <summary>Which block a read is about. <c>default</c> is <see cref="Latest"/>.</summary>
public readonly record struct BlockTag
{
    private readonly string? _tag;
    private readonly ulong _number;

    private BlockTag(string tag)
    {
        _tag = tag;
        _number = 0;
    }

    private BlockTag(ulong number)
    {
        _tag = "";
        _number = number;
    }

    /// <summary>The newest block.</summary>
    public static BlockTag Latest => default;

    /// <summary>The newest block and what the pool would add.</summary>
    public static BlockTag Pending => new("pending");

    /// <summary>Block 0.</summary>
    public static BlockTag Earliest => new("earliest");

    /// <summary>The newest block that cannot be reorganised away.</summary>
    public static BlockTag Finalized => new("finalized");

    /// <summary>The newest block that is unlikely to be reorganised away.</summary>
    public static BlockTag Safe => new("safe");

    /// <summary>A block by its number.</summary>
    public static BlockTag At(ulong number) => new(number);

    /// <summary>The block's number when it was given by number, else null.</summary>
    public ulong? Number => _tag is "" ? _number : null;

    /// <summary>The JSON-RPC form: a tag's name or a <c>0x</c> quantity.</summary>
    public override string ToString() => _tag switch { null => "latest", "" => $"0x{_number:x}", _ => _tag };
}

/// <summary>A call or a transaction to be simulated.</summary>
public sealed record CallRequest
{
    /// <summary>The caller; the zero address when null.</summary>
    public Address? From { get; init; }

    /// <summary>The callee; null runs <see cref="Data"/> as creation code.</summary>
    public Address? To { get; init; }

    /// <summary>Wei sent along.</summary>
    public UInt256 Value { get; init; }

    /// <summary>Calldata.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The gas limit; the node's cap when null.</summary>
    public ulong? Gas { get; init; }
}

/// <summary>What a call came to.</summary>
public abstract record CallResult
{
    private CallResult()
    {
    }

    /// <summary>It returned.</summary>
    /// <param name="Data">The return data.</param>
    public sealed record Returned(byte[] Data) : CallResult;

    /// <summary>It reverted, or failed without data (out of gas, invalid opcode).</summary>
    /// <param name="Data">The revert data; empty when there is none.</param>
    /// <param name="Message">The node's message.</param>
    public sealed record Reverted(byte[] Data, string Message) : CallResult
    {
        /// <summary>What the data says: by <see cref="JsonRpcOptions.Errors"/> when a JSON-RPC client gave it, else by the errors of Solidity alone.</summary>
        public RevertReason Reason { get => field ??= RevertReason.Decode(Data); init; }
    }
}

/// <summary>What an estimate came to.</summary>
public abstract record GasEstimate
{
    private GasEstimate()
    {
    }

    /// <summary>It would succeed.</summary>
    /// <param name="Gas">A gas limit that suffices.</param>
    public sealed record Succeeds(ulong Gas) : GasEstimate;

    /// <summary>It would revert.</summary>
    /// <param name="Data">The revert data; empty when there is none.</param>
    /// <param name="Message">The node's message.</param>
    public sealed record Reverts(byte[] Data, string Message) : GasEstimate
    {
        /// <summary>What the data says, as in <see cref="CallResult.Reverted.Reason"/>.</summary>
        public RevertReason Reason { get => field ??= RevertReason.Decode(Data); init; }
    }
}

/// <summary>The parts of a block that wallet and services read.</summary>
/// <param name="Number">The height.</param>
/// <param name="Hash">The header's hash.</param>
/// <param name="ParentHash">The hash of the block before.</param>
/// <param name="Timestamp">Unix seconds.</param>
/// <param name="BaseFeePerGas">Wei per gas that is burned (EIP-1559).</param>
/// <param name="GasLimit">The block's gas limit.</param>
/// <param name="GasUsed">The gas used in the block.</param>
/// <param name="Miner">The fee recipient.</param>
/// <param name="Transactions">The hashes of the block's transactions, in order.</param>
public sealed record BlockHeader(ulong Number, Hash32 Hash, Hash32 ParentHash, ulong Timestamp, UInt256 BaseFeePerGas,
    ulong GasLimit, ulong GasUsed, Address Miner, IReadOnlyList<Hash32> Transactions);

/// <summary>What became of a transaction that is in a block.</summary>
/// <param name="TransactionHash">The transaction.</param>
/// <param name="TransactionIndex">Its place in the block.</param>
/// <param name="BlockHash">The block.</param>
/// <param name="BlockNumber">The block's height.</param>
/// <param name="From">The sender.</param>
/// <param name="To">The callee; null for a creation.</param>
/// <param name="ContractAddress">The contract that was created, if any.</param>
/// <param name="Succeeded">Whether status is 1; false: it reverted, and the gas was paid all the same.</param>
/// <param name="GasUsed">Gas used by this transaction.</param>
/// <param name="EffectiveGasPrice">Wei per gas paid, base fee included.</param>
/// <param name="Logs">The events, in order.</param>
public sealed record TransactionReceipt(Hash32 TransactionHash, ulong TransactionIndex, Hash32 BlockHash, ulong BlockNumber,
    Address From, Address? To, Address? ContractAddress, bool Succeeded, ulong GasUsed, UInt256 EffectiveGasPrice, IReadOnlyList<LogEntry> Logs)
{
    /// <summary>The EIP-2718 type; null when the chain did not say.</summary>
    public byte? Type { get; init; }

    /// <summary>The gas used in the block up to and with this transaction; null when the chain did not say.</summary>
    public ulong? CumulativeGasUsed { get; init; }

    /// <summary>The blob gas used, for a transaction with blobs (EIP-4844).</summary>
    public ulong? BlobGasUsed { get; init; }

    /// <summary>Wei per blob gas paid, for a transaction with blobs (EIP-4844).</summary>
    public UInt256? BlobGasPrice { get; init; }
}

/// <summary>An event that a contract emitted.</summary>
/// <param name="Address">The contract.</param>
/// <param name="Topics">0 to 4 topics; the first is the event's signature hash unless the event is anonymous.</param>
/// <param name="Data">The parameters that are not indexed.</param>
/// <param name="BlockNumber">The block's height.</param>
/// <param name="TransactionHash">The transaction.</param>
/// <param name="LogIndex">The place within the block.</param>
public sealed record LogEntry(Address Address, IReadOnlyList<Hash32> Topics, byte[] Data, ulong BlockNumber, Hash32 TransactionHash, ulong LogIndex)
{
    /// <summary>The block's hash; null when the chain did not say.</summary>
    public Hash32? BlockHash { get; init; }

    /// <summary>The transaction's place in the block; null when the chain did not say.</summary>
    public ulong? TransactionIndex { get; init; }

    /// <summary>Whether the log's block was reorganised away. Only a subscription says so; <see cref="IChain.GetLogsAsync"/> leaves such logs out.</summary>
    public bool IsRemoved { get; init; }
}

/// <summary>Which logs to read.</summary>
public sealed record LogFilter
{
    /// <summary>The first block.</summary>
    public BlockTag FromBlock { get; init; }

    /// <summary>The last block.</summary>
    public BlockTag ToBlock { get; init; }

    /// <summary>The one block to read, by its hash (EIP-234); then <see cref="FromBlock"/> and <see cref="ToBlock"/> count for nothing. A block that the chain does not have is a <see cref="ChainException"/>.</summary>
    public Hash32? BlockHash { get; init; }

    /// <summary>Contracts; empty for all.</summary>
    public IReadOnlyList<Address> Addresses { get; init; } = [];

    /// <summary>For each topic position the accepted values; null or empty accepts any.</summary>
    public IReadOnlyList<IReadOnlyList<Hash32>?> Topics { get; init; } = [];
}

/// <summary>A fault between us and a chain's node, or the node's refusal of a request.</summary>
public sealed class ChainException : Exception
{
    /// <summary>Makes a fault without details.</summary>
    public ChainException()
        : this("The chain's node failed.")
    {
    }

    /// <summary>Makes a fault.</summary>
    public ChainException(string message)
        : base(message)
    {
    }

    /// <summary>Makes a fault with its cause.</summary>
    public ChainException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same call may succeed later: the node could not be reached, was busy, or timed out.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long the node asked to be left alone (HTTP's <c>Retry-After</c>), if it did.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The JSON-RPC error code, or 0 when the node did not answer with one.</summary>
    public int Code { get; init; }

    /// <summary>The error's <c>data</c> bytes (a revert reason), or empty.</summary>
    public byte[] ErrorData { get; init; } = [];
}
