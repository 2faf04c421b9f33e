using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>The proof of scheme <c>exact</c> with EIP-3009 (specs/x402.md 5.1).</summary>
/// <param name="Authorization">The signed message.</param>
/// <param name="Signature">65 bytes of an account with a key, or what a contract account accepts; at most <see cref="MaxSignatureBytes"/>.</param>
public sealed record ExactEvmPayload(Eip3009Authorization Authorization, ReadOnlyMemory<byte> Signature)
{
    /// <summary>The largest signature that is read: contract accounts carry several signatures and certificates, 4 KiB holds the known ones.</summary>
    public const int MaxSignatureBytes = 4096;

    /// <summary>Reads the object; what is wrong stands in the shape's refusal. All six members of the authorization are strings.</summary>
    public static ExactEvmPayload Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var signature = shape.Bytes("signature", MaxSignatureBytes);
        var message = shape.Object("authorization");
        return new(new(message.Value<Address>("from"), message.Value<Address>("to"), message.Amount("value"), message.Amount("validAfter"),
            message.Amount("validBefore"), message.Value<Hash32>("nonce")), signature);
    }

    /// <summary>The JSON of a proof.</summary>
    public JsonElement ToJson() => JsonElement.Parse(PaymentHeader.Json(Write));

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("signature", Hex.Encode(Signature.Span));
        writer.WritePropertyName("authorization");
        WriteAuthorization(writer, Authorization);
        writer.WriteEndObject();
    }

    /// <summary>Writes the six strings of an authorization (specs/x402-skill.md H3 to H10).</summary>
    public static void WriteAuthorization(Utf8JsonWriter writer, Eip3009Authorization authorization)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(authorization);
        writer.WriteStartObject();
        writer.WriteString("from", authorization.From.ToString());
        writer.WriteString("to", authorization.To.ToString());
        writer.WriteString("value", authorization.Value.ToString());
        writer.WriteString("validAfter", authorization.ValidAfter.ToString());
        writer.WriteString("validBefore", authorization.ValidBefore.ToString());
        writer.WriteString("nonce", authorization.Nonce.ToString());
        writer.WriteEndObject();
    }
}
