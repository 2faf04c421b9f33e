using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Payments;
using Purser.Services.Gate;

namespace Purser.Services.Payments.Proxy;

/// <summary>The reverse proxy behind <c>purser sell</c>: any HTTP server, with a price in front.</summary>
public static class PaidProxy
{
    /// <summary>A handler fit for the proxy: it follows no redirects, keeps no cookies and does not touch bodies.</summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(10),
    };

    /// <summary>
    /// Maps every path to the upstream, paid. <c>OPTIONS</c> goes through unpaid, since browsers ask it before they can pay, but no body goes with it either
    /// way: an upstream that takes all methods alike would give its content away. A path that leaves the upstream's own is a 400. An upstream that does not
    /// answer gives 502 or 504, one that answers with 400 or more is passed on, and neither is charged. Headers of one hop stay on it; payment headers
    /// reach the upstream never.
    /// </summary>
    /// <param name="endpoints">The host, with AddPayments.</param>
    /// <param name="options">Upstream and price.</param>
    /// <param name="http">By which the upstream is asked; see <see cref="CreateHandler"/>.</param>
    public static IEndpointConventionBuilder MapPaidProxy(this IEndpointRouteBuilder endpoints, PaidProxyOptions options, HttpMessageInvoker http)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(http);
        if (!options.Upstream.IsAbsoluteUri || options.Upstream.Scheme is not ("http" or "https") || options.Upstream.Query.Length > 0 || options.Upstream.Fragment.Length > 0)
        {
            throw new ArgumentException("The upstream is an http or https URL without query and fragment.", nameof(options));
        }

        var time = endpoints.ServiceProvider.GetRequiredService<TimeProvider>();
        RequestDelegate forward = context => ForwardAsync(context, options, http, time);
        endpoints.MapMethods("/{**path}", ["OPTIONS"], forward);
        return endpoints.Map("/{**path}", forward).RequirePayment(options.Price, options.Description, options.PayTo);
    }

    private static async Task ForwardAsync(HttpContext context, PaidProxyOptions options, HttpMessageInvoker http, TimeProvider time)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted);
        var unpaid = HttpMethods.IsOptions(context.Request.Method);
        try
        {
            using var forward = Build(context, options.Upstream, unpaid);
            if (forward is null)
            {
                await new GateRefusal(StatusCodes.Status400BadRequest, "path_outside", "The path leads out of what is sold here", "leave dot segments away; nothing was charged").WriteAsync(context);
                return;
            }

            using var reply = await http.SendAsync(forward, either.Token);
            context.Response.StatusCode = (int)reply.StatusCode;
            ForwardedHeaders.CopyToClient(reply, context.Response);
            AllowPaymentHeaders(context);
            if (unpaid)
            {
                context.Response.ContentLength = null;
                return;
            }

            await reply.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            await FailAsync(context, StatusCodes.Status504GatewayTimeout, "upstream_timeout", "The server behind this one did not answer in time");
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException && !context.Response.HasStarted)
        {
            await FailAsync(context, StatusCodes.Status502BadGateway, "upstream_unavailable", "The server behind this one cannot be reached, or broke off");
        }
    }

    private static HttpRequestMessage? Build(HttpContext context, Uri upstream, bool unpaid)
    {
        var request = context.Request;

        // By concatenation: resolving a relative reference would let a path such as //host name another server. Uri still folds dot segments, also those that
        // were encoded twice on their way here, so that the result is looked at.
        var path = request.Path.ToUriComponent();
        var home = upstream.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var target = new Uri($"{home}{(path.StartsWith('/') ? path : "/" + path)}{request.QueryString.ToUriComponent()}");
        if (!target.GetLeftPart(UriPartial.Path).StartsWith(home + "/", StringComparison.Ordinal))
        {
            return null;
        }

        var forward = new HttpRequestMessage(new HttpMethod(request.Method), target) { Version = System.Net.HttpVersion.Version11 };
        if (!unpaid && (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? request.ContentLength > 0))
        {
            forward.Content = new StreamContent(request.Body);
        }

        ForwardedHeaders.CopyToUpstream(request, forward);
        foreach (var name in unpaid ? (string[])["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] : [])
        {
            forward.Headers.Remove(name);
        }

        return forward;
    }

    // An upstream that allows another origin does not know of our headers; without them a browser could not pay.
    private static void AllowPaymentHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (HttpMethods.IsOptions(context.Request.Method) && headers.ContainsKey("Access-Control-Allow-Origin"))
        {
            foreach (var name in (string[])[PaymentHeader.Signature, PaymentHeader.SignatureV1, "Idempotency-Key", "Access-Control-Expose-Headers"])
            {
                headers.AppendCommaSeparatedValues("Access-Control-Allow-Headers", name);
            }
        }
    }

    private static Task FailAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.Clear();
        PaymentResponses.Expose(context.Response);
        return new GateRefusal(status, code, message, "nothing was charged: try again later") { RetryAfter = TimeSpan.FromSeconds(5) }.WriteAsync(context);
    }
}
