namespace Purser.Ethereum.Rpc;

/// <content>Blocks, transactions, receipts and logs.</content>
public static partial class Eth
{
    /// <summary><c>eth_getBlockByNumber</c>: what <see cref="IChain.GetBlockAsync"/> reads; null when the chain has no such block.</summary>
    public static RpcRequest<BlockHeader?> Header(BlockTag block = default) => Read("eth_getBlockByNumber", [block.ToString(), false], json =>
    {
        if (json.IsNull)
        {
            return null;
        }
        var header = RpcShapes.Block(json, block == BlockTag.Pending);
        return block.Number is { } asked && asked != header.Number ? throw json.Member("number").Refuse($"the number {asked} that was asked for") : header;
    });

    /// <summary><c>eth_getBlockByNumber</c>: a whole block; null when the chain has no such block.</summary>
    /// <param name="block">Which.</param>
    /// <param name="withTransactions">Whether the transactions come whole, or as their hashes.</param>
    public static RpcRequest<ChainBlock?> Block(BlockTag block = default, bool withTransactions = false) =>
        Read("eth_getBlockByNumber", [block.ToString(), withTransactions], json =>
        {
            var found = json.IsNull ? null : RpcShapes.WholeBlock(json, withTransactions, block == BlockTag.Pending);
            return block.Number is { } asked && found is not null && found.Header.Number != asked ? throw json.Member("number").Refuse($"the number {asked} that was asked for") : found;
        });

    /// <summary><c>eth_getBlockByHash</c>: a whole block; null when the chain has no such block.</summary>
    /// <param name="hash">The block's hash.</param>
    /// <param name="withTransactions">Whether the transactions come whole, or as their hashes.</param>
    public static RpcRequest<ChainBlock?> Block(Hash32 hash, bool withTransactions = false) =>
        Read("eth_getBlockByHash", [hash.ToString(), withTransactions], json =>
        {
            var found = json.IsNull ? null : RpcShapes.WholeBlock(json, withTransactions, isPending: false);
            return found is null || found.Header.Hash == hash ? found : throw json.Member("hash").Refuse("the hash that was asked for");
        });

    /// <summary><c>eth_getTransactionByHash</c>: a transaction in a block or in the pool; null when the node knows none.</summary>
    public static RpcRequest<ChainTransaction?> Transaction(Hash32 hash) => Read("eth_getTransactionByHash", [hash.ToString()], json =>
    {
        var found = json.IsNull ? null : RpcShapes.Transaction(json);
        return found is null || found.Hash == hash ? found : throw json.Member("hash").Refuse("the hash that was asked for");
    });

    // Whether a node holds a transaction, of whatever type.
    internal static RpcRequest<bool> IsKnown(Hash32 hash) => Read("eth_getTransactionByHash", [hash.ToString()], json => !json.IsNull && json.Member("hash").Hash() == hash);

    /// <summary><c>eth_getTransactionReceipt</c>; null while the transaction is in no block.</summary>
    public static RpcRequest<TransactionReceipt?> Receipt(Hash32 transactionHash) => Read("eth_getTransactionReceipt", [transactionHash.ToString()], json =>
    {
        var receipt = json.IsNull ? null : RpcShapes.Receipt(json);
        return receipt is null || receipt.TransactionHash == transactionHash ? receipt : throw json.Member("transactionHash").Refuse("the hash that was asked for");
    });

    /// <summary><c>eth_getBlockReceipts</c>: the receipts of a block in order; null when the chain has no such block.</summary>
    public static RpcRequest<IReadOnlyList<TransactionReceipt>?> Receipts(BlockTag block = default) => Read("eth_getBlockReceipts", [block.ToString()], json =>
    {
        if (json.IsNull)
        {
            return null;
        }
        TransactionReceipt[] all = [.. json.Items().Select(RpcShapes.Receipt)];
        for (var i = 0; i < all.Length; i++)
        {
            if (all[i].TransactionIndex != (ulong)i || all[i].BlockHash != all[0].BlockHash || (block.Number is { } asked && all[i].BlockNumber != asked))
            {
                throw json.Refuse("the receipts of the block that was asked for, in order,");
            }
        }
        return (IReadOnlyList<TransactionReceipt>)all;
    });

    /// <summary><c>eth_getLogs</c>: the logs that match, oldest first. A log that the filter did not ask for, that stands twice, or of an earlier block than the one before is refused; one that was reorganised away is left out.</summary>
    public static RpcRequest<IReadOnlyList<LogEntry>> Logs(LogFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return Read<IReadOnlyList<LogEntry>>("eth_getLogs", [RpcShapes.Write(filter)], json =>
        {
            var logs = new List<LogEntry>();
            var seen = new HashSet<(Hash32, ulong)>();
            foreach (var item in json.Items())
            {
                var log = RpcShapes.Log(item);
                if (log.IsRemoved)
                {
                    continue;
                }
                // Whoever adds up transfers would count one that stands twice as two.
                if (!seen.Add((log.TransactionHash, log.LogIndex)) || (logs.Count > 0 && log.BlockNumber < logs[^1].BlockNumber))
                {
                    throw item.Refuse("a log of its own, behind those of earlier blocks");
                }
                logs.Add(RpcShapes.Matches(filter, log) ? log : throw item.Refuse("a log that the filter asked for"));
            }
            return logs;
        });
    }
}
