using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>What a client pays with (specs/x402.md 3.1): the way it chose and the scheme's proof.</summary>
/// <param name="Accepted">The chosen element of the 402, echoed; a claim of the client, never used as terms.</param>
/// <param name="Payload">The scheme's object; for <c>exact</c> with EIP-3009 an <see cref="Eip3009Proof"/>.</param>
public sealed record PaymentPayload(PaymentRequirements Accepted, JsonElement Payload)
{
    /// <summary>What the client says it pays for. Not signed, not checked, not used.</summary>
    public ResourceInfo? Resource { get; init; }

    /// <summary>Extensions as they came; or null.</summary>
    public JsonElement? Extensions { get; init; }

    /// <summary>Reads the object; what is wrong stands in the shape's refusal.</summary>
    public static PaymentPayload Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Integer("x402Version", PaymentRequired.Version, PaymentRequired.Version);
        return new(PaymentRequirements.Read(shape.Object("accepted")), shape.Object("payload").Element)
        {
            Resource = shape.OptionalObject("resource") is { } resource ? ResourceInfo.Read(resource) : null,
            Extensions = shape.OptionalObject("extensions")?.Element,
        };
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("x402Version", PaymentRequired.Version);
        if (Resource is not null)
        {
            writer.WritePropertyName("resource");
            Resource.Write(writer);
        }

        writer.WritePropertyName("accepted");
        Accepted.Write(writer);
        writer.WritePropertyName("payload");
        Payload.WriteTo(writer);
        WireMembers.WriteOptional(writer, "extensions", Extensions);
        writer.WriteEndObject();
    }
}
