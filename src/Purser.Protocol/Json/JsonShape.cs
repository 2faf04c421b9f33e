using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Protocol.Json;

/// <summary>
/// Reads the members of one object as the protocol types them. The first thing that is wrong is kept in <see cref="Refusal"/>; after it every
/// read gives an empty value, so that a decoder reads all members in a row and asks once at the end. Unknown members are not looked at
/// (peers add some); null counts as absent (specs/x402.md 3.1). Shapes of one text share their refusal.
/// </summary>
public sealed class JsonShape
{
    private readonly State _state;
    private readonly string _path;

    private JsonShape(JsonElement element, string path, State state)
    {
        Element = element;
        _path = path;
        _state = state;
    }

    /// <summary>The object as it came, for what is echoed verbatim.</summary>
    public JsonElement Element { get; }

    /// <summary>The first thing that was wrong in the whole text, or null.</summary>
    public JsonRefusal? Refusal => _state.Refusal;

    /// <summary>Whether nothing was wrong so far.</summary>
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool Ok => _state.Refusal is null;

    /// <summary>Begins at a root, which has to be an object.</summary>
    public static JsonShape Of(JsonElement root)
    {
        var shape = new JsonShape(root, "$", new State());
        if (root.ValueKind is not JsonValueKind.Object)
        {
            shape.Refuse(JsonRefusalCodes.WrongType, "$", $"Expected an object, not {Name(root.ValueKind)}");
        }

        return shape;
    }

    /// <summary>Parses a text strictly and begins at its root; a text that is refused gives a shape that carries the refusal.</summary>
    public static JsonShape Parse(ReadOnlySpan<byte> utf8, JsonLimits? limits = null)
    {
        if (StrictJson.TryParse(utf8, limits, out var root, out var refusal))
        {
            return Of(root);
        }

        return Refused(refusal);
    }

    /// <summary>A shape of a text that was refused before it was JSON.</summary>
    public static JsonShape Refused(JsonRefusal refusal) => new(default, "$", new State { Refusal = refusal });

    /// <summary>Records a refusal about one member, unless there is one already.</summary>
    /// <param name="member">The member's name.</param>
    /// <param name="message">What was expected.</param>
    public void RefuseValue(string member, string message) => Refuse(JsonRefusalCodes.BadValue, $"{_path}.{member}", message);

