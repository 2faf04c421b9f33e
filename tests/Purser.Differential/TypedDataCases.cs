using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Testing;

namespace Purser.Differential;

/// <summary>Typed-data documents of drawn types with drawn messages, and their hashes.</summary>
internal static class TypedDataCases
{
    private static readonly Dictionary<string, string> s_domainTypes = new()
    {
        ["name"] = "string", ["version"] = "string", ["chainId"] = "uint256", ["verifyingContract"] = "address", ["salt"] = "bytes32",
    };

    internal static JsonObject Draw(Seeded seed)
    {
        var types = Types(seed, out var isRecursive);
        var domain = Domain(seed);
        var message = Struct(seed, types, "T0", 0);
        var document = new JsonObject
        {
            ["types"] = Json(types, domain, seed.Next(5), out var isReordered),
            ["primaryType"] = "T0",
            ["domain"] = domain,
            ["message"] = message,
        };
        var read = TypedData.Parse(document.ToJsonString());
        return new()
        {
            ["document"] = document,
            ["isRecursive"] = isRecursive,
            ["isReordered"] = isReordered,
            ["encodedType"] = read.EncodedType,
            ["structHash"] = read.StructHash.ToString(),
            ["digest"] = read.Hash().ToString(),
        };
    }

    // T0 is the message; each type refers to the next, so that all are reached, and to any later one. Now and then a chain of thirty.
    private static List<List<(string Name, string Type)>> Types(Seeded seed, out bool isRecursive)
    {
        var isDeep = seed.OneIn(25);
        var count = isDeep ? 30 : seed.Between(1, 4);
        var types = new List<List<(string, string)>>();
        for (var i = 0; i < count; i++)
        {
            var members = new List<(string, string)>();
            for (var left = isDeep ? 1 : seed.Between(1, 5); left > 0; left--)
            {
                members.Add(($"m{members.Count}", Edges.Type(seed) + Dimensions(seed, 3)));
            }
            if (i < count - 1)
            {
                members.Insert(seed.Next(members.Count + 1), ("next", $"T{i + 1}{(isDeep ? "" : Dimensions(seed, 2))}"));
            }
            if (i < count - 2 && seed.OneIn(3))
            {
                members.Add(("other", $"T{seed.Between(i + 1, count - 1)}"));
            }
            types.Add(members);
        }
        isRecursive = seed.OneIn(10);
        if (isRecursive)
        {
            types[0].Add(("children", "T0[]"));
        }
        return types;
    }

    private static string Dimensions(Seeded seed, int oneIn) => !seed.OneIn(oneIn) ? ""
        : seed.Next(4) switch { 0 => "[]", 1 => $"[{seed.Between(1, 3)}]", 2 => $"[{seed.Between(1, 2)}][]", _ => "[][]" };

    // form: 0 says the domain's type in an order of its own, 1 in the standard's, the others leave it out.
    private static JsonObject Json(List<List<(string Name, string Type)>> types, JsonObject domain, int form, out bool isReordered)
    {
        var json = new JsonObject();
        isReordered = form == 0 && domain.Count > 1;
        if (form < 2)
        {
            var members = domain.Select(static m => m.Key).Select(static name => (JsonNode)new JsonObject { ["name"] = name, ["type"] = s_domainTypes[name] });
            json["EIP712Domain"] = new JsonArray([.. form == 0 ? members.Reverse() : members]);
        }
        for (var i = 0; i < types.Count; i++)
        {
            json.Add($"T{i}", new JsonArray([.. types[i].Select(static m => (JsonNode)new JsonObject { ["name"] = m.Name, ["type"] = m.Type })]));
        }
        return json;
    }

    private static JsonObject Domain(Seeded seed)
    {
        var domain = new JsonObject();
        if (seed.OneIn(2))
        {
            domain["name"] = Edges.Text(seed);
        }
        if (seed.OneIn(2))
        {
            domain["version"] = Edges.Text(seed);
        }
        if (seed.OneIn(2))
        {
            domain["chainId"] = Number(seed, Edges.Unsigned(seed, 64));
        }
        if (seed.OneIn(2))
        {
            domain["verifyingContract"] = Edges.AddressText(seed, Edges.Address(seed));
        }
        if (seed.OneIn(4))
        {
            domain["salt"] = Hex.Encode(Edges.Exactly(seed, 32));
        }
        return domain;
    }

    private static JsonObject Struct(Seeded seed, List<List<(string Name, string Type)>> types, string name, int depth)
    {
        var json = new JsonObject();
        foreach (var (member, type) in types[int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture)])
        {
            json[member] = Value(seed, types, type, depth);
        }
        return json;
    }

    private static JsonNode Value(Seeded seed, List<List<(string Name, string Type)>> types, string type, int depth)
    {
        if (type.EndsWith(']'))
        {
            var open = type.LastIndexOf('[');
            // Deep values are few: what grows with the depth is the chain, not its breadth.
            var length = open + 2 < type.Length ? int.Parse(type.AsSpan(open + 1, type.Length - open - 2), CultureInfo.InvariantCulture) : depth > 3 ? 0 : seed.Next(depth > 1 ? 2 : 4);
            return new JsonArray([.. Enumerable.Range(0, length).Select(_ => Value(seed, types, type[..open], depth))]);
        }
        return type switch
        {
            ['T', ..] => Struct(seed, types, type, depth + 1),
            "bool" => seed.OneIn(2),
            "address" => Edges.AddressText(seed, Edges.Address(seed)),
            "string" => Edges.Text(seed),
            "bytes" => Hex.Encode(Edges.Bytes(seed)),
            ['b', 'y', 't', 'e', 's', .. var size] => Hex.Encode(Edges.Exactly(seed, int.Parse(size, CultureInfo.InvariantCulture))),
            ['u', 'i', 'n', 't', .. var bits] => Number(seed, Edges.Unsigned(seed, int.Parse(bits, CultureInfo.InvariantCulture))),
            _ => Number(seed, Edges.Signed(seed, int.Parse(type.AsSpan(3), CultureInfo.InvariantCulture))),
        };
    }

    // In each of the forms that a wallet is handed: decimal text, 0x text, a JSON integer.
    private static JsonNode Number(Seeded seed, BigInteger number) => seed.Next(3) switch
    {
        0 when BigInteger.Abs(number) < (BigInteger.One << 53) => (long)number,
        1 when number.Sign >= 0 => $"0x{(number.IsZero ? "0" : number.ToString("x", CultureInfo.InvariantCulture).TrimStart('0'))}",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };
}
