using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Sandbox.Rpc;

/// <summary>The positional parameters of a request, read strictly: every refusal is -32602 and names the parameter.</summary>
internal readonly struct RpcParameters(JsonElement array)
{
    /// <summary>How many there are.</summary>
    public int Count => array.GetArrayLength();

    /// <summary>One of them; undefined when there are not so many, or when it is null.</summary>
    public JsonElement this[int index] => index < Count && array[index].ValueKind != JsonValueKind.Null ? array[index] : default;

    /// <summary>Whether it is there and not null.</summary>
    public bool Has(int index) => this[index].ValueKind != JsonValueKind.Undefined;

    /// <summary>An address in <c>0x</c> hex of any case; wallets send both.</summary>
    public Address Address(int index) => ReadAddress(this[index], Name(index));

    /// <summary>32 bytes.</summary>
    public Hash32 Hash(int index) => ReadHash(this[index], Name(index));

    /// <summary>Bytes.</summary>
    public byte[] Data(int index) => ReadData(this[index], Name(index));

    /// <summary>A quantity: <c>0x</c> hex without leading zeros.</summary>
    public UInt256 Quantity(int index) => ReadQuantity(this[index], Name(index));

    /// <summary>A storage slot: a quantity, or 32 bytes with their zeros.</summary>
    public UInt256 Slot(int index) => ReadWord(this[index], Name(index));

    /// <summary>A number as the cheats take it: <c>0x</c> hex, or a JSON number.</summary>
    public ulong Number(int index) => ReadNumber(this[index], Name(index));

    /// <summary>A number of up to 256 bits as the cheats take it: <c>0x</c> hex, or a JSON number.</summary>
    public UInt256 Amount(int index) => this[index].ValueKind == JsonValueKind.Number ? ReadNumber(this[index], Name(index)) : Quantity(index);

    /// <summary>A boolean; the default when it is not there.</summary>
    public bool Flag(int index, bool otherwise) => this[index].ValueKind switch
    {
        JsonValueKind.Undefined => otherwise,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Invalid(Name(index), "expected true or false"),
    };

    /// <summary>What a parameter is called in messages.</summary>
    public static string Name(int index) => $"argument {index}";

    /// <summary>A refusal.</summary>
    public static RpcException Invalid(string name, string reason) => new(RpcException.InvalidParams, $"invalid {name}: {reason}");

    /// <summary>Reads an address.</summary>
    public static Address ReadAddress(JsonElement element, string name)
    {
        Span<byte> bytes = stackalloc byte[Purser.Ethereum.Address.Size];
        return Hex.TryDecode(Text(element, name), bytes) ? new(bytes) : throw Invalid(name, "expected an address of 20 bytes in 0x hex");
    }

    /// <summary>Reads 32 bytes.</summary>
    public static Hash32 ReadHash(JsonElement element, string name) =>
        Hash32.TryParse(Text(element, name), out var hash) ? hash : throw Invalid(name, "expected 32 bytes in 0x hex");

    /// <summary>Reads bytes.</summary>
    public static byte[] ReadData(JsonElement element, string name) =>
        Hex.TryDecode(Text(element, name), out var bytes) ? bytes : throw Invalid(name, "expected bytes in 0x hex: an even number of digits");

    /// <summary>Reads a quantity.</summary>
    public static UInt256 ReadQuantity(JsonElement element, string name)
    {
        var text = Text(element, name);
        if (!text.StartsWith("0x", StringComparison.Ordinal))
        {
            throw Invalid(name, "hex string without 0x prefix");
        }
        if (text.Length == 2)
        {
            throw Invalid(name, "hex string \"0x\" is no number");
        }
        if (text.Length > 3 && text[2] == '0')
        {
            throw Invalid(name, "hex number with leading zero digits");
        }
        return UInt256.TryParse(text, out var value) ? value : throw Invalid(name, "expected a hex number of at most 256 bits");
    }

    /// <summary>Reads a quantity of at most 64 bits.</summary>
    public static ulong ReadUInt64(JsonElement element, string name) =>
        ReadQuantity(element, name) is { FitsUInt64: true } value ? value.U0 : throw Invalid(name, "hex number of more than 64 bits");

    /// <summary>Reads <c>0x</c> hex of 1 to 64 digits, leading zeros allowed.</summary>
    public static UInt256 ReadWord(JsonElement element, string name)
    {
        var text = Text(element, name);
        return text.Length is > 2 and <= 66 && text.StartsWith("0x", StringComparison.Ordinal) && UInt256.TryParse(text, out var value)
            ? value : throw Invalid(name, "expected a slot in 0x hex of at most 32 bytes");
    }

    /// <summary>Reads hex or a JSON number.</summary>
    public static ulong ReadNumber(JsonElement element, string name)
    {
        if (element.ValueKind == JsonValueKind.Number)
        {
            return element.TryGetUInt64(out var number) ? number : throw Invalid(name, "expected a whole number that is not negative");
        }
        return ReadUInt64(element, name);
    }

    private static string Text(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Undefined => throw new RpcException(RpcException.InvalidParams, $"missing value for required {name}"),
        _ => throw Invalid(name, "expected a string"),
    };
}