    /// <summary>Refuses a member that is none of these, and one that is null: for files that people write, where a peer's tolerance would pass over a typing error.</summary>
    public void OnlyMembers(params ReadOnlySpan<string> known)
    {
        if (!Ok)
        {
            return;
        }

        foreach (var member in Element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                RefuseValue(UntrustedText.Clean(member.Name, 40), "The member is not known");
            }
            else if (member.Value.ValueKind is JsonValueKind.Null)
            {
                RefuseValue(member.Name, "Null says nothing; leave the member out");
            }
        }
    }

    /// <summary>A string that must be there.</summary>
    /// <param name="member">The member's name.</param>
    /// <param name="maxLength">The most UTF-16 units.</param>
    public string String(string member, int maxLength = 512) => OptionalString(member, maxLength) ?? Missing(member, "");

    /// <summary>A string, or null when absent.</summary>
    public string? OptionalString(string member, int maxLength = 512)
    {
        if (!TryGet(member, JsonValueKind.String, out var value))
        {
            return null;
        }

        var text = value.GetString()!;
        if (text.Length > maxLength)
        {
            RefuseValue(member, $"At most {maxLength} characters are read");
            return "";
        }

        return text;
    }

    /// <summary>A whole number that must be there, as a JSON number without fraction or exponent, within bounds.</summary>
    public long Integer(string member, long min, long max)
    {
        if (!TryGet(member, JsonValueKind.Number, out var value))
        {
            return Missing(member, min);
        }

        if (long.TryParse(value.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        RefuseValue(member, $"Expected a whole number from {min} to {max}");
        return min;
    }

    /// <summary>True or false; must be there.</summary>
    public bool Boolean(string member)
    {
        if (!Ok)
        {
            return false;
        }

        if (!Element.TryGetProperty(member, out var value) || value.ValueKind is JsonValueKind.Null)
        {
            return Missing(member, false);
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        WrongType(member, "true or false", value.ValueKind);
        return false;
    }

    /// <summary>Money: a string of decimal digits without sign, fraction, exponent or leading zeros, below 2^256. A JSON number is refused: readers round it.</summary>
    public UInt256 Amount(string member)
    {
        var text = String(member, 78);
        if (Ok && (!UInt256.TryParse(text, out var amount) || !char.IsAsciiDigit(text[^1]) || text.StartsWith("0x", StringComparison.Ordinal)))
        {
            RefuseValue(member, "Expected decimal digits in a string, in minimal units, below 2^256");
            return default;
        }

        return Ok ? UInt256.Parse(text) : default;
    }

    /// <summary>A string in the one text form of a value type.</summary>
    public T Value<T>(string member)
        where T : struct, ISpanParsable<T>
    {
        var text = String(member, 1024);
        if (Ok && T.TryParse(text, null, out var value))
        {
            return value;
        }

        if (Ok)
        {
            RefuseValue(member, $"Expected a string that is a {typeof(T).Name}");
        }

        return default;
    }

    /// <summary>A string of <c>0x</c> and hex digits, at most <paramref name="maxBytes"/> bytes.</summary>
    public byte[] Bytes(string member, int maxBytes)
    {
        var text = String(member, 2 + (2 * maxBytes));
        if (Ok && Hex.TryDecode(text, out var bytes))
        {
            return bytes;
        }

        if (Ok)
        {
            RefuseValue(member, "Expected 0x and an even number of hex digits");
        }

        return [];
    }

    /// <summary>An object that must be there.</summary>
    public JsonShape Object(string member) => OptionalObject(member) ?? Missing(member, new JsonShape(default, $"{_path}.{member}", _state));

    /// <summary>An object, or null when absent.</summary>
    public JsonShape? OptionalObject(string member) =>
        TryGet(member, JsonValueKind.Object, out var value) ? new JsonShape(value, $"{_path}.{member}", _state) : null;

    /// <summary>An array of objects that must be there.</summary>
    public IReadOnlyList<JsonShape> Objects(string member)
    {
        if (!TryGet(member, JsonValueKind.Array, out var array))
        {
            return Missing<IReadOnlyList<JsonShape>>(member, []);
        }

        var shapes = new List<JsonShape>();
        foreach (var element in array.EnumerateArray())
        {
            var path = $"{_path}.{member}[{shapes.Count}]";
            if (element.ValueKind is not JsonValueKind.Object)
            {
                Refuse(JsonRefusalCodes.WrongType, path, $"Expected an object, not {Name(element.ValueKind)}");
                return [];
            }

            shapes.Add(new JsonShape(element, path, _state));
        }

        return shapes;
    }

    /// <summary>The strings of an array; empty when it is absent.</summary>
    public IReadOnlyList<string> OptionalStrings(string member)
    {
        if (!TryGet(member, JsonValueKind.Array, out var array))
        {
            return [];
        }

        var texts = new List<string>();
        foreach (var element in array.EnumerateArray())
        {
            if (element.ValueKind is not JsonValueKind.String)
            {
                Refuse(JsonRefusalCodes.WrongType, $"{_path}.{member}[{texts.Count}]", $"Expected a string, not {Name(element.ValueKind)}");
                return [];
            }

            texts.Add(element.GetString()!);
        }

        return texts;
    }

    /// <summary>Whether the member is there and not null.</summary>
    public bool Has(string member) => Ok && Element.TryGetProperty(member, out var value) && value.ValueKind is not JsonValueKind.Null;

    private bool TryGet(string member, JsonValueKind kind, out JsonElement value)
    {
        value = default;
        if (!Ok || !Element.TryGetProperty(member, out value) || value.ValueKind is JsonValueKind.Null)
        {
            return false;
        }

        if (value.ValueKind == kind)
        {
            return true;
        }

        WrongType(member, Name(kind), value.ValueKind);
        return false;
    }

    private T Missing<T>(string member, T empty)
    {
        Refuse(JsonRefusalCodes.Missing, $"{_path}.{member}", "The member is missing");
        return empty;
    }

    private void WrongType(string member, string expected, JsonValueKind actual) =>
        Refuse(JsonRefusalCodes.WrongType, $"{_path}.{member}", $"Expected {expected}, not {Name(actual)}");

    private void Refuse(string code, string path, string message) => _state.Refusal ??= new JsonRefusal(code, path, -1, message);

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Null => "null",
        _ => "nothing",
    };

    private sealed class State
    {
        public JsonRefusal? Refusal { get; set; }
    }
}
