using Purser.Ethereum;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Proxy;

/// <summary>What becomes of a request that no route names.</summary>
public enum UnmatchedRoute
{
    /// <summary>404; nothing reaches the upstream. The default.</summary>
    Refuse = 0,

    /// <summary>It goes through unpaid.</summary>
    Free = 1,
}

/// <summary>Some paths of an upstream, and what they cost.</summary>
/// <param name="Path">
/// A template: literal segments, <c>{name}</c> for any one segment, and <c>**</c> at the end for any number of them, none too, as in <c>/v1/cities/{city}</c>
/// and <c>/files/**</c>. A slash at the end does not matter.
/// </param>
public sealed record ProxyRoute(string Path)
{
    /// <summary>The methods, in capitals; <c>GET</c> brings <c>HEAD</c> with it. Null is any.</summary>
    public IReadOnlyList<string>? Methods { get; init; }

    /// <summary>What a request costs, such as <c>0.001 USDC</c>, in the seller's order where he takes several tokens. Empty is free.</summary>
    public IReadOnlyList<string> Prices { get; init; } = [];

    /// <summary>What is paid for, for people; or null.</summary>
    public string? Description { get; init; }

    /// <summary>When it is settled: after the upstream's reply and before it is passed on, or <c>upfront</c>, before the upstream is asked.</summary>
    public PaymentFlow Flow { get; init; }

    /// <summary>By which scheme and transfer method it is paid.</summary>
    public PaidBy By { get; init; }

    /// <summary>What the body of its 402 is; the one of <see cref="PaymentsOptions"/> when null.</summary>
    public ChallengeBody? ChallengeBody { get; init; }

    /// <summary>The payee; the one of <see cref="PaymentsOptions"/> when null.</summary>
    public Address? PayTo { get; init; }

    /// <summary>What it costs; null is free.</summary>
    /// <exception cref="InvalidOperationException">A price cannot be used, or not by this way.</exception>
    public PaidOffer? ToOffer(PaymentsOptions options) => Prices.Count == 0 ? null : PaidOffer.By(By, Prices, options, PayTo, Description, Flow) with { ChallengeBody = ChallengeBody };

    /// <summary>Whether the route takes this method.</summary>
    internal bool Takes(string method) => Methods is null || Methods.Contains(method, StringComparer.Ordinal)
        || (method == "HEAD" && Methods.Contains("GET", StringComparer.Ordinal));
}

/// <summary>
/// The prices of an upstream's paths. The first route whose path and method fit counts. A path that stands in the table is never served under a method that
/// does not: that is a 405, whatever <see cref="Unmatched"/> says.
/// </summary>
/// <param name="Routes">In order.</param>
public sealed record RouteTable(IReadOnlyList<ProxyRoute> Routes)
{
    /// <summary>What becomes of the rest.</summary>
    public UnmatchedRoute Unmatched { get; init; }

    /// <summary>
    /// Whether letters count by case. Without it, the default, the upstream gets a route's literals in the table's own spelling, so that neither kind of
    /// server can be led around a price by another case.
    /// </summary>
    public bool CaseSensitive { get; init; }
}
