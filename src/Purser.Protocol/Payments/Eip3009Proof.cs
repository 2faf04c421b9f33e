using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>The proof of scheme <c>exact</c> with EIP-3009 (specs/x402.md 5.1).</summary>
public sealed record Eip3009Proof : PaymentProof
{
    /// <summary>Makes a proof.</summary>
    /// <param name="terms">The terms that it answers; they give the token's domain.</param>
    /// <param name="authorization">The signed message.</param>
    /// <param name="signature">65 bytes of an account with a key, or what a contract account accepts.</param>
    public Eip3009Proof(ExactEip3009Terms terms, Eip3009Authorization authorization, ReadOnlyMemory<byte> signature)
        : base(signature)
    {
        Terms = terms;
        Authorization = authorization;
    }

    /// <inheritdoc/>
    public override ExactEip3009Terms Terms { get; }

    /// <summary>The signed message.</summary>
    public Eip3009Authorization Authorization { get; init; }

    /// <inheritdoc/>
    public override Address Payer => Authorization.From;

    /// <inheritdoc/>
    public override Address PayTo => Authorization.To;

    /// <inheritdoc/>
    public override UInt256 Amount => Authorization.Value;

    /// <inheritdoc/>
    public override OneUse OneUse => new(Terms.Asset.Chain, Terms.Asset.Token, Authorization.From, Authorization.Nonce);

    /// <summary>The authorization's <c>validBefore</c>: valid strictly before.</summary>
    public override long DeadAt => Seconds(Authorization.ValidBefore);

    /// <inheritdoc/>
    public override Hash32 Digest => Eip3009.Digest(Authorization, Eip3009.DomainSeparator(Terms.DomainName, Terms.DomainVersion, Terms.Asset));

    /// <summary>Reads the object; what is wrong stands in the shape's refusal. All six members of the authorization are strings.</summary>
    public static Eip3009Proof Read(ExactEip3009Terms terms, JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(shape);
        var signature = shape.Bytes("signature", MaxSignatureBytes);
        var message = shape.Object("authorization");
        return new(terms, new(message.Value<Address>("from"), message.Value<Address>("to"), message.Amount("value"), message.Amount("validAfter"),
            message.Amount("validBefore"), message.Value<Hash32>("nonce")), signature);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer)
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
