using System.Globalization;
using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Contracts;

/// <summary>A call of a known function with its arguments.</summary>
/// <param name="Function">The function.</param>
/// <param name="Arguments">The arguments in order, by place or by name; see <see cref="AbiType"/> for how each type is carried.</param>
public sealed record DecodedCall(ContractFunction Function, AbiValues Arguments)
{
    /// <summary>The longest text that <see cref="ToString"/> gives, in characters; what is longer is cut and marked.</summary>
    public const int MaxTextLength = 600;

    private const int MaxStringLength = 80;

    /// <summary>The argument of a name, or of a place (<c>0</c>, <c>1</c>, …) where the parameter has no name; null when there is none.</summary>
    public object? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var parameters = Arguments.Parameters;
        for (var i = 0; i < parameters.Count; i++)
        {
            if (name == (parameters[i].Name.Length > 0 ? parameters[i].Name : i.ToString(CultureInfo.InvariantCulture)))
            {
                return Arguments[i];
            }
        }

        return null;
    }

    /// <summary>One line for humans, such as <c>stake(uint256 amount = 1000)</c>. Strings in the arguments are cleaned and quoted, long bytes and lists are cut and counted.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Function.Abi.Name).Append('(');
        Write(text, Arguments);
        text.Append(')');
        return text.Length <= MaxTextLength ? text.ToString() : string.Concat(text.ToString().AsSpan(0, MaxTextLength - 1), "…");
    }

    private static void Write(StringBuilder text, AbiValues values)
    {
        for (var i = 0; i < values.Count && text.Length <= MaxTextLength; i++)
        {
            var parameter = values.Parameters[i];
            text.Append(i == 0 ? "" : ", ").Append(parameter.Type.Name).Append(parameter.Name.Length == 0 ? "" : $" {UntrustedText.Clean(parameter.Name, 60)}").Append(" = ");
            Write(text, values[i]);
        }
    }

    private static void Write(StringBuilder text, object value)
    {
        switch (value)
        {
            case AbiValues members:
                text.Append('(');
                Write(text, members);
                text.Append(')');
                break;
            case byte[] bytes:
                text.Append(bytes.Length <= 64 ? Hex.Encode(bytes) : $"{Hex.Encode(bytes.AsSpan(0, 64))}… ({bytes.Length} bytes)");
                break;
            case string foreign:
                text.Append(UntrustedText.Quote(foreign, MaxStringLength));
                break;
            case object[] elements:
                text.Append('[');
                for (var i = 0; i < elements.Length && text.Length <= MaxTextLength; i++)
                {
                    text.Append(i == 0 ? "" : ", ");
                    Write(text, elements[i]);
                }

                text.Append(']');
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            default:
                text.Append(string.Create(CultureInfo.InvariantCulture, $"{value}"));
                break;
        }
    }
}
