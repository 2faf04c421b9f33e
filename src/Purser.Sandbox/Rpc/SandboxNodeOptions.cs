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

    /// <summary>The origin that browsers' pages may call from; <c>*</c> for any.</summary>
    public string AllowedOrigin { get; init; } = "*";

    /// <summary>Methods by name, such as <c>mailroom_addresses</c>; they win over the node's own.</summary>
    public IReadOnlyDictionary<string, RpcMethod> Methods { get; init; } = new Dictionary<string, RpcMethod>(StringComparer.Ordinal);

    /// <summary>Keys of worthless development accounts, with which the node itself signs (<c>eth_accounts</c>, <c>eth_sendTransaction</c>).</summary>
    public IReadOnlyList<PrivateKey> DevelopmentKeys { get; init; } = [];
}
