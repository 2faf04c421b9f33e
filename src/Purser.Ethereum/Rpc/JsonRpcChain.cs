using System.Text.Json;
using System.Text.Json.Nodes;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// A chain behind a JSON-RPC URL (Execution API specification, EIP-1474). Reads, and the handing over of a signed transaction, are repeated
/// after faults of the transport within <see cref="JsonRpcOptions.MaxAttempts"/>; nothing else is. What a node answers is checked strictly:
/// an answer of another form, size or id is a <see cref="ChainException"/>. Safe for use by several callers at once.
/// <para>
/// <see cref="IChain"/> is the narrow seam that wallet and services need; whatever else a node can tell is asked by <see cref="SendAsync{T}"/>
/// with the questions of <see cref="Eth"/>, alone or in a batch (<see cref="CreateBatch"/>).
/// </para>
/// </summary>
public sealed class JsonRpcChain : IChain
{
    private readonly IJsonRpcTransport _transport;

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
        _transport = new JsonRpcTransport(http, endpoint, time, options ?? new());
    }

    internal JsonRpcChain(IJsonRpcTransport transport) => _transport = transport;

    /// <summary>Asks a typed question.</summary>
    /// <exception cref="ChainException">The node refused, could not be reached, or answered in another form.</exception>
    public async Task<T> SendAsync<T>(RpcRequest<T> request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Read(await _transport.SendAsync(request.Call, cancellationToken));
    }

    /// <summary>Starts an empty batch.</summary>
    public JsonRpcBatch CreateBatch() => new(_transport);

    /// <summary>Calls any method, once.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The <c>params</c>, commonly a <see cref="JsonArray"/>; null sends an empty array.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The <c>result</c>, which may be a JSON null.</returns>
    /// <exception cref="ChainException">The node refused, could not be reached, or answered in another form.</exception>
    public Task<JsonElement> RequestAsync(string method, JsonNode? parameters = null, CancellationToken cancellationToken = default) =>
        SendAsync(new RpcRequest<JsonElement>(method, parameters, static result => result, mayRepeat: false), cancellationToken);

    /// <inheritdoc/>
    public Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken = default) => SendAsync(Eth.ChainId(), cancellationToken);

    /// <inheritdoc/>
    public Task<ulong> GetBlockNumberAsync(CancellationToken cancellationToken = default) => SendAsync(Eth.BlockNumber(), cancellationToken);

    /// <inheritdoc/>
    public Task<BlockHeader?> GetBlockAsync(BlockTag block, CancellationToken cancellationToken = default) => SendAsync(Eth.Header(block), cancellationToken);

    /// <inheritdoc/>
    public Task<UInt256> GetBalanceAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => SendAsync(Eth.Balance(account, block), cancellationToken);

    /// <inheritdoc/>
    public Task<ulong> GetTransactionCountAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) =>
        SendAsync(Eth.TransactionCount(account, block), cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]> GetCodeAsync(Address account, BlockTag block = default, CancellationToken cancellationToken = default) => SendAsync(Eth.Code(account, block), cancellationToken);

    /// <inheritdoc/>
    public Task<Hash32> GetStorageAtAsync(Address account, UInt256 slot, BlockTag block = default, CancellationToken cancellationToken = default) =>
        SendAsync(Eth.StorageAt(account, slot, block), cancellationToken);

    /// <inheritdoc/>
    public Task<CallResult> CallAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default) =>
        SendAsync(Eth.Call(request, block, errors: _transport.Options.Errors), cancellationToken);

    /// <inheritdoc/>
    public Task<GasEstimate> EstimateGasAsync(CallRequest request, BlockTag block = default, CancellationToken cancellationToken = default) =>
        SendAsync(Eth.EstimateGas(request, block, errors: _transport.Options.Errors), cancellationToken);

    /// <inheritdoc/>
    public Task<UInt256> GetMaxPriorityFeePerGasAsync(CancellationToken cancellationToken = default) => SendAsync(Eth.MaxPriorityFeePerGas(), cancellationToken);

    /// <inheritdoc/>
    public async Task<Hash32> SendRawTransactionAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken = default)
    {
        try
        {
            return await SendAsync(Eth.SendRawTransaction(rawTransaction), cancellationToken);
        }
        catch (ChainException e) when (IsNonceUsed(e))
        {
            // The race: an attempt whose answer was lost may have put the transaction into a block before this one.
            // Its nonce is then used, and only the transaction itself tells by whom.
            var hash = Keccak256.Hash(rawTransaction.Span);
            if (await SendAsync(Eth.IsKnown(hash), cancellationToken))
            {
                return hash;
            }
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<TransactionReceipt?> GetTransactionReceiptAsync(Hash32 transactionHash, CancellationToken cancellationToken = default) => SendAsync(Eth.Receipt(transactionHash), cancellationToken);

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> GetTransactionDataAsync(Hash32 transactionHash, CancellationToken cancellationToken = default) =>
        await SendAsync(Eth.Transaction(transactionHash), cancellationToken) is { BlockNumber: not null } found ? found.Data : null;

    /// <inheritdoc/>
    public Task<IReadOnlyList<LogEntry>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken = default) => SendAsync(Eth.Logs(filter), cancellationToken);

    private static bool IsNonceUsed(ChainException e) => e.Code != 0
        && (Says(e, "nonce too low") || Says(e, "nonce is too low") || Says(e, "oldnonce"));

    private static bool Says(ChainException e, string text) => e.Message.Contains(text, StringComparison.OrdinalIgnoreCase);
}
