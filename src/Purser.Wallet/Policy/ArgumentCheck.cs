using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Wallet.Policy;

/// <summary>Decoded arguments against the rules of a policy, and the rules against the function that they are for.</summary>
internal static class ArgumentCheck
{
    /// <summary>What stands for the account that signs, among the values that an argument may have.</summary>
    public const string Self = "self";

    private static readonly UInt256 s_none = UInt256.Zero;

    /// <summary>Why the arguments break the rule; null when they keep it.</summary>
    public static string? FindBroken(ArgumentRule rule, AbiValues arguments, Address account)
    {
        if (!TryFind(rule.Path, arguments.Parameters, out _, out _))
        {
            return $"the function has no parameter '{UntrustedText.Clean(rule.Path, 60)}'";
        }

        foreach (var value in Values(rule.Path.Split('.'), 0, arguments))
        {
            if (Check(rule, value, account) is { } why)
            {
                return why;
            }
        }

        return null;
    }

    /// <summary>The unsigned integer at a path that leads through no array; null when there is none.</summary>
    public static UInt256? ReadAmount(string path, AbiValues arguments) =>
        TryFind(path, arguments.Parameters, out var type, out var inArray) && !inArray && type is AbiType.UInt ? (UInt256)Values(path.Split('.'), 0, arguments).Single() : null;

    /// <summary>The type of one element at a path, and whether it stands in an array. False when there is no such parameter, or two.</summary>
    public static bool TryFind(string path, IReadOnlyList<AbiParameter> parameters, [NotNullWhen(true)] out AbiType? type, out bool inArray)
    {
        (type, inArray) = (null, false);
        foreach (var name in path.Split('.'))
        {
            if (type is not null)
            {
                if (type is not AbiType.Tuple tuple)
                {
                    return false;
                }

                parameters = tuple.Components;
            }

            if (name.Length == 0 || parameters.Count(parameter => parameter.Name == name) != 1)
            {
                return false;
            }

            type = parameters.Single(parameter => parameter.Name == name).Type;
            for (; type is AbiType.Array array; type = array.Element)
            {
                inArray = true;
            }
        }

        return type is not null;
    }

    /// <summary>A value in the one text form of its type; null for what is no elementary type.</summary>
    public static string? Text(object value) => value switch
    {
        UInt256 number => number.ToString(),
        BigInteger number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Address address => address.ToString(),
        bool flag => flag ? "true" : "false",
        Hash32 hash => hash.ToString(),
        byte[] bytes => Hex.Encode(bytes),
        string text => text,
        _ => null,
    };

    /// <summary>A value as a human wrote it, in the one text form of its type; null when it is none of the type.</summary>
    public static string? Normalize(string text, AbiType type)
    {
        switch (type)
        {
            case AbiType.Address:
                return text == Self ? Self : Address.TryParse(text.AsSpan(), out var address) ? address.ToString() : null;
            case AbiType.UInt uint_:
                return IsDigits(text) && UInt256.TryParse(text, out var number) && number.BitLength <= uint_.Bits ? text : null;
            case AbiType.Int int_:
                var digits = text.StartsWith('-') ? text[1..] : text;
                return IsDigits(digits) && text != "-0" && BigInteger.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var signed)
                    && signed >= -(BigInteger.One << (int_.Bits - 1)) && signed < BigInteger.One << (int_.Bits - 1) ? text : null;
            case AbiType.Bool:
                return text is "true" or "false" ? text : null;
            case AbiType.FixedBytes fixed_:
                return Hex.TryDecode(text, out var bytes) && bytes.Length == fixed_.Size ? Hex.Encode(bytes) : null;
            case AbiType.Bytes:
                return Hex.TryDecode(text, out var any) ? Hex.Encode(any) : null;
            case AbiType.String:
                return text;
            default:
                return null;
        }
    }

    private static bool IsDigits(string text) => text.Length is > 0 and <= 78 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0');

    private static string? Check(ArgumentRule rule, object value, Address account)
    {
        if (value is int count)
        {
            return count > rule.MaxCount ? $"'{rule.Path}' has {count} elements, the policy allows {rule.MaxCount}" : null;
        }

        if ((rule.AtLeast ?? rule.AtMost) is not null)
        {
            var number = value is UInt256 unsigned ? unsigned : s_none;
            if (value is not UInt256 || number < (rule.AtLeast ?? number) || number > (rule.AtMost ?? number))
            {
                return $"'{rule.Path}' is {Shown(value)}, the policy allows {(rule.AtLeast is { } least ? $"from {least} " : "")}{(rule.AtMost is { } most ? $"to {most}" : "upward")}";
            }
        }

        return rule.OneOf is { } only && !only.Any(allowed => allowed == Self && value is Address ? (Address)value == account : allowed == Text(value))
            ? $"'{rule.Path}' is {Shown(value)}, which is none of the values that the policy allows"
            : null;
    }

    private static string Shown(object value) => value is string text ? UntrustedText.Quote(text, 80) : UntrustedText.Clean(Text(value) ?? "a tuple", 80);

    // Every elementary value at the path, and the size of every array on the way as an int.
    private static IEnumerable<object> Values(string[] path, int at, object value)
    {
        switch (value)
        {
            case object[] elements:
                yield return elements.Length;
                foreach (var inner in elements.SelectMany(element => Values(path, at, element)))
                {
                    yield return inner;
                }

                break;
            case AbiValues tuple when at < path.Length:
                foreach (var inner in Values(path, at + 1, tuple[path[at]]))
                {
                    yield return inner;
                }

                break;
            default:
                yield return value;
                break;
        }
    }
}
