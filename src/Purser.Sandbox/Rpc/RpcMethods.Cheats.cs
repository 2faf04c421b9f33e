using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <content>What only a development node has: edits of accounts, impersonation, settings of blocks, going back. Each answers under evm_, anvil_ and hardhat_.</content>
internal sealed partial class RpcMethods
{
    private static readonly string[] s_prefixes = ["evm_", "anvil_", "hardhat_"];

    private void AddCheats(Dictionary<string, Method> methods)
    {
        AddEdits(methods);
        AddSettings(methods);
        AddTime(methods);
        AddMining(methods);
        Cheat(methods, "snapshot", (_, w, _) => w.WriteQuantity(_chain.Snapshot()));
        Cheat(methods, "revert", (p, w, _) => w.WriteBooleanValue(_chain.Revert(p.Number(0))));
        Cheat(methods, "reset", Reset);
        Cheat(methods, "dumpState", (_, w, _) => w.WriteBytes(_chain.Dump()));
        Cheat(methods, "loadState", LoadState);
        Cheat(methods, "nodeInfo", WriteNodeInfo);
        Cheat(methods, "metadata", WriteMetadata);
        Cheat(methods, "setLoggingEnabled", (p, w, _) => Done(w, p.Flag(0, true)));
        // Traces are always there (debug_traceTransaction): nothing needs to be switched on.
        Cheat(methods, "enableTraces", (_, w, _) => w.WriteNullValue());
        Cheat(methods, "setRpcUrl", (_, _, _) => throw new RpcException(RpcException.InvalidParams, "this chain's state does not come from another node (start it with a fork URL for that)"));
        Cheat(methods, "setMinGasPrice", (_, _, _) => throw new RpcException(RpcException.InvalidParams, "anvil_setMinGasPrice is not supported when EIP-1559 is active"));
    }

    private void AddEdits(Dictionary<string, Method> methods)
    {
        Cheat(methods, "setBalance", Edit((p, a) => _chain.SetBalance(a, p.Amount(1))));
        Cheat(methods, "addBalance", Edit((p, a) => _chain.AddBalance(a, p.Amount(1))));
        Cheat(methods, "setNonce", Edit((p, a) => _chain.SetNonce(a, p.Number(1))));
        Cheat(methods, "setCode", Edit((p, a) => _chain.SetCode(a, p.Data(1))));
        Cheat(methods, "setStorageAt", (p, w, _) =>
        {
            _chain.SetStorageAt(p.Address(0), p.Slot(1), p.Hash(2).ToUInt256());
            w.WriteBooleanValue(true);
        });
        Cheat(methods, "impersonateAccount", Edit((_, a) => _chain.Impersonate(a)));
        Cheat(methods, "stopImpersonatingAccount", Edit((_, a) => _chain.StopImpersonating(a)));
        Cheat(methods, "autoImpersonateAccount", (p, w, _) => Done(w, _chain.ImpersonatesAll = p.Flag(0, true)));
        // Ganache's names for the same.
        methods.Add("evm_setAccountBalance", methods["evm_setBalance"]);
        methods.Add("evm_setAccountNonce", methods["evm_setNonce"]);
        methods.Add("evm_setAccountCode", methods["evm_setCode"]);
        methods.Add("evm_setAccountStorageAt", methods["evm_setStorageAt"]);
    }

    private void AddSettings(Dictionary<string, Method> methods)
    {
        Cheat(methods, "setCoinbase", Edit((_, a) => _chain.SetCoinbase(a)));
        Cheat(methods, "setNextBlockBaseFeePerGas", (p, w, _) =>
        {
            var fee = p.Amount(0);
            _chain.SetNextBaseFee(fee <= Header.MostBaseFee ? fee : throw RpcParameters.Invalid(RpcParameters.Name(0), "expected a base fee of at most 128 bits"));
            w.WriteNullValue();
        });
        Cheat(methods, "setPrevRandao", (p, w, _) =>
        {
            _chain.SetNextPrevRandao(p.Hash(0));
            w.WriteNullValue();
        });
        Cheat(methods, "setChainId", (p, w, _) =>
        {
            var id = p.Number(0);
            _chain.SetChainId(id > 0 ? new(id) : throw RpcParameters.Invalid(RpcParameters.Name(0), "a chain id is not 0"));
            w.WriteNullValue();
        });
        Cheat(methods, "setBlockGasLimit", (p, w, _) =>
        {
            try
            {
                _chain.SetBlockGasLimit(p.Number(0));
            }
            catch (ArgumentOutOfRangeException)
            {
                throw RpcParameters.Invalid(RpcParameters.Name(0), "expected 21000 to 1000000000 gas");
            }
            w.WriteBooleanValue(true);
        });
    }

    private static void Cheat(Dictionary<string, Method> methods, string name, Method method)
    {
        foreach (var prefix in s_prefixes)
        {
            methods.Add(prefix + name, method);
        }
    }

    private static Method Edit(Action<RpcParameters, Address> edit) => (parameters, writer, _) =>
    {
        edit(parameters, parameters.Address(0));
        writer.WriteNullValue();
    };

    // For setters that are expressions.
    private static void Done(Utf8JsonWriter writer, bool _) => writer.WriteNullValue();

    private void Reset(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        if (parameters.Has(0) && Member(ObjectAt(parameters, 0), "forking"u8) is { ValueKind: not JsonValueKind.Undefined })
        {
            throw RpcParameters.Invalid(RpcParameters.Name(0), "this chain cannot become a fork while it runs: start another with a fork URL");
        }
        _chain.Reset();
        _filters.Renew();
        writer.WriteNullValue();
    }

    private void LoadState(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        try
        {
            _chain.Load(parameters.Data(0));
        }
        catch (StateFileException e)
        {
            throw RpcParameters.Invalid(RpcParameters.Name(0), e.Message);
        }
        _filters.Renew();
        writer.WriteBooleanValue(true);
    }

    private static JsonElement ObjectAt(RpcParameters parameters, int index) =>
        Required(parameters, index) is { ValueKind: JsonValueKind.Object } found ? found : throw RpcParameters.Invalid(RpcParameters.Name(index), "expected an object");
}
