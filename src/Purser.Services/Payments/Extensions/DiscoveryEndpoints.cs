using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.Payments.Extensions;

/// <summary>What there is to be paid for.</summary>
public interface IResourceCatalog
{
    /// <summary>The page of a query, in an order that stays.</summary>
    Task<DiscoveryPage> ListAsync(DiscoveryQuery query, CancellationToken cancellationToken = default);
}

/// <summary>Serves a catalogue: <c>GET /discovery/resources?type=&amp;limit=&amp;offset=</c> (specs/x402.md 4).</summary>
public static class DiscoveryEndpoints
{
    /// <summary>The path.</summary>
    public const string Path = "/discovery/resources";

    /// <summary>Maps the endpoint for a catalogue. A query that would be misunderstood is a 400.</summary>
    public static IEndpointConventionBuilder MapDiscovery(this IEndpointRouteBuilder endpoints, IResourceCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return endpoints.MapGet(Path, (RequestDelegate)(context => ListAsync(context, catalog)));
    }

    /// <summary>Maps the endpoint for this host's own priced endpoints: those with one fixed offer, at the origin that clients use.</summary>
    /// <param name="endpoints">The host's endpoints.</param>
    /// <param name="origin">Such as <c>https://api.example</c>.</param>
    public static IEndpointConventionBuilder MapDiscovery(this IEndpointRouteBuilder endpoints, Uri origin)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(origin);
        return endpoints.MapDiscovery(new EndpointCatalog(endpoints.DataSources, origin, endpoints.ServiceProvider.GetRequiredService<TimeProvider>()));
    }

    private static async Task ListAsync(HttpContext context, IResourceCatalog catalog)
    {
        var parameters = context.Request.Query.SelectMany(parameter => parameter.Value.Select(value => KeyValuePair.Create(parameter.Key, value ?? "")));
        if (DiscoveryQuery.Read(parameters, out var fault) is not { } query)
        {
            await new GateRefusal(StatusCodes.Status400BadRequest, "query_invalid", fault!, "correct the query").WriteAsync(context);
            return;
        }

        DiscoveryPage page;
        try
        {
            page = await catalog.ListAsync(query, context.RequestAborted);
        }
        catch (StorageException)
        {
            await new GateRefusal(StatusCodes.Status503ServiceUnavailable, "store_unavailable", "The list cannot be read at the moment", "ask again in a moment") { RetryAfter = TimeSpan.FromSeconds(5) }.WriteAsync(context);
            return;
        }

        var json = PaymentHeader.Json(page.Write);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}

/// <summary>A host's own priced endpoints, in the order of their paths. What costs differently from request to request is not listed: it has no price to show.</summary>
internal sealed class EndpointCatalog(IEnumerable<EndpointDataSource> sources, Uri origin, TimeProvider time) : IResourceCatalog
{
    private readonly DateTimeOffset _since = time.GetUtcNow();

    public Task<DiscoveryPage> ListAsync(DiscoveryQuery query, CancellationToken cancellationToken = default)
    {
        var found = sources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => (Path: PathOf(endpoint), Offer: endpoint.Metadata.GetMetadata<PaidOffer>()))
            .Where(endpoint => endpoint.Offer is not null && endpoint.Path is not null)
            .Select(endpoint => ToResource(endpoint.Path!, endpoint.Offer!))
            .Where(query.Matches)
            .OrderBy(resource => resource.Resource, StringComparer.Ordinal)
            .ToList();
        return Task.FromResult(new DiscoveryPage([.. found.Skip(query.Offset).Take(query.Limit)], query.Limit, query.Offset, found.Count));
    }

    private DiscoveredResource ToResource(string path, PaidOffer offer) =>
        new(origin.GetLeftPart(UriPartial.Authority) + path, offer.Bazaar?.Input.Type ?? "http", offer.Accepts, _since)
        {
            Description = offer.Description,
            Extensions = offer.Bazaar is { } bazaar ? PaymentExtensions.Join([new(BazaarMetadata.Name, bazaar.ToEntry())]) : null,
        };

    // Parameters as catalogues write them. A catch-all has no path to show.
    private static string? PathOf(RouteEndpoint endpoint)
    {
        var parts = endpoint.RoutePattern.PathSegments.Select(segment => segment.Parts is [var part]
            ? part switch
            {
                Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
                Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { IsCatchAll: false } parameter => ":" + parameter.Name,
                _ => null,
            }
            : null).ToList();
        return parts.Contains(null) ? null : "/" + string.Join('/', parts);
    }
}
