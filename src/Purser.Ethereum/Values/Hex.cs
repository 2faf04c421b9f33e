namespace Purser.Ethereum;

/// <summary>Hexadecimal text with the <c>0x</c> prefix, as Ethereum's JSON carries bytes.</summary>
public static class Hex
{
    /// <summary><c>0x</c> and two lower-case digits for each byte.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => string.Concat("0x", Convert.ToHexStringLower(bytes));

    /// <summary>Writes <c>0x</c> and two lower-case digits for each byte; the destination must hold <c>2 + 2 * bytes.Length</c> characters.</summary>
    public static void Encode(ReadOnlySpan<byte> bytes, Span<char> destination)
    {
        destination[0] = '0';
        destination[1] = 'x';
        Convert.TryToHexStringLower(bytes, destination[2..], out _);
    }

    /// <summary>Reads <c>0x</c> and an even number of digits of either case; false for anything else (no prefix, odd length, other characters).</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!HasForm(text))
        {
            return false;
        }
        bytes = Convert.FromHexString(text[2..]);
        return true;
    }

    /// <summary>Reads exactly <c>destination.Length</c> bytes of <c>0x</c> hex; false when the text has another form or length.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination) =>
        text.Length == 2 + (2 * destination.Length) && HasForm(text)
        && Convert.FromHexString(text[2..], destination, out _, out _) == System.Buffers.OperationStatus.Done;

    /// <summary>Reads <c>0x</c> hex.</summary>
    /// <exception cref="FormatException">The text is not <c>0x</c> and an even number of hex digits.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text) =>
        TryDecode(text, out byte[] bytes) ? bytes : throw new FormatException("Expected 0x and an even number of hex digits.");

    private static bool HasForm(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || (text.Length & 1) != 0 || text[0] != '0' || text[1] != 'x')
        {
            return false;
        }
        foreach (var c in text[2..])
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
        }
        return true;
    }
}
