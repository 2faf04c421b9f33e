using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Intents;

/// <summary>The members of one intent's wire form: each is taken once, the first fault is kept, and what nobody took is unknown.</summary>
internal sealed class IntentMembers(JsonElement root)
{
    private readonly Dictionary<string, JsonElement> _left = root.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal);

    public IntentRefusal? Refusal { get; private set; }

    public JsonElement? Take(string name) => _left.Remove(name, out var value) ? value : null;

    public string Text(string name)
    {
        if (Take(name) is not { } value)
        {
            Refusal ??= new("intent_member_missing", name, $"'{name}' is missing");
            return "";
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString()!;
        }

        Refusal ??= IntentRefusal.Invalid(name, "a string");
        return "";
    }

    /// <summary>A member that may be left out; a JSON null is not left out.</summary>
    public string? OptionalText(string name) => _left.ContainsKey(name) ? Text(name) : null;

    /// <summary>A list of texts that may be left out.</summary>
    public IReadOnlyList<string>? OptionalTexts(string name)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static element => element.ValueKind == JsonValueKind.String))
        {
            return [.. value.EnumerateArray().Select(static element => element.GetString()!)];
        }

        Refusal ??= IntentRefusal.Invalid(name, "a list of strings");
        return null;
    }

    public Address Address(string name) => Value<Address>(name, "0x and 40 hex digits, in one case or with a right checksum");

    public T Value<T>(string name, string form)
        where T : struct, ISpanParsable<T>
    {
        var text = Text(name);
        if (T.TryParse(text, null, out var value))
        {
            return value;
        }

        Refusal ??= IntentRefusal.Invalid(name, form);
        return default;
    }

    public AssetId Asset(string name)
    {
        var text = Text(name);
        if (AssetId.TryParse(text, out var value))
        {
            return value;
        }

        Refusal ??= IntentRefusal.Invalid(name, "an asset in CAIP-19, such as eip155:8453/erc20:0x…");
        return default;
    }

    // Decimal and without leading zeros: UInt256 alone would read hexadecimal too.
    public UInt256 Amount(string name)
    {
        var text = Text(name);
        if (text.Length is > 0 and <= 78 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0') && UInt256.TryParse(text, out var value))
        {
            return value;
        }

        Refusal ??= IntentRefusal.Invalid(name, "minimal units as a string of digits, without leading zero, below 2^256");
        return default;
    }

    // Lower case alone, so that the same bytes have one spelling in what is kept and hashed.
    public ReadOnlyMemory<byte> Bytes(string name, int maxBytes)
    {
        var text = Text(name);
        if (text.Length <= 2 + (2 * maxBytes) && !text.AsSpan().ContainsAnyInRange('A', 'F') && Hex.TryDecode(text, out var bytes))
        {
            return bytes;
        }

        Refusal ??= IntentRefusal.Invalid(name, $"0x and lower-case hex digits of at most {maxBytes} bytes");
        return default;
    }

    public int Number(string name)
    {
        if (Take(name) is not { } value)
        {
            Refusal ??= new("intent_member_missing", name, $"'{name}' is missing");
            return 0;
        }

        // The raw text is looked at too: 3e2 and 300.0 are the same number in another spelling.
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && value.GetRawText().All(char.IsAsciiDigit))
        {
            return number;
        }

        Refusal ??= IntentRefusal.Invalid(name, "a whole number");
        return 0;
    }

    public IntentRefusal? Leftover() => _left.Keys.Order(StringComparer.Ordinal).FirstOrDefault() is { } name
        ? new("intent_member_unknown", UntrustedText.Clean(name, 40), $"{UntrustedText.Quote(name, 40)} is no member of this kind")
        : null;
}
