using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Services.Gate;

namespace Purser.Services.Payments;

/// <summary>A payment that came with a request, read strictly and matched to one of our own offers.</summary>
/// <param name="Request">What the facilitator is asked: the client's payload and our own terms.</param>
/// <param name="Proof">What the payer signed, with our terms.</param>
internal sealed record PresentedPayment(FacilitatorRequest Request, PaymentProof Proof)
{
    public const string Scope = "payment";

    /// <summary>The name of what can move money once (<see cref="OneUse"/>).</summary>
    public ClaimKey Key { get; } = new(Scope, new Hash32(SHA256.HashData(Proof.OneUse.ToBytes())));

    /// <summary>All that was signed, the amount that is asked, and the signature.</summary>
    public Hash32 ProofDigest { get; } = new(SHA256.HashData([.. Proof.Digest.Bytes, .. Proof.Terms.Amount.ToBigEndian(), .. Proof.Signature.Span]));

    /// <summary>The scheme's rules.</summary>
    public IPaymentScheme Rules => Proof.Terms.Rules;

    /// <summary>The name of what a header could move, by the terms that it says itself: enough to look for, and for nothing else. Null when it cannot be read.</summary>
    public static ClaimKey? ReadKey(HttpRequest http, int maxLength)
    {
        if (http.Headers[PaymentHeader.Signature] is not [{ } value])
        {
            return null;
        }

        var shape = PaymentHeader.Decode(value, maxLength);
        var payload = PaymentPayload.Read(shape);
        if (!shape.Ok || PaymentSchemes.ReadTerms(payload.Accepted, out _) is not { } terms)
        {
            return null;
        }

        var proofShape = JsonShape.Of(payload.Payload);
        var proof = terms.Rules.ReadProof(terms, proofShape);
        return proofShape.Ok ? new PresentedPayment(new(payload, payload.Accepted), proof).Key : null;
    }

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

        if (PaymentSchemes.ReadTerms(matched, out var unread) is not { } terms)
        {
            refusal = new(StatusCodes.Status402PaymentRequired, unread, null);
            return null;
        }

        var proofShape = JsonShape.Of(payload.Payload);
        var proof = terms.Rules.ReadProof(terms, proofShape);
        if (!proofShape.Ok)
        {
            refusal = PaymentHeaderRefusal.Malformed(proofShape.Refusal with { Path = "$.payload" + proofShape.Refusal.Path[1..] });
            return null;
        }

        return new(new(payload, matched), proof);
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
