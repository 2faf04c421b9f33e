using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.V1;

/// <summary>What a client of version 1 pays with: scheme, network and proof, without the terms (specs/x402.md 3.2); and seed 001's literal form, which carries the seller's list instead.</summary>
internal static class PayloadV1
{
    /// <summary>Reads the object, of either version, where it has no <c>accepted</c>. What is known of the accepted way is its scheme and network; the seller finds the rest by the proof.</summary>
    public static PaymentPayload Read(JsonShape shape, int version)
    {
        // The seed's form names neither: its list is the seller's own, and which of it was meant shows in what was signed.
        var literal = shape.Has("accepts");
        var scheme = literal ? shape.OptionalString("scheme", 64) ?? ExactEip3009.Instance.Scheme : shape.String("scheme", 64);
        var network = literal ? shape.OptionalString("network", 128) ?? "" : shape.String("network", 128);
        return new(new PaymentRequirements(scheme, NetworkName.Normalize(network), "", "", "", 0) { Version = version, IsPartial = true }, shape.Object("payload").Element)
        {
            Version = version,
            Extensions = shape.OptionalObject("extensions")?.Element,
        };
    }

    /// <summary>Writes the object, with the network in the seller's own spelling.</summary>
    public static void Write(Utf8JsonWriter writer, PaymentPayload payload)
    {
        writer.WriteStartObject();
        writer.WriteNumber("x402Version", 1);
        writer.WriteString("scheme", payload.Accepted.Scheme);
        var spelled = PaymentSchemes.Text(payload.Accepted.Verbatim, "network");
        writer.WriteString("network", spelled ?? NetworkName.ToV1(payload.Accepted.Network) ?? payload.Accepted.Network);
        writer.WritePropertyName("payload");
        payload.Payload.WriteTo(writer);
        payload.WriteEcho(writer, "x402Version", "scheme", "network", "payload");
        writer.WriteEndObject();
    }
}
