using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>The body of <c>POST /verify</c> and <c>POST /settle</c> (specs/x402.md 4).</summary>
/// <param name="Payload">What the client sent.</param>
/// <param name="Requirements">The seller's own terms; these are enforced.</param>
public sealed record FacilitatorRequest(PaymentPayload Payload, PaymentRequirements Requirements)
{
    /// <summary>The protocol version that it is written in, 1 or 2; the answer is given in the same.</summary>
    public int Version { get; init; } = PaymentRequired.Version;

    /// <summary>
    /// For whom it is settled: a name that the asker chose for this one payment, the same at every repeat, which no other asker can know; null where he sends none. It stands in the header
    /// <see cref="PaymentHeader.SettlementOwner"/>, not in the object, and is read only by facilitators that know it.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>Reads the object, in either version; what is wrong stands in the shape's refusal.</summary>
    public static FacilitatorRequest Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var version = (int)shape.Integer("x402Version", 1, PaymentRequired.Version);
        var inner = shape.Object("paymentPayload");
        var payload = PaymentPayload.Read(inner);
        if (shape.Ok && payload.Version != version)
        {
            inner.RefuseValue("x402Version", "Expected the version of the request");
        }

        var terms = shape.Object("paymentRequirements");
        return new(payload, version == 1 ? V1.RequirementsV1.Read(terms) : PaymentRequirements.Read(terms)) { Version = version };
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("x402Version", Version);
        writer.WritePropertyName("paymentPayload");
        Payload.Write(writer);
        writer.WritePropertyName("paymentRequirements");
        if (Version == 1)
        {
            V1.RequirementsV1.Write(writer, Requirements, Payload.Resource);
        }
        else
        {
            Requirements.Write(writer);
        }

        writer.WriteEndObject();
    }
}

/// <summary>The answer to <c>/verify</c>.</summary>
/// <param name="IsValid">Whether a settlement would succeed now.</param>
/// <param name="Payer">The payer, when known.</param>
/// <param name="InvalidReason">The peer's reason when invalid; an open string (<see cref="PaymentReasons.FromWire"/>).</param>
/// <param name="InvalidMessage">More about it, for people.</param>
public sealed record VerifyResponse(bool IsValid, string? Payer = null, string? InvalidReason = null, string? InvalidMessage = null)
{
    /// <summary>Reads the object; what is wrong stands in the shape's refusal.</summary>
    public static VerifyResponse Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new(shape.Boolean("isValid"), shape.OptionalString("payer", 256), shape.OptionalString("invalidReason", 256),
            shape.OptionalString("invalidMessage", 4096));
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteBoolean("isValid", IsValid);
        WireMembers.WriteOptional(writer, "invalidReason", InvalidReason);
        WireMembers.WriteOptional(writer, "invalidMessage", InvalidMessage);
        WireMembers.WriteOptional(writer, "payer", Payer);
        writer.WriteEndObject();
    }
}

/// <summary>The answer to <c>/settle</c>, and the content of <see cref="PaymentHeader.Response"/>.</summary>
/// <param name="Success">Whether the money moved.</param>
/// <param name="Transaction">The settling transaction's hash; empty on a failure, but for <c>settlement_pending</c>, where it is the hash that was broadcast.</param>
/// <param name="Network">CAIP-2.</param>
/// <param name="Payer">The payer, when known.</param>
/// <param name="ErrorReason">The peer's reason on a failure; an open string.</param>
/// <param name="ErrorMessage">More about it, for people.</param>
public sealed record SettleResponse(bool Success, string Transaction, string Network, string? Payer = null, string? ErrorReason = null, string? ErrorMessage = null)
{
    /// <summary>What was charged, where it can differ from the terms (scheme <c>upto</c>); else null.</summary>
    public string? Amount { get; init; }

    /// <summary>
    /// Of a refusal: this facilitator settles, or has settled, the payment for another asker (<see cref="FacilitatorRequest.Owner"/>). On the wire it is the extension
    /// <see cref="OwnerExtension"/>, which peers that do not know it pass over.
    /// </summary>
    public bool IsAnothers { get; init; }

    /// <summary>The name of the extension that says <see cref="IsAnothers"/>.</summary>
    public const string OwnerExtension = "settlement-owner";

    /// <summary>Reads the object; what is wrong stands in the shape's refusal.</summary>
    public static SettleResponse Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var success = shape.Boolean("success");

        // Early peers leave out transaction or network on a failure.
        return new(success, success ? shape.String("transaction", 256) : shape.OptionalString("transaction", 256) ?? "",
            success ? shape.String("network", 128) : shape.OptionalString("network", 128) ?? "", shape.OptionalString("payer", 256),
            shape.OptionalString("errorReason", 256), shape.OptionalString("errorMessage", 4096))
        {
            Amount = shape.OptionalString("amount", 78),
            IsAnothers = !success && ReadOwner(shape),
        };
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteBoolean("success", Success);
        WireMembers.WriteOptional(writer, "errorReason", ErrorReason);
        WireMembers.WriteOptional(writer, "errorMessage", ErrorMessage);
        WireMembers.WriteOptional(writer, "payer", Payer);
        writer.WriteString("transaction", Transaction);
        writer.WriteString("network", Network);
        WireMembers.WriteOptional(writer, "amount", Amount);
        if (IsAnothers)
        {
            writer.WriteStartObject("extensions");
            writer.WriteStartObject(OwnerExtension);
            writer.WriteString("status", "other");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    // Looked for and never insisted on: whatever else stands there is another's extension.
    private static bool ReadOwner(JsonShape shape) => shape.Ok && shape.Element.TryGetProperty("extensions", out var extensions)
        && extensions.ValueKind is JsonValueKind.Object && extensions.TryGetProperty(OwnerExtension, out var owner) && PaymentSchemes.Text(owner, "status") is "other";
}
