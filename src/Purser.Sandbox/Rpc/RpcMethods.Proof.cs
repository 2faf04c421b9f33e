using System.Globalization;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Rpc;

/// <content>Merkle proofs of accounts and slots (EIP-1186).</content>
internal sealed partial class RpcMethods
{
    // As many as the tools ask for at once, and few enough that the answer stays below some megabytes.
    private const int MaxProvedSlots = 1024;

    private void AddProofs(Dictionary<string, Method> methods) => methods.Add("eth_getProof", GetProof);

    private void GetProof(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var address = parameters.Address(0);
        var keys = ReadKeys(Required(parameters, 1));
        if (_chain.View.Fork is { } fork)
        {
            // What lies before the fork was asked upstream already (ForkProxy). Here only what was changed is known, and a proof over that would deny the rest.
            throw new RpcException(RpcException.Refused, string.Create(CultureInfo.InvariantCulture,
                $"eth_getProof is not available from block {fork.BlockNumber} on: this chain was forked there, and a proof needs the whole state of the other one. Ask for a block below it"));
        }
        var state = SandboxChain.StateAt(_chain.View, ReadTag(parameters[2], RpcParameters.Name(2)));
        var account = state.Find(address);
        writer.WriteStartObject();
        writer.WriteAddress("address", address);
        WriteProof(writer, "accountProof", state.Prove(address));
        writer.WriteQuantity("balance", account?.Balance ?? default);
        writer.WriteHash("codeHash", (account?.Code ?? Code.Empty).Hash);
        writer.WriteQuantity("nonce", account?.Nonce ?? 0);
        writer.WriteHash("storageHash", account?.Storage.RootHash ?? TrieRoots.Empty);
        writer.WriteStartArray("storageProof");
        foreach (var (text, slot) in keys)
        {
            writer.WriteStartObject();
            writer.WriteString("key", text);
            writer.WriteQuantity("value", account?.ReadStorage(slot) ?? default);
            WriteProof(writer, "proof", account?.ProveStorage(slot) ?? []);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // A key comes back in the form in which it was given: 32 bytes, or a number.
    private static List<(string Text, UInt256 Slot)> ReadKeys(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > MaxProvedSlots)
        {
            throw RpcParameters.Invalid(RpcParameters.Name(1), $"expected an array of at most {MaxProvedSlots} slots");
        }
        var keys = new List<(string, UInt256)>();
        foreach (var key in element.EnumerateArray())
        {
            var slot = RpcParameters.ReadWord(key, RpcParameters.Name(1));
            keys.Add((key.GetString()!.Length == 66 ? Hash32.FromUInt256(slot).ToString() : slot.ToString("x", null), slot));
        }
        return keys;
    }

    private static void WriteProof(Utf8JsonWriter writer, string name, IReadOnlyList<byte[]> nodes)
    {
        writer.WriteStartArray(name);
        foreach (var node in nodes)
        {
            writer.WriteBytes(node);
        }
        writer.WriteEndArray();
    }
}
