using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Sandbox.Rpc;

/// <summary>The filter object of eth_getLogs, eth_newFilter and eth_subscribe: which logs, and of which blocks.</summary>
/// <param name="Filter">Addresses and topics.</param>
/// <param name="From">The first block as it was given; undefined for none.</param>
/// <param name="To">The last block as it was given; undefined for none.</param>
/// <param name="BlockHash">The one block; then the other two are undefined.</param>
internal sealed record LogQuery(LogFilter Filter, JsonElement From, JsonElement To, Hash32? BlockHash)
{
    // Alternatives in one position, or addresses: more is a mistake, and every log would be held against each.
    private const int MaxAlternatives = 1000;

    /// <summary>All logs.</summary>
    public static LogQuery Everything { get; } = new(new(), default, default, null);

    /// <summary>Reads a filter object.</summary>
    /// <exception cref="RpcException">It is none; the member is named.</exception>
    public static LogQuery Read(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RpcParameters.Invalid(name, "expected a filter object");
        }
        var filter = new LogFilter { Addresses = ReadAddresses(Member(element, "address"u8)), Topics = ReadTopics(Member(element, "topics"u8)) };
        var (from, to) = (Member(element, "fromBlock"u8), Member(element, "toBlock"u8));
        if (Member(element, "blockHash"u8) is not { ValueKind: not JsonValueKind.Undefined } hash)
        {
            // A query outlives the request that it came in.
            return new(filter, Keep(from), Keep(to), null);
        }
        return from.ValueKind == JsonValueKind.Undefined && to.ValueKind == JsonValueKind.Undefined
            ? new(filter, default, default, RpcParameters.ReadHash(hash, "filter.blockHash"))
            : throw RpcParameters.Invalid("filter", "cannot specify both blockHash and fromBlock/toBlock");
    }

    private static JsonElement Keep(JsonElement element) => element.ValueKind == JsonValueKind.Undefined ? element : element.Clone();

    private static JsonElement Member(JsonElement element, ReadOnlySpan<byte> name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;

    private static IReadOnlyList<Address> ReadAddresses(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Undefined => [],
        JsonValueKind.Array => [.. Alternatives(element, "filter.address").Select(a => RpcParameters.ReadAddress(a, "filter.address"))],
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
        JsonValueKind.Array => [.. Alternatives(element, "filter.topics").Select(t => RpcParameters.ReadHash(t, "filter.topics"))],
        _ => [RpcParameters.ReadHash(element, "filter.topics")],
    };

    private static JsonElement.ArrayEnumerator Alternatives(JsonElement element, string name) =>
        element.GetArrayLength() <= MaxAlternatives ? element.EnumerateArray() : throw RpcParameters.Invalid(name, $"more than {MaxAlternatives} alternatives");
}
