using System.Text.Json;

namespace Purser.Protocol.Payments;

/// <summary>Members that are left out when absent; peers take an explicit null for absence, but not all do.</summary>
internal static class WireMembers
{
    public static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    public static void WriteOptional(Utf8JsonWriter writer, string name, JsonElement? value)
    {
        if (value is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } element)
        {
            writer.WritePropertyName(name);
            element.WriteTo(writer);
        }
    }
}
