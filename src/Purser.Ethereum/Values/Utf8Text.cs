using System.Text;

namespace Purser.Ethereum;

/// <summary>The text forms of the values are ASCII: their UTF-8 is the same characters, narrowed. Nothing is allocated.</summary>
internal static class Utf8Text
{
    /// <summary>No value's text is longer: an amount has 78 digits, a space, and an asset of at most 76 characters.</summary>
    internal const int MaxLength = 160;

    internal static bool TryFormat<T>(T value, Span<byte> destination, out int bytesWritten, ReadOnlySpan<char> format)
        where T : struct, ISpanFormattable
    {
        Span<char> text = stackalloc char[MaxLength];
        bytesWritten = 0;
        return value.TryFormat(text, out var length, format, null)
            && Ascii.FromUtf16(text[..length], destination, out bytesWritten) == System.Buffers.OperationStatus.Done;
    }

    internal static T Parse<T>(ReadOnlySpan<byte> utf8)
        where T : struct, ISpanParsable<T>
    {
        Span<char> text = stackalloc char[MaxLength];
        return TryWiden(utf8, text, out var length) ? T.Parse(text[..length], null) : throw new FormatException($"The bytes are no {typeof(T).Name}.");
    }

    internal static bool TryParse<T>(ReadOnlySpan<byte> utf8, out T result)
        where T : struct, ISpanParsable<T>
    {
        Span<char> text = stackalloc char[MaxLength];
        result = default;
        return TryWiden(utf8, text, out var length) && T.TryParse(text[..length], null, out result);
    }

    private static bool TryWiden(ReadOnlySpan<byte> utf8, Span<char> text, out int length) =>
        Ascii.ToUtf16(utf8, text, out length) == System.Buffers.OperationStatus.Done;
}

/// <content>The UTF-8 form.</content>
public readonly partial struct Address : IUtf8SpanFormattable, IUtf8SpanParsable<Address>
{
    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Utf8Text.TryFormat(this, utf8Destination, out bytesWritten, format);

    /// <inheritdoc/>
    public static Address Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) => Utf8Text.Parse<Address>(utf8Text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out Address result) => Utf8Text.TryParse(utf8Text, out result);
}

/// <content>The UTF-8 form.</content>
public readonly partial record struct AssetId : IUtf8SpanFormattable, IUtf8SpanParsable<AssetId>
{
    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Utf8Text.TryFormat(this, utf8Destination, out bytesWritten, format);

    /// <inheritdoc/>
    public static AssetId Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) => Utf8Text.Parse<AssetId>(utf8Text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out AssetId result) => Utf8Text.TryParse(utf8Text, out result);
}

/// <content>The UTF-8 form.</content>
public readonly partial record struct ChainId : IUtf8SpanFormattable, IUtf8SpanParsable<ChainId>
{
    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Utf8Text.TryFormat(this, utf8Destination, out bytesWritten, format);

    /// <inheritdoc/>
    public static ChainId Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) => Utf8Text.Parse<ChainId>(utf8Text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out ChainId result) => Utf8Text.TryParse(utf8Text, out result);
}

/// <content>The UTF-8 form.</content>
public readonly partial struct Hash32 : IUtf8SpanFormattable, IUtf8SpanParsable<Hash32>
{
    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Utf8Text.TryFormat(this, utf8Destination, out bytesWritten, format);

    /// <inheritdoc/>
    public static Hash32 Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) => Utf8Text.Parse<Hash32>(utf8Text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out Hash32 result) => Utf8Text.TryParse(utf8Text, out result);
}

/// <content>The UTF-8 form.</content>
public readonly partial struct Signature : IUtf8SpanFormattable, IUtf8SpanParsable<Signature>
{
    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Utf8Text.TryFormat(this, utf8Destination, out bytesWritten, format);

    /// <inheritdoc/>
    public static Signature Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) => Utf8Text.Parse<Signature>(utf8Text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out Signature result) => Utf8Text.TryParse(utf8Text, out result);
}

/// <content>The UTF-8 form.</content>
public readonly partial record struct TokenAmount : IUtf8SpanFormattable, IUtf8SpanParsable<TokenAmount>
{
    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Utf8Text.TryFormat(this, utf8Destination, out bytesWritten, format);

    /// <inheritdoc/>
    public static TokenAmount Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) => Utf8Text.Parse<TokenAmount>(utf8Text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out TokenAmount result) => Utf8Text.TryParse(utf8Text, out result);
}

/// <content>The UTF-8 form.</content>
public readonly partial struct UInt256 : IUtf8SpanFormattable, IUtf8SpanParsable<UInt256>
{
    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Utf8Text.TryFormat(this, utf8Destination, out bytesWritten, format);

    /// <inheritdoc/>
    public static UInt256 Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) => Utf8Text.Parse<UInt256>(utf8Text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out UInt256 result) => Utf8Text.TryParse(utf8Text, out result);
}
