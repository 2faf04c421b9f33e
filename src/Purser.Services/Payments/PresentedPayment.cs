using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Services.Gate;

namespace Purser.Services.Payments;

/// <summary>A payment that came with a request, read strictly and matched to one of our own offers.</summary>
/// <param name="Request">What the facilitator is asked: the client's payload and our own terms.</param>
/// <param name="Terms">Our terms, read.</param>
/// <param name="Proof">What the payer signed.</param>
internal sealed record PresentedPayment(FacilitatorRequest Request, ExactEvmTerms Terms, ExactEvmPayload Proof)
{
    public const string Scope = "payment";

    /// <summary>(network, asset, payer, nonce) of the signed object: what can move money once.</summary>
    public ClaimKey Key { get; } = new(Scope, Digest(writer =>
    {
        writer.Write((ulong)Terms.Asset.Chain.Value);
        writer.Write(Terms.Asset.Token.Bytes);
        writer.Write(Proof.Authorization.From.Bytes);
        writer.Write(Proof.Authorization.Nonce.Bytes);
    }));

    /// <summary>All that was signed, and the signature.</summary>
    public Hash32 ProofDigest { get; } = Digest(writer =>
    {
        writer.Write(Proof.Authorization.To.Bytes);
        foreach (var number in (ReadOnlySpan<UInt256>)[Proof.Authorization.Value, Proof.Authorization.ValidAfter, Proof.Authorization.ValidBefore, Terms.Amount])
        {
            writer.Write(number.ToBigEndian());
        }

        writer.Write(Proof.Signature.Span);
    });

    /// <summary>Unix seconds from which the chain refuses the authorization.</summary>
    public long DeadAt => Proof.Authorization.ValidBefore.FitsUInt64 && Proof.Authorization.ValidBefore.U0 <= long.MaxValue ? (long)Proof.Authorization.ValidBefore.U0 : long.MaxValue;

    /// <summary>Reads the header of a request; null without a refusal when there is none.</summary>
    public static PresentedPayment? Read(HttpRequest http, PaidOffer offer, int maxLength, out PaymentHeaderRefusal? refusal)
    {
        refusal = null;
        var values = http.Headers[PaymentHeader.Signature];
        if (values.Count == 0)
        {
            return null;
        }

        if (values.Count > 1)
        {
            refusal = PaymentHeaderRefusal.Malformed(new("header_repeated", "$", -1, "The header stands more than once"));
            return null;
        }

        var shape = PaymentHeader.Decode(values[0] ?? "", maxLength);
        var payload = PaymentPayload.Read(shape);
        if (!shape.Ok)
        {
            refusal = PaymentHeaderRefusal.Malformed(shape.Refusal);
            return null;
        }

        if (offer.Accepts.FirstOrDefault(ours => ours.IsMatchedBy(payload.Accepted)) is not { } matched)
        {
            refusal = new(StatusCodes.Status402PaymentRequired, PaymentReason.NoMatchingRequirements, null);
            return null;
        }

        if (ExactEvm.CheckTerms(payload.Accepted, matched) is { } fault)
        {
            refusal = new(StatusCodes.Status402PaymentRequired, fault, null);
            return null;
        }

        var proofShape = JsonShape.Of(payload.Payload);
        var proof = ExactEvmPayload.Read(proofShape);
        if (!proofShape.Ok)
        {
            refusal = PaymentHeaderRefusal.Malformed(proofShape.Refusal with { Path = "$.payload" + proofShape.Refusal.Path[1..] });
            return null;
        }

        return new(new(payload, matched), ExactEvm.ReadTerms(matched, out _)!, proof);
    }

    private static Hash32 Digest(Action<BinaryWriter> write)
    {
        using var buffer = new MemoryStream(256);
        var writer = new BinaryWriter(buffer);
        write(writer);
        writer.Flush();
        return new Hash32(SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }
}

/// <summary>Why a payment header is not taken.</summary>
/// <param name="Status">402; 400 for what cannot be read; 431 for what is too large.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Detail">Where in the message, when it cannot be read.</param>
internal sealed record PaymentHeaderRefusal(int Status, PaymentReason Reason, JsonRefusal? Detail)
{
    public static PaymentHeaderRefusal Malformed(JsonRefusal detail) => new(
        detail.Code == JsonRefusalCodes.TooLarge ? StatusCodes.Status431RequestHeaderFieldsTooLarge : StatusCodes.Status400BadRequest, PaymentReason.InvalidPayload, detail);
}
