using System.Text.Json;
using System.Text.Json.Nodes;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// A chain behind a JSON-RPC URL (Execution API specification, EIP-1474). Reads, and the handing over of a signed transaction, are repeated
/// after faults of the transport within <see cref="JsonRpcOptions.MaxAttempts"/>; nothing else is. What a node answers is checked strictly:
/// an answer of another form, size or id is a <see cref="ChainException"/>. Safe for use by several callers at once.
/// </summary>
public sealed class JsonRpcChain : IChain
{
    private readonly JsonRpcTransport _transport;

    /// <summary>Makes a client; it connects when it is first used.</summary>
    /// <param name="http">Sends the requests. Its own timeout should be longer than <see cref="JsonRpcOptions.Timeout"/>; it is not disposed.</param>
    /// <param name="endpoint">The node's URL (http or https). Its path and query, where providers put keys, stand in no message.</param>
    /// <param name="time">Drives timeouts and waits.</param>
    /// <param name="options">The bounds; the defaults when null.</param>
    /// <exception cref="ArgumentException">The URL is not absolute http or https.</exception>
    public JsonRpcChain(HttpClient http, Uri endpoint, TimeProvider time, JsonRpcOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(time);
        if (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException("Expected an http or https URL.", nameof(endpoint));
        }
        _transport = new(http, endpoint, time, options ?? new());
    }

    /// <summary>Calls any method, once.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The <c>params</c>, commonly a <see cref="JsonArray"/>; null sends an empty array.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The <c>result</c>, which may be a JSON null.</returns>
    /// <exception cref="ChainException">The node refused, could not be reached, or answered in another form.</exception>
    public async Task<JsonElement> RequestAsync(string method, JsonNode? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        return await _transport.SendAsync(method, parameters, mayRepeat: false, cancellationToken) switch
        {
            JsonRpcReply.Result result => result.Value,
            JsonRpcReply.Error error => throw error.ToException(method),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <inheritdoc/>
    public async Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken = default)
    {
        var id = await ReadAsync("eth_chainId", null, cancellationToken);
        return id.UInt64() is > 0 and var number ? new(number) : throw id.Refuse("a chain id above 0");
    }

    /// <inheritdoc/>
    public async Task<ulong> GetBlockNumberAsync(CancellationToken cancellationToken = default) =>
        (await ReadAsync("eth_blockNumber", null, cancellationToken)).UInt64();

    /// <inheritdoc/>
    public async Task<BlockHeader?> GetBlockAsync(BlockTag block, CancellationToken cancellationToken = default)
    {
        var json = await ReadAsync("eth_getBlockByNumber", [block.ToString(), false], cancellationToken);
        if (json.IsNull)
        {
            return null;
        }
        var header = RpcShapes.Block(json, block == BlockTag.Pending);
        return block.Number is { } asked && asked != header.Number ? throw json.Member("number").Refuse($"the number {asked} that was asked for") : header;
    }

    /// <inheritdoc/>
    public async Task<UInt256> GetBalanceAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) =>
        (await ReadAsync("eth_getBalance", [account.ToLowerHex(), block.ToString()], cancellationToken)).Quantity();

