using System.Globalization;
using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>
/// An amount of money: an integer in the asset's minimal units (wei for the native coin), together with its asset, so that
/// amounts of different assets cannot be mixed. Text and JSON form is <c>&lt;units&gt; &lt;asset&gt;</c>: the decimal number, one
/// space, and the asset in CAIP-19. <c>default</c> is no amount: it names no chain.
/// </summary>
/// <param name="Units">Minimal units.</param>
/// <param name="Asset">The asset.</param>
[JsonConverter(typeof(SpanParsableJsonConverter<TokenAmount>))]
public readonly partial record struct TokenAmount(UInt256 Units, AssetId Asset) : IComparable<TokenAmount>, ISpanParsable<TokenAmount>, ISpanFormattable
{
    /// <summary>Adds amounts of one asset.</summary>
    /// <exception cref="ArgumentException">The assets differ.</exception>
    /// <exception cref="OverflowException">The sum needs more than 256 bits.</exception>
    public static TokenAmount operator +(TokenAmount left, TokenAmount right) => new(left.Units + Same(left, right).Units, left.Asset);

    /// <summary>Subtracts amounts of one asset.</summary>
    /// <exception cref="ArgumentException">The assets differ.</exception>
    /// <exception cref="OverflowException">The difference would be negative.</exception>
    public static TokenAmount operator -(TokenAmount left, TokenAmount right) => new(left.Units - Same(left, right).Units, left.Asset);

    /// <summary>Compares amounts of one asset.</summary>
    /// <exception cref="ArgumentException">The assets differ.</exception>
    public int CompareTo(TokenAmount other) => Units.CompareTo(Same(this, other).Units);

    /// <summary>Less, for amounts of one asset.</summary>
    public static bool operator <(TokenAmount left, TokenAmount right) => left.CompareTo(right) < 0;

    /// <summary>More, for amounts of one asset.</summary>
    public static bool operator >(TokenAmount left, TokenAmount right) => left.CompareTo(right) > 0;

    /// <summary>Less or equal, for amounts of one asset.</summary>
    public static bool operator <=(TokenAmount left, TokenAmount right) => left.CompareTo(right) <= 0;

    /// <summary>More or equal, for amounts of one asset.</summary>
    public static bool operator >=(TokenAmount left, TokenAmount right) => left.CompareTo(right) >= 0;

    /// <summary>Minimal units and asset.</summary>
    public override string ToString() => $"{Units} {Asset}";

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite(CultureInfo.InvariantCulture, $"{Units} {Asset}", out charsWritten);

    /// <summary>Parses minimal units and asset.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static TokenAmount Parse(string text) => Parse(text.AsSpan(), null);

    /// <inheritdoc/>
    public static TokenAmount Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public static TokenAmount Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => TryParse(s, provider, out var amount)
        ? amount
        : throw new FormatException("Expected '<units> <asset>', the units in decimal and the asset in CAIP-19.");

    /// <inheritdoc/>
    public static bool TryParse(string? s, IFormatProvider? provider, out TokenAmount result) => TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out TokenAmount result)
    {
        result = default;
        var space = s.IndexOf(' ');
        if (space < 0 || s.StartsWith("0x", StringComparison.Ordinal) || !UInt256.TryParse(s[..space], out var units) || !AssetId.TryParse(s[(space + 1)..], out var asset))
        {
            return false;
        }
        result = new(units, asset);
        return true;
    }

    private static TokenAmount Same(TokenAmount left, TokenAmount right) =>
        left.Asset == right.Asset ? right : throw new ArgumentException($"Amounts of {left.Asset} and {right.Asset} cannot be mixed.", nameof(right));
}
