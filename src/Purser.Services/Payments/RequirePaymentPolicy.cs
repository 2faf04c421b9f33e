using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Extensions.DependencyInjection;
using Purser.Ethereum;

namespace Purser.Services.Payments;

/// <summary>
/// Puts the door before endpoints that carry <see cref="RequirePaymentAttribute"/>. It is part of the host's routing, so that no middleware has to be
/// remembered, and like a price on the endpoint itself it holds however a path is spelt.
/// </summary>
internal sealed class RequirePaymentPolicy(IServiceProvider services) : MatcherPolicy, IEndpointSelectorPolicy
{
    private readonly ConditionalWeakTable<Endpoint, Endpoint> _doors = [];

    // After those that choose between candidates.
    public override int Order => int.MaxValue;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(endpoint => Find(endpoint) is not null) || ContainsDynamicEndpoints(endpoints);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && candidates[i].Endpoint is { } endpoint && Find(endpoint) is { } attribute)
            {
                candidates.ReplaceEndpoint(i, _doors.GetValue(endpoint, inner => WithDoor(inner, attribute)), candidates[i].Values);
            }
        }

        return Task.CompletedTask;
    }

    private static RequirePaymentAttribute? Find(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<PaidMark>() is null && endpoint.RequestDelegate is not null ? endpoint.Metadata.GetMetadata<RequirePaymentAttribute>() : null;

    private Endpoint WithDoor(Endpoint endpoint, RequirePaymentAttribute attribute)
    {
        var gate = services.GetRequiredService<PaymentGate>();
        var payTo = attribute.PayTo is null ? (Address?)null : Address.Parse(attribute.PayTo);
        var offer = PaidOffer.Exact(attribute.Prices, gate.Options, payTo, attribute.Description);
        var door = new PaidDoor(gate, _ => ValueTask.FromResult<PaidOffer?>(offer), perRequest: false, endpoint.Metadata.GetMetadata<FreeQuota>(), endpoint.DisplayName ?? "", endpoint.RequestDelegate!);
        var metadata = new EndpointMetadataCollection([.. endpoint.Metadata, offer, new PaidMark()]);
        return endpoint is RouteEndpoint route
            ? new RouteEndpoint(door.InvokeAsync, route.RoutePattern, route.Order, metadata, route.DisplayName)
            : new Endpoint(door.InvokeAsync, metadata, endpoint.DisplayName);
    }
}
