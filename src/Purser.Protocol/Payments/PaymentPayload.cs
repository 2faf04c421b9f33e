using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>What a client pays with (specs/x402.md 3.1): the way it chose and the scheme's proof.</summary>
/// <param name="Accepted">The chosen element of the 402, echoed; a claim of the client, never used as terms.</param>
/// <param name="Payload">The scheme's object; for <c>exact</c> with EIP-3009 an <see cref="Eip3009Proof"/>.</param>
public sealed record PaymentPayload(PaymentRequirements Accepted, JsonElement Payload)
{
    /// <summary>The protocol version that it is written in, 1 or 2.</summary>
    public int Version { get; init; } = PaymentRequired.Version;

    /// <summary>
    /// Members of the seller's challenge that are echoed beside our own: sellers that follow seed 001 look for them (x402-skill I3, I4). They are left out when the header would grow by more than
    /// <see cref="MaxEchoBytes"/> (I7).
    /// </summary>
    public JsonElement? Echo { get; init; }

    /// <summary>What the client says it pays for. Not signed, not checked, not used.</summary>
    public ResourceInfo? Resource { get; init; }

    /// <summary>Extensions as they came; or null.</summary>
    public JsonElement? Extensions { get; init; }

    /// <summary>The most of a challenge that is echoed, in bytes of its JSON.</summary>
    public const int MaxEchoBytes = 2048;

    /// <summary>
    /// Reads the object; what is wrong stands in the shape's refusal. Both versions are read, and seed 001's literal form, which has the seller's list in place of what was accepted; without a version
    /// and without <c>accepted</c> it is version 1 (x402-skill I2).
    /// </summary>
    public static PaymentPayload Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var version = shape.Has("x402Version") || shape.Has("accepted") ? (int)shape.Integer("x402Version", 1, PaymentRequired.Version) : 1;
        if (version == 1 || (!shape.Has("accepted") && shape.Has("accepts")))
        {
            return V1.PayloadV1.Read(shape, version);
        }

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
        if (Version == 1)
        {
            V1.PayloadV1.Write(writer, this);
            return;
        }

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
        WriteEcho(writer, "x402Version", "resource", "accepted", "payload", "extensions");
        writer.WriteEndObject();
    }

    /// <summary>Writes what of the challenge is echoed and is none of our own members.</summary>
    internal void WriteEcho(Utf8JsonWriter writer, params ReadOnlySpan<string> own)
    {
        if (Echo is not { ValueKind: JsonValueKind.Object } echo || echo.GetRawText().Length > MaxEchoBytes)
        {
            return;
        }

        foreach (var member in echo.EnumerateObject())
        {
            if (!own.Contains(member.Name))
            {
                member.WriteTo(writer);
            }
        }
    }
}
