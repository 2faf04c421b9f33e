using System.Text.Json;
using System.Text.Unicode;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// Reads JSON-RPC 2.0 answers strictly: version, id, and that there is a result or an error and not both; in a batch, that every request is answered once.
/// A member that stands twice, text that is not UTF-8 and nesting deeper than 64 are refused.
/// </summary>
internal static class JsonRpcAnswers
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Parses a whole message.</summary>
    /// <param name="what">The method or "batch", for messages.</param>
    /// <param name="node">The node, for messages.</param>
    /// <param name="body">The bytes.</param>
    /// <exception cref="ChainException">It is not strict JSON.</exception>
    internal static JsonElement Parse(string what, string node, ReadOnlyMemory<byte> body)
    {
        try
        {
            // The base library's reader leaves UTF-8 unchecked until a text is taken out.
            using var document = Utf8.IsValid(body.Span) ? JsonDocument.Parse(body, s_strict) : throw new JsonException("Not UTF-8.");
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a member's name spells half a surrogate pair.
            throw new ChainException($"{what}: the answer of the node at {node} is not strict JSON.", e);
        }
    }

    /// <summary>The answer to one request.</summary>
    internal static JsonRpcReply Read(string method, string node, long id, JsonElement root)
    {
        CheckVersion(method, node, root);
        var hasError = HasError(root);
        // A node that could not read the request answers with an error of id null.
        if (Id(root) != id && !(hasError && HasNullId(root)))
        {
            throw new ChainException($"{method}: the node at {node} answered with another id than {id}.");
        }
        return ReadBody(method, node, root);
    }

    /// <summary>The answers to a batch of requests with the ids from <paramref name="firstId"/> on, in that order.</summary>
    internal static IReadOnlyList<JsonRpcReply> ReadBatch(IReadOnlyList<RpcCall> calls, string node, long firstId, JsonElement root)
    {
        const string what = "batch";
        if (root.ValueKind != JsonValueKind.Array)
        {
            // One error for all: a node that takes no batches, or none of this size.
            CheckVersion(what, node, root);
            throw HasError(root) && HasNullId(root) && ReadBody(what, node, root) is JsonRpcReply.Error error
                ? error.ToException(what)
                : new ChainException($"{what}: the node at {node} answered with something else than one array.");
        }
        if (root.GetArrayLength() != calls.Count)
        {
            // geth refuses a batch that is too large by one error, under the id of the first request.
            if (root.GetArrayLength() == 1)
            {
                CheckVersion(what, node, root[0]);
                if (HasError(root[0]) && (HasNullId(root[0]) || Id(root[0]) == firstId) && ReadBody(what, node, root[0]) is JsonRpcReply.Error refusal)
                {
                    throw refusal.ToException(what);
                }
            }
            throw new ChainException($"{what}: the node at {node} gave {root.GetArrayLength()} answers to {calls.Count} requests.");
        }
        var replies = new JsonRpcReply?[calls.Count];
        foreach (var item in root.EnumerateArray())
        {
            CheckVersion(what, node, item);
            if (Id(item) is not { } id || id < firstId || id - firstId >= calls.Count)
            {
                throw new ChainException($"{what}: the node at {node} answered with an id that was not asked.");
            }
            ref var reply = ref replies[id - firstId];
            reply = reply is null
                ? ReadBody(calls[(int)(id - firstId)].Method, node, item)
                : throw new ChainException($"{what}: the node at {node} answered twice with id {id}.");
        }
        // As many answers as requests, and none twice: none is missing.
        return replies!;
    }

    /// <summary>The id when it is a whole number.</summary>
    internal static long? Id(JsonElement root) =>
        root.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var number) ? number : null;

    internal static void CheckVersion(string what, string node, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("jsonrpc", out var version) || version.ValueKind != JsonValueKind.String || RpcJson.Text(version) != "2.0")
        {
            throw new ChainException($"{what}: the answer of the node at {node} is not JSON-RPC 2.0.");
        }
    }

    private static bool HasError(JsonElement root) => root.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null;

    private static bool HasNullId(JsonElement root) => !root.TryGetProperty("id", out var id) || id.ValueKind == JsonValueKind.Null;

    private static JsonRpcReply ReadBody(string method, string node, JsonElement root)
    {
        var hasResult = root.TryGetProperty("result", out var result);
        if (HasError(root))
        {
            return hasResult && result.ValueKind != JsonValueKind.Null
                ? throw new ChainException($"{method}: the node at {node} answered with a result and an error.")
                : ReadError(method, root.GetProperty("error"));
        }
        return hasResult ? new JsonRpcReply.Result(result) : throw new ChainException($"{method}: the node at {node} answered without result and without error.");
    }

    private static JsonRpcReply.Error ReadError(string method, JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object || !error.TryGetProperty("code", out var code) || code.ValueKind != JsonValueKind.Number || !code.TryGetInt32(out var number))
        {
            throw new ChainException($"{method}: the node answered with an error without a code.");
        }
        var message = error.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? RpcJson.Text(text) : "";
        var data = error.TryGetProperty("data", out var given) ? RevertData(given, 0) : null;
        return new(number, ForeignText.Clean(message, 500), data ?? []);
    }

    // geth, anvil: a hex string. Hardhat: an object that holds one. Ganache: an object of results by transaction hash.
    // A proxy in front of a node: the node's whole error inside. Parity: "Reverted 0x…".
    private static byte[]? RevertData(JsonElement data, int depth)
    {
        const int maxDepth = 4;
        const string parity = "Reverted ";
        switch (data.ValueKind)
        {
            case JsonValueKind.String:
                var text = RpcJson.Text(data);
                return Hex.TryDecode(text.StartsWith(parity, StringComparison.Ordinal) ? text.AsSpan(parity.Length) : text, out byte[] bytes) ? bytes : null;
            case JsonValueKind.Object when depth < maxDepth:
                foreach (var name in s_carriers)
                {
                    if (data.TryGetProperty(name, out var inner) && RevertData(inner, depth + 1) is { } found)
                    {
                        return found;
                    }
                }
                return data.EnumerateObject().Where(static m => m.Value.ValueKind == JsonValueKind.Object && m.Name.StartsWith("0x", StringComparison.Ordinal))
                    .Select(m => RevertData(m.Value, depth + 1)).FirstOrDefault(static found => found is not null);
            default:
                return null;
        }
    }

    private static readonly string[] s_carriers = ["data", "return", "output", "result", "originalError", "error", "cause"];
}
