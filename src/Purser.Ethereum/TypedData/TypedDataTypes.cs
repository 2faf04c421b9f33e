using System.Text;
using System.Text.Json;

namespace Purser.Ethereum;

/// <summary>The struct types of a typed-data document: checked, free of cycles, with their encodings and hashes.</summary>
internal sealed class TypedDataTypes
{
    internal const string DomainType = "EIP712Domain";

    // Bounds that no message comes near; the work is at most their product.
    private const int MaxTypes = 256;
    private const int MaxMembers = 256;
    private const int MaxDepth = 32;
    private const int MaxDimensions = 8;

    // Of the encodings of all types that have values together: each names all types that it reaches, so that types which all refer to each other
    // need their number times the document's size.
    private const int MaxEncodedLength = 4 * TypedData.MaxSize;

    private readonly Dictionary<string, Member[]> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Hash32> _hashes = new(StringComparer.Ordinal);
    private int _encodedLength;

    internal TypedDataTypes(JsonElement types, Member[] impliedDomain)
    {
        if (types.ValueKind != JsonValueKind.Object)
        {
            throw new TypedDataException("types", "expected an object");
        }
        foreach (var type in types.EnumerateObject())
        {
            if (_types.Count == MaxTypes)
            {
                throw new TypedDataException("types", $"more than {MaxTypes} types");
            }
            var name = TypedDataValues.Name(type, "types");
            if (!IsIdentifier(name) || IsReserved(name))
            {
                throw new TypedDataException("types", $"'{ForeignText.Clean(name, 60)}' cannot be the name of a struct");
            }
            _types.Add(name, ReadMembers(type.Value, $"types.{name}"));
        }
        if (_types.TryGetValue(DomainType, out var given))
        {
            TypedDataDomain.CheckType(given);
        }
        else
        {
            _types.Add(DomainType, impliedDomain);
        }
        CheckReferences();
    }

    internal sealed record Member(string Name, Field Type);

    // A member's type: an elementary one or a struct's name, inside of Dimensions (outermost last; null for T[]).
    internal sealed record Field(string Text, AbiType? Elementary, string Struct, IReadOnlyList<int?> Dimensions);

    internal bool Contains(string name) => _types.ContainsKey(name);

    internal Member[] Members(string name) => _types[name];

    internal Hash32 Hash(string name) => _hashes.TryGetValue(name, out var known) ? known : _hashes[name] = Eip712.TypeHash(Encode(name));

    internal string Encode(string name)
    {
        var referred = new SortedSet<string>(StringComparer.Ordinal);
        Collect(name, referred);
        referred.Remove(name);
        var text = new StringBuilder();
        foreach (var type in referred.Prepend(name))
        {
            text.Append(type).Append('(').AppendJoin(',', _types[type].Select(static m => $"{m.Type.Text} {m.Name}")).Append(')');
        }
        _encodedLength += text.Length;
        return _encodedLength <= MaxEncodedLength ? text.ToString() : throw new TypedDataException("types", $"their encodings need more than {MaxEncodedLength} characters");
    }

    private void Collect(string name, SortedSet<string> into)
    {
        if (into.Add(name))
        {
            foreach (var member in _types[name])
            {
                if (member.Type.Elementary is null)
                {
                    Collect(member.Type.Struct, into);
                }
            }
        }
    }

    private static Member[] ReadMembers(JsonElement members, string path)
    {
        if (members.ValueKind != JsonValueKind.Array)
        {
            throw new TypedDataException(path, "expected an array of members");
        }
        if (members.GetArrayLength() > MaxMembers)
        {
            throw new TypedDataException(path, $"more than {MaxMembers} members");
        }
        var all = new List<Member>();
        foreach (var json in members.EnumerateArray())
        {
            var at = $"{path}[{all.Count}]";
            var parts = TypedDataValues.Members(json, at, ["name", "type"]);
            var name = TypedDataValues.Text(parts["name"], $"{at}.name");
            if (!IsIdentifier(name))
            {
                throw new TypedDataException($"{at}.name", $"'{ForeignText.Clean(name, 60)}' is not an identifier");
            }
            if (all.Exists(m => m.Name == name))
            {
                throw new TypedDataException($"{at}.name", $"there is another member '{name}'");
            }
            all.Add(new(name, ReadField(TypedDataValues.Text(parts["type"], $"{at}.type"), $"{at}.type")));
        }
        return [.. all];
    }

