using System.Text.Json;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// Reads what nodes answer, as the Execution API specification has it: quantities as the shortest <c>0x</c> hex, data as <c>0x</c> and whole bytes.
/// Whatever else stands there is a <see cref="ChainException"/> that names method and member.
/// </summary>
internal readonly struct RpcJson(string method, string path, JsonElement element)
{
    internal bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    internal RpcJson Member(string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Refuse("an object");
        }
        try
        {
            return new(method, path.Length == 0 ? name : $"{path}.{name}", element.TryGetProperty(name, out var member) ? member : default);
        }
        catch (InvalidOperationException)
        {
            // A member's name spells half a surrogate pair.
            throw Refuse("an object of strict JSON");
        }
    }

    internal IEnumerable<RpcJson> Items()
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Refuse("an array");
        }
        var i = 0;
        foreach (var item in element.EnumerateArray())
        {
            yield return new(method, $"{path}[{i++}]", item);
        }
    }

    internal UInt256 Quantity()
    {
        var text = Text("a quantity");
        // The shortest form: no empty digits, no leading zero but in 0x0.
        return text.Length is >= 3 and <= 66 && text.StartsWith("0x", StringComparison.Ordinal) && (text[2] != '0' || text.Length == 3) && UInt256.TryParse(text, out var value)
            ? value
            : throw Refuse("a quantity (0x and the shortest hex)");
    }

    internal ulong UInt64() => Quantity() is var value && value.FitsUInt64 ? (ulong)value : throw Refuse("a quantity of 64 bits");

    internal byte[] Data() => Hex.TryDecode(Text("data"), out byte[] bytes) ? bytes : throw Refuse("data (0x and whole bytes of hex)");

    internal Hash32 Hash() => Hash32.TryParse(Text("a hash"), out var hash) ? hash : throw Refuse("a hash (0x and 64 hex digits)");

    // EIP-1186 has slots as quantities in some nodes and as words in others.
    internal Hash32 Word() => element.ValueKind == JsonValueKind.String && Text(element).Length == 66 ? Hash() : Hash32.FromUInt256(Quantity());

    internal byte[] Data(int size) => Data() is var bytes && bytes.Length == size ? bytes : throw Refuse($"{size} bytes");

    internal UInt256? OptionalQuantity() => IsNull ? null : Quantity();

    internal ulong? OptionalUInt64() => IsNull ? null : UInt64();

    internal Hash32? OptionalHash() => IsNull ? null : Hash();

    internal Address? OptionalAddress() => IsNull ? null : Address();

    internal string Text() => Text("a text");

    internal double Ratio() => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) && double.IsFinite(value) && value >= 0 ? value : throw Refuse("a number that is not negative");

    internal Address Address() => Ethereum.Address.TryParse(Text("an address"), out var address) ? address : throw Refuse("an address");

    internal bool Boolean() => element.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => throw Refuse("a boolean") };

    // A JSON string may spell half a surrogate pair, for which there is no text.
    internal static string Text(JsonElement text)
    {
        try
        {
            return text.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    internal ChainException Refuse(string expected) => new($"{method}: the node's answer has not {expected} at {(path.Length == 0 ? "result" : path)}.");

    private string Text(string expected) => element.ValueKind == JsonValueKind.String ? Text(element) : throw Refuse(expected);
}
