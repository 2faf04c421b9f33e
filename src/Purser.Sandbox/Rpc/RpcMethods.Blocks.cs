using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <content>Blocks, receipts and logs.</content>
internal sealed partial class RpcMethods
{
    private void AddBlocks(Dictionary<string, Method> methods)
    {
        methods.Add("eth_getBlockByNumber", (p, w, _) => WriteBlock(w, FindBlock(Required(p, 0), RpcParameters.Name(0)), p.Flag(1, false)));
        methods.Add("eth_getBlockByHash", (p, w, _) => WriteBlock(w, _chain.View.Find(p.Hash(0)), p.Flag(1, false)));
        methods.Add("eth_getBlockTransactionCountByNumber", (p, w, _) => WriteCount(w, FindBlock(Required(p, 0), RpcParameters.Name(0))));
        methods.Add("eth_getBlockTransactionCountByHash", (p, w, _) => WriteCount(w, _chain.View.Find(p.Hash(0))));
        methods.Add("eth_getTransactionByBlockNumberAndIndex", (p, w, _) => WriteAt(w, FindBlock(Required(p, 0), RpcParameters.Name(0)), p.Quantity(1)));
        methods.Add("eth_getTransactionByBlockHashAndIndex", (p, w, _) => WriteAt(w, _chain.View.Find(p.Hash(0)), p.Quantity(1)));
        methods.Add("eth_getTransactionByHash", WriteTransaction);
        methods.Add("eth_getTransactionReceipt", WriteReceipt);
        methods.Add("eth_getBlockReceipts", WriteReceipts);
        methods.Add("eth_getLogs", WriteLogs);
    }

    private static JsonElement Required(RpcParameters parameters, int index) => parameters.Has(index) ? parameters[index]
        : throw new RpcException(RpcException.InvalidParams, $"missing value for required {RpcParameters.Name(index)}");

    private static void WriteBlock(Utf8JsonWriter writer, Block? block, bool whole)
    {
        if (block is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteBlock(block, whole);
        }
    }

    private static void WriteCount(Utf8JsonWriter writer, Block? block)
    {
        if (block is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteQuantity((ulong)block.Transactions.Count);
        }
    }

    private static void WriteAt(Utf8JsonWriter writer, Block? block, UInt256 index)
    {
        if (block is null || index >= (ulong)block.Transactions.Count)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteTransaction(block.Transactions[(int)index], block, (int)index);
        }
    }

    private void WriteTransaction(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var hash = parameters.Hash(0);
        // The pool first: what leaves it for a block between the two looks is found in the second.
        var waiting = _chain.FindPooled(hash);
        var view = _chain.View;
        if (view.Transactions.TryGetValue(hash, out var place))
        {
            var block = view.Find(place.Block)!;
            writer.WriteTransaction(block.Transactions[place.Index], block, place.Index);
        }
        else if (waiting is not null)
        {
            writer.WriteTransaction(waiting, null, 0);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private void WriteReceipt(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var view = _chain.View;
        if (view.Transactions.TryGetValue(parameters.Hash(0), out var place))
        {
            writer.WriteReceipt(view.Find(place.Block)!, place.Index);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private void WriteReceipts(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var block = parameters[0] is { ValueKind: JsonValueKind.String } text && text.GetString()!.Length == 66
            ? _chain.View.Find(parameters.Hash(0)) : FindBlock(Required(parameters, 0), RpcParameters.Name(0));
        if (block is null)
        {
            writer.WriteNullValue();
            return;
        }
        writer.WriteStartArray();
        for (var i = 0; i < block.Receipts.Count; i++)
        {
            writer.WriteReceipt(block, i);
        }
        writer.WriteEndArray();
    }

    private void WriteLogs(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var element = Required(parameters, 0);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RpcParameters.Invalid(RpcParameters.Name(0), "expected a filter object");
        }
        var view = _chain.View;
        var filter = new LogFilter { Addresses = ReadAddresses(Member(element, "address"u8)), Topics = ReadTopics(Member(element, "topics"u8)) };
        ulong from, to;
        if (Member(element, "blockHash"u8) is { ValueKind: not JsonValueKind.Undefined } hash)
        {
            if (Member(element, "fromBlock"u8).ValueKind != JsonValueKind.Undefined || Member(element, "toBlock"u8).ValueKind != JsonValueKind.Undefined)
            {
                throw RpcParameters.Invalid("filter", "cannot specify both blockHash and fromBlock/toBlock");
            }
            var block = view.Find(RpcParameters.ReadHash(hash, "filter.blockHash")) ?? throw new RpcException(RpcException.Refused, "unknown block");
            from = to = block.Header.Number;
        }
        else
        {
            var head = view.Head.Header.Number;
            from = Height(view, ReadTag(Member(element, "fromBlock"u8), "filter.fromBlock"));
            to = Height(view, ReadTag(Member(element, "toBlock"u8), "filter.toBlock"));
            if (from > to)
            {
                throw new RpcException(RpcException.Refused, "invalid block range params");
            }
            to = Math.Min(to, head);
        }
        writer.WriteStartArray();
        foreach (var log in LogSearch.Find(view, from, to, filter))
        {
            var place = view.Transactions[log.TransactionHash];
            writer.WriteLog(log, view.Find(place.Block)!, place.Index);
        }
        writer.WriteEndArray();
    }

    private static ulong Height(ChainView view, BlockTag tag) => tag.Number ?? SandboxChain.Find(view, tag)!.Header.Number;

    private static JsonElement Member(JsonElement element, ReadOnlySpan<byte> name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;

    private static IReadOnlyList<Address> ReadAddresses(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Undefined => [],
        JsonValueKind.Array => [.. element.EnumerateArray().Select(a => RpcParameters.ReadAddress(a, "filter.address"))],
        _ => [RpcParameters.ReadAddress(element, "filter.address")],
    };

    private static IReadOnlyList<IReadOnlyList<Hash32>?> ReadTopics(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return [];
        }
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > 4)
        {
            throw RpcParameters.Invalid("filter.topics", "expected an array of at most 4");
        }
        return [.. element.EnumerateArray().Select(ReadTopic)];
    }

    // A null among the alternatives accepts anything, as the whole being null does.
    private static IReadOnlyList<Hash32>? ReadTopic(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Array when element.EnumerateArray().Any(t => t.ValueKind == JsonValueKind.Null) => null,
        JsonValueKind.Array => [.. element.EnumerateArray().Select(t => RpcParameters.ReadHash(t, "filter.topics"))],
        _ => [RpcParameters.ReadHash(element, "filter.topics")],
    };
}
