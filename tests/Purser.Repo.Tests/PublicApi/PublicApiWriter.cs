using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Purser.Repo.Tests.PublicApi;

/// <summary>
/// Writes what an assembly promises to its users, one line a member, sorted, so that a review sees each change of it. What the
/// compiler adds to records is left out; that they are records is said.
/// </summary>
internal static class PublicApiWriter
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The whole assembly.</summary>
    public static string Write(Assembly assembly) => Write(assembly.GetExportedTypes());

    /// <summary>These types.</summary>
    public static string Write(IEnumerable<Type> types)
    {
        var text = new StringBuilder();
        foreach (var group in types.Where(type => !type.Name.Contains('<', StringComparison.Ordinal)).GroupBy(type => type.Namespace).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            text.Append(text.Length > 0 ? "\n" : "").Append("namespace ").Append(group.Key).Append('\n');
            foreach (var type in group.OrderBy(TypeNames.Declared, StringComparer.Ordinal))
            {
                text.Append("  ").Append(Head(type)).Append('\n');
                foreach (var member in Members(type).Order(StringComparer.Ordinal))
                {
                    text.Append("    ").Append(member).Append('\n');
                }
            }
        }

        return text.ToString();
    }

    private static string Head(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type) && type.GetMethod("Invoke") is { } invoke)
        {
            return $"delegate {Returned(invoke)} {TypeNames.Declared(type)}({Parameters(invoke)})";
        }

        var record = IsRecord(type) ? "record " : "";
        var kind = type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : type.IsValueType ? $"{(IsReadOnly(type) ? "readonly " : "")}{(type.IsByRefLike ? "ref " : "")}{record}struct"
            : $"{(type is { IsAbstract: true, IsSealed: true } ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "")}{record}class";
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        // Of a record's own interface, and of those that another one brings along, nothing needs to be said.
        var own = type.GetInterfaces().Except(inherited).Where(one => one.IsPublic || one.IsNestedPublic)
            .Where(one => !(record.Length > 0 && one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IEquatable<>))).ToList();
        var shown = own.Where(one => !own.Any(other => other != one && other.GetInterfaces().Contains(one))).Select(TypeNames.Of).Order(StringComparer.Ordinal);
        var bases = type.IsEnum ? [TypeNames.Of(Enum.GetUnderlyingType(type))]
            : type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) ? shown.Prepend(TypeNames.Of(parent)) : shown;
        var list = string.Join(", ", bases);
        return $"{kind} {TypeNames.Declared(type)}{(list.Length > 0 ? " : " + list : "")}{Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return [];
        }

        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {((Enum)Enum.Parse(type, name)).ToString("D")}");
        }

        return type.GetConstructors(Declared).Where(IsPromised).Select(one => $"{Access(one)}{type.Name.Split('`')[0]}({Parameters(one)})")
            .Concat(type.GetFields(Declared).Where(IsPromised).Select(Field))
            .Concat(type.GetProperties(Declared).Where(one => Accessors(one).Any(IsVisible) && !IsGenerated(one)).Select(Property))
            .Concat(type.GetEvents(Declared).Where(one => IsVisible(one.AddMethod!)).Select(one => $"{Access(one.AddMethod!)}event {TypeNames.Of(one.EventHandlerType!, new NullabilityInfoContext().Create(one))} {one.Name}"))
            .Concat(type.GetMethods(Declared).Where(one => IsPromised(one) && (!one.IsSpecialName || one.Name.StartsWith("op_", StringComparison.Ordinal))).Select(Method));
    }

    private static string Field(FieldInfo field)
    {
        var type = TypeNames.Of(field.FieldType, new NullabilityInfoContext().Create(field));
        var access = field.IsFamily || field.IsFamilyOrAssembly ? "protected " : "";
        return field.IsLiteral ? $"{access}const {type} {field.Name} = {Literal(field.GetRawConstantValue())}"
            : $"{access}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private static string Property(PropertyInfo property)
    {
        var accessors = Accessors(property).Where(IsVisible).ToList();
        var first = accessors[0];
        var words = string.Concat(accessors.Select(one => $" {(accessors.Count > 1 && Access(one) != Access(first) ? Access(one) : "")}{Word(one)};"));
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var reference = property.PropertyType.IsByRef ? "ref " : "";
        return $"{Access(first)}{Modifiers(first)}{required}{reference}{TypeNames.Of(property.PropertyType, new NullabilityInfoContext().Create(property))} {name} {{{words} }}";

        string Word(MethodInfo one) => one == property.GetMethod ? "get"
            : one.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init" : "set";
    }

    private static string Method(MethodInfo method)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(one => one.Name))}>" : "";
        var name = method.Name.StartsWith("op_", StringComparison.Ordinal) ? "operator " + method.Name[3..] : method.Name;
        var constraints = method.IsGenericMethod ? Constraints(method.GetGenericArguments()) : "";
        return $"{Access(method)}{Modifiers(method)}{Returned(method)} {name}{generic}({Parameters(method)}){constraints}";
    }

    private static string Returned(MethodInfo method) =>
        (method.ReturnType.IsByRef ? "ref " : "") + TypeNames.Of(method.ReturnType, new NullabilityInfoContext().Create(method.ReturnParameter));

    private static string Parameters(MethodBase method)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return string.Join(", ", method.GetParameters().Select((one, i) => (i == 0 ? extension : "") + Parameter(one)));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        var mode = !parameter.ParameterType.IsByRef ? "" : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        var many = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "";
        var type = TypeNames.Of(parameter.ParameterType, new NullabilityInfoContext().Create(parameter));
        return $"{many}{mode}{type} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Default(parameter) : "")}";
    }

    private static string Default(ParameterInfo parameter) =>
        parameter.RawDefaultValue is null && parameter.ParameterType.IsValueType ? "default" : Literal(parameter.RawDefaultValue);

    private static string Literal(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        char one => $"'{one}'",
        bool yes => yes ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Constraints(Type[] arguments)
    {
        var text = new StringBuilder();
        foreach (var argument in arguments.Where(one => one.IsGenericParameter))
        {
            var flags = argument.GenericParameterAttributes;
            var words = new List<string>();
            if (flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
            {
                words.Add("struct");
            }
            else if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            {
                words.Add("class");
            }

            words.AddRange(argument.GetGenericParameterConstraints().Where(one => one != typeof(ValueType)).Select(TypeNames.Of));
            if (flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !words.Contains("struct"))
            {
                words.Add("new()");
            }

            text.Append(words.Count > 0 ? $" where {argument.Name} : {string.Join(", ", words)}" : "");
        }

        return text.ToString();
    }

    private static string Modifiers(MethodInfo method) =>
        (method.IsStatic ? "static " : "")
        + (method.DeclaringType!.IsInterface ? method is { IsStatic: true, IsAbstract: true } ? "abstract " : ""
            : method.IsAbstract ? "abstract "
            : method.IsVirtual && method.GetBaseDefinition() != method ? "override "
            : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "");

    private static string Access(MethodBase method) => method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "";

    private static IEnumerable<MethodInfo> Accessors(PropertyInfo property) => new[] { property.GetMethod, property.SetMethod }.OfType<MethodInfo>();

    // What a sealed type protects, nobody outside can reach.
    private static bool IsVisible(MethodBase method) =>
        method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed);

    private static bool IsPromised(MethodBase method) => IsVisible(method) && !IsGenerated(method);

    private static bool IsPromised(FieldInfo field) =>
        (field.IsPublic || ((field.IsFamily || field.IsFamilyOrAssembly) && !field.DeclaringType!.IsSealed)) && !IsGenerated(field);

    private static bool IsGenerated(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) || member.Name.Contains('<', StringComparison.Ordinal);

    private static bool IsReadOnly(Type type) => type.IsDefined(typeof(IsReadOnlyAttribute));

    private static bool IsRecord(Type type) =>
        type.GetMethod("<Clone>$", Declared) is not null
        || (type.IsValueType && type.GetMethod("PrintMembers", Declared) is { } print && IsGenerated(print));
}
