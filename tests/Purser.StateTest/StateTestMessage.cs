using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.StateTest;

/// <summary>The transaction of a state test with one choice of data, gas limit and value.</summary>
internal static class StateTestMessage
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">A number or address is not as the format says.</exception>
    public static Message Read(JsonElement transaction, int data, int gas, int value)
    {
        var to = transaction.GetProperty("to").GetString()!;
        var price = transaction.TryGetProperty("gasPrice", out var legacy) ? StateTestCase.Number(legacy.GetString()!) : (UInt256?)null;
        var blobs = transaction.TryGetProperty("blobVersionedHashes", out var hashes) ? hashes.EnumerateArray().Select(b => Hash32.Parse(b.GetString()!)).ToArray() : null;
        var accessList = ReadAccessList(transaction, data);
        var authorizations = transaction.TryGetProperty("authorizationList", out var list) ? list.EnumerateArray().Select(ReadAuthorization).ToArray() : null;
        return new()
        {
            Type = (byte)(authorizations is not null ? 4 : blobs is not null ? 3 : price is null ? 2 : accessList is not null ? 1 : 0),
            From = StateTestCase.AddressOf(transaction.GetProperty("sender").GetString()!),
            To = to.Length == 0 ? null : StateTestCase.AddressOf(to),
            Nonce = (ulong)StateTestCase.Number(transaction.GetProperty("nonce").GetString()!),
            GasLimit = (ulong)StateTestCase.Number(transaction.GetProperty("gasLimit")[gas].GetString()!),
            Value = StateTestCase.Number(transaction.GetProperty("value")[value].GetString()!),
            Data = Hex.Decode(transaction.GetProperty("data")[data].GetString()!),
            FeeCap = price ?? StateTestCase.Number(transaction.GetProperty("maxFeePerGas").GetString()!),
            TipCap = price ?? StateTestCase.Number(transaction.GetProperty("maxPriorityFeePerGas").GetString()!),
            AccessList = accessList ?? [],
            BlobHashes = blobs,
            Authorizations = authorizations,
            BlobFeeCap = transaction.TryGetProperty("maxFeePerBlobGas", out var blobFee) ? StateTestCase.Number(blobFee.GetString()!) : default,
        };
    }

    private static SignedAuthorization ReadAuthorization(JsonElement item)
    {
        UInt256 Read(string name) => StateTestCase.Number(item.GetProperty(name).GetString()!);
        var authorization = new Authorization(Read("chainId"), StateTestCase.AddressOf(item.GetProperty("address").GetString()!), (ulong)Read("nonce"));
        return new(authorization, (byte)(ulong)Read(item.TryGetProperty("yParity", out _) ? "yParity" : "v"), Read("r"), Read("s"));
    }

    private static AccessListEntry[]? ReadAccessList(JsonElement transaction, int data)
    {
        if (!transaction.TryGetProperty("accessLists", out var lists) || lists[data].ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        return [.. lists[data].EnumerateArray().Select(entry => new AccessListEntry(
            StateTestCase.AddressOf(entry.GetProperty("address").GetString()!),
            [.. entry.GetProperty("storageKeys").EnumerateArray().Select(key => Hash32.FromUInt256(StateTestCase.Number(key.GetString()!)))]))];
    }
}
