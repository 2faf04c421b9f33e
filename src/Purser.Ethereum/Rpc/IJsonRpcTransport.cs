namespace Purser.Ethereum.Rpc;

/// <summary>Carries JSON-RPC requests to a node: HTTP or a WebSocket. Every answer is matched to its request before it is handed out.</summary>
internal interface IJsonRpcTransport
{
    /// <summary>The bounds.</summary>
    JsonRpcOptions Options { get; }

    /// <summary>Sends one request and waits for its answer.</summary>
    /// <exception cref="ChainException">The node could not be reached in time, or did not answer with JSON-RPC.</exception>
    Task<JsonRpcReply> SendAsync(RpcCall call, CancellationToken cancellationToken);

    /// <summary>Sends several in one message; the answers stand in the order of the requests.</summary>
    /// <exception cref="ChainException">The node could not be reached in time, refused the batch as a whole, or left out, repeated or invented an answer.</exception>
    Task<IReadOnlyList<JsonRpcReply>> SendBatchAsync(IReadOnlyList<RpcCall> calls, CancellationToken cancellationToken);
}
