using System.Reflection;

namespace Purser.Repo.Tests.PublicApi;

/// <summary>Types as C# writes them: keywords, generics, arrays, tuples, and a question mark where null may stand.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> _keywords = new()
    {
        [typeof(void)] = "void", [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short",
        [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong",
        [typeof(char)] = "char", [typeof(string)] = "string", [typeof(object)] = "object", [typeof(decimal)] = "decimal",
        [typeof(float)] = "float", [typeof(double)] = "double",
    };

    /// <summary>The name where nothing is known of null.</summary>
    public static string Of(Type type) => Of(type, null);

    /// <summary>The name with what the compiler noted of null, also inside generic arguments and arrays.</summary>
    public static string Of(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying) + "?";
        }

        // Of a type parameter that may be anything, the runtime says "may be null" whether or not the source does.
        var isOpen = type.IsGenericParameter && !type.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint);
        var mark = !type.IsValueType && !isOpen && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{mark}";
        }

        if (type.IsPointer)
        {
            return Of(type.GetElementType()!) + "*";
        }

        return (_keywords.TryGetValue(type, out var keyword) ? keyword : Generic(type, nullability)) + mark;
    }

    /// <summary>The name of a declared type with its own parameters: <c>Outer.Inner&lt;T&gt;</c>.</summary>
    public static string Declared(Type type) => Generic(type, null);

    private static string Generic(Type type, NullabilityInfo? nullability)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        var arguments = type.GetGenericArguments();
        var known = nullability?.GenericTypeArguments is { Length: var length } infos && length == arguments.Length ? infos : null;
        if (type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true)
        {
            return $"({string.Join(", ", arguments.Select((argument, i) => Of(argument, known?[i])))})";
        }

        // A nested type's parameters include those of the types around it; each name takes its own share.
        var parts = new List<string>();
        var used = 0;
        foreach (var level in Outwards(type).Reverse())
        {
            var tick = level.Name.IndexOf('`', StringComparison.Ordinal);
            if (tick < 0)
            {
                parts.Add(level.Name);
                continue;
            }

            var own = int.Parse(level.Name.AsSpan(tick + 1));
            var names = arguments.Skip(used).Take(own).Select((argument, i) => Of(argument, known?[used + i]));
            parts.Add($"{level.Name[..tick]}<{string.Join(", ", names)}>");
            used += own;
        }

        return string.Join('.', parts);
    }

    private static IEnumerable<Type> Outwards(Type type)
    {
        for (var level = type; level is not null; level = level.DeclaringType)
        {
            yield return level;
        }
    }
}
