using Purser.Protocol.Payments;

namespace Purser.Services.Payments;

/// <summary>By which scheme and transfer method a price is paid, as people write it in a flag or a route table.</summary>
public enum PaidBy
{
    /// <summary><c>exact</c>, by EIP-3009 where the token speaks it and by Permit2 where it does not. What is meant when nothing is said.</summary>
    Exact = 0,

    /// <summary><c>exact</c> by EIP-3009 and nothing else.</summary>
    Eip3009 = 1,

    /// <summary><c>exact</c> by Permit2, also where the token speaks EIP-3009.</summary>
    Permit2 = 2,

    /// <summary><c>upto</c>: the price is the most, and the handler says what it came to.</summary>
    Upto = 3,
}

/// <summary>The words for <see cref="PaidBy"/>.</summary>
public static class PaidBys
{
    /// <summary>The words that are known, for a refusal's text.</summary>
    public const string Known = "exact, eip3009, permit2 or upto";

    /// <summary>What a word means; <see cref="PaidBy.Exact"/> for none, null for one that we do not know.</summary>
    public static PaidBy? FromText(string? word) => word switch
    {
        null or "exact" => PaidBy.Exact,
        "eip3009" => PaidBy.Eip3009,
        "permit2" => PaidBy.Permit2,
        "upto" => PaidBy.Upto,
        _ => null,
    };

    /// <summary>The word.</summary>
    public static string ToText(this PaidBy by) => by switch
    {
        PaidBy.Exact => "exact",
        PaidBy.Eip3009 => "eip3009",
        PaidBy.Permit2 => "permit2",
        PaidBy.Upto => "upto",
        _ => throw new ArgumentOutOfRangeException(nameof(by)),
    };

    /// <summary>The scheme that a facilitator has to settle for it.</summary>
    public static string SchemeOf(this PaidBy by) => by is PaidBy.Upto ? Upto.Instance.Scheme : ExactEip3009.Instance.Scheme;
}
