using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.V1;

/// <summary>The body of a 402 in version 1 (specs/x402.md 3.2).</summary>
public static class RequiredV1
{
    /// <summary>What version-1 sellers say on a request without payment.</summary>
    public const string PaymentMissing = "X-PAYMENT header is required";

    /// <summary>Reads the object, whose version may be 1 or absent (x402-skill E8); what is wrong stands in the shape's refusal.</summary>
    public static PaymentRequired Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var elements = shape.Objects("accepts");
        var accepts = elements.Select(RequirementsV1.Read).ToList();
        if (shape.Ok && accepts.Count == 0)
        {
            shape.RefuseValue("accepts", "Expected at least one way to pay");
        }

        var first = shape.Ok ? elements[0] : null;
        var url = first?.OptionalString("resource", 2048);
        return new(shape.OptionalString("error", 4096), string.IsNullOrEmpty(url) ? null : new(url, first!.OptionalString("description", 4096), first.OptionalString("mimeType", 256)), accepts)
        {
            ProtocolVersion = 1,
            IsFromBody = true,
            Verbatim = shape.Element,
        };
    }

    /// <summary>Writes what of a challenge can be said in version 1; false when nothing of it can, and then nothing is written.</summary>
    public static bool TryWrite(Utf8JsonWriter writer, PaymentRequired required)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(required);
        var ways = required.Accepts.Where(RequirementsV1.CanWrite).ToList();
        if (ways.Count == 0)
        {
            return false;
        }

        writer.WriteStartObject();
        writer.WriteNumber("x402Version", 1);
        writer.WriteString("error", required.Error is null or PaymentReasons.PaymentRequired ? PaymentMissing : ReasonsV1.ToWire(required.Error));
        writer.WriteStartArray("accepts");
        foreach (var way in ways)
        {
            RequirementsV1.Write(writer, way, required.Resource);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return true;
    }
}
