using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Protocol.Payments;

/// <summary>The proof of the schemes by Permit2: <c>exact</c> (specs/x402.md 5.2) and <c>upto</c> (5.4), whose witness names the facilitator as well.</summary>
public sealed record Permit2Proof : PaymentProof
{
    /// <summary>Makes a proof.</summary>
    /// <param name="terms">The terms that it answers; they give the chain.</param>
    /// <param name="authorization">The signed message.</param>
    /// <param name="signature">65 bytes of an account with a key, or what a contract account accepts.</param>
    /// <exception cref="ArgumentException">The terms are not settled by Permit2.</exception>
    public Permit2Proof(PaymentTerms terms, Permit2Authorization authorization, ReadOnlyMemory<byte> signature)
        : base(signature)
    {
        Terms = terms is ExactPermit2Terms or UptoTerms ? terms : throw new ArgumentException("The terms are not settled by Permit2.", nameof(terms));
        Authorization = authorization;
    }

    /// <inheritdoc/>
    public override PaymentTerms Terms { get; }

    /// <summary>The signed message; its payer, who is no part of what is signed, is who has to have signed it.</summary>
    public Permit2Authorization Authorization { get; init; }

    /// <summary>
    /// The EIP-2612 permit that came beside it (extension <c>eip2612GasSponsoring</c>), by which the facilitator sets Permit2's allowance; or null. It is no part of the proof: another, or none, is the
    /// same payment.
    /// </summary>
    public Eip2612Sponsorship? Sponsorship { get; init; }

    /// <inheritdoc/>
    public override Address Payer => Authorization.From;

    /// <inheritdoc/>
    public override Address PayTo => Authorization.To;

    /// <inheritdoc/>
    public override UInt256 Amount => Authorization.Amount;

    /// <inheritdoc/>
    public override OneUse OneUse => new(Terms.Asset.Chain, Permit2.Contract, Authorization.From, new Hash32(Authorization.Nonce.ToBigEndian()));

    /// <summary>The second after the deadline, which itself still counts.</summary>
    public override long DeadAt => Seconds(Authorization.Deadline) is var last && last < long.MaxValue ? last + 1 : last;

    /// <inheritdoc/>
    public override Hash32 Digest => Permit2.Digest(Authorization, Terms.Asset.Chain);

    /// <summary>Reads the object; what is wrong stands in the shape's refusal. All numbers are decimal strings.</summary>
    public static Permit2Proof Read(PaymentTerms terms, JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(shape);
        var signature = shape.Bytes("signature", MaxSignatureBytes);
        var message = shape.Object("permit2Authorization");
        var permitted = message.Object("permitted");
        var witness = message.Object("witness");
        return new(
            terms,
            new(message.Value<Address>("from"), permitted.Value<Address>("token"), permitted.Amount("amount"), message.Value<Address>("spender"), message.Amount("nonce"),
                message.Amount("deadline"), witness.Value<Address>("to"), witness.Amount("validAfter"))
            {
                Facilitator = terms is UptoTerms ? witness.Value<Address>("facilitator") : null,
            },
            signature);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        var a = Authorization;
        writer.WriteStartObject();
        writer.WriteString("signature", Hex.Encode(Signature.Span));
        writer.WriteStartObject("permit2Authorization");
        writer.WriteString("from", a.From.ToString());
        writer.WriteStartObject("permitted");
        writer.WriteString("token", a.Token.ToString());
        writer.WriteString("amount", a.Amount.ToString());
        writer.WriteEndObject();
        writer.WriteString("spender", a.Spender.ToString());
        writer.WriteString("nonce", a.Nonce.ToString());
        writer.WriteString("deadline", a.Deadline.ToString());
        writer.WriteStartObject("witness");
        writer.WriteString("to", a.To.ToString());
        if (a.Facilitator is { } facilitator)
        {
            writer.WriteString("facilitator", facilitator.ToString());
        }

        writer.WriteString("validAfter", a.ValidAfter.ToString());
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
