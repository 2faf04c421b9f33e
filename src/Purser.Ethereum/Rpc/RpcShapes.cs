using System.Text.Json.Nodes;

namespace Purser.Ethereum.Rpc;

/// <summary>The objects of the Execution API, from and to our records.</summary>
internal static partial class RpcShapes
{
    private const int MaxTopics = 4;

    internal static JsonObject Write(CallRequest request)
    {
        var call = new JsonObject();
        if (request.From is { } from)
        {
            call["from"] = from.ToLowerHex();
        }
        if (request.To is { } to)
        {
            call["to"] = to.ToLowerHex();
        }
        if (!request.Value.IsZero)
        {
            call["value"] = request.Value.ToString("x", null);
        }
        if (request.Gas is { } gas)
        {
            call["gas"] = $"0x{gas:x}";
        }
        call["data"] = Hex.Encode(request.Data.Span);
        return call;
    }

    internal static JsonObject Write(LogFilter filter)
    {
        var topics = new JsonArray();
        foreach (var accepted in filter.Topics)
        {
            topics.Add((JsonNode?)(accepted is { Count: > 0 } ? new JsonArray([.. accepted.Select(static t => (JsonNode)t.ToString())]) : null));
        }
        // EIP-234: a hash stands in place of the range.
        var json = filter.BlockHash is { } hash
            ? new JsonObject { ["blockHash"] = hash.ToString() }
            : new JsonObject { ["fromBlock"] = filter.FromBlock.ToString(), ["toBlock"] = filter.ToBlock.ToString() };
        if (filter.Addresses.Count > 0)
        {
            json["address"] = new JsonArray([.. filter.Addresses.Select(static a => (JsonNode)a.ToLowerHex())]);
        }
        if (topics.Count > 0)
        {
            json["topics"] = topics;
        }
        return json;
    }

    internal static BlockHeader Block(RpcJson json, bool isPending)
    {
        var hash = json.Member("hash");
        var baseFee = json.Member("baseFeePerGas");
        return new(
            json.Member("number").UInt64(),
            // A block that is still being built has no hash.
            hash.IsNull && isPending ? Hash32.Zero : hash.Hash(),
            json.Member("parentHash").Hash(),
            json.Member("timestamp").UInt64(),
            // Blocks from before EIP-1559 burn nothing.
            baseFee.IsNull ? UInt256.Zero : baseFee.Quantity(),
            json.Member("gasLimit").UInt64(),
            json.Member("gasUsed").UInt64(),
            json.Member("miner").Address(),
            [.. json.Member("transactions").Items().Select(static t => t.Hash())]);
    }

    internal static TransactionReceipt Receipt(RpcJson json)
    {
        var to = json.Member("to");
        var created = json.Member("contractAddress");
        var status = json.Member("status");
        var succeeded = status.UInt64() switch { 0 => false, 1 => true, _ => throw status.Refuse("0x0 or 0x1") };
        var (transaction, block, height) = (json.Member("transactionHash").Hash(), json.Member("blockHash").Hash(), json.Member("blockNumber").UInt64());
        return new(
            transaction,
            json.Member("transactionIndex").UInt64(),
            block,
            height,
            json.Member("from").Address(),
            to.IsNull ? null : to.Address(),
            created.IsNull ? null : created.Address(),
            succeeded,
            json.Member("gasUsed").UInt64(),
            json.Member("effectiveGasPrice").Quantity(),
            [.. json.Member("logs").Items().Select(OwnLog)])
        {
            Type = json.Member("type").OptionalUInt64() is { } type ? type < 0x80 ? (byte)type : throw json.Member("type").Refuse("a transaction type (0x0 to 0x7f)") : null,
            CumulativeGasUsed = json.Member("cumulativeGasUsed").OptionalUInt64(),
            BlobGasUsed = json.Member("blobGasUsed").OptionalUInt64(),
            BlobGasPrice = json.Member("blobGasPrice").OptionalQuantity(),
        };

        // Another transaction's event in this receipt would be taken for one that this transaction caused: a transfer that it never made.
        LogEntry OwnLog(RpcJson item) => Log(item) is var log && log.TransactionHash == transaction && log.BlockNumber == height && (log.BlockHash ?? block) == block && !log.IsRemoved
            ? log
            : throw item.Refuse("a log of this transaction");
    }

    internal static LogEntry Log(RpcJson json)
    {
        var topics = json.Member("topics");
        Hash32[] all = [.. topics.Items().Select(static t => t.Hash())];
        return new(
            json.Member("address").Address(),
            all.Length <= MaxTopics ? all : throw topics.Refuse("at most 4 topics"),
            json.Member("data").Data(),
            json.Member("blockNumber").UInt64(),
            json.Member("transactionHash").Hash(),
            json.Member("logIndex").UInt64())
        {
            BlockHash = json.Member("blockHash").OptionalHash(),
            TransactionIndex = json.Member("transactionIndex").OptionalUInt64(),
            IsRemoved = json.Member("removed") is var removed && !removed.IsNull && removed.Boolean(),
        };
    }

    internal static bool Matches(LogFilter filter, LogEntry log)
    {
        if ((filter.Addresses.Count > 0 && !filter.Addresses.Contains(log.Address)) || (filter.BlockHash is { } block && log.BlockHash != block))
        {
            return false;
        }
        if (filter.BlockHash is null && (log.BlockNumber < filter.FromBlock.Number || log.BlockNumber > filter.ToBlock.Number))
        {
            return false;
        }
        for (var i = 0; i < filter.Topics.Count; i++)
        {
            // Nodes differ in whether a null at the end asks for a topic; here it does not.
            if (filter.Topics[i] is { Count: > 0 } accepted && (i >= log.Topics.Count || !accepted.Contains(log.Topics[i])))
            {
                return false;
            }
        }
        return true;
    }
}
