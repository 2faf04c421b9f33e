using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments;

/// <summary>
/// Which browsers' scripts may pay here (specs/x402.md 2). It answers for paid endpoints alone; a host with a CORS policy of its own leaves it null and calls
/// <see cref="PaymentCorsPolicy.WithPaymentHeaders"/> in that policy.
/// </summary>
public sealed record PaymentCors
{
    /// <summary>The origins that may ask, such as <c>https://app.example</c>; <c>*</c> alone is any. Cookies are never allowed with it.</summary>
    public IReadOnlyList<string> Origins { get; init; } = ["*"];

    /// <summary>Request headers that may be sent besides those of payments.</summary>
    public IReadOnlyList<string> AllowHeaders { get; init; } = ["Content-Type", "Accept", "Authorization"];

    /// <summary>How long a browser may remember the answer.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The request headers of payments. The last is one that clients up to 2.27.0 send by mistake, and without it their preflight fails.</summary>
    internal static IReadOnlyList<string> RequestHeaders { get; } = [PaymentHeader.Signature, PaymentHeader.SignatureV1, "Idempotency-Key", "Access-Control-Expose-Headers"];

    /// <summary>The response headers of payments.</summary>
    internal static IReadOnlyList<string> ResponseHeaders { get; } = [PaymentHeader.Required, PaymentHeader.Response, PaymentHeader.ResponseV1, PaymentResponses.ReplayedHeader];

    /// <summary>Whether a request is a preflight (Fetch, 3.3.2), which asks for nothing and is not paid.</summary>
    internal static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0 && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <summary>Writes what an origin may do; says whether the request is thereby answered.</summary>
    internal bool Answer(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var any = Origins is ["*"];
        if (!any)
        {
            response.Headers.Append("Vary", "Origin");
        }

        var origin = request.Headers.Origin.ToString();
        var allowed = origin.Length > 0 && (any || Origins.Contains(origin, StringComparer.OrdinalIgnoreCase));
        if (allowed)
        {
            response.Headers.AccessControlAllowOrigin = any ? "*" : origin;
        }

        if (!IsPreflight(request))
        {
            return false;
        }

        response.StatusCode = StatusCodes.Status204NoContent;
        if (allowed)
        {
            response.Headers.AccessControlAllowMethods = request.Headers.AccessControlRequestMethod;
            response.Headers.AccessControlAllowHeaders = string.Join(", ", RequestHeaders.Concat(AllowHeaders).Distinct(StringComparer.OrdinalIgnoreCase));
            response.Headers.AccessControlMaxAge = ((long)MaxAge.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return true;
    }
}

/// <summary>What a host's own CORS policy needs so that browsers can pay.</summary>
public static class PaymentCorsPolicy
{
    /// <summary>Lets scripts send the headers of payments and read those of 402s and settlements.</summary>
    public static CorsPolicyBuilder WithPaymentHeaders(this CorsPolicyBuilder policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.WithHeaders([.. PaymentCors.RequestHeaders]).WithExposedHeaders([.. PaymentCors.ResponseHeaders]);
    }
}
