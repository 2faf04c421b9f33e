using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Purser.Ethereum;

/// <summary>Reads the values of a typed-data document by their types and lays out their words (<c>encodeData</c>).</summary>
internal sealed class TypedDataValues(TypedDataTypes types)
{
    // The integers that every reader of JSON carries exactly (RFC 8259, section 6).
    private static readonly BigInteger s_exact = (BigInteger.One << 53) - 1;

    internal byte[] EncodeStruct(string type, JsonElement value, string path)
    {
        var members = types.Members(type);
        var values = Members(value, path, [.. members.Select(static m => m.Name)]);
        var words = new byte[32 * (1 + members.Length)];
        types.Hash(type).CopyTo(words);
        for (var i = 0; i < members.Length; i++)
        {
            var member = members[i];
            Encode(member.Type, member.Type.Dimensions.Count, values[member.Name], Below(path, $".{member.Name}"), words.AsSpan(32 * (1 + i), 32));
        }
        return words;
    }

    // dimensions: how many of the field's array dimensions are still around the value.
    private void Encode(TypedDataTypes.Field field, int dimensions, JsonElement value, string path, Span<byte> word)
    {
        if (dimensions > 0)
        {
            EncodeArray(field, dimensions, value, path, word);
            return;
        }
        switch (field.Elementary)
        {
            case null:
                // Version 4: a struct that is null is 32 zero bytes, not the hash of an empty one.
                if (value.ValueKind != JsonValueKind.Null)
                {
                    Keccak256.Hash(EncodeStruct(field.Struct, value, path), word);
                }
                break;
            case AbiType.UInt or AbiType.Int:
                Number(field.Elementary, value, path).CopyTo(word);
                break;
            case AbiType.Bool:
                word[31] = value.ValueKind switch { JsonValueKind.True => 1, JsonValueKind.False => 0, _ => throw new TypedDataException(path, "expected true or false") };
                break;
            case AbiType.Address:
                (Address.TryParse(Text(value, path), out var address) ? address : throw new TypedDataException(path, "not an address")).CopyTo(word[12..]);
                break;
            case AbiType.FixedBytes fixed_:
                var bytes = Bytes(value, path);
                (bytes.Length == fixed_.Size ? bytes : throw new TypedDataException(path, $"{fixed_} has {fixed_.Size} bytes, not {bytes.Length}")).CopyTo(word);
                break;
            case AbiType.Bytes:
                Keccak256.Hash(Bytes(value, path), word);
                break;
            case AbiType.String:
                Keccak256.Hash(StrictUtf8.Encoding.GetBytes(Text(value, path)), word);
                break;
            default:
                throw AbiType.Unknown(field.Elementary);
        }
    }

    private void EncodeArray(TypedDataTypes.Field field, int dimensions, JsonElement value, string path, Span<byte> word)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new TypedDataException(path, "expected an array");
        }
        var count = value.GetArrayLength();
        if (field.Dimensions[dimensions - 1] is { } length && count != length)
        {
            throw new TypedDataException(path, $"expected {length} elements, not {count}");
        }
        var words = new byte[32 * count];
        var i = 0;
        foreach (var element in value.EnumerateArray())
        {
            Encode(field, dimensions - 1, element, Below(path, $"[{i}]"), words.AsSpan(32 * i, 32));
            i++;
        }
        Keccak256.Hash(words, word);
    }

    /// <summary>The members of an object, which are exactly the named ones.</summary>
    internal static Dictionary<string, JsonElement> Members(JsonElement value, string path, string[] names)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new TypedDataException(path, "expected an object");
        }
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            members.Add(Name(member, path), member.Value);
        }
        foreach (var name in names)
        {
            if (!members.ContainsKey(name))
            {
                throw new TypedDataException(path, $"the member '{name}' is missing");
            }
        }
        return members.Count == names.Length
            ? members
            : throw new TypedDataException(path, $"the member '{ForeignText.Clean(members.Keys.First(k => !names.Contains(k)), 60)}' has no place here");
    }

    // A path for refusals, cut where it is long: it is written for every value, and names of 128 characters under 60 levels would cost more than the values.
    private static string Below(string path, string part)
    {
        const int maxLength = 512;
        return path.Length + part.Length <= maxLength ? path + part : path.EndsWith('…') ? path : path + "…";
    }

    internal static string Name(JsonProperty member, string path)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new TypedDataException($"{path}: a member's name holds half a surrogate pair.", e);
        }
    }

    internal static string Text(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw new TypedDataException(path, "expected a string");
        }
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // JSON can spell half a surrogate pair (RFC 8259, section 8.2), for which there is no UTF-8.
            throw new TypedDataException($"{path}: the text holds half a surrogate pair.", e);
        }
    }

    /// <summary>A number as a word: decimal text, 0x text, or a JSON integer that every reader carries exactly.</summary>
    internal static byte[] Number(AbiType type, JsonElement value, string path)
    {
        BigInteger number;
        if (value.ValueKind == JsonValueKind.Number)
        {
            // Sixteen digits and a sign are the longest that fits; a million digits are not even parsed.
            if (value.GetRawText() is not { Length: <= 17 } digits || !IsInteger(digits) || !BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) || BigInteger.Abs(number) > s_exact)
            {
                throw new TypedDataException(path, "a JSON number here is an integer of at most 53 bits; write others as a string");
            }
        }
        else
        {
            var text = Text(value, path);
            var negative = text.StartsWith('-');
            if (!UInt256.TryParse(text.AsSpan(negative ? 1 : 0), out var magnitude) || (negative && (magnitude.IsZero || text.StartsWith("-0x", StringComparison.Ordinal))))
            {
                throw new TypedDataException(path, $"'{ForeignText.Clean(text, 90)}' is not a number of {type}");
            }
            number = negative ? -(BigInteger)magnitude : magnitude;
        }
        try
        {
            return ((UInt256)(type is AbiType.UInt unsigned ? AbiNumbers.Unsigned(unsigned, number, path) : AbiNumbers.Signed((AbiType.Int)type, number, path))).ToBigEndian();
        }
        catch (AbiException e)
        {
            throw new TypedDataException(path, e.Message[(path.Length + 2)..]);
        }
    }

    private static bool IsInteger(string text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }
        return text != "-0";
    }

    private static byte[] Bytes(JsonElement value, string path) =>
        Hex.TryDecode(Text(value, path), out byte[] bytes) ? bytes : throw new TypedDataException(path, "expected 0x and an even number of hex digits");
}
