using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Sandbox.Rpc;

/// <content>Authorizations of EIP-7702 in calls and transactions, as geth's and anvil's clients write them.</content>
internal sealed partial class RpcMethods
{
    // Each costs a recovery of a key, and more gas than a block has for many more.
    private const int MaxAuthorizations = 10_000;

    // Null when there are none: an empty list is that of a transaction that has to be refused.
    private static IReadOnlyList<SignedAuthorization>? ReadAuthorizations(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return null;
        }
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > MaxAuthorizations)
        {
            throw RpcParameters.Invalid("authorizationList", $"expected an array of at most {MaxAuthorizations}");
        }
        return [.. element.EnumerateArray().Select(ReadAuthorization)];
    }

    private static SignedAuthorization ReadAuthorization(JsonElement element)
    {
        const string name = "authorizationList";
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RpcParameters.Invalid(name, "expected objects with chainId, address, nonce, yParity, r and s");
        }
        // Older clients say v, of which the parity is the same.
        var parity = Member(element, "yParity"u8) is { ValueKind: not JsonValueKind.Undefined } given ? given : Member(element, "v"u8);
        var y = RpcParameters.ReadUInt64(parity, $"{name}.yParity");
        return new(
            new(RpcParameters.ReadQuantity(Member(element, "chainId"u8), $"{name}.chainId"), RpcParameters.ReadAddress(Member(element, "address"u8), $"{name}.address"),
                RpcParameters.ReadUInt64(Member(element, "nonce"u8), $"{name}.nonce")),
            y <= byte.MaxValue ? (byte)y : throw RpcParameters.Invalid($"{name}.yParity", "hex number of more than 8 bits"),
            // Bytes of a signature: clients write them with zeros in front and without.
            RpcParameters.ReadWord(Member(element, "r"u8), $"{name}.r"),
            RpcParameters.ReadWord(Member(element, "s"u8), $"{name}.s"));
    }
}