    /// <inheritdoc/>
    public async Task<ulong> GetTransactionCountAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) =>
        (await ReadAsync("eth_getTransactionCount", [account.ToLowerHex(), block.ToString()], cancellationToken)).UInt64();

    /// <inheritdoc/>
    public async Task<byte[]> GetCodeAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) =>
        (await ReadAsync("eth_getCode", [account.ToLowerHex(), block.ToString()], cancellationToken)).Data();

    /// <inheritdoc/>
    public async Task<Hash32> GetStorageAtAsync(Address account, UInt256 slot, BlockTag block = default, CancellationToken cancellationToken = default) =>
        (await ReadAsync("eth_getStorageAt", [account.ToLowerHex(), slot.ToString("x", null), block.ToString()], cancellationToken)).Hash();

    /// <inheritdoc/>
    public async Task<CallResult> CallAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        const string method = "eth_call";
        return await _transport.SendAsync(method, new JsonArray(RpcShapes.Write(request), block.ToString()), mayRepeat: true, cancellationToken) switch
        {
            JsonRpcReply.Result result => new CallResult.Returned(new RpcJson(method, "", result.Value).Data()),
            JsonRpcReply.Error { IsExecutionFailure: true } error => new CallResult.Reverted(error.Data, error.Message),
            JsonRpcReply.Error error => throw error.ToException(method),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <inheritdoc/>
    public async Task<GasEstimate> EstimateGasAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        const string method = "eth_estimateGas";
        return await _transport.SendAsync(method, new JsonArray(RpcShapes.Write(request), block.ToString()), mayRepeat: true, cancellationToken) switch
        {
            JsonRpcReply.Result result => new GasEstimate.Succeeds(new RpcJson(method, "", result.Value).UInt64()),
            JsonRpcReply.Error { IsExecutionFailure: true } error => new GasEstimate.Reverts(error.Data, error.Message),
            JsonRpcReply.Error error => throw error.ToException(method),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <inheritdoc/>
    public async Task<UInt256> GetMaxPriorityFeePerGasAsync(CancellationToken cancellationToken = default) =>
        (await ReadAsync("eth_maxPriorityFeePerGas", null, cancellationToken)).Quantity();

    /// <inheritdoc/>
    public async Task<Hash32> SendRawTransactionAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken = default)
    {
        const string method = "eth_sendRawTransaction";
        var hash = Keccak256.Hash(rawTransaction.Span);
        switch (await _transport.SendAsync(method, new JsonArray(Hex.Encode(rawTransaction.Span)), mayRepeat: true, cancellationToken))
        {
            case JsonRpcReply.Result result:
                var given = new RpcJson(method, "", result.Value);
                return given.Hash() == hash ? hash : throw given.Refuse($"the transaction's hash {hash}");
            // The race: an attempt whose answer was lost may have put the transaction into the pool, or into a block, before this one.
            // The pool then says that it knows it; once it is mined, the nonce is used, and only the transaction itself tells by whom.
            case JsonRpcReply.Error error when IsAlreadyKnown(error) || (IsNonceUsed(error) && await IsKnownAsync(hash, cancellationToken)):
                return hash;
            case JsonRpcReply.Error error:
                throw error.ToException(method);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <inheritdoc/>
    public async Task<TransactionReceipt?> GetTransactionReceiptAsync(Hash32 transactionHash, CancellationToken cancellationToken = default)
    {
        var json = await ReadAsync("eth_getTransactionReceipt", [transactionHash.ToString()], cancellationToken);
        if (json.IsNull)
        {
            return null;
        }
        var receipt = RpcShapes.Receipt(json);
        return receipt.TransactionHash == transactionHash ? receipt : throw json.Member("transactionHash").Refuse("the hash that was asked for");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LogEntry>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var json = await ReadAsync("eth_getLogs", [RpcShapes.Write(filter)], cancellationToken);
        var logs = new List<LogEntry>();
        foreach (var item in json.Items())
        {
            var removed = item.Member("removed");
            if (!removed.IsNull && removed.Boolean())
            {
                continue;
            }
            var log = RpcShapes.Log(item);
            logs.Add(RpcShapes.Matches(filter, log) ? log : throw item.Refuse("a log that the filter asked for"));
        }
        return logs;
    }

    private async Task<RpcJson> ReadAsync(string method, JsonArray? parameters, CancellationToken cancellationToken) =>
        await _transport.SendAsync(method, parameters, mayRepeat: true, cancellationToken) switch
        {
            JsonRpcReply.Result result => new(method, "", result.Value),
            JsonRpcReply.Error error => throw error.ToException(method),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private async Task<bool> IsKnownAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        var json = await ReadAsync("eth_getTransactionByHash", [hash.ToString()], cancellationToken);
        return !json.IsNull && json.Member("hash").Hash() == hash;
    }

    // geth and erigon: "already known"; besu: "Known transaction"; nethermind: "AlreadyKnown"; anvil: "transaction already imported".
    private static bool IsAlreadyKnown(JsonRpcReply.Error error) =>
        Says(error, "already known") || Says(error, "known transaction") || Says(error, "alreadyknown") || Says(error, "already imported");

    private static bool IsNonceUsed(JsonRpcReply.Error error) => Says(error, "nonce too low") || Says(error, "nonce is too low") || Says(error, "oldnonce");

    private static bool Says(JsonRpcReply.Error error, string text) => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase);
}
