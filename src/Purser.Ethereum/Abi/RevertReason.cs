using System.Globalization;
using System.Numerics;
using System.Text;

namespace Purser.Ethereum;

/// <summary>Why a call reverted, as far as its revert data tells. <see cref="object.ToString"/> is one line that is safe to show. The family is closed.</summary>
public abstract record RevertReason
{
    // A contract's text; longer ones are cut.
    private const int MaxText = 300;

    private static readonly AbiError s_error = AbiError.Parse("error Error(string message)");
    private static readonly AbiError s_panic = AbiError.Parse("error Panic(uint256 code)");

    private RevertReason()
    {
    }

    /// <summary>No data: <c>revert()</c>, out of gas, an invalid opcode, or a call to what is no contract.</summary>
    public sealed record NoData : RevertReason
    {
        /// <inheritdoc/>
        public override string ToString() => "reverted without a reason";
    }

    /// <summary><c>require(…, message)</c> or <c>revert(message)</c>: <c>Error(string)</c>.</summary>
    /// <param name="Text">The contract's text, cleaned by <see cref="ForeignText.Clean"/>.</param>
    public sealed record Message(string Text) : RevertReason
    {
        /// <inheritdoc/>
        public override string ToString() => Text.Length == 0 ? "reverted with an empty message" : Text;
    }

    /// <summary>A check of the compiler failed: <c>Panic(uint256)</c>.</summary>
    /// <param name="Code">Solidity's code, such as 0x11 for an overflow.</param>
    public sealed record Panic(UInt256 Code) : RevertReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"panic {Code:x}: " + (Code.FitsUInt64 ? (ulong)Code : ulong.MaxValue) switch
        {
            0x00 => "unspecified",
            0x01 => "assertion failed",
            0x11 => "arithmetic overflow or underflow",
            0x12 => "division or modulo by zero",
            0x21 => "value outside of the enum",
            0x22 => "storage byte array wrongly encoded",
            0x31 => "pop of an empty array",
            0x32 => "array index out of bounds",
            0x41 => "too much memory allocated",
            0x51 => "call of a zero-initialised function",
            _ => "unknown code",
        };
    }

    /// <summary>A custom error that is known.</summary>
    /// <param name="Error">The error.</param>
    /// <param name="Values">Its values.</param>
    public sealed record Custom(AbiError Error, AbiValues Values) : RevertReason
    {
        /// <inheritdoc/>
        public override string ToString()
        {
            var text = new StringBuilder(Error.Name).Append('(');
            for (var i = 0; i < Values.Count; i++)
            {
                var name = Values.Parameters[i].Name;
                text.Append(i == 0 ? "" : ", ").Append(name.Length == 0 ? "" : $"{name}: ");
                Show(text, Values[i]);
            }
            return ForeignText.Clean(text.Append(')').ToString(), MaxText);
        }
    }

    /// <summary>Data that none of the known errors explains.</summary>
    /// <param name="Data">The revert data.</param>
    public sealed record Unknown(byte[] Data) : RevertReason
    {
        /// <inheritdoc/>
        public override string ToString() => Data.Length < 4
            ? $"reverted with {Data.Length} bytes that are no error"
            : $"reverted with unknown error {Hex.Encode(Data.AsSpan(0, 4))} and {Data.Length - 4} bytes";
    }

    /// <summary>Explains revert data. Never throws for what a contract wrote: data that does not fit its selector is <see cref="Unknown"/>.</summary>
    /// <param name="data">The revert data (<see cref="Rpc.CallResult.Reverted"/>).</param>
    /// <param name="known">Custom errors of the contracts that may be behind it.</param>
    public static RevertReason Decode(ReadOnlySpan<byte> data, params ReadOnlySpan<AbiError> known)
    {
        if (data.IsEmpty)
        {
            return new NoData();
        }
        try
        {
            if (s_error.Matches(data))
            {
                return new Message(ForeignText.Clean(s_error.Decode(data, AbiTolerance.Solidity).Get<string>(0), MaxText));
            }
            if (s_panic.Matches(data))
            {
                return new Panic(s_panic.Decode(data, AbiTolerance.Solidity).Get<UInt256>(0));
            }
            foreach (var error in known)
            {
                if (error.Matches(data))
                {
                    return new Custom(error, error.Decode(data, AbiTolerance.Solidity));
                }
            }
        }
        catch (AbiException)
        {
            // A selector with something else behind it: said to be unknown, below.
        }
        return new Unknown(data.ToArray());
    }

    // Values of the ABI's carriers, short enough for a line: the text as a whole is cut.
    private static void Show(StringBuilder text, object value)
    {
        if (text.Length > MaxText)
        {
            return;
        }
        switch (value)
        {
            case byte[] bytes:
                text.Append(Hex.Encode(bytes.AsSpan(0, Math.Min(bytes.Length, MaxText))));
                break;
            case string words:
                text.Append('"').Append(ForeignText.Clean(words, MaxText)).Append('"');
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            case BigInteger number:
                text.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case IReadOnlyList<object> list:
                text.Append('[');
                for (var i = 0; i < list.Count && text.Length <= MaxText; i++)
                {
                    text.Append(i == 0 ? "" : ", ");
                    Show(text, list[i]);
                }
                text.Append(']');
                break;
            default:
                text.Append(value);
                break;
        }
    }
}
