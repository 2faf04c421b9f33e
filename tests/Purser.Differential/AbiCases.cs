using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Testing;

namespace Purser.Differential;

/// <summary>A function's arguments of drawn types, an event of elementary ones, and a packed list: as JSON ABI with values, and their bytes.</summary>
internal static class AbiCases
{
    internal static JsonObject Draw(Seeded seed)
    {
        var inputs = new JsonArray();
        var values = new List<object>();
        for (var left = seed.OneIn(20) ? 12 : seed.Between(1, 4); left > 0; left--)
        {
            inputs.Add((JsonNode)Parameter(seed, 4, out var value));
            values.Add(value());
        }
        var (eventInputs, eventValues) = Event(seed);
        var (packedTypes, packedValues) = Packed(seed);
        var abi = new JsonArray(
            new JsonObject { ["type"] = "function", ["name"] = "f", ["stateMutability"] = "nonpayable", ["inputs"] = inputs, ["outputs"] = new JsonArray() },
            new JsonObject { ["type"] = "event", ["name"] = "E", ["anonymous"] = false, ["inputs"] = eventInputs });
        // Through the reader of JSON ABIs, so that it is compared as well.
        var contract = AbiContract.Parse(abi.ToJsonString());
        var function = contract.Function("f");
        var calldata = function.Encode([.. values]);
        var (topics, data) = contract.Event("E").Encode([.. eventValues]);
        return new()
        {
            ["abi"] = abi,
            ["signature"] = function.Signature,
            ["selector"] = Hex.Encode(function.Selector),
            ["values"] = Json(values),
            ["calldata"] = Hex.Encode(calldata),
            // The other way round: what the bytes say when they are read again.
            ["decoded"] = Json(function.DecodeInput(calldata)),
            ["eventValues"] = Json(eventValues),
            ["topics"] = new JsonArray([.. topics.Select(static t => (JsonNode)t.ToString())]),
            ["eventData"] = Hex.Encode(data),
            ["packedTypes"] = new JsonArray([.. packedTypes.Select(static t => (JsonNode)t)]),
            ["packedValues"] = Json(packedValues),
            ["packed"] = Hex.Encode(AbiPacked.Encode($"({string.Join(',', packedTypes)})", [.. packedValues])),
        };
    }

    private static JsonObject Parameter(Seeded seed, int depth, out Func<object> value)
    {
        var kind = seed.Next(depth == 0 ? 4 : 7);
        if (kind < 4)
        {
            var type = Edges.Type(seed);
            value = () => Value(seed, type);
            return new() { ["name"] = "", ["type"] = type };
        }
        if (kind == 4)
        {
            var components = new JsonArray();
            var members = new List<Func<object>>();
            for (var left = seed.Between(1, 3); left > 0; left--)
            {
                components.Add((JsonNode)Parameter(seed, depth - 1, out var member));
                members.Add(member);
            }
            value = () => members.Select(static m => m()).ToArray();
            return new() { ["name"] = "", ["type"] = "tuple", ["components"] = components };
        }
        var element = Parameter(seed, depth - 1, out var one);
        int? length = kind == 5 ? null : seed.Between(1, 3);
        value = () => Enumerable.Range(0, length ?? seed.Next(4)).Select(_ => one()).ToArray();
        element["type"] = $"{element["type"]}[{length}]";
        return element;
    }

    private static (JsonArray Inputs, List<object> Values) Event(Seeded seed)
    {
        var inputs = new JsonArray();
        var values = new List<object>();
        var indexed = 0;
        for (var left = seed.Between(1, 5); left > 0; left--)
        {
            var type = Edges.Type(seed);
            var isIndexed = indexed < 3 && seed.OneIn(2);
            indexed += isIndexed ? 1 : 0;
            inputs.Add((JsonNode)new JsonObject { ["name"] = $"p{inputs.Count}", ["type"] = type, ["indexed"] = isIndexed });
            values.Add(Value(seed, type));
        }
        return (inputs, values);
    }

    private static (List<string> Types, List<object> Values) Packed(Seeded seed)
    {
        var types = new List<string>();
        var values = new List<object>();
        for (var left = seed.Between(1, 5); left > 0; left--)
        {
            var type = Edges.Type(seed);
            var isArray = seed.OneIn(4) && type is not ("string" or "bytes");
            types.Add(isArray ? type + "[]" : type);
            values.Add(isArray ? Enumerable.Range(0, seed.Next(4)).Select(_ => Value(seed, type)).ToArray() : Value(seed, type));
        }
        return (types, values);
    }

    private static object Value(Seeded seed, string type) => type switch
    {
        "bool" => seed.OneIn(2),
        "address" => Edges.Address(seed),
        "string" => Edges.Text(seed),
        "bytes" => Edges.Bytes(seed),
        ['b', 'y', 't', 'e', 's', .. var size] => Edges.Exactly(seed, int.Parse(size, CultureInfo.InvariantCulture)),
        ['u', 'i', 'n', 't', .. var bits] => Edges.Unsigned(seed, int.Parse(bits, CultureInfo.InvariantCulture)),
        _ => Edges.Signed(seed, int.Parse(type.AsSpan(3), CultureInfo.InvariantCulture)),
    };

    // Numbers as decimal text, bytes as 0x text, tuples and arrays as arrays.
    private static JsonNode Json(object value) => value switch
    {
        bool flag => flag,
        string text => text,
        byte[] bytes => Hex.Encode(bytes),
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        IReadOnlyList<object> list => new JsonArray([.. list.Select(Json)]),
        _ => value.ToString()!,
    };
}
