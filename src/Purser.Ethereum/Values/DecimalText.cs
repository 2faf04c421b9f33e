namespace Purser.Ethereum;

/// <summary>Minimal units as people write them, exactly: no rounding, no exponent, no floating point (x402-skill L1 to L6).</summary>
public static class DecimalText
{
    /// <summary>The largest number of decimals that is accepted (an ERC-20's <c>decimals()</c> is a byte, but no token needs more).</summary>
    public const int MaxDecimals = 77;

    /// <summary>Formats <paramref name="units"/> / 10^<paramref name="decimals"/> with at least two decimals (fewer when the asset has fewer), trailing zeros beyond trimmed: 1000000 at 6 is <c>1.00</c>, 400 at 6 is <c>0.0004</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Decimals are not in 0 to 77.</exception>
    public static string Format(in UInt256 units, int decimals)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decimals);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decimals, MaxDecimals);
        var digits = units.ToString();
        if (decimals == 0)
        {
            return digits;
        }
        if (digits.Length <= decimals)
        {
            digits = digits.PadLeft(decimals + 1, '0');
        }
        var whole = digits[..^decimals];
        var fraction = digits[^decimals..].TrimEnd('0');
        return $"{whole}.{fraction.PadRight(Math.Min(2, decimals), '0')}";
    }

    /// <summary>Parses a plain decimal number into minimal units; false for a sign, an exponent, separators, more decimals than the asset has, or more than 256 bits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, int decimals, out UInt256 units)
    {
        units = default;
        if (decimals is < 0 or > MaxDecimals || text.Length > 200)
        {
            return false;
        }
        var dot = text.IndexOf('.');
        var whole = dot < 0 ? text : text[..dot];
        var fraction = dot < 0 ? default : text[(dot + 1)..];
        if (whole.IsEmpty || (dot >= 0 && fraction.IsEmpty) || fraction.Length > decimals || (whole.Length > 1 && whole[0] == '0')
            || whole.ContainsAnyExceptInRange('0', '9') || fraction.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }
        var joined = string.Concat(whole, fraction, new string('0', decimals - fraction.Length)).TrimStart('0');
        return UInt256.TryParse(joined.Length == 0 ? "0" : joined, out units);
    }

    /// <summary>Parses as <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">The text is no plain decimal number with at most <paramref name="decimals"/> decimals.</exception>
    public static UInt256 Parse(ReadOnlySpan<char> text, int decimals) => TryParse(text, decimals, out var units)
        ? units
        : throw new FormatException($"Expected a plain number such as 1.50, with at most {decimals} decimals.");
}
