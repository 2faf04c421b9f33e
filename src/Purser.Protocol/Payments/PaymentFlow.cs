namespace Purser.Protocol.Payments;

/// <summary>When a seller settles relative to his work (specs/x402.md 1): <c>accepts[].extra.paymentFlow</c>.</summary>
public enum PaymentFlow
{
    /// <summary>Verify, work, settle. What an offer means that names no flow.</summary>
    Authorization = 0,

    /// <summary>Settle, then work.</summary>
    Upfront = 1,

    /// <summary>Verify and settle, work, settle again: only of a scheme with an escrow.</summary>
    Escrow = 2,
}

/// <summary>The wire names of <see cref="PaymentFlow"/>.</summary>
public static class PaymentFlows
{
    /// <summary>The name on the wire.</summary>
    public static string ToWire(this PaymentFlow flow) => flow switch
    {
        PaymentFlow.Authorization => "authorization",
        PaymentFlow.Upfront => "upfront",
        PaymentFlow.Escrow => "escrow",
        _ => throw new ArgumentOutOfRangeException(nameof(flow)),
    };

    /// <summary>The flow of a name; <see cref="PaymentFlow.Authorization"/> for none; null for one that we do not know.</summary>
    public static PaymentFlow? FromWire(string? wire) => wire switch
    {
        null or "authorization" => PaymentFlow.Authorization,
        "upfront" => PaymentFlow.Upfront,
        "escrow" => PaymentFlow.Escrow,
        _ => null,
    };
}
