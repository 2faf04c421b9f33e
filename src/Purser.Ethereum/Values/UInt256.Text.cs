using System.Globalization;

namespace Purser.Ethereum;

/// <content>Text: decimal, <c>0x</c> hex and JSON-RPC quantities, exactly and in one form each.</content>
public readonly partial struct UInt256
{
    /// <summary>The decimal form without leading zeros.</summary>
    public override string ToString() => ToString(null, CultureInfo.InvariantCulture);

    /// <summary>Formats the number. <c>null</c>, <c>""</c>, <c>"D"</c>: decimal. <c>"x"</c>: <c>0x</c> and the shortest hex (JSON-RPC quantity). <c>"x64"</c>: <c>0x</c> and 64 hex digits.</summary>
    /// <exception cref="FormatException">Another format.</exception>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        Span<char> buffer = stackalloc char[80];
        return TryFormat(buffer, out var written, format, formatProvider)
            ? new string(buffer[..written])
            : throw new FormatException($"Unknown format '{format}' of a 256-bit number.");
    }

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        Span<char> text = stackalloc char[80];
        int length;
        if (format.IsEmpty || format is "D" or "d")
        {
            length = FormatDecimal(text);
        }
        else if (format is "x" or "x64")
        {
            Span<byte> bytes = stackalloc byte[Size];
            WriteBigEndian(bytes);
            Hex.Encode(bytes, text);
            if (format is "x64")
            {
                length = 66;
            }
            else
            {
                var digits = Math.Max(1, (BitLength + 3) / 4);
                text.Slice(66 - digits, digits).CopyTo(text[2..]);
                length = 2 + digits;
            }
        }
        else
        {
            return false;
        }
        if (destination.Length < length)
        {
            return false;
        }
        text[..length].CopyTo(destination);
        charsWritten = length;
        return true;
    }

    private int FormatDecimal(Span<char> destination)
    {
        const ulong chunk = 10_000_000_000_000_000_000; // 10^19, the largest power of ten in 64 bits
        Span<ulong> parts = stackalloc ulong[5];
        var count = 0;
        var rest = this;
        do
        {
            rest = DivRemSmall(rest, chunk, out parts[count++]);
        }
        while (!rest.IsZero);
        parts[count - 1].TryFormat(destination, out var length, default, CultureInfo.InvariantCulture);
        for (var i = count - 2; i >= 0; i--)
        {
            parts[i].TryFormat(destination[length..], out _, "D19", CultureInfo.InvariantCulture);
            length += 19;
        }
        return length;
    }

    /// <summary>Parses decimal digits or <c>0x</c> hex; no sign, no separators, no white space, and no leading zeros but for <c>0</c> itself in decimal.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    /// <exception cref="OverflowException">The number needs more than 256 bits.</exception>
    public static UInt256 Parse(string text) => Parse(text.AsSpan(), null);

    /// <inheritdoc/>
    public static UInt256 Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public static UInt256 Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, out var value, out var overflow) ? value :
        overflow ? throw new OverflowException("The number needs more than 256 bits.") :
        throw new FormatException("Expected decimal digits or 0x hex.");

    /// <summary>Parses as <see cref="Parse(string)"/> does; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out UInt256 value) => TryParse(text, out value, out _);

    /// <inheritdoc/>
    public static bool TryParse(string? s, IFormatProvider? provider, out UInt256 result) => TryParse(s.AsSpan(), out result, out _);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out UInt256 result) => TryParse(s, out result, out _);

    private static bool TryParse(ReadOnlySpan<char> text, out UInt256 value, out bool overflow)
    {
        value = default;
        overflow = false;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return TryParseHex(text[2..], out value, out overflow);
        }
        if (text.IsEmpty || (text[0] == '0' && text.Length > 1))
        {
            return false;
        }
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }
        }
        // 78 digits are the most that 2^256 - 1 has.
        overflow = text.Length > 78;
        var sum = Zero;
        for (var i = 0; i < text.Length && !overflow; i++)
        {
            overflow = MulAddSmall(ref sum, 10, (ulong)(text[i] - '0')) != 0;
        }
        value = overflow ? default : sum;
        return !overflow;
    }

    private static bool TryParseHex(ReadOnlySpan<char> digits, out UInt256 value, out bool overflow)
    {
        value = default;
        overflow = false;
        if (digits.IsEmpty)
        {
            return false;
        }
        foreach (var c in digits)
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
        }
        digits = digits.TrimStart('0');
        overflow = digits.Length > 64;
        if (overflow)
        {
            return false;
        }
        Span<char> padded = stackalloc char[64];
        padded.Fill('0');
        digits.CopyTo(padded[(64 - digits.Length)..]);
        Span<byte> bytes = stackalloc byte[Size];
        Convert.FromHexString(padded, bytes, out _, out _);
        value = FromBigEndian(bytes);
        return true;
    }
}
