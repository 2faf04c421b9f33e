using System.Text.Json;
using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>Carries a value as a JSON string in its one text form; a JSON number, or a string of another form, is refused.</summary>
/// <typeparam name="T">The value type; its text is at most 160 characters long.</typeparam>
public sealed class SpanParsableJsonConverter<T> : JsonConverter<T>
    where T : struct, ISpanParsable<T>, ISpanFormattable
{
    // A character may be written as an escape of six bytes.
    private const int MaxRawLength = 6 * Utf8Text.MaxLength;

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryRead(ref reader, out var value)
            ? value
            : throw new JsonException($"Expected a string that is a {typeof(T).Name}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Span<char> text = stackalloc char[Utf8Text.MaxLength];
        writer.WriteStringValue(Format(value, text));
    }

    /// <inheritdoc/>
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TryRead(ref reader, out var value) ? value : throw new JsonException($"Expected a member name that is a {typeof(T).Name}.");

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Span<char> text = stackalloc char[Utf8Text.MaxLength];
        writer.WritePropertyName(Format(value, text));
    }

    private static bool TryRead(ref Utf8JsonReader reader, out T value)
    {
        value = default;
        if ((reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) > MaxRawLength)
        {
            return false;
        }

        Span<char> text = stackalloc char[MaxRawLength];
        var length = reader.CopyString(text);
        return T.TryParse(text[..length], null, out value);
    }

    private static ReadOnlySpan<char> Format(T value, Span<char> text) =>
        value.TryFormat(text, out var length, default, null) ? text[..length] : value.ToString(null, null);
}
