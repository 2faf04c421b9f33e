using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>
/// The rules of one scheme by one transfer method that need no chain, in the order in which deployed peers apply them (specs/x402.md 5). Stateless; <see cref="PaymentSchemes"/>
/// has them all. Seller, facilitator and payer each have their own part beside it.
/// </summary>
public interface IPaymentScheme
{
    /// <summary>The scheme's name, such as <c>exact</c>.</summary>
    string Scheme { get; }

    /// <summary>The transfer method's name in <c>extra.assetTransferMethod</c>, such as <c>eip3009</c>.</summary>
    string TransferMethod { get; }

    /// <summary>Whether the amount of the terms is the most that may be taken, and the settlement says how much was (scheme <c>upto</c>).</summary>
    bool AmountIsMaximum { get; }

    /// <summary>Reads terms; null with the reason when they are not of this scheme and method, or do not say what they need.</summary>
    PaymentTerms? ReadTerms(PaymentRequirements requirements, out PaymentReason reason);

    /// <summary>The steps before any signature: scheme on both sides, terms that can be read, one network. Null when they pass.</summary>
    /// <param name="accepted">What the client says that it accepted.</param>
    /// <param name="requirements">The seller's own terms.</param>
    PaymentReason? CheckTerms(PaymentRequirements accepted, PaymentRequirements requirements);

    /// <summary>Reads a proof; what is wrong stands in the shape's refusal.</summary>
    /// <param name="terms">Terms of this scheme.</param>
    /// <param name="shape">The scheme's object, <c>payload</c>.</param>
    PaymentProof ReadProof(PaymentTerms terms, JsonShape shape);

    /// <summary>What of the signed message does not fit its terms at this time; null when all does. The signature itself is not looked at.</summary>
    /// <param name="proof">A proof of this scheme.</param>
    /// <param name="now">Unix seconds.</param>
    PaymentReason? CheckProof(PaymentProof proof, long now);

    /// <summary>Of <see cref="CheckProof"/> what no clock changes: payee, token, amount.</summary>
    PaymentReason? CheckParties(PaymentProof proof);

    /// <summary>
    /// The terms that were signed for, of a request to settle. They are the request's own, but where <see cref="AmountIsMaximum"/>: there the request's amount is what is to be taken, and
    /// the terms are those with the amount that the message permits. An amount that cannot be read is left to the reader of the proof.
    /// </summary>
    PaymentRequirements SignedTerms(FacilitatorRequest settlement);

    /// <summary>The string by which peers of version 2 name a reason in this scheme.</summary>
    string ToWire(PaymentReason reason);
}
