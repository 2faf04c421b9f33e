using System.Globalization;
using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>
/// A chain of the EVM family, written in CAIP-2 as <c>eip155:&lt;id&gt;</c> (decimal, 1 to 2^64 - 1, no leading zeros).
/// <c>default</c> names no chain. Other CAIP-2 namespaces are refused.
/// </summary>
/// <param name="Value">The number of EIP-155.</param>
[JsonConverter(typeof(SpanParsableJsonConverter<ChainId>))]
public readonly partial record struct ChainId(ulong Value) : ISpanParsable<ChainId>, ISpanFormattable
{
    private const string Prefix = "eip155:";

    /// <summary><c>eip155:&lt;id&gt;</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Value}");

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite(CultureInfo.InvariantCulture, $"{Prefix}{Value}", out charsWritten);

    /// <summary>Parses <c>eip155:&lt;id&gt;</c>.</summary>
    /// <exception cref="FormatException">Another namespace, no digits, a sign, a leading zero, 0, or more than 64 bits.</exception>
    public static ChainId Parse(string text) => Parse(text.AsSpan(), null);

    /// <inheritdoc/>
    public static ChainId Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public static ChainId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var value) ? value : throw new FormatException("Expected 'eip155:<chainId>' (CAIP-2).");

    /// <inheritdoc/>
    public static bool TryParse(string? s, IFormatProvider? provider, out ChainId result) => TryParse(s.AsSpan(), provider, out result);

    /// <summary>Parses; false for any other form.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ChainId value) => TryParse(text, null, out value);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out ChainId result)
    {
        result = default;
        if (!s.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }
        s = s[Prefix.Length..];
        // The base library passes over NULs behind a number; a chain has one text.
        if (s.IsEmpty || s[0] == '0' || s[^1] == '\0' || !ulong.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return false;
        }
        result = new(id);
        return true;
    }
}
