using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Rpc;

/// <content>Signing for the development accounts, and sending for them and for impersonated ones.</content>
internal sealed partial class RpcMethods
{
    private void AddSigning(Dictionary<string, Method> methods)
    {
        methods.Add("eth_sign", (p, w, _) => Sign(w, p.Address(0), Eip191.HashPersonalMessage(p.Data(1))));
        methods.Add("personal_sign", (p, w, _) => Sign(w, p.Address(1), Eip191.HashPersonalMessage(ReadMessage(p))));
        methods.Add("eth_signTypedData_v4", (p, w, _) => Sign(w, p.Address(0), ReadTypedData(p)));
        methods.Add("eth_signTypedData", methods["eth_signTypedData_v4"]);
        methods.Add("eth_signTransaction", (p, w, c) =>
        {
            var (from, transaction) = Fill(p, c);
            w.WriteBytes(transaction.Sign(KeyOf(from)).Raw.Span);
        });
        methods.Add("eth_fillTransaction", (p, w, c) =>
        {
            var (_, transaction) = Fill(p, c);
            w.WriteStartObject();
            w.WriteBytes("raw", transaction.EncodeForSigning());
            w.WriteEndObject();
        });
        methods.Add("eth_sendTransaction", (p, w, c) =>
        {
            var (from, transaction) = Fill(p, c);
            Submit(SignFor(from, transaction), w);
        });
    }

    private PrivateKey KeyOf(Address account) => _options.DevelopmentKeys.FirstOrDefault(k => k.Address == account)
        ?? throw new RpcException(RpcException.InvalidParams, $"No Signer available: this node has no key of {account}");

    // His key where the node has it: then the transaction is one that any node would take.
    private SignedTransaction SignFor(Address from, Transaction transaction) =>
        _options.DevelopmentKeys.FirstOrDefault(k => k.Address == from) is { } key ? transaction.Sign(key)
        : _chain.Impersonates(from) ? Impersonation.Sign(transaction, from)
        : throw new RpcException(RpcException.InvalidParams, $"No Signer available: this node has no key of {from}, and does not impersonate it");

    private void Sign(Utf8JsonWriter writer, Address account, in Hash32 digest)
    {
        var key = KeyOf(account);
        writer.WriteBytes(key.Sign(digest).ToArray());
    }

    // Bytes in 0x hex, or text as it is: wallets send both.
    private static byte[] ReadMessage(RpcParameters parameters)
    {
        var element = Required(parameters, 0);
        return element.ValueKind == JsonValueKind.String && !element.GetString()!.StartsWith("0x", StringComparison.Ordinal)
            ? Encoding.UTF8.GetBytes(element.GetString()!) : parameters.Data(0);
    }

    // The document, or its JSON as a string: wallets send both.
    private static Hash32 ReadTypedData(RpcParameters parameters)
    {
        var element = Required(parameters, 1);
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.Object => TypedData.Parse(element.GetRawText()).Hash(),
                JsonValueKind.String => TypedData.Parse(element.GetString()!).Hash(),
                _ => throw RpcParameters.Invalid(RpcParameters.Name(1), "expected typed data"),
            };
        }
        catch (TypedDataException e)
        {
            throw RpcParameters.Invalid(RpcParameters.Name(1), e.Message);
        }
    }

    // What the caller left open: nonce, gas, fees, and the type that these imply.
    private (Address From, Transaction Transaction) Fill(RpcParameters parameters, CancellationToken cancellation)
    {
        var element = ObjectAt(parameters, 0);
        var message = ReadCall(element);
        if (Quantity(element, "chainId") is { } chain && chain != _chain.ChainId.Value)
        {
            throw new RpcException(RpcException.Refused, $"invalid chain id for signer: have {chain} want {_chain.ChainId.Value}");
        }
        var nonce = Member(element, "nonce"u8) is { ValueKind: not JsonValueKind.Undefined } given ? RpcParameters.ReadUInt64(given, "nonce") : _chain.NonceOf(message.From, BlockTag.Pending);
        var gas = Quantity(element, "gas") is null ? Estimate(message, cancellation) : message.GasLimit;
        return (message.From, Compose(element, message, nonce, gas));
    }

    private ulong Estimate(Message message, CancellationToken cancellation)
    {
        var gas = _chain.FindGas(message, BlockTag.Pending, out var failure, cancellation);
        return failure is null ? gas : throw Failure(failure);
    }

    private Transaction Compose(JsonElement element, Message message, ulong nonce, ulong gas)
    {
        var type = Quantity(element, "type");
        var price = Quantity(element, "gasPrice");
        if (message.Authorizations is not null && message.To is null)
        {
            throw RpcParameters.Invalid("authorizationList", "a transaction with authorizations has a callee");
        }
        if (type is { } asked && (message.Authorizations is null ? asked > 2UL : asked != 4UL))
        {
            throw new RpcException(RpcException.Refused, $"transaction type not supported: this node does not make transactions of type {asked}; sign it and use eth_sendRawTransaction");
        }
        var suggested = _chain.View.NextBaseFee + SandboxChain.SuggestedTip;
        var tip = Quantity(element, "maxPriorityFeePerGas") ?? (message.FeeCap.IsZero ? SandboxChain.SuggestedTip : UInt256.Min(SandboxChain.SuggestedTip, message.FeeCap));
        if (message.Authorizations is { } authorizations)
        {
            return new Transaction7702
            {
                ChainId = _chain.ChainId,
                Nonce = nonce,
                MaxPriorityFeePerGas = tip,
                MaxFeePerGas = price ?? Quantity(element, "maxFeePerGas") ?? ((_chain.View.NextBaseFee * 2UL) + tip),
                GasLimit = gas,
                To = message.To,
                Value = message.Value,
                Data = message.Data,
                AccessList = message.AccessList,
                AuthorizationList = authorizations,
            };
        }
        if (price is null && type is null or { U0: 2 })
        {
            return new Transaction1559
            {
                ChainId = _chain.ChainId,
                Nonce = nonce,
                MaxPriorityFeePerGas = tip,
                MaxFeePerGas = Quantity(element, "maxFeePerGas") ?? ((_chain.View.NextBaseFee * 2UL) + tip),
                GasLimit = gas,
                To = message.To,
                Value = message.Value,
                Data = message.Data,
                AccessList = message.AccessList,
            };
        }
        return message.AccessList.Count > 0 || type is { U0: 1 }
            ? new Transaction2930
            {
                ChainId = _chain.ChainId, Nonce = nonce, GasPrice = price ?? suggested, GasLimit = gas, To = message.To,
                Value = message.Value, Data = message.Data, AccessList = message.AccessList,
            }
            : new LegacyTransaction
            {
                ChainId = _chain.ChainId, Nonce = nonce, GasPrice = price ?? suggested, GasLimit = gas, To = message.To, Value = message.Value, Data = message.Data,
            };
    }
}
