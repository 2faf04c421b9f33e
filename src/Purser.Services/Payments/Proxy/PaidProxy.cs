using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Purser.Services.Payments.Proxy;

/// <summary>The reverse proxy behind <c>purser sell</c>: any HTTP server, with a price in front.</summary>
public static class PaidProxy
{
    /// <summary>
    /// A handler fit for the proxy: it follows no redirects, keeps no cookies and does not touch bodies. Header values go on as the bytes that came; for
    /// those of replies the host's Kestrel has to write Latin-1 (<c>ResponseHeaderEncodingSelector</c>), else a value with other bytes than ASCII is left away.
    /// </summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    };

    /// <summary>
    /// Maps every path to the upstream, at the price of its route. The path is brought into one form, matched, and forwarded in that form
    /// (what has more than one reading is a 400). <c>OPTIONS</c> goes through unpaid, since browsers ask it before they can pay, but no body goes with it
    /// either way: an upstream that takes all methods alike would give its content away. An upstream that does not answer gives 502 or 504, one that answers
    /// with 400 or more is passed on, and neither is charged. A WebSocket is paid once, before it opens; server-sent events before the first.
    /// Headers of one hop stay on it; payment headers reach the upstream never.
    /// </summary>
    /// <param name="endpoints">The host, with AddPayments.</param>
    /// <param name="options">Upstream and prices.</param>
    /// <param name="http">By which the upstream is asked; see <see cref="CreateHandler"/>.</param>
    /// <exception cref="ArgumentException">The upstream or a route cannot be used.</exception>
    /// <exception cref="InvalidOperationException">A price cannot be used.</exception>
    public static IEndpointConventionBuilder MapPaidProxy(this IEndpointRouteBuilder endpoints, PaidProxyOptions options, HttpMessageInvoker http)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(http);
        if (!options.Upstream.IsAbsoluteUri || options.Upstream.Scheme is not ("http" or "https") || options.Upstream.Query.Length > 0 || options.Upstream.Fragment.Length > 0)
        {
            throw new ArgumentException("The upstream is an http or https URL without query and fragment.", nameof(options));
        }

        var services = endpoints.ServiceProvider;
        var gate = services.GetRequiredService<PaymentGate>();
        var stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? default;
        var forwarder = new UpstreamForwarder(options, http, services.GetRequiredService<TimeProvider>(), ReplyHeaderEncoding.Of(services), stopping);
        var guard = new RouteGuard(options.ToTable(), gate.Options);
        return endpoints.Map("/{**path}", context => ServeAsync(context, guard, gate, forwarder));
    }

    private static Task ServeAsync(HttpContext context, RouteGuard guard, PaymentGate gate, UpstreamForwarder forwarder)
    {
        if (gate.Options.Cors is { } cors && cors.Answer(context))
        {
            return Task.CompletedTask;
        }

        switch (guard.Judge(context))
        {
            case RoutePassage.Refused refused:
                PaymentResponses.Expose(context.Response);
                return refused.Refusal.WriteAsync(context);
            case RoutePassage.Free free:
                return forwarder.ForwardAsync(context, free.Target, free.Bodiless);
            case RoutePassage.Paid paid:
                return gate.InvokeAsync(context, paid.Offer, inner => forwarder.ForwardAsync(inner, paid.Target, bodiless: false));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
