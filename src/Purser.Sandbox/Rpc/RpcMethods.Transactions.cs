using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Rpc;

/// <content>Sending, and how calls and transactions are read.</content>
internal sealed partial class RpcMethods
{
    private void AddTransactions(Dictionary<string, Method> methods)
    {
        methods.Add("eth_sendRawTransaction", SendRaw);
    }

    private void SendRaw(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        if (!SignedTransaction.TryDecode(parameters.Data(0), _chain.ChainId, out var transaction, out var refusal))
        {
            throw refusal switch
            {
                TransactionRefusal.WrongChain wrong => new RpcException(RpcException.Refused, $"invalid chain id for signer: have {wrong.Given.Value} want {wrong.Expected.Value}"),
                TransactionRefusal.InvalidSignature => new RpcException(RpcException.Refused, $"invalid sender: {refusal.Message}"),
                TransactionRefusal.UnsupportedType => new RpcException(RpcException.Refused, $"transaction type not supported: {refusal.Message}"),
                _ => new RpcException(RpcException.Refused, refusal.Message),
            };
        }
        Submit(transaction, writer);
    }

    private void Submit(SignedTransaction transaction, Utf8JsonWriter writer)
    {
        if (_chain.Submit(transaction) is { } rejection)
        {
            throw new RpcException(rejection.Code, rejection.Message);
        }
        writer.WriteHash(transaction.Hash);
    }

    // A revert carries its data under code 3, as geth and anvil do; other failures have none.
    private static RpcException Failure(TransactionResult result) => result.Halt == Halt.Revert
        ? new(RpcException.Reverted, SandboxChain.Explain(result), Hex.Encode(result.Output))
        : new(RpcException.Refused, SandboxChain.Explain(result));

    private static Message ReadCall(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RpcParameters.Invalid(RpcParameters.Name(0), "expected a call object");
        }
        var (data, input) = (Member(element, "data"u8), Member(element, "input"u8));
        var bytes = ReadOptional(data, "data", RpcParameters.ReadData) ?? ReadOptional(input, "input", RpcParameters.ReadData) ?? [];
        if (data.ValueKind != JsonValueKind.Undefined && input.ValueKind != JsonValueKind.Undefined && !bytes.AsSpan().SequenceEqual(RpcParameters.ReadData(input, "input")))
        {
            throw RpcParameters.Invalid("input", "both data and input are given and differ");
        }
        var price = Quantity(element, "gasPrice");
        var (cap, tip) = (Quantity(element, "maxFeePerGas"), Quantity(element, "maxPriorityFeePerGas"));
        if (price is not null && (cap is not null || tip is not null))
        {
            throw RpcParameters.Invalid("gasPrice", "both gasPrice and maxFeePerGas or maxPriorityFeePerGas are given");
        }
        var authorizations = ReadAuthorizations(Member(element, "authorizationList"u8));
        return new()
        {
            Type = authorizations is null ? (byte)0 : (byte)4,
            Authorizations = authorizations,
            From = Member(element, "from"u8) is { ValueKind: not JsonValueKind.Undefined } from ? RpcParameters.ReadAddress(from, "from") : default,
            To = Member(element, "to"u8) is { ValueKind: not JsonValueKind.Undefined } to ? RpcParameters.ReadAddress(to, "to") : null,
            GasLimit = Quantity(element, "gas") is { } gas ? gas.FitsUInt64 ? gas.U0 : throw RpcParameters.Invalid("gas", "hex number of more than 64 bits") : ulong.MaxValue,
            Value = Quantity(element, "value") ?? default,
            Data = bytes,
            FeeCap = price ?? cap ?? default,
            // A tip without a cap says nothing of what a call may pay.
            TipCap = price ?? (cap is null ? default : tip ?? default),
            AccessList = ReadAccessList(Member(element, "accessList"u8)),
            IsSimulated = true,
        };
    }

    private static UInt256? Quantity(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? RpcParameters.ReadQuantity(value, name) : null;

    private static T? ReadOptional<T>(JsonElement element, string name, Func<JsonElement, string, T> read)
        where T : class => element.ValueKind == JsonValueKind.Undefined ? null : read(element, name);

    private static IReadOnlyList<AccessListEntry> ReadAccessList(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return [];
        }
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw RpcParameters.Invalid("accessList", "expected an array");
        }
        return [.. element.EnumerateArray().Select(entry =>
        {
            if (entry.ValueKind != JsonValueKind.Object || Member(entry, "storageKeys"u8) is not { ValueKind: JsonValueKind.Array } keys)
            {
                throw RpcParameters.Invalid("accessList", "expected entries with address and storageKeys");
            }
            return new AccessListEntry(
                RpcParameters.ReadAddress(Member(entry, "address"u8), "accessList.address"),
                [.. keys.EnumerateArray().Select(key => RpcParameters.ReadHash(key, "accessList.storageKeys"))]);
        })];
    }
}
