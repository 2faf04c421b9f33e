using System.Text.Json.Nodes;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// The methods of the Execution API as typed questions, for <see cref="JsonRpcChain.SendAsync{T}"/> and <see cref="JsonRpcBatch.Add{T}"/>.
/// Each answer is checked strictly; one of another form, or about something else than was asked, is a <see cref="ChainException"/>.
/// </summary>
public static partial class Eth
{
    /// <summary><c>eth_chainId</c>.</summary>
    public static RpcRequest<ChainId> ChainId() => Read("eth_chainId", null, static id => id.UInt64() is > 0 and var number ? new ChainId(number) : throw id.Refuse("a chain id above 0"));

    /// <summary><c>eth_blockNumber</c>: the newest block's height.</summary>
    public static RpcRequest<ulong> BlockNumber() => Read("eth_blockNumber", null, static n => n.UInt64());

    /// <summary><c>eth_getBalance</c>, in wei.</summary>
    public static RpcRequest<UInt256> Balance(Address account, BlockTag block = default) =>
        Read("eth_getBalance", [account.ToLowerHex(), block.ToString()], static b => b.Quantity());

    /// <summary><c>eth_getTransactionCount</c>: the next nonce.</summary>
    public static RpcRequest<ulong> TransactionCount(Address account, BlockTag block = default) =>
        Read("eth_getTransactionCount", [account.ToLowerHex(), block.ToString()], static n => n.UInt64());

    /// <summary><c>eth_getCode</c>; empty for an account without code.</summary>
    public static RpcRequest<byte[]> Code(Address account, BlockTag block = default) =>
        Read("eth_getCode", [account.ToLowerHex(), block.ToString()], static c => c.Data());

    /// <summary><c>eth_getStorageAt</c>.</summary>
    public static RpcRequest<Hash32> StorageAt(Address account, UInt256 slot, BlockTag block = default) =>
        Read("eth_getStorageAt", [account.ToLowerHex(), slot.ToString("x", null), block.ToString()], static w => w.Hash());

    /// <summary><c>eth_getProof</c> (EIP-1186): an account, some of its slots, and the trie nodes that prove them against the block's state root. The proofs are handed on, not checked.</summary>
    public static RpcRequest<AccountProof> Proof(Address account, IReadOnlyList<Hash32> slots, BlockTag block = default)
    {
        ArgumentNullException.ThrowIfNull(slots);
        return Read("eth_getProof", [account.ToLowerHex(), Array(slots, static s => s.ToString()), block.ToString()], json => RpcShapes.Proof(json, account, slots));
    }

    /// <summary><c>eth_maxPriorityFeePerGas</c>, in wei.</summary>
    public static RpcRequest<UInt256> MaxPriorityFeePerGas() => Read("eth_maxPriorityFeePerGas", null, static f => f.Quantity());

    /// <summary><c>eth_gasPrice</c>, in wei.</summary>
    public static RpcRequest<UInt256> GasPrice() => Read("eth_gasPrice", null, static f => f.Quantity());

    /// <summary><c>eth_blobBaseFee</c> (EIP-7516), in wei per blob gas.</summary>
    public static RpcRequest<UInt256> BlobBaseFee() => Read("eth_blobBaseFee", null, static f => f.Quantity());

    /// <summary><c>eth_feeHistory</c>: base fees and tips of recent blocks.</summary>
    /// <param name="blocks">How many blocks, 1 to 1024; a node may give fewer.</param>
    /// <param name="newest">The newest of them.</param>
    /// <param name="percentiles">For which percentiles (0 to 100, rising) of each block's gas the tip is told.</param>
    /// <exception cref="ArgumentException">The percentiles are out of range or do not rise.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of blocks is out of range.</exception>
    public static RpcRequest<FeeHistory> FeeHistory(int blocks, BlockTag newest = default, params ReadOnlySpan<double> percentiles)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blocks, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blocks, 1024);
        var asked = new JsonArray();
        var last = 0.0;
        foreach (var percentile in percentiles)
        {
            if (!(percentile >= last && percentile <= 100))
            {
                throw new ArgumentException("Percentiles rise within 0 to 100.", nameof(percentiles));
            }
            asked.Add((JsonNode)percentile);
            last = percentile;
        }
        var columns = asked.Count;
        return Read("eth_feeHistory", [$"0x{blocks:x}", newest.ToString(), asked], json => RpcShapes.FeeHistory(json, blocks, columns));
    }

    /// <summary>
    /// <c>eth_sendRawTransaction</c>. A node that knows the transaction already is a success. It may be repeated: the same bytes are the same transaction.
    /// A "nonce too low" is an error here; <see cref="JsonRpcChain.SendRawTransactionAsync"/> looks whether the transaction itself has used the nonce.
    /// </summary>
    /// <returns>A question whose answer is the transaction's hash.</returns>
    public static RpcRequest<Hash32> SendRawTransaction(ReadOnlyMemory<byte> rawTransaction)
    {
        const string method = "eth_sendRawTransaction";
        var hash = Keccak256.Hash(rawTransaction.Span);
        return new(method, [Hex.Encode(rawTransaction.Span)], reply =>
        {
            if (reply is JsonRpcReply.Error error && IsAlreadyKnown(error.Message))
            {
                return hash;
            }
            var given = new RpcJson(method, "", reply.ResultOf(method));
            return given.Hash() == hash ? hash : throw given.Refuse($"the transaction's hash {hash}");
        });
    }

    // geth and erigon: "already known"; besu: "Known transaction"; nethermind: "AlreadyKnown"; anvil: "transaction already imported".
    // "unknown transaction type" is a refusal that holds the words of a success.
    private static bool IsAlreadyKnown(string message) =>
        Says(message, "already known") || (Says(message, "known transaction") && !Says(message, "unknown")) || Says(message, "alreadyknown") || Says(message, "already imported");

    private static bool Says(string message, string text) => message.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static JsonArray Array<T>(IEnumerable<T> items, Func<T, string> text) => [.. items.Select(i => (JsonNode)text(i))];

    private static RpcRequest<T> Read<T>(string method, JsonArray? parameters, Func<RpcJson, T> read) =>
        new(method, parameters, reply => read(new(method, "", reply.ResultOf(method))));
}
