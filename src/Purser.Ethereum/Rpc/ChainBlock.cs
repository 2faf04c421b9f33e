namespace Purser.Ethereum.Rpc;

/// <summary>A block as a node tells it. <see cref="BlockHeader"/> is the short form.</summary>
/// <param name="Header">The header.</param>
/// <param name="TransactionHashes">The hashes of its transactions, in order.</param>
/// <param name="Transactions">The transactions whole, in order; null when only their hashes were asked for.</param>
/// <param name="Uncles">The hashes of its uncles; none since the Merge.</param>
/// <param name="Withdrawals">What validators withdrew (EIP-4895); null before Shanghai, and on chains without a beacon chain.</param>
/// <param name="Size">The size in bytes; null when the node did not say.</param>
public sealed record ChainBlock(ChainHeader Header, IReadOnlyList<Hash32> TransactionHashes, IReadOnlyList<ChainTransaction>? Transactions,
    IReadOnlyList<Hash32> Uncles, IReadOnlyList<Withdrawal>? Withdrawals, ulong? Size);

/// <summary>What a validator withdrew from the beacon chain (EIP-4895).</summary>
/// <param name="Index">The withdrawal's own number.</param>
/// <param name="ValidatorIndex">The validator.</param>
/// <param name="Address">Who gets it.</param>
/// <param name="Amount">In gwei.</param>
public sealed record Withdrawal(ulong Index, ulong ValidatorIndex, Address Address, ulong Amount);

/// <summary>A block's header, all of it: what a node's hash of the block can be checked by. Null stands for members of later forks than the block's.</summary>
public sealed record ChainHeader
{
    /// <summary>The height.</summary>
    public required ulong Number { get; init; }

    /// <summary>The hash that the node gave; zero for a pending block.</summary>
    public required Hash32 Hash { get; init; }

    /// <summary>The hash of the block before.</summary>
    public required Hash32 ParentHash { get; init; }

    /// <summary>The hash of the list of uncles (<c>sha3Uncles</c>).</summary>
    public required Hash32 UnclesHash { get; init; }

    /// <summary>The fee recipient (<c>miner</c>).</summary>
    public required Address Miner { get; init; }

    /// <summary>The root of the state after the block.</summary>
    public required Hash32 StateRoot { get; init; }

    /// <summary>The root of the transactions.</summary>
    public required Hash32 TransactionsRoot { get; init; }

    /// <summary>The root of the receipts.</summary>
    public required Hash32 ReceiptsRoot { get; init; }

    /// <summary>The bloom filter over addresses and topics of the logs: 256 bytes.</summary>
    public required byte[] LogsBloom { get; init; }

    /// <summary>The difficulty; 0 since the Merge.</summary>
    public required UInt256 Difficulty { get; init; }

    /// <summary>The most gas that the block may use.</summary>
    public required ulong GasLimit { get; init; }

    /// <summary>The gas used.</summary>
    public required ulong GasUsed { get; init; }

    /// <summary>Unix seconds.</summary>
    public required ulong Timestamp { get; init; }

    /// <summary>The builder's free text; at most 32 bytes on most chains.</summary>
    public required byte[] ExtraData { get; init; }

    /// <summary>The beacon chain's randomness (EIP-4399), formerly the proof of work's mix.</summary>
    public required Hash32 MixHash { get; init; }

    /// <summary>The proof of work's nonce: 8 bytes, zero since the Merge.</summary>
    public required byte[] Nonce { get; init; }

    /// <summary>Wei per gas that is burned (EIP-1559).</summary>
    public UInt256? BaseFeePerGas { get; init; }

    /// <summary>The root of the withdrawals (EIP-4895).</summary>
    public Hash32? WithdrawalsRoot { get; init; }

    /// <summary>The blob gas used (EIP-4844).</summary>
    public ulong? BlobGasUsed { get; init; }

    /// <summary>The running excess of blob gas (EIP-4844).</summary>
    public ulong? ExcessBlobGas { get; init; }

    /// <summary>The beacon chain's parent root (EIP-4788).</summary>
    public Hash32? ParentBeaconBlockRoot { get; init; }

    /// <summary>The hash of the requests to the beacon chain (EIP-7685).</summary>
    public Hash32? RequestsHash { get; init; }

    /// <summary>
    /// Keccak-256 of the header's RLP: the block's hash by its own content (Yellow Paper 4.3, with the members that later forks appended). On a chain whose
    /// headers have members of their own (Arbitrum) it is not the block's hash.
    /// </summary>
    public Hash32 ComputeHash()
    {
        var writer = new RlpWriter(stackalloc byte[1024]);
        var list = writer.StartList();
        writer.Write(ParentHash.Bytes);
        writer.Write(UnclesHash.Bytes);
        writer.Write(Miner);
        writer.Write(StateRoot.Bytes);
        writer.Write(TransactionsRoot.Bytes);
        writer.Write(ReceiptsRoot.Bytes);
        writer.Write(LogsBloom);
        writer.Write(Difficulty);
        writer.Write(Number);
        writer.Write(GasLimit);
        writer.Write(GasUsed);
        writer.Write(Timestamp);
        writer.Write(ExtraData);
        writer.Write(MixHash.Bytes);
        writer.Write(Nonce);
        if (BaseFeePerGas is { } baseFee)
        {
            writer.Write(baseFee);
        }
        Append(ref writer, WithdrawalsRoot);
        Append(ref writer, BlobGasUsed);
        Append(ref writer, ExcessBlobGas);
        Append(ref writer, ParentBeaconBlockRoot);
        Append(ref writer, RequestsHash);
        writer.EndList(list);
        var hash = Keccak256.Hash(writer.Written);
        writer.Dispose();
        return hash;
    }

    private static void Append(ref RlpWriter writer, Hash32? member)
    {
        if (member is { } hash)
        {
            writer.Write(hash.Bytes);
        }
    }

    private static void Append(ref RlpWriter writer, ulong? member)
    {
        if (member is { } number)
        {
            writer.Write(number);
        }
    }
}
