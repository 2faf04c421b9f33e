using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;

namespace Purser.Services.Payments;

/// <summary>
/// Some requests without payment for each caller and window. They are counted in the store, so that neither a restart nor another replica gives them anew.
/// A request that brings a payment is paid and not counted. Counted is what is asked, not what succeeds.
/// </summary>
/// <param name="Requests">Free requests for each caller in a window, at least 1.</param>
/// <param name="Window">How long a window is, from the caller's first request in it; at least a second.</param>
public sealed record FreeQuota(int Requests, TimeSpan Window)
{
    /// <summary>
    /// Who asks: a wallet or a session that the host has made sure of. Null for a request has no free ones. When not set it is the network address
    /// (<see cref="CallerAddress"/>), of which one person can have many.
    /// </summary>
    public Func<HttpContext, string?>? Caller { get; init; }

    /// <summary>Free requests in a window for all callers together; null does not bound them.</summary>
    public int? TotalRequests { get; init; }

    /// <summary>Endpoints whose quotas have the same name share one count; when null each endpoint has its own.</summary>
    public string? Name { get; init; }

    internal void Validate()
    {
        if (Requests < 1 || Window < TimeSpan.FromSeconds(1) || Window > TimeSpan.FromDays(3660) || TotalRequests < 1)
        {
            throw new InvalidOperationException("A free quota has at least one request, and a window of a second to ten years.");
        }
    }
}
