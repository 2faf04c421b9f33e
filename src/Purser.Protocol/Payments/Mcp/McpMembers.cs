using System.Text;
using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.Mcp;

/// <summary>Reading members of messages that another library has parsed already, and writing messages with one member more.</summary>
internal static class McpMembers
{
    /// <summary>A member that is there and not null.</summary>
    public static JsonElement? Find(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    /// <summary>Reads an element anew from its own text: whoever parsed it may have taken a member that stands twice, and which of the two he took others do not know.</summary>
    public static JsonShape Strictly(JsonElement element) => JsonShape.Parse(Encoding.UTF8.GetBytes(element.GetRawText()), new JsonLimits(MaxBytes: McpPayment.MaxBytes));

    /// <summary>The object with one member of its <c>_meta</c> set; whatever else stands in it stays.</summary>
    public static JsonElement WithMeta(JsonElement message, string key, Action<Utf8JsonWriter> write) => JsonElement.Parse(PaymentHeader.Json(writer =>
    {
        var meta = Find(message, "_meta") is { ValueKind: JsonValueKind.Object } given ? given : (JsonElement?)null;
        writer.WriteStartObject();
        CopyBut(writer, message, "_meta");
        writer.WriteStartObject("_meta");
        CopyBut(writer, meta, key);
        writer.WritePropertyName(key);
        write(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }));

    /// <summary>
    /// What a look into a message gives, or the refusal: names and strings of a message that somebody else parsed may hold half a surrogate pair, at which the base library throws.
    /// </summary>
    public static T Guard<T>(Func<T> look, Func<JsonRefusal, T> refused)
    {
        try
        {
            return look();
        }
        catch (InvalidOperationException)
        {
            return refused(new(JsonRefusalCodes.NotUtf8, "$", -1, "A name or string holds half a surrogate pair"));
        }
    }

    private static void CopyBut(Utf8JsonWriter writer, JsonElement? source, string name)
    {
        if (source is { ValueKind: JsonValueKind.Object } element)
        {
            foreach (var member in element.EnumerateObject().Where(member => !member.NameEquals(name)))
            {
                member.WriteTo(writer);
            }
        }
    }
}
