using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <summary>Reads the state overrides and block overrides of calls as geth and anvil take them; every refusal is -32602 and names the member.</summary>
internal static class OverridesReader
{
    // More gas than this would let one call run for minutes.
    private const ulong MaxGasLimit = 1_000_000_000;

    /// <summary>Reads both; what is not given changes nothing.</summary>
    /// <param name="state">An object of accounts by address, or undefined.</param>
    /// <param name="block">An object, or undefined.</param>
    public static CallOverrides Read(JsonElement state, JsonElement block)
    {
        if (state.ValueKind == JsonValueKind.Undefined && block.ValueKind == JsonValueKind.Undefined)
        {
            return CallOverrides.None;
        }
        return ReadBlock(block) with { Accounts = ReadAccounts(state) };
    }

    private static IReadOnlyList<AccountOverride> ReadAccounts(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return [];
        }
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RpcParameters.Invalid("state overrides", "expected an object of accounts by address");
        }
        var accounts = new Dictionary<Address, AccountOverride>();
        Span<byte> bytes = stackalloc byte[Address.Size];
        foreach (var member in element.EnumerateObject())
        {
            // Text that differs in case may name one account twice, which the JSON reader cannot see.
            if (!Hex.TryDecode(member.Name, bytes) || !accounts.TryAdd(new(bytes), ReadAccount(new(bytes), member.Value)))
            {
                throw RpcParameters.Invalid("state overrides", "expected addresses of 20 bytes in 0x hex, each at most once");
            }
        }
        return [.. accounts.Values];
    }

    private static AccountOverride ReadAccount(Address address, JsonElement element)
    {
        var name = $"state override of {address}";
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RpcParameters.Invalid(name, "expected an object");
        }
        var read = new AccountOverride(address);
        foreach (var member in element.EnumerateObject())
        {
            var (value, path) = (member.Value, $"{name}.{member.Name}");
            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }
            read = member.Name switch
            {
                "balance" => read with { Balance = RpcParameters.ReadQuantity(value, path) },
                "nonce" => read with { Nonce = RpcParameters.ReadNumber(value, path) },
                "code" => read with { Code = RpcParameters.ReadData(value, path) },
                "state" => read with { Storage = ReadSlots(value, path) },
                "stateDiff" => read with { StorageDifference = ReadSlots(value, path) },
                _ => throw RpcParameters.Invalid(name, "knows balance, nonce, code, state and stateDiff only"),
            };
        }
        return read is { Storage: not null, StorageDifference: not null } ? throw RpcParameters.Invalid(name, "has both 'state' and 'stateDiff'") : read;
    }

    private static IReadOnlyList<KeyValuePair<UInt256, UInt256>> ReadSlots(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RpcParameters.Invalid(name, "expected an object of slots");
        }
        var slots = new List<KeyValuePair<UInt256, UInt256>>();
        foreach (var member in element.EnumerateObject())
        {
            var slot = member.Name.Length is > 2 and <= 66 && member.Name.StartsWith("0x", StringComparison.Ordinal) && UInt256.TryParse(member.Name, out var number)
                ? number : throw RpcParameters.Invalid(name, "expected slots in 0x hex of at most 32 bytes");
            slots.Add(new(slot, RpcParameters.ReadWord(member.Value, name)));
        }
        return slots;
    }

    private static CallOverrides ReadBlock(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return new();
        }
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RpcParameters.Invalid("block overrides", "expected an object");
        }
        var read = new CallOverrides();
        foreach (var member in element.EnumerateObject())
        {
            var (value, path) = (member.Value, $"block overrides.{member.Name}");
            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }
            // geth's names, and those that other clients have for the same.
            read = member.Name switch
            {
                "number" => read with { Number = RpcParameters.ReadNumber(value, path) },
                "time" => read with { Timestamp = RpcParameters.ReadNumber(value, path) },
                "gasLimit" => read with { GasLimit = ReadGasLimit(value, path) },
                "feeRecipient" or "coinbase" => read with { Coinbase = RpcParameters.ReadAddress(value, path) },
                "prevRandao" or "random" => read with { PrevRandao = RpcParameters.ReadHash(value, path) },
                "baseFeePerGas" or "baseFee" => read with { BaseFee = RpcParameters.ReadQuantity(value, path) },
                "blobBaseFee" => read with { BlobBaseFee = RpcParameters.ReadQuantity(value, path) },
                _ => throw RpcParameters.Invalid("block overrides", "knows number, time, gasLimit, feeRecipient, prevRandao, baseFeePerGas and blobBaseFee only"),
            };
        }
        return read;
    }

    private static ulong ReadGasLimit(JsonElement value, string name) =>
        RpcParameters.ReadNumber(value, name) is var gas and <= MaxGasLimit ? gas : throw RpcParameters.Invalid(name, $"more than {MaxGasLimit} gas");
}
