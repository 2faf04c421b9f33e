using System.Text.Json.Nodes;

namespace Purser.Ethereum.Rpc;

/// <content>Fee history, access lists, proofs and state overrides.</content>
internal static partial class RpcShapes
{
    internal static FeeHistory FeeHistory(RpcJson json, int blocks, int percentiles)
    {
        var (fees, ratios, rewards, blobFees) = (json.Member("baseFeePerGas"), json.Member("gasUsedRatio"), json.Member("reward"), json.Member("baseFeePerBlobGas"));
        double[] used = ratios.IsNull ? [] : [.. ratios.Items().Select(static r => r.Ratio())];
        UInt256[] baseFees = fees.IsNull && used.Length == 0 ? [] : [.. fees.Items().Select(static f => f.Quantity())];
        if (used.Length > blocks || baseFees.Length != (used.Length == 0 ? baseFees.Length : used.Length + 1))
        {
            throw fees.Refuse($"one base fee more than blocks, and at most {blocks} blocks");
        }
        IReadOnlyList<IReadOnlyList<UInt256>> tips = percentiles == 0 || rewards.IsNull ? [] : [.. rewards.Items().Select(static row => (IReadOnlyList<UInt256>)[.. row.Items().Select(static f => f.Quantity())])];
        if (percentiles > 0 && (tips.Count != used.Length || tips.Any(row => row.Count != percentiles)))
        {
            throw rewards.Refuse($"{percentiles} tips for each block");
        }
        return new(json.Member("oldestBlock").UInt64(), baseFees, used, tips, blobFees.IsNull ? null : [.. blobFees.Items().Select(static f => f.Quantity())]);
    }

    internal static AccessListOutcome AccessListOutcome(RpcJson json)
    {
        var error = json.Member("error");
        return new(AccessList(json.Member("accessList")), json.Member("gasUsed").UInt64(), error.IsNull ? null : ForeignText.Clean(error.Text(), 500));
    }

    internal static IReadOnlyList<AccessListEntry> AccessList(RpcJson json) =>
        [.. json.Items().Select(static e => new AccessListEntry(e.Member("address").Address(), [.. e.Member("storageKeys").Items().Select(static k => k.Hash())]))];

    internal static AccountProof Proof(RpcJson json, Address account, IReadOnlyList<Hash32> slots)
    {
        var address = json.Member("address");
        var storage = json.Member("storageProof");
        StorageProof[] proofs = [.. storage.Items().Select(static s => new StorageProof(s.Member("key").Word(), s.Member("value").Quantity(), Nodes(s.Member("proof"))))];
        return new(
            address.Address() == account ? account : throw address.Refuse("the account that was asked for"),
            json.Member("balance").Quantity(),
            json.Member("nonce").UInt64(),
            json.Member("codeHash").Hash(),
            json.Member("storageHash").Hash(),
            Nodes(json.Member("accountProof")),
            proofs.Select(static p => p.Slot).SequenceEqual(slots) ? proofs : throw storage.Refuse("the slots that were asked for"));
    }

    internal static JsonObject Write(IReadOnlyDictionary<Address, StateOverride> overrides)
    {
        var json = new JsonObject();
        foreach (var (address, given) in overrides)
        {
            if (given.Storage is not null && given.Slots is not null)
            {
                throw new ArgumentException($"The override of {address} has both Storage and Slots.", nameof(overrides));
            }
            var account = new JsonObject();
            if (given.Balance is { } balance)
            {
                account["balance"] = balance.ToString("x", null);
            }
            if (given.Nonce is { } nonce)
            {
                account["nonce"] = $"0x{nonce:x}";
            }
            if (given.Code is { } code)
            {
                account["code"] = Hex.Encode(code.Span);
            }
            if ((given.Storage ?? given.Slots) is { } slots)
            {
                account[given.Storage is null ? "stateDiff" : "state"] = new JsonObject(slots.Select(static s => KeyValuePair.Create(s.Key.ToString(), (JsonNode?)s.Value.ToString())));
            }
            json[address.ToLowerHex()] = account;
        }
        return json;
    }

    private static IReadOnlyList<byte[]> Nodes(RpcJson json) => [.. json.Items().Select(static n => n.Data())];
}
