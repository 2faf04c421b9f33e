using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>The body and header of a 402 (specs/x402.md 3.1): why, for what, and the ways to pay in the seller's order.</summary>
/// <param name="Error">Why; the seller's text, data to show. <see cref="PaymentReasons"/> knows the usual ones.</param>
/// <param name="Resource">What is paid for; null where a peer left it out.</param>
/// <param name="Accepts">The ways to pay, at least one.</param>
public sealed record PaymentRequired(string? Error, ResourceInfo? Resource, IReadOnlyList<PaymentRequirements> Accepts)
{
    /// <summary>The protocol version that these messages are written in.</summary>
    public const int Version = 2;

    /// <summary>The version that the challenge came in, 1 or 2.</summary>
    public int ProtocolVersion { get; init; } = Version;

    /// <summary>Whether it stood in the body of the 402, where it is read more widely.</summary>
    public bool IsFromBody { get; init; }

    /// <summary>The object as it came; or null.</summary>
    public JsonElement? Verbatim { get; init; }

    /// <summary>Extensions as they came, to be echoed; or null.</summary>
    public JsonElement? Extensions { get; init; }

    /// <summary>Reads the object; what is wrong stands in the shape's refusal.</summary>
    public static PaymentRequired Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Integer("x402Version", Version, Version);
        var accepts = shape.Objects("accepts").Select(PaymentRequirements.Read).ToList();
        if (shape.Ok && accepts.Count == 0)
        {
            shape.RefuseValue("accepts", "Expected at least one way to pay");
        }

        return new(shape.OptionalString("error", 4096), shape.OptionalObject("resource") is { } resource ? ResourceInfo.Read(resource) : null, accepts)
        {
            Extensions = shape.OptionalObject("extensions")?.Element,
            Verbatim = shape.Element,
        };
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("x402Version", Version);
        WireMembers.WriteOptional(writer, "error", Error);
        if (Resource is not null)
        {
            writer.WritePropertyName("resource");
            Resource.Write(writer);
        }

        writer.WriteStartArray("accepts");
        foreach (var requirements in Accepts)
        {
            requirements.Write(writer);
        }

        writer.WriteEndArray();
        WireMembers.WriteOptional(writer, "extensions", Extensions);
        writer.WriteEndObject();
    }
}
