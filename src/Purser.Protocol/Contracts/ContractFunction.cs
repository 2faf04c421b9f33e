using System.Diagnostics.CodeAnalysis;
using Purser.Ethereum;

namespace Purser.Protocol.Contracts;

/// <summary>
/// A function of a contract as a human wrote it, with the names of its parameters, to which the rules of a policy refer and by which a call is shown. What it decodes is whole and canonical: the
/// arguments, encoded again, are the same bytes, so nothing can ride along behind or between them. Two are equal when their texts are.
/// </summary>
public sealed class ContractFunction : IEquatable<ContractFunction>
{
    /// <summary>The longest text that is read, in characters.</summary>
    public const int MaxLength = 1_000;

    private ContractFunction(string text, AbiFunction abi) => (Text, Abi) = (text, abi);

    /// <summary>As it was written, such as <c>stake(uint256 amount)</c>.</summary>
    public string Text { get; }

    /// <summary>The function.</summary>
    public AbiFunction Abi { get; }

    /// <summary>Reads it in Solidity's spelling; the keyword <c>function</c> may stand before it.</summary>
    /// <exception cref="FormatException">It is no function's signature; the message says where.</exception>
    public static ContractFunction Parse(string text) => TryParse(text, out var function, out var why) ? function : throw new FormatException(why);

    /// <summary>Reads it; false with the reason when it is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ContractFunction? function, [NotNullWhen(false)] out string? why)
    {
        ArgumentNullException.ThrowIfNull(text);
        (function, why) = (null, null);
        if (text.Length > MaxLength)
        {
            why = $"a function is at most {MaxLength} characters";
            return false;
        }

        try
        {
            function = new(text, AbiFunction.Parse(text));
            return true;
        }
        catch (AbiException e)
        {
            why = e.Message;
            return false;
        }
    }

    /// <summary>Decodes calldata of this function.</summary>
    /// <param name="calldata">Selector and arguments.</param>
    /// <param name="call">The call, when true.</param>
    /// <param name="why">When false: that it has another selector, is cut short, has anything too much, or is laid out otherwise than an encoder would.</param>
    public bool TryDecode(ReadOnlySpan<byte> calldata, [NotNullWhen(true)] out DecodedCall? call, [NotNullWhen(false)] out string? why)
    {
        (call, why) = (null, null);
        try
        {
            var arguments = Abi.DecodeInput(calldata);
            if (Abi.Encode([.. arguments]).AsSpan().SequenceEqual(calldata))
            {
                call = new(this, arguments);
                return true;
            }

            why = "its arguments are laid out otherwise than an encoder would";
        }
        catch (AbiException e)
        {
            why = e.Message;
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(ContractFunction? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ContractFunction);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>As it was written.</summary>
    public override string ToString() => Text;
}
