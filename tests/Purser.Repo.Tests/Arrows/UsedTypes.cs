using System.Reflection;
using System.Reflection.Emit;

namespace Purser.Repo.Tests.Arrows;

/// <summary>
/// What a compiled type uses: in its signatures and in the bodies of its methods. Text can hide a use (relative names, aliases,
/// inferred types); compiled code cannot, but for constants, which the compiler copies.
/// </summary>
internal static class UsedTypes
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> _opCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>Every type that <paramref name="type"/> uses itself; not those of its nested types.</summary>
    public static IReadOnlySet<Type> By(Type type)
    {
        var used = new HashSet<Type>();
        Add(used, type.BaseType);
        AddAll(used, type.GetInterfaces());
        AddAll(used, type.GetFields(Declared).Select(field => field.FieldType));
        AddAttributes(used, type);
        foreach (var method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
        {
            Add(used, (method as MethodInfo)?.ReturnType);
            AddAll(used, method.GetParameters().Select(parameter => parameter.ParameterType));
            AddAttributes(used, method);
            AddBody(used, type, method);
        }

        return used;
    }

    private static void AddBody(HashSet<Type> used, Type type, MethodBase method)
    {
        if (method.GetMethodBody() is not { } body)
        {
            return;
        }

        AddAll(used, body.LocalVariables.Select(local => local.LocalType));
        var typeArguments = type.IsGenericType ? type.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        var code = body.GetILAsByteArray()!;
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xFE ? unchecked((short)(0xFE00 | code[at + 1])) : code[at]; // two-byte opcodes are negative numbers
            var opCode = _opCodes[value];
            at += opCode.Size;
            if (opCode.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok)
            {
                AddMember(used, method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments));
            }

            at += OperandSize(opCode.OperandType, code, at);
        }
    }

    private static void AddMember(HashSet<Type> used, MemberInfo? member)
    {
        Add(used, member as Type ?? member?.DeclaringType);
        if (member is FieldInfo field)
        {
            Add(used, field.FieldType);
        }
        else if (member is MethodBase method)
        {
            Add(used, (method as MethodInfo)?.ReturnType);
            AddAll(used, method.GetParameters().Select(parameter => parameter.ParameterType));
            AddAll(used, method.IsGenericMethod ? method.GetGenericArguments() : []);
        }
    }

    private static void AddAttributes(HashSet<Type> used, MemberInfo member)
    {
        foreach (var attribute in member.GetCustomAttributesData())
        {
            Add(used, attribute.AttributeType);
            AddAll(used, attribute.ConstructorArguments.Concat(attribute.NamedArguments.Select(one => one.TypedValue)).Select(one => one.Value).OfType<Type>());
        }
    }

    private static void AddAll(HashSet<Type> used, IEnumerable<Type> types)
    {
        foreach (var type in types)
        {
            Add(used, type);
        }
    }

    private static void Add(HashSet<Type> used, Type? type)
    {
        if (type is null)
        {
            return;
        }

        if (type.HasElementType)
        {
            Add(used, type.GetElementType());
        }
        else if (!type.IsGenericParameter && used.Add(type.IsGenericType ? type.GetGenericTypeDefinition() : type))
        {
            AddAll(used, type.GetGenericArguments());
        }
        else if (type.IsGenericType && !type.IsGenericTypeDefinition)
        {
            AddAll(used, type.GetGenericArguments());
        }
    }

    private static int OperandSize(OperandType type, byte[] code, int at) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };
}
