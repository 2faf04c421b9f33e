using System.Collections.Frozen;

namespace Purser.Protocol.Payments;

/// <summary>Whose strings are emitted: peers of one scheme, transfer method and version say one reason in one way (specs/x402.md 6).</summary>
public enum ReasonDialect
{
    /// <summary>Scheme <c>exact</c> with EIP-3009, version 2; also what is said where no scheme is known yet.</summary>
    ExactEip3009,

    /// <summary>Scheme <c>exact</c>, version 1, whose readers refuse strings that are not on their list (specs/x402.md 6.1): what has none there is said more coarsely.</summary>
    ExactV1,

    /// <summary>Scheme <c>exact</c> with Permit2.</summary>
    ExactPermit2,

    /// <summary>Scheme <c>upto</c>.</summary>
    Upto,
}

/// <summary>
/// The strings of peers for each <see cref="PaymentReason"/>, both ways. What we emit is what the deployed peers of that scheme emit (specs/x402.md 6.2); what we
/// read is every string of specs/x402.md 6 and, as <see cref="PaymentReason.Other"/>, any other.
/// </summary>
public static class PaymentReasons
{
    /// <summary>The error of a first 402.</summary>
    public const string PaymentRequired = "Payment required";

    // From the general to the particular: what a dialect has no string for it says as the one before it, and what only another has it says as that one.
    private static readonly FrozenDictionary<PaymentReason, string> s_exact = Emitted(BatchSettlementReasons.Emitted, ReasonStrings.Upto, ReasonStrings.Permit2, ReasonStrings.Exact);

    private static readonly FrozenDictionary<PaymentReason, string> s_permit2 = Emitted(s_exact, ReasonStrings.Permit2);

    private static readonly FrozenDictionary<PaymentReason, string> s_upto = Emitted(s_permit2, ReasonStrings.Upto);

    private static readonly FrozenDictionary<PaymentReason, string> s_version1 = ReasonStrings.Version1.ToFrozenDictionary(row => row.Reason, row => row.Wire);

    private static readonly FrozenDictionary<string, PaymentReason> s_fromWire = new[] { ReasonStrings.Exact, ReasonStrings.Permit2, ReasonStrings.Upto, ReasonStrings.OnlyRead }
        .SelectMany(table => table).SelectMany(row => row.Wire.Select(wire => KeyValuePair.Create(wire, row.Reason)))
        .Concat(BatchSettlementReasons.All)
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every string that we know the meaning of.</summary>
    public static IReadOnlyCollection<string> Known => s_fromWire.Keys;

    /// <summary>The string that a peer of <c>exact</c> with EIP-3009, version 2, expects; <c>unexpected_verify_error</c> for <see cref="PaymentReason.Other"/>.</summary>
    public static string ToWire(this PaymentReason reason) => s_exact.GetValueOrDefault(reason, "unexpected_verify_error");

    /// <summary>The string that a peer of this dialect expects. In the dialects of version 2 it comes back as the same reason.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="dialect">The scheme that was being paid by.</param>
    public static string ToWire(this PaymentReason reason, ReasonDialect dialect) => dialect switch
    {
        ReasonDialect.ExactEip3009 => reason.ToWire(),
        ReasonDialect.ExactV1 => s_version1.GetValueOrDefault(reason, "unexpected_verify_error"),
        ReasonDialect.ExactPermit2 => s_permit2.GetValueOrDefault(reason, "unexpected_verify_error"),
        ReasonDialect.Upto => s_upto.GetValueOrDefault(reason, "unexpected_verify_error"),
        _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "no dialect"),
    };

    /// <summary>Our reason for a peer's string; <see cref="PaymentReason.Other"/> for one that we do not know, which is never refused.</summary>
    public static PaymentReason FromWire(string? wire) => wire is null ? PaymentReason.Other : s_fromWire.GetValueOrDefault(wire, PaymentReason.Other);

    private static FrozenDictionary<PaymentReason, string> Emitted(IEnumerable<KeyValuePair<PaymentReason, string>> general, params (PaymentReason Reason, string[] Wire)[][] tables)
    {
        var emitted = general.ToDictionary();
        foreach (var (reason, wire) in tables.SelectMany(table => table))
        {
            emitted[reason] = wire[0];
        }

        return emitted.ToFrozenDictionary();
    }
}
