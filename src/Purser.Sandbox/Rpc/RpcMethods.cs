using System.Collections.Frozen;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <summary>The methods of the node by name. Each reads its parameters, asks the chain and writes its result; a refusal is an <see cref="RpcException"/>.</summary>
internal sealed partial class RpcMethods : IDisposable
{
    private delegate void Method(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation);

    private readonly SandboxChain _chain;
    private readonly SandboxNodeOptions _options;
    private readonly FrozenDictionary<string, Method> _methods;

    /// <summary>The methods over a chain.</summary>
    public RpcMethods(SandboxChain chain, SandboxNodeOptions options)
    {
        _chain = chain;
        _options = options;
        _filters = new(chain, options.MaxFilters, options.FilterLifetime);
        var methods = new Dictionary<string, Method>(StringComparer.Ordinal);
        AddNode(methods);
        AddState(methods);
        AddBlocks(methods);
        AddTransactions(methods);
        AddSimulations(methods);
        AddProofs(methods);
        AddTraces(methods);
        AddLogs(methods);
        AddPool(methods);
        AddSigning(methods);
        AddCheats(methods);
        _methods = methods.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The names of all methods.</summary>
    public IReadOnlyList<string> Names => _methods.Keys;

    /// <inheritdoc/>
    public void Dispose() => _filters.Dispose();

    /// <summary>Runs a method.</summary>
    /// <exception cref="RpcException">It refuses, or there is none of that name.</exception>
    public void Run(string name, RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        if (!_methods.TryGetValue(name, out var method))
        {
            throw new RpcException(RpcException.MethodNotFound, $"the method {(name.Length <= 64 ? name : name[..64])} does not exist/is not available");
        }
        method(parameters, writer, cancellation);
    }

    private void AddState(Dictionary<string, Method> methods)
    {
        methods.Add("eth_blockNumber", (_, w, _) => w.WriteQuantity(_chain.View.Head.Header.Number));
        methods.Add("eth_getBalance", (p, w, _) => w.WriteQuantity(Account(p)?.Balance ?? default));
        methods.Add("eth_getCode", (p, w, _) => w.WriteBytes(Account(p) is { } account ? account.Code.Bytes : default));
        methods.Add("eth_getStorageAt", (p, w, _) =>
        {
            var (address, slot) = (p.Address(0), p.Slot(1));
            w.WriteHash(Hash32.FromUInt256(StateAt(p[2], RpcParameters.Name(2)).Find(address)?.ReadStorage(slot) ?? default));
        });
        methods.Add("eth_getTransactionCount", (p, w, _) => w.WriteQuantity(_chain.NonceOf(p.Address(0), ReadTag(p[1], RpcParameters.Name(1)))));
        methods.Add("eth_gasPrice", (_, w, _) => w.WriteQuantity(_chain.View.NextBaseFee + SandboxChain.SuggestedTip));
        methods.Add("eth_maxPriorityFeePerGas", (_, w, _) => w.WriteQuantity(SandboxChain.SuggestedTip));
        methods.Add("eth_blobBaseFee", (_, w, _) => w.WriteQuantity(1UL));
        methods.Add("eth_feeHistory", (p, w, _) => WriteFeeHistory(p, w));
    }

    // The pending block has no history yet: it is that of the newest, as in geth and anvil.
    private void WriteFeeHistory(RpcParameters parameters, Utf8JsonWriter writer)
    {
        var view = _chain.View;
        FeeHistory.Write(writer, view, parameters, SandboxChain.Find(view, ReadTag(parameters[1], RpcParameters.Name(1))));
    }

    private State.AccountLeaf? Account(RpcParameters parameters)
    {
        var address = parameters.Address(0);
        return StateAt(parameters[1], RpcParameters.Name(1)).Find(address);
    }

    private State.StateRoot StateAt(JsonElement element, string name)
    {
        var tag = ReadTag(element, name);
        return SandboxChain.StateAt(_chain.ViewFor(tag), tag);
    }

    // A tag, a height, or EIP-1898's object with a height or a hash; the newest block when nothing is given.
    private BlockTag ReadTag(JsonElement element, string name)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return BlockTag.Latest;
        }
        if (element.ValueKind == JsonValueKind.Object)
        {
            if (element.TryGetProperty("blockHash"u8, out var hash))
            {
                if (element.TryGetProperty("blockNumber"u8, out _))
                {
                    throw RpcParameters.Invalid(name, "cannot specify both blockHash and blockNumber");
                }
                return _chain.View.Find(RpcParameters.ReadHash(hash, $"{name}.blockHash")) is { } block ? BlockTag.At(block.Header.Number)
                    : throw new RpcException(RpcException.Refused, "header not found");
            }
            return element.TryGetProperty("blockNumber"u8, out var number) ? BlockTag.At(RpcParameters.ReadUInt64(number, $"{name}.blockNumber"))
                : throw RpcParameters.Invalid(name, "expected blockNumber or blockHash");
        }
        return element.ValueKind != JsonValueKind.String ? throw RpcParameters.Invalid(name, "expected a block") : element.GetString() switch
        {
            "latest" => BlockTag.Latest,
            "pending" => BlockTag.Pending,
            "earliest" => BlockTag.Earliest,
            "safe" => BlockTag.Safe,
            "finalized" => BlockTag.Finalized,
            _ => BlockTag.At(RpcParameters.ReadUInt64(element, name)),
        };
    }

    private Block? FindBlock(JsonElement element, string name) =>
        ReadTag(element, name) is var tag && tag == BlockTag.Pending ? _chain.PendingBlock() : SandboxChain.Find(_chain.View, tag);
}
