using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.V1;

/// <summary>One way to pay as version 1 writes it (specs/x402.md 3.2): the amount is <c>maxAmountRequired</c>, the network a name, and what is paid for stands in the element itself.</summary>
public static class RequirementsV1
{
    /// <summary>How long an authorization may live when the element does not say (x402-skill E7), in seconds.</summary>
    public const int DefaultTimeoutSeconds = 300;

    /// <summary>
    /// Reads one element. It is read as widely as sellers write it (x402-skill E3 to E13): <c>amount</c> before <c>maxAmountRequired</c>, the network as a name or in CAIP-2, no scheme for
    /// <c>exact</c>, no time for 300 seconds. What is wrong stands in the shape's refusal.
    /// </summary>
    public static PaymentRequirements Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var amount = shape.Has("amount") || !shape.Has("maxAmountRequired") ? shape.Amount("amount") : shape.Amount("maxAmountRequired");
        return new(
            shape.OptionalString("scheme", 64) ?? ExactEip3009.Instance.Scheme, NetworkName.Normalize(shape.String("network", 128)), amount.ToString(), shape.String("asset", 256), shape.String("payTo", 256),
            shape.Has("maxTimeoutSeconds") ? (int)shape.Integer("maxTimeoutSeconds", 1, 31_536_000) : DefaultTimeoutSeconds)
        {
            Version = 1,
            Extra = shape.OptionalObject("extra")?.Element,
            Verbatim = shape.Element,
        };
    }

    /// <summary>Whether a way to pay can be said in version 1: <c>exact</c> by EIP-3009, settled after the work, on a network that has a name there.</summary>
    public static bool CanWrite(PaymentRequirements requirements) =>
        PaymentSchemes.ReadTerms(requirements, out _) is ExactEip3009Terms { Flow: PaymentFlow.Authorization } && NetworkName.ToV1(requirements.Network) is not null;

    /// <summary>Writes the element: as it came, when it came in version 1.</summary>
    /// <param name="writer">Gets it.</param>
    /// <param name="requirements">The way to pay; <see cref="CanWrite"/> has to hold of it.</param>
    /// <param name="resource">What is paid for.</param>
    public static void Write(Utf8JsonWriter writer, PaymentRequirements requirements, ResourceInfo? resource)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(requirements);
        if (requirements is { Version: 1, Verbatim: { } verbatim })
        {
            verbatim.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("scheme", requirements.Scheme);
        writer.WriteString("network", NetworkName.ToV1(requirements.Network) ?? requirements.Network);
        writer.WriteString("maxAmountRequired", requirements.Amount);
        writer.WriteString("resource", resource?.Url ?? "");
        writer.WriteString("description", resource?.Description ?? "");
        writer.WriteString("mimeType", resource?.MimeType ?? "");
        writer.WriteString("payTo", requirements.PayTo);
        writer.WriteNumber("maxTimeoutSeconds", requirements.MaxTimeoutSeconds);
        writer.WriteString("asset", requirements.Asset);
        WireMembers.WriteOptional(writer, "extra", requirements.Extra);
        writer.WriteEndObject();
    }
}
