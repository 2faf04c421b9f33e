using System.Globalization;
using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>
/// What an amount is counted in: an ERC-20 token of one chain, or the chain's native coin.
/// Text and JSON form is CAIP-19: <c>eip155:&lt;id&gt;/erc20:&lt;address&gt;</c>, or <c>eip155:&lt;id&gt;/slip44:60</c> for the native coin.
/// </summary>
/// <param name="Chain">The chain.</param>
/// <param name="Token">The token's contract; the zero address stands for the native coin.</param>
[JsonConverter(typeof(SpanParsableJsonConverter<AssetId>))]
public readonly partial record struct AssetId(ChainId Chain, Address Token) : ISpanParsable<AssetId>, ISpanFormattable
{
    /// <summary>The native coin of a chain, counted in wei.</summary>
    public static AssetId Native(ChainId chain) => new(chain, Address.Zero);

    /// <summary>Whether this is the chain's native coin.</summary>
    public bool IsNative => Token.IsZero;

    /// <summary>The CAIP-19 form.</summary>
    public override string ToString() => IsNative ? $"{Chain}/slip44:60" : $"{Chain}/erc20:{Token}";

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) => IsNative
        ? destination.TryWrite(CultureInfo.InvariantCulture, $"{Chain}/slip44:60", out charsWritten)
        : destination.TryWrite(CultureInfo.InvariantCulture, $"{Chain}/erc20:{Token}", out charsWritten);

    /// <summary>Parses the CAIP-19 form.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static AssetId Parse(string text) => Parse(text.AsSpan(), null);

    /// <inheritdoc/>
    public static AssetId Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    /// <inheritdoc/>
    public static AssetId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => TryParse(s, out var asset)
        ? asset
        : throw new FormatException("Expected 'eip155:<chainId>/erc20:<address>' or 'eip155:<chainId>/slip44:60' (CAIP-19).");

    /// <inheritdoc/>
    public static bool TryParse(string? s, IFormatProvider? provider, out AssetId result) => TryParse(s.AsSpan(), out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out AssetId result) => TryParse(s, out result);

    /// <summary>Parses the CAIP-19 form; false for any other.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AssetId asset)
    {
        asset = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !ChainId.TryParse(text[..slash], out var chain))
        {
            return false;
        }
        var rest = text[(slash + 1)..];
        if (rest is "slip44:60")
        {
            asset = Native(chain);
            return true;
        }
        if (!rest.StartsWith("erc20:", StringComparison.Ordinal) || !Address.TryParse(rest[6..], out var token) || token.IsZero)
        {
            return false;
        }
        asset = new(chain, token);
        return true;
    }
}
