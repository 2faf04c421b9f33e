using System.Text.Json;
using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>Carries a value as a JSON string in its one text form; a JSON number, or a string of another form, is refused.</summary>
/// <typeparam name="T">The value type.</typeparam>
public sealed class SpanParsableJsonConverter<T> : JsonConverter<T>
    where T : struct, ISpanParsable<T>, ISpanFormattable
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && T.TryParse(reader.GetString(), null, out var value)
            ? value
            : throw new JsonException($"Expected a string that is a {typeof(T).Name}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString(null, null));

    /// <inheritdoc/>
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.TryParse(reader.GetString(), null, out var value) ? value : throw new JsonException($"Expected a member name that is a {typeof(T).Name}.");

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString(null, null));
}
