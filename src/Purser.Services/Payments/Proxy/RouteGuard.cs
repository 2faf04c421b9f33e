using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Purser.Services.Gate;

namespace Purser.Services.Payments.Proxy;

/// <summary>How a request goes on.</summary>
internal abstract record RoutePassage
{
    private RoutePassage()
    {
    }

    /// <summary>Not at all.</summary>
    public sealed record Refused(GateRefusal Refusal) : RoutePassage;

    /// <summary>Unpaid, to this path and query; without bodies when it is a preflight.</summary>
    public sealed record Free(string Target, bool Bodiless) : RoutePassage;

    /// <summary>For this price, to this path and query.</summary>
    public sealed record Paid(string Target, PaidOffer Offer) : RoutePassage;
}

/// <summary>Decides by the one form of a path what it costs, and makes that form the request's own, so that price, claim and upstream speak of the same thing.</summary>
internal sealed class RouteGuard
{
    private readonly RouteMatcher _matcher;
    private readonly PaidOffer?[] _offers;

    /// <exception cref="ArgumentException">A route cannot be used.</exception>
    /// <exception cref="InvalidOperationException">A price cannot be used.</exception>
    public RouteGuard(RouteTable table, PaymentsOptions options)
    {
        _matcher = new(table);
        _offers = [.. table.Routes.Select(route => route.ToOffer(options))];
    }

    public RoutePassage Judge(HttpContext context)
    {
        var request = context.Request;
        if (ProxyPath.Read(TargetOf(context), out var fault) is not { } path)
        {
            return new RoutePassage.Refused(new(StatusCodes.Status400BadRequest, "path_ambiguous", fault,
                "write the path in its plain form: no dot segments, backslashes, semicolons or encoded slashes; nothing was charged"));
        }

        // Both would hand the request's own headers, a payment among them, to whoever asks, or leave HTTP.
        if (request.Method is "TRACE" or "CONNECT")
        {
            return new RoutePassage.Refused(MethodNotAllowed(context, null));
        }

        if (request.Method == "OPTIONS")
        {
            return _matcher.MatchAnyMethod(path) is { } known
                ? new RoutePassage.Free(Settle(request, path with { Segments = known }), Bodiless: true)
                : new RoutePassage.Refused(NotSold());
        }

        return _matcher.Match(request.Method, path) switch
        {
            RouteVerdict.Matched { Index: >= 0 } matched when _offers[matched.Index] is { } offer => new RoutePassage.Paid(Settle(request, path with { Segments = matched.Segments }), offer),
            RouteVerdict.Matched matched => new RoutePassage.Free(Settle(request, path with { Segments = matched.Segments }), Bodiless: false),
            RouteVerdict.OtherMethod other => new RoutePassage.Refused(MethodNotAllowed(context, other.Allowed)),
            RouteVerdict.Unknown => new RoutePassage.Refused(NotSold()),
            _ => throw new UnreachableException(),
        };
    }

    private static string Settle(HttpRequest request, ProxyPath path)
    {
        request.PathBase = PathString.Empty;
        request.Path = new PathString(path.Decoded);
        return path.Path + path.Query;
    }

    // A host that is not on a socket may have no target of the wire.
    private static string TargetOf(HttpContext context) => context.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } raw
        ? raw
        : $"{context.Request.PathBase.ToUriComponent()}{context.Request.Path.ToUriComponent()}{context.Request.QueryString.ToUriComponent()}";

    private static GateRefusal NotSold() => new(StatusCodes.Status404NotFound, "not_sold", "Nothing is sold at this path", "ask the seller for the paths that there are; nothing was charged");

    private static GateRefusal MethodNotAllowed(HttpContext context, IReadOnlyList<string>? allowed)
    {
        if (allowed is not null)
        {
            context.Response.Headers.Allow = string.Join(", ", allowed);
        }

        return new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "This path is not sold under this method", "use a method that Allow names; nothing was charged");
    }
}