    internal static Field ReadField(string text, string path)
    {
        var bracket = text.IndexOf('[', StringComparison.Ordinal);
        var name = bracket < 0 ? text : text[..bracket];
        var dimensions = new List<int?>();
        var rest = text.AsSpan(name.Length);
        while (!rest.IsEmpty)
        {
            var close = rest.IndexOf(']');
            int? length = null;
            if (rest[0] != '[' || close < 0 || dimensions.Count == MaxDimensions || (close > 1 && !TryLength(rest[1..close], out length)))
            {
                throw new TypedDataException(path, $"'{ForeignText.Clean(text, 60)}' is not a type");
            }
            dimensions.Add(length);
            rest = rest[(close + 1)..];
        }
        // The standard has no aliases: uint and int would hash as other types than the ones they stand for.
        var elementary = name is "uint" or "int" or "function" ? null : AbiType.Elementary(name);
        if (elementary is null && (!IsIdentifier(name) || IsReserved(name)))
        {
            throw new TypedDataException(path, $"'{ForeignText.Clean(text, 60)}' is not a type");
        }
        return new(text, elementary, elementary is null ? name : "", dimensions);
    }

    private static bool TryLength(ReadOnlySpan<char> digits, out int? length)
    {
        var ok = AbiType.TrySize(digits, out var size);
        length = size;
        return ok;
    }

    // Every name that is used is defined, no type contains itself, and none is nested too deep: a walk that keeps its own path.
    // A dynamic array may be empty, so that a type can refer to itself through one (a tree) and its values still end; how deep those go
    // is bounded by the document's depth. Directly, or through an array of fixed length, only null could end them: refused.
    private void CheckReferences()
    {
        var depths = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in _types.Keys)
        {
            Depth(name, depths, []);
        }
    }

    private int Depth(string name, Dictionary<string, int> depths, List<string> path)
    {
        if (depths.TryGetValue(name, out var known))
        {
            return known;
        }
        if (path.Contains(name))
        {
            throw new TypedDataException($"types.{name}", $"the type contains itself ({string.Join(" > ", path)} > {name})");
        }
        if (path.Count >= MaxDepth)
        {
            throw new TypedDataException($"types.{name}", $"types are nested deeper than {MaxDepth}");
        }
        path.Add(name);
        var deepest = 0;
        foreach (var member in _types[name])
        {
            if (member.Type.Elementary is not null)
            {
                continue;
            }
            if (!_types.ContainsKey(member.Type.Struct))
            {
                throw new TypedDataException($"types.{name}.{member.Name}", $"the type '{member.Type.Struct}' is not defined");
            }
            if (!member.Type.Dimensions.Contains(null))
            {
                deepest = Math.Max(deepest, Depth(member.Type.Struct, depths, path));
            }
        }
        path.RemoveAt(path.Count - 1);
        if (deepest + 1 > MaxDepth)
        {
            throw new TypedDataException($"types.{name}", $"types are nested deeper than {MaxDepth}");
        }
        return depths[name] = deepest + 1;
    }

    private static bool IsReserved(string name) => name is "uint" or "int" or "function" or "tuple" || AbiType.Elementary(name) is not null;

    private static bool IsIdentifier(string name)
    {
        if (name.Length is 0 or > 128 || char.IsAsciiDigit(name[0]))
        {
            return false;
        }
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '$'))
            {
                return false;
            }
        }
        return true;
    }
}
