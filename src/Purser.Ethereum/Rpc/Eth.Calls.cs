using System.Text.Json.Nodes;

namespace Purser.Ethereum.Rpc;

/// <content>Simulated calls.</content>
public static partial class Eth
{
    /// <summary><c>eth_call</c>; a revert is a value.</summary>
    /// <param name="request">The call.</param>
    /// <param name="block">On which block's state.</param>
    /// <param name="overrides">What to pretend about accounts during the call; null for nothing. geth, anvil and others take it, not every node does.</param>
    /// <param name="errors">By which a revert is explained.</param>
    public static RpcRequest<CallResult> Call(CallRequest request, BlockTag block = default, IReadOnlyDictionary<Address, StateOverride>? overrides = null, AbiErrors? errors = null)
    {
        const string method = "eth_call";
        return new(method, CallParameters(request, block, overrides), reply => reply switch
        {
            JsonRpcReply.Error { IsExecutionFailure: true } error => new CallResult.Reverted(error.Data, error.Message) { Reason = Explain(error, errors) },
            _ => new CallResult.Returned(new RpcJson(method, "", reply.ResultOf(method)).Data()),
        });
    }

    /// <summary><c>eth_estimateGas</c>; a revert is a value.</summary>
    /// <param name="request">The transaction.</param>
    /// <param name="block">On which block's state.</param>
    /// <param name="overrides">What to pretend about accounts; null for nothing.</param>
    /// <param name="errors">By which a revert is explained.</param>
    public static RpcRequest<GasEstimate> EstimateGas(CallRequest request, BlockTag block = default, IReadOnlyDictionary<Address, StateOverride>? overrides = null, AbiErrors? errors = null)
    {
        const string method = "eth_estimateGas";
        return new(method, CallParameters(request, block, overrides), reply => reply switch
        {
            JsonRpcReply.Error { IsExecutionFailure: true } error => new GasEstimate.Reverts(error.Data, error.Message) { Reason = Explain(error, errors) },
            _ => new GasEstimate.Succeeds(new RpcJson(method, "", reply.ResultOf(method)).UInt64()),
        });
    }

    /// <summary><c>eth_createAccessList</c>: the accounts and slots that the call would touch (EIP-2930).</summary>
    public static RpcRequest<AccessListOutcome> CreateAccessList(CallRequest request, BlockTag block = default) =>
        Read("eth_createAccessList", CallParameters(request, block, null), RpcShapes.AccessListOutcome);

    private static RevertReason Explain(JsonRpcReply.Error error, AbiErrors? errors) => (errors ?? AbiErrors.Empty).Explain(error.Data);

    private static JsonArray CallParameters(CallRequest request, BlockTag block, IReadOnlyDictionary<Address, StateOverride>? overrides)
    {
        ArgumentNullException.ThrowIfNull(request);
        var parameters = new JsonArray(RpcShapes.Write(request), block.ToString());
        if (overrides is not null)
        {
            parameters.Add((JsonNode)RpcShapes.Write(overrides));
        }
        return parameters;
    }
}
