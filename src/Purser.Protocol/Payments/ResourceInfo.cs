using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>What is being paid for (specs/x402.md 3.1). All of it is the seller's text: data to show, never to trust.</summary>
/// <param name="Url">The resource, as the seller spells it; at most 2,048 characters are read.</param>
/// <param name="Description">For people.</param>
/// <param name="MimeType">Of the reply.</param>
public sealed record ResourceInfo(string Url, string? Description = null, string? MimeType = null)
{
    /// <summary>The object as the seller sent it, echoed instead of the members when present.</summary>
    public JsonElement? Verbatim { get; init; }

    /// <summary>Reads the object; what is wrong stands in the shape's refusal.</summary>
    public static ResourceInfo Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new(shape.String("url", 2048), shape.OptionalString("description", 4096), shape.OptionalString("mimeType", 256)) { Verbatim = shape.Element };
    }

    /// <summary>Writes the object: as it came, when it came from a seller.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Verbatim is { } verbatim)
        {
            verbatim.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("url", Url);
        WireMembers.WriteOptional(writer, "description", Description);
        WireMembers.WriteOptional(writer, "mimeType", MimeType);
        writer.WriteEndObject();
    }
}
