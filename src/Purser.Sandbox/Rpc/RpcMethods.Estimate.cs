using System.Text.Json;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Rpc;

/// <content>Simulated calls: their result, the gas that they need, and what they access.</content>
internal sealed partial class RpcMethods
{
    private void AddSimulations(Dictionary<string, Method> methods)
    {
        methods.Add("eth_call", Call);
        methods.Add("eth_estimateGas", EstimateGas);
        methods.Add("eth_createAccessList", CreateAccessList);
    }

    private void Call(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var message = ReadCall(Required(parameters, 0));
        var result = _chain.Run(message, ReadTag(parameters[1], RpcParameters.Name(1)), cancellation, OverridesReader.Read(parameters[2], parameters[3]));
        if (!result.Succeeded)
        {
            throw Failure(result);
        }
        writer.WriteBytes(result.Output);
    }

    private void EstimateGas(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var message = ReadCall(Required(parameters, 0));
        var tag = ReadTag(parameters[1], RpcParameters.Name(1));
        var gas = _chain.FindGas(message, tag, out var failure, cancellation, OverridesReader.Read(parameters[2], parameters[3]));
        if (failure is { Halt: Halt.OutOfGas, MissingPrecompile: 0 })
        {
            throw new RpcException(RpcException.Refused, $"out of gas: gas required exceeds allowance ({failure.GasSpent})");
        }
        writer.WriteQuantity(failure is null ? gas : throw Failure(failure));
    }

    // EIP-2930. Accesses can depend on gas, and gas on what is declared: it is repeated until a run accesses no more than was declared.
    private void CreateAccessList(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        const int rounds = 8;
        var message = ReadCall(Required(parameters, 0));
        var tag = ReadTag(parameters[1], RpcParameters.Name(1));
        var overrides = OverridesReader.Read(parameters[2], parameters[3]);
        TransactionResult result;
        var round = 0;
        bool grew;
        do
        {
            var tracer = new AccessTracer();
            result = _chain.Run(message, tag, cancellation, overrides, tracer);
            var target = message.To ?? result.Created!.Value;
            tracer.Add(message.AccessList);
            var list = tracer.ToAccessList(message.From, target, ForkRules.Of(_chain.View.Head.Header.Fork));
            grew = list.Sum(entry => 1 + entry.StorageKeys.Count) > message.AccessList.Sum(entry => 1 + entry.StorageKeys.Count);
            message = message with { AccessList = list };
        }
        while (grew && ++round < rounds);
        writer.WriteStartObject();
        writer.WriteStartArray("accessList");
        foreach (var entry in message.AccessList)
        {
            writer.WriteStartObject();
            writer.WriteAddress("address", entry.Address);
            writer.WriteStartArray("storageKeys");
            foreach (var key in entry.StorageKeys)
            {
                writer.WriteHash(key);
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        if (!result.Succeeded)
        {
            writer.WriteString("error", SandboxChain.Explain(result));
        }
        writer.WriteQuantity("gasUsed", result.GasUsed);
        writer.WriteEndObject();
    }
}
