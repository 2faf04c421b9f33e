using System.Text.Json;

namespace Purser.Ethereum;

/// <summary>Reads a JSON ABI.</summary>
internal static class AbiJson
{
    private const int MaxEntries = 10_000;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 256 };

    internal static AbiException TooLarge() => new($"The document is larger than {AbiContract.MaxSize} bytes.");

    internal static AbiContract Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > AbiContract.MaxSize)
        {
            throw TooLarge();
        }
        try
        {
            using var document = JsonDocument.Parse(json, s_strict);
            var root = document.RootElement;
            return Contract(root.ValueKind == JsonValueKind.Object && root.TryGetProperty("abi"u8, out var abi) ? abi : root);
        }
        catch (JsonException e)
        {
            throw new AbiException($"The document is not strict JSON (line {e.LineNumber}, byte {e.BytePositionInLine}).", e);
        }
        catch (InvalidOperationException e)
        {
            // The look for a member compares it with every name, and JSON can spell half a surrogate pair in one.
            throw new AbiException("A member's name holds half a surrogate pair.", e);
        }
    }

    private static AbiContract Contract(JsonElement abi)
    {
        if (abi.ValueKind != JsonValueKind.Array || abi.GetArrayLength() > MaxEntries)
        {
            throw new AbiException($"Expected an array of at most {MaxEntries} entries.");
        }
        AbiParameters? constructor = null;
        var (functions, events, errors) = (new List<AbiFunction>(), new List<AbiEvent>(), new List<AbiError>());
        var index = 0;
        foreach (var entry in abi.EnumerateArray())
        {
            var path = $"[{index++}]";
            if (entry.ValueKind != JsonValueKind.Object)
            {
                throw new AbiException($"{path}: expected an object.");
            }
            switch (Text(entry, "type", path, "function"))
            {
                case "function":
                    functions.Add(new(Identifier(entry, path), new(Parameters(entry, "inputs", path, false, 0)), new(Parameters(entry, "outputs", path, false, 0))));
                    break;
                case "event":
                    events.Add(new(Identifier(entry, path), Parameters(entry, "inputs", path, true, 0), Flag(entry, "anonymous", path)));
                    break;
                case "error":
                    errors.Add(new(Identifier(entry, path), new(Parameters(entry, "inputs", path, false, 0))));
                    break;
                case "constructor" when constructor is null:
                    constructor = new(Parameters(entry, "inputs", path, false, 0));
                    break;
                case "receive" or "fallback":
                    break;
                case var other:
                    throw new AbiException($"{path}: '{ForeignText.Clean(other, 60)}' has no place here.");
            }
        }
        return new(constructor ?? new([]), functions, events, errors);
    }

    private static List<AbiParameter> Parameters(JsonElement parent, string member, string path, bool indexed, int depth)
    {
        var parameters = new List<AbiParameter>();
        if (!parent.TryGetProperty(member, out var list))
        {
            return parameters;
        }
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxEntries)
        {
            throw new AbiException($"{path}.{member}: expected an array of at most {MaxEntries} parameters.");
        }
        foreach (var item in list.EnumerateArray())
        {
            var at = $"{path}.{member}[{parameters.Count}]";
            if (item.ValueKind != JsonValueKind.Object)
            {
                throw new AbiException($"{at}: expected an object.");
            }
            parameters.Add(new(Type(item, at, depth), Text(item, "name", at, ""), indexed && Flag(item, "indexed", at)));
        }
        return parameters;
    }

    private static AbiType Type(JsonElement parameter, string path, int depth)
    {
        var text = Text(parameter, "type", path, "");
        try
        {
            if (!text.StartsWith("tuple", StringComparison.Ordinal))
            {
                return AbiType.Parse(text);
            }
            // The bound holds the recursion; the type's own depth is checked when it is made.
            if (depth >= AbiType.MaxDepth)
            {
                throw new AbiException($"Tuples are nested deeper than {AbiType.MaxDepth}.");
            }
            var components = Parameters(parameter, "components", path, false, depth + 1);
            return components.Count > 0
                ? AbiSignatureParser.ParseDimensions(new AbiType.Tuple(components), text["tuple".Length..])
                : throw new AbiException("A tuple has at least one member.");
        }
        catch (AbiException e) when (!e.Message.StartsWith('['))
        {
            throw new AbiException($"{path}: {e.Message}", e);
        }
    }

    private static string Identifier(JsonElement entry, string path)
    {
        var name = Text(entry, "name", path, "");
        return name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$')
            ? name
            : throw new AbiException($"{path}.name: '{ForeignText.Clean(name, 60)}' is not an identifier.");
    }

    private static string Text(JsonElement element, string member, string path, string otherwise)
    {
        if (!element.TryGetProperty(member, out var value))
        {
            return otherwise;
        }
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new AbiException($"{path}.{member}: expected a string.");
        }
        catch (InvalidOperationException e)
        {
            // JSON can spell half a surrogate pair (RFC 8259, section 8.2), for which there is no UTF-8.
            throw new AbiException($"{path}.{member}: the text holds half a surrogate pair.", e);
        }
    }

    private static bool Flag(JsonElement element, string member, string path) => element.TryGetProperty(member, out var value) && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new AbiException($"{path}.{member}: expected true or false."),
    };
}
