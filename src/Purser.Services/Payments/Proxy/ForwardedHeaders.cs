using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Proxy;

/// <summary>Which headers pass between client and upstream: end-to-end ones, and never a payment.</summary>
internal static class ForwardedHeaders
{
    // RFC 9110, 7.6.1, and the older names that servers still use.
    private static readonly string[] s_hopByHop =
        ["Connection", "Proxy-Connection", "Keep-Alive", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Proxy-Authenticate", "Proxy-Authorization"];

    // What is ours to say: a payment is nothing for the upstream to see, and a settlement nothing for it to claim.
    private static readonly string[] s_payment =
        [PaymentHeader.Signature, PaymentHeader.SignatureV1, PaymentHeader.Required, PaymentHeader.Response, PaymentHeader.ResponseV1];

    // Said anew, because the client's own may be forged.
    private static readonly string[] s_forwarded = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP"];

    private static readonly HashSet<string> s_notToUpstream = new([.. s_hopByHop, .. s_payment, .. s_forwarded, "Host", "Expect"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> s_notToClient =
        new([.. s_hopByHop, .. s_payment, PaymentResponses.ReplayedHeader, "Date", "Server"], StringComparer.OrdinalIgnoreCase);

    // What says how to read or route a message cannot come after it (RFC 9110, 6.5.1).
    private static readonly HashSet<string> s_notTrailing =
        new(["Content-Length", "Content-Encoding", "Content-Type", "Content-Range", "Cache-Control", "Set-Cookie", "Location", "Vary", "Age", "Expires", "Retry-After", "WWW-Authenticate"], StringComparer.OrdinalIgnoreCase);

    public static void CopyToUpstream(HttpRequest request, HttpRequestMessage forward)
    {
        var named = Listed(request.Headers.Connection);
        foreach (var (name, values) in request.Headers)
        {
            if (s_notToUpstream.Contains(name) || named.Contains(name) || name.StartsWith(':'))
            {
                continue;
            }

            if (!forward.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                forward.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        if (request.HttpContext.Connection.RemoteIpAddress is { } address)
        {
            forward.Headers.TryAddWithoutValidation("X-Forwarded-For", address.ToString());
        }

        forward.Headers.TryAddWithoutValidation("X-Forwarded-Proto", request.Scheme);
        forward.Headers.TryAddWithoutValidation("X-Forwarded-Host", request.Host.Value);
    }

    /// <summary>Trailers of a reply that went out as it came; what was held back has none, and a client that did not ask for them loses none that counts (RFC 9110, 6.5).</summary>
    public static void CopyTrailers(HttpResponseMessage reply, HttpResponse response, ReplyHeaderEncoding encoding)
    {
        if (!response.HasStarted || !response.SupportsTrailers())
        {
            return;
        }

        foreach (var (name, values) in reply.TrailingHeaders.NonValidated)
        {
            if (!s_notToClient.Contains(name) && !s_notTrailing.Contains(name) && values.All(value => encoding.CanWrite(name, value) && value.All(char.IsAscii)))
            {
                response.AppendTrailer(name, new StringValues(values.ToArray()));
            }
        }
    }

    public static void CopyToClient(HttpResponseMessage reply, HttpResponse response, ReplyHeaderEncoding encoding)
    {
        var named = Listed(reply.Headers.Connection);
        Copy(reply.Headers);
        Copy(reply.Content.Headers);

        void Copy(HttpHeaders headers)
        {
            foreach (var (name, values) in headers.NonValidated)
            {
                if (!s_notToClient.Contains(name) && !named.Contains(name) && values.Where(value => encoding.CanWrite(name, value)).ToArray() is { Length: > 0 } fit)
                {
                    var all = new StringValues(fit);
                    response.Headers[name] = name.Equals("Access-Control-Expose-Headers", StringComparison.OrdinalIgnoreCase)
                        ? StringValues.Concat(response.Headers[name], all)
                        : all;
                }
            }
        }
    }

    private static HashSet<string> Listed(IEnumerable<string?> connection) => connection
        .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        .ToHashSet(StringComparer.OrdinalIgnoreCase);
}
