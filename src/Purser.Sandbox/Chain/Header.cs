using Purser.Ethereum;

namespace Purser.Sandbox.Chain;

/// <summary>A block's header with the fields that its fork has.</summary>
internal sealed record Header
{
    /// <summary>Keccak-256 of the RLP of an empty list: there are no uncles.</summary>
    public static Hash32 NoUncles { get; } = Keccak256.Hash([0xc0]);

    /// <summary>The largest base fee that EIP-1559 is applied to, in wei per gas: times the gas of a block it stays below 256 bits.</summary>
    public static UInt256 MostBaseFee { get; } = UInt256.Parse("0xffffffffffffffffffffffffffffffff");

    /// <summary>The requests' hash of every block (EIP-7685): SHA-256 of nothing, since no contract here makes requests.</summary>
    public static Hash32 NoRequests { get; } = new(System.Security.Cryptography.SHA256.HashData([]));

    /// <summary>The rules of the block, which those after it inherit. Cancun unless said otherwise.</summary>
    public Hardfork Fork { get; init; } = Hardfork.Cancun;

    /// <summary>The hash of the block before.</summary>
    public required Hash32 ParentHash { get; init; }

    /// <summary>The fee recipient.</summary>
    public required Address Coinbase { get; init; }

    /// <summary>The root of the state after the block.</summary>
    public required Hash32 StateRoot { get; init; }

    /// <summary>The root of the transactions' trie.</summary>
    public required Hash32 TransactionsRoot { get; init; }

    /// <summary>The root of the receipts' trie.</summary>
    public required Hash32 ReceiptsRoot { get; init; }

    /// <summary>The filter of all logs.</summary>
    public required byte[] LogsBloom { get; init; }

    /// <summary>The height.</summary>
    public required ulong Number { get; init; }

    /// <summary>The most gas of the block.</summary>
    public required ulong GasLimit { get; init; }

    /// <summary>The gas that its transactions used.</summary>
    public required ulong GasUsed { get; init; }

    /// <summary>Unix seconds.</summary>
    public required ulong Timestamp { get; init; }

    /// <summary>EIP-4399; here Keccak-256 of the parent's hash, so that a replay finds the same.</summary>
    public required Hash32 PrevRandao { get; init; }

    /// <summary>Wei per gas that is burned (EIP-1559); 0 before London.</summary>
    public required UInt256 BaseFee { get; init; }

    /// <summary>The root of the withdrawals' trie: there are none (EIP-4895).</summary>
    public Hash32 WithdrawalsRoot => State.TrieRoots.Empty;

    /// <summary>The block's hash: Keccak-256 of the header's RLP.</summary>
    public Hash32 ComputeHash() => Keccak256.Hash(Encode());

    /// <summary>The header's RLP.</summary>
    public byte[] Encode()
    {
        var writer = new RlpWriter(stackalloc byte[700]);
        var list = writer.StartList();
        writer.Write(ParentHash);
        writer.Write(NoUncles);
        writer.Write(Coinbase);
        writer.Write(StateRoot);
        writer.Write(TransactionsRoot);
        writer.Write(ReceiptsRoot);
        writer.Write(LogsBloom);
        writer.Write(0UL); // difficulty
        writer.Write(Number);
        writer.Write(GasLimit);
        writer.Write(GasUsed);
        writer.Write(Timestamp);
        writer.Write(ReadOnlySpan<byte>.Empty); // extra data
        writer.Write(PrevRandao);
        writer.Write(stackalloc byte[8]); // nonce, zero since the merge
        if (Fork >= Hardfork.London)
        {
            writer.Write(BaseFee);
        }
        if (Fork >= Hardfork.Shanghai)
        {
            writer.Write(WithdrawalsRoot);
        }
        if (Fork >= Hardfork.Cancun)
        {
            writer.Write(0UL); // blob gas used
            writer.Write(0UL); // excess blob gas
            writer.Write(Hash32.Zero); // parent beacon block root
        }
        if (Fork >= Hardfork.Prague)
        {
            writer.Write(NoRequests);
        }
        writer.EndList(list);
        var encoded = writer.ToArray();
        writer.Dispose();
        return encoded;
    }

    /// <summary>
    /// The base fee of the block after this one: at most an eighth more or less, as the block was fuller or emptier than half (EIP-1559). Above
    /// <see cref="MostBaseFee"/>, where no real chain is, it only sinks or stays: sums would leave 256 bits, and no block could ever follow.
    /// </summary>
    public UInt256 NextBaseFee()
    {
        var target = GasLimit / 2;
        if (GasUsed == target || Fork < Hardfork.London)
        {
            return BaseFee;
        }
        var difference = GasUsed > target ? GasUsed - target : target - GasUsed;
        if (BaseFee > MostBaseFee)
        {
            return GasUsed > target ? BaseFee : MostBaseFee;
        }
        var delta = BaseFee * difference / target / 8UL;
        return GasUsed > target ? BaseFee + UInt256.Max(delta, UInt256.One) : BaseFee - delta;
    }
}
