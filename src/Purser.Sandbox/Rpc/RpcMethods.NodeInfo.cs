using System.Globalization;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <content>What the node says of itself.</content>
internal sealed partial class RpcMethods
{
    private static readonly string s_version = typeof(RpcMethods).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    private void AddNode(Dictionary<string, Method> methods)
    {
        methods.Add("eth_chainId", (_, w, _) => w.WriteQuantity(_chain.ChainId.Value));
        methods.Add("net_version", (_, w, _) => w.WriteStringValue(_chain.ChainId.Value.ToString(CultureInfo.InvariantCulture)));
        methods.Add("net_listening", (_, w, _) => w.WriteBooleanValue(true));
        methods.Add("net_peerCount", (_, w, _) => w.WriteQuantity(UInt256.Zero));
        methods.Add("web3_clientVersion", (_, w, _) => w.WriteStringValue($"purser-sandbox/{s_version}"));
        methods.Add("web3_sha3", (p, w, _) => w.WriteHash(Keccak256.Hash(p.Data(0))));
        methods.Add("eth_syncing", (_, w, _) => w.WriteBooleanValue(false));
        methods.Add("eth_protocolVersion", (_, w, _) => w.WriteStringValue("0x41"));
        methods.Add("eth_coinbase", (_, w, _) => w.WriteAddress(_chain.View.Settings.Coinbase));
        methods.Add("eth_mining", (_, w, _) => w.WriteBooleanValue(_chain.Automine || _chain.BlockInterval is not null));
        methods.Add("eth_hashrate", (_, w, _) => w.WriteQuantity(UInt256.Zero));
        methods.Add("eth_accounts", (_, w, _) =>
        {
            w.WriteStartArray();
            foreach (var key in _options.DevelopmentKeys)
            {
                w.WriteAddress(key.Address);
            }
            w.WriteEndArray();
        });
        methods.Add("rpc_modules", WriteModules);
    }

    private void WriteModules(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        writer.WriteStartObject();
        foreach (var module in _methods.Keys.Concat(_options.Methods.Keys).Select(name => name.Split('_')[0]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            writer.WriteString(module, "1.0");
        }
        writer.WriteEndObject();
    }

    private void WriteNodeInfo(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var view = _chain.View;
        writer.WriteStartObject();
        writer.WriteQuantity("currentBlockNumber", view.Head.Header.Number);
        writer.WriteNumber("currentBlockTimestamp", view.Head.Header.Timestamp);
        writer.WriteHash("currentBlockHash", view.Head.Hash);
        writer.WriteString("hardFork", view.Head.Header.Fork.ToString());
        writer.WriteString("transactionOrder", "fees");
        writer.WriteStartObject("environment");
        writer.WriteQuantity("baseFee", view.NextBaseFee);
        writer.WriteNumber("chainId", view.Settings.ChainId);
        writer.WriteQuantity("gasLimit", view.Settings.GasLimit);
        writer.WriteQuantity("gasPrice", view.NextBaseFee + SandboxChain.SuggestedTip);
        writer.WriteEndObject();
        writer.WriteStartObject("forkConfig");
        // The URL stays here: it may hold the key to a provider, and pages from everywhere may ask.
        writer.WriteNull("forkUrl");
        if (view.Fork is { } fork)
        {
            writer.WriteNumber("forkBlockNumber", fork.BlockNumber);
        }
        else
        {
            writer.WriteNull("forkBlockNumber");
        }
        writer.WriteNull("forkRetryBackoff");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteMetadata(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var view = _chain.View;
        writer.WriteStartObject();
        writer.WriteString("clientVersion", $"purser-sandbox/{s_version}");
        writer.WriteString("clientSemver", s_version);
        writer.WriteNumber("chainId", view.Settings.ChainId);
        // The genesis block is what makes this chain this one; a reset begins the same chain anew.
        writer.WriteHash("instanceId", view.Blocks[0].Hash);
        writer.WriteNumber("latestBlockNumber", view.Head.Header.Number);
        writer.WriteHash("latestBlockHash", view.Head.Hash);
        if (view.Fork is { } fork)
        {
            writer.WriteStartObject("forkedNetwork");
            writer.WriteNumber("chainId", fork.ChainId.Value);
            writer.WriteNumber("forkBlockNumber", fork.BlockNumber);
            writer.WriteHash("forkBlockHash", fork.BlockHash);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("forkedNetwork");
        }
        writer.WriteStartObject("snapshots");
        foreach (var (id, block) in _chain.KeptSnapshots())
        {
            writer.WriteStartArray("0x" + id.ToString("x", CultureInfo.InvariantCulture));
            writer.WriteNumberValue(block.Header.Number);
            writer.WriteHash(block.Hash);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
