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

    private static readonly JsonLimits s_limits = new(MaxBytes: 16 << 20, MaxDepth: 32);

    /// <summary>The name of what can move money once (<see cref="OneUse"/>).</summary>
    public ClaimKey Key { get; } = new(Scope, new Hash32(SHA256.HashData(Proof.OneUse.ToBytes())));

    /// <summary>All that was signed, the amount that is asked, and the signature.</summary>
    public Hash32 ProofDigest { get; } = new(SHA256.HashData([.. Proof.Digest.Bytes, .. Proof.Terms.Amount.ToBigEndian(), .. Proof.Signature.Span]));

    /// <summary>What is to be taken, in minimal units: the amount of the terms, or less where the scheme has it.</summary>
    public UInt256 Taken { get; init; } = Proof.Terms.Amount;

    /// <summary>What the facilitator is asked to settle; also the claim's matter.</summary>
    public FacilitatorRequest Settlement => Taken == Proof.Terms.Amount ? Request : Request with { Requirements = Request.Requirements with { Amount = Taken.ToString(), Verbatim = null } };

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

    /// <summary>A settlement of nothing, which takes no facilitator.</summary>
    public SettleResponse NothingTaken => new(true, "", Request.Requirements.Network, Proof.Payer.ToString()) { Amount = "0" };

    /// <summary>Reads what was written into a claim; null when it is nothing of ours.</summary>
    public static PresentedPayment? Read(ReadOnlyMemory<byte> matter)
    {
        // Our own writing, of what passed the door: wider by the escapes and deeper by the wrapping than what was read there.
        var shape = JsonShape.Parse(matter.Span, s_limits);
        var request = FacilitatorRequest.Read(shape);
        if (!shape.Ok || PaymentSchemes.Find(request.Requirements, out _) is not { } rules || rules.SignedTerms(request) is not { } signed
            || rules.ReadTerms(signed, out _) is not { } terms || !UInt256.TryParse(request.Requirements.Amount, out var taken))
        {
            return null;
        }

        return new(request with { Requirements = taken == terms.Amount ? request.Requirements : signed }, rules.ReadProof(terms, JsonShape.Of(request.Payload.Payload))) { Taken = taken };
    }

    /// <summary>Reads the header of a request; null without a refusal when there is none.</summary>
    public static PresentedPayment? Read(HttpRequest http, PaidOffer offer, int maxLength, out PaymentHeaderRefusal? refusal)
    {
        refusal = null;

        // Version 1 has a header of its own, which counts only where the other is not, as with deployed peers. What stands in either is read by the version that it names.
        var values = http.Headers[PaymentHeader.Signature] is { Count: > 0 } current ? current : http.Headers[PaymentHeader.SignatureV1];
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

        if (Match(offer, payload) is not { } matched)
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

        // From here on it is version 2: the proof is the same in both, and the terms are ours.
        return new(new(payload.Accepted.IsPartial ? payload with { Accepted = matched, Version = PaymentRequired.Version } : payload, matched), proof);
    }

    // A payment that does not say which of our offers it accepted says it by what was signed: the first whose payee, amount and token it is for; else the first that it may have meant.
    private static PaymentRequirements? Match(PaidOffer offer, PaymentPayload payload)
    {
        if (!payload.Accepted.IsPartial)
        {
            return offer.Accepts.FirstOrDefault(ours => ours.IsMatchedBy(payload.Accepted));
        }

        var meant = offer.Accepts.Where(ours => ours.Scheme == payload.Accepted.Scheme && (payload.Accepted.Network.Length == 0 || ours.Network == payload.Accepted.Network)).ToList();
        return meant.Find(ours => IsFor(ours, payload)) ?? meant.FirstOrDefault();
    }

    private static bool IsFor(PaymentRequirements ours, PaymentPayload payload)
    {
        var shape = JsonShape.Of(payload.Payload);
        return PaymentSchemes.ReadTerms(ours, out _) is { } terms && terms.Rules.ReadProof(terms, shape) is { } proof && shape.Ok && terms.Rules.CheckParties(proof) is null;
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
