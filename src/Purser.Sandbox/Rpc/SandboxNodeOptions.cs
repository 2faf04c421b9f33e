using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Ethereum;

namespace Purser.Sandbox.Rpc;

/// <summary>A JSON-RPC method that is handed to a node beside its own.</summary>
/// <param name="parameters">The request's <c>params</c>: an array, empty when the request had none.</param>
/// <param name="cancellationToken">Cancelled when the caller went away.</param>
/// <returns>The <c>result</c>; null is JSON's null.</returns>
/// <exception cref="RpcException">Refuses.</exception>
public delegate Task<JsonNode?> RpcMethod(JsonElement parameters, CancellationToken cancellationToken);

/// <summary>How a node listens and what it answers beside the chain's methods.</summary>
public sealed record SandboxNodeOptions
{
    /// <summary>Where to listen: the loopback address unless somebody decides to open the node to others, who can then spend from <see cref="DevelopmentKeys"/> and change every balance.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Bytes of one request at most; more is answered with HTTP 413.</summary>
    public int MaxRequestSize { get; init; } = 16 * 1024 * 1024;

    /// <summary>Requests in one batch at most.</summary>
    public int MaxBatch { get; init; } = 1000;

    /// <summary>Bytes that the answers of one batch may have together; what comes after is answered with an error each.</summary>
    public int MaxBatchAnswer { get; init; } = 64 * 1024 * 1024;

    /// <summary>Logs in one answer at most; more is an error that says so.</summary>
    public int MaxLogs { get; init; } = 100_000;

    /// <summary>Filters that are polled at most.</summary>
    public int MaxFilters { get; init; } = 1000;

    /// <summary>How long a filter lives on the chain's clock when nobody polls it; a cheat that moves the clock does not count.</summary>
    public TimeSpan FilterLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>WebSocket connections at most; more are answered with HTTP 503.</summary>
    public int MaxSockets { get; init; } = 256;

    /// <summary>Subscriptions of one connection at most.</summary>
    public int MaxSubscriptions { get; init; } = 100;

    /// <summary>Events that wait for one connection at most; who reads more slowly than that is disconnected.</summary>
    public int MaxWaitingEvents { get; init; } = 4096;

    /// <summary>The origin that browsers' pages may call from; <c>*</c> for any.</summary>
    public string AllowedOrigin { get; init; } = "*";

    /// <summary>Methods by name, such as <c>mailroom_addresses</c>; they win over the node's own.</summary>
    public IReadOnlyDictionary<string, RpcMethod> Methods { get; init; } = new Dictionary<string, RpcMethod>(StringComparer.Ordinal);

    /// <summary>Keys of worthless development accounts, with which the node itself signs (<c>eth_accounts</c>, <c>eth_sendTransaction</c>).</summary>
    public IReadOnlyList<PrivateKey> DevelopmentKeys { get; init; } = [];
}
