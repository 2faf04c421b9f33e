using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Fork;

/// <summary>Hands on what is asked of blocks before the fork: the upstream has them, with their transactions, receipts, logs and states. What lies after the fork is never asked there.</summary>
internal sealed class ForkProxy(SandboxChain chain, SandboxFork fork)
{
    // Where the block stands among the parameters, of questions for a state.
    private static readonly FrozenDictionary<string, int> s_states = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["eth_getBalance"] = 1,
        ["eth_getCode"] = 1,
        ["eth_getTransactionCount"] = 1,
        ["eth_getStorageAt"] = 2,
        ["eth_getProof"] = 2,
        ["eth_call"] = 1,
        ["eth_estimateGas"] = 1,
        ["eth_createAccessList"] = 1,
        ["debug_traceCall"] = 1,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Questions for what is in a block: that of the fork itself is the upstream's, too.
    private static readonly FrozenSet<string> s_blocks = new[]
    {
        "eth_getBlockByNumber", "eth_getBlockReceipts", "eth_getBlockTransactionCountByNumber", "eth_getTransactionByBlockNumberAndIndex", "eth_getUncleCountByBlockNumber",
        "eth_getUncleByBlockNumberAndIndex", "debug_traceBlockByNumber",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> s_hashes = new[]
    {
        "eth_getBlockByHash", "eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_getBlockTransactionCountByHash", "eth_getTransactionByBlockHashAndIndex", "debug_traceTransaction",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The upstream's answer, or null when the question is not for it.</summary>
    /// <param name="method">The method.</param>
    /// <param name="parameters">Its parameters, an array.</param>
    /// <param name="runOwn">Answers the same method here with other parameters.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ChainException">The upstream refuses or fails.</exception>
    public async Task<JsonElement?> AnswerAsync(string method, JsonElement parameters, Func<JsonElement, JsonElement> runOwn, CancellationToken cancellationToken)
    {
        var count = parameters.GetArrayLength();
        if (s_states.TryGetValue(method, out var at))
        {
            return count > at && IsBefore(parameters[at], atFork: false) ? await AskAsync(method, parameters, cancellationToken) : null;
        }
        if (s_blocks.Contains(method))
        {
            var pinned = count > 0 ? Pin(parameters) : parameters;
            return count > 0 && IsBefore(pinned[0], atFork: true) ? await AskAsync(method, pinned, cancellationToken) : null;
        }
        if (s_hashes.Contains(method))
        {
            return count > 0 && ReadHash(parameters[0]) is { } hash && !IsOurs(hash) ? BeforeFork(await AskAsync(method, parameters, cancellationToken)) : null;
        }
        return method == "eth_getLogs" && count > 0 && parameters[0].ValueKind == JsonValueKind.Object ? await LogsAsync(parameters, runOwn, cancellationToken) : null;
    }

    // What lies before the fork from the upstream, then what lies after it from here.
    private async Task<JsonElement?> LogsAsync(JsonElement parameters, Func<JsonElement, JsonElement> runOwn, CancellationToken cancellationToken)
    {
        var filter = parameters[0];
        if (filter.TryGetProperty("blockHash"u8, out var hash))
        {
            return ReadHash(hash) is { } asked && !IsOurs(asked) ? await AskAsync("eth_getLogs", parameters, cancellationToken) : null;
        }
        var head = chain.View.Head.Header.Number;
        if (Height(filter, "fromBlock"u8, head) is not { } from || Height(filter, "toBlock"u8, head) is not { } to || from > fork.BlockNumber || to < from)
        {
            return null;
        }
        JsonArray Asked(ulong first, ulong last)
        {
            var part = JsonObject.Create(filter)!;
            part["fromBlock"] = $"0x{first:x}";
            part["toBlock"] = $"0x{last:x}";
            return [part];
        }
        var older = await fork.Upstream.RequestAsync("eth_getLogs", Asked(from, Math.Min(to, fork.BlockNumber)), cancellationToken);
        if (to <= fork.BlockNumber || older.ValueKind != JsonValueKind.Array)
        {
            return older;
        }
        var newer = runOwn(JsonSerializer.SerializeToElement(Asked(fork.BlockNumber + 1, to)));
        return JsonSerializer.SerializeToElement(older.EnumerateArray().Concat(newer.EnumerateArray()));
    }

    private static ulong? Height(JsonElement filter, ReadOnlySpan<byte> member, ulong head)
    {
        if (!filter.TryGetProperty(member, out var tag) || tag.ValueKind == JsonValueKind.Null)
        {
            return head;
        }
        return tag.ValueKind != JsonValueKind.String ? null : tag.GetString() switch
        {
            "earliest" => 0,
            "latest" or "pending" or "safe" or "finalized" => head,
            var text => UInt256.TryParse(text, null, out var value) && value <= ulong.MaxValue ? value.U0 : null,
        };
    }

    /// <summary>The part of a search for logs that lies at or before the fork, if any; the caller appends what is ours.</summary>
    public static LogFilter? Older(LogFilter filter, ulong fork, ulong head) => NumberOf(filter.FromBlock, head) is var from && from > fork ? null
        : filter with { FromBlock = BlockTag.At(from), ToBlock = BlockTag.At(Math.Min(fork, NumberOf(filter.ToBlock, head))) };

    private static ulong NumberOf(BlockTag tag, ulong head) => tag.Number ?? (tag == BlockTag.Earliest ? 0 : head);

    // While the newest block is that of the fork, its height: the upstream's newest is another by now.
    private JsonElement Pin(JsonElement parameters)
    {
        var head = chain.View.Head.Header.Number;
        if (head != fork.BlockNumber || parameters[0].ValueKind != JsonValueKind.String || parameters[0].GetString() is not ("latest" or "safe" or "finalized"))
        {
            return parameters;
        }
        var array = JsonArray.Create(parameters)!;
        array[0] = $"0x{head:x}";
        return JsonSerializer.SerializeToElement(array);
    }

    private Task<JsonElement> AskAsync(string method, JsonElement parameters, CancellationToken cancellationToken) =>
        fork.Upstream.RequestAsync(method, JsonArray.Create(parameters), cancellationToken);

    private bool IsOurs(in Hash32 hash)
    {
        var view = chain.View;
        return (view.Find(hash) is { } block && block.Header.Number > fork.BlockNumber) || view.Transactions.ContainsKey(hash) || chain.FindPooled(hash) is not null;
    }

    // A tag, a height, or EIP-1898's object. What cannot be read is left to the method, which says so.
    private bool IsBefore(JsonElement tag, bool atFork)
    {
        if (tag.ValueKind == JsonValueKind.Object)
        {
            if (tag.TryGetProperty("blockHash"u8, out var hash))
            {
                return ReadHash(hash) is { } asked && chain.View.Find(asked) is null;
            }
            return tag.TryGetProperty("blockNumber"u8, out var number) && IsBefore(number, atFork);
        }
        if (tag.ValueKind != JsonValueKind.String)
        {
            return false;
        }
        var text = tag.GetString()!;
        if (atFork && text.Length == 66)
        {
            // eth_getBlockReceipts takes a hash as well.
            return ReadHash(tag) is { } asked && !IsOurs(asked);
        }
        var height = text == "earliest" ? 0 : text.StartsWith("0x", StringComparison.Ordinal) && UInt256.TryParse(text, null, out var value) && value <= ulong.MaxValue ? value.U0 : (ulong?)null;
        return height < fork.BlockNumber || (atFork && height == fork.BlockNumber);
    }

    // What the upstream did after the fork has not happened here.
    private JsonElement BeforeFork(JsonElement answer)
    {
        if (answer.ValueKind == JsonValueKind.Object && (answer.TryGetProperty("blockNumber"u8, out var number) || answer.TryGetProperty("number"u8, out number)))
        {
            var isKnown = number.ValueKind == JsonValueKind.String && UInt256.TryParse(number.GetString(), null, out var height) && height <= fork.BlockNumber;
            return isKnown ? answer : s_null;
        }
        return answer;
    }

    private static Hash32? ReadHash(JsonElement element) =>
        element.ValueKind == JsonValueKind.String && Hex.TryDecode(element.GetString(), out byte[] bytes) && bytes.Length == Hash32.Size ? new Hash32(bytes) : null;

    private static readonly JsonElement s_null = JsonDocument.Parse("null").RootElement;
}
