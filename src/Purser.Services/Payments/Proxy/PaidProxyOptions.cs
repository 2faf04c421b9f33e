using Purser.Ethereum;

namespace Purser.Services.Payments.Proxy;

/// <summary>An HTTP server of somebody's that gets a price, without being changed.</summary>
public sealed record PaidProxyOptions
{
    /// <summary>Where requests go: http or https, without query and fragment; its path is put in front of theirs.</summary>
    public required Uri Upstream { get; init; }

    /// <summary>What each request costs, such as <c>0.001 USDC</c>.</summary>
    public required string Price { get; init; }

    /// <summary>The payee; the one of <see cref="PaymentsOptions"/> when null.</summary>
    public Address? PayTo { get; init; }

    /// <summary>What is paid for, for people; or null.</summary>
    public string? Description { get; init; }

    /// <summary>How long the upstream may take until its reply begins.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}
