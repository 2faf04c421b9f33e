using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Purser.Services.Gate;

namespace Purser.Services.Payments.Proxy;

/// <summary>Asks the upstream and hands its reply on, as it comes. It knows of money only that payment headers are not for the upstream.</summary>
internal sealed class UpstreamForwarder(PaidProxyOptions options, HttpMessageInvoker http, TimeProvider time, ReplyHeaderEncoding encoding, CancellationToken stopping)
{
    // Replies whose parts are wanted as they come; the last is what servers say to a proxy that holds replies back.
    private static readonly string[] s_streams = ["text/event-stream", "application/x-ndjson", "application/ndjson", "application/jsonl", "application/stream+json", "multipart/x-mixed-replace"];

    // By these a server takes a request for another method than the one that was priced.
    private static readonly string[] s_methodOverrides = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];

    private readonly string _home = options.Upstream.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>Forwards one request.</summary>
    /// <param name="context">The request and its response.</param>
    /// <param name="target">Path and query in the one form that was matched.</param>
    /// <param name="bodiless">No body goes either way.</param>
    public async Task ForwardAsync(HttpContext context, string target, bool bodiless)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted);
        var tunnel = !bodiless && UpstreamTunnel.IsAsked(context);
        try
        {
            using var forward = Build(context, target, bodiless, tunnel);
            using var reply = await http.SendAsync(forward, either.Token);
            if ((int)reply.StatusCode < 200 && !(tunnel && reply.StatusCode is HttpStatusCode.SwitchingProtocols))
            {
                await FailAsync(context, StatusCodes.Status502BadGateway, "upstream_unavailable", "The server behind this one answered what cannot be passed on");
                return;
            }

            context.Response.StatusCode = (int)reply.StatusCode;
            ForwardedHeaders.CopyToClient(reply, context.Response, encoding);
            AllowPaymentHeaders(context);
            if (reply.StatusCode is HttpStatusCode.SwitchingProtocols)
            {
                timeout.CancelAfter(Timeout.InfiniteTimeSpan);
                await UpstreamTunnel.RunAsync(context, reply, stopping);
            }
            else if (bodiless)
            {
                context.Response.ContentLength = null;
            }
            else
            {
                await CopyBodyAsync(context, reply, timeout, either.Token);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            await FailAsync(context, StatusCodes.Status504GatewayTimeout, "upstream_timeout", "The server behind this one did not answer in time");
        }
        catch (HttpRequestException)
        {
            await FailAsync(context, StatusCodes.Status502BadGateway, "upstream_unavailable", "The server behind this one cannot be reached, or broke off");
        }
    }

    private HttpRequestMessage Build(HttpContext context, string target, bool bodiless, bool tunnel)
    {
        var request = context.Request;

        // Letter by letter: a URI that is put in order once more could be another one than was matched.
        var url = new Uri(_home + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var forward = new HttpRequestMessage(new HttpMethod(request.Method), url) { Version = HttpVersion.Version11 };
        if (!bodiless && !tunnel && (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? request.ContentLength > 0))
        {
            forward.Content = new StreamContent(request.Body);
        }

        ForwardedHeaders.CopyToUpstream(request, forward);
        foreach (var name in s_methodOverrides)
        {
            forward.Headers.Remove(name);
        }

        if (tunnel)
        {
            forward.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            forward.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        }

        return forward;
    }

    private async Task CopyBodyAsync(HttpContext context, HttpResponseMessage reply, CancellationTokenSource timeout, CancellationToken cancellationToken)
    {
        var response = context.Response;
        var streams = Streams(reply);
        if (streams)
        {
            // The head at once: what comes first may be long in coming. Of a paid reply this is where it is settled.
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await response.Body.FlushAsync(context.RequestAborted);
        }

        await using var body = await reply.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (true)
            {
                timeout.CancelAfter(streams ? Timeout.InfiniteTimeSpan : options.IdleTimeout);
                var read = await ReadAsync(body, buffer, cancellationToken);
                if (read == 0)
                {
                    break;
                }

                // Not against the upstream: how slowly a client may read is the host's to say.
                timeout.CancelAfter(Timeout.InfiniteTimeSpan);
                await response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
                if (streams)
                {
                    await response.Body.FlushAsync(context.RequestAborted);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        ForwardedHeaders.CopyTrailers(reply, response, encoding);
    }

    // So that a fault on the upstream's side is not taken for one on the client's.
    private static async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException e)
        {
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The upstream broke off.", e);
        }
    }

    private static bool Streams(HttpResponseMessage reply) =>
        (reply.Content.Headers.ContentType?.MediaType is { } type && s_streams.Contains(type, StringComparer.OrdinalIgnoreCase))
        || (reply.Headers.NonValidated.TryGetValues("X-Accel-Buffering", out var said) && said.Any(value => value.Equals("no", StringComparison.OrdinalIgnoreCase)));

    // An upstream that allows another origin does not know of our headers; without them a browser could not pay.
    private static void AllowPaymentHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (HttpMethods.IsOptions(context.Request.Method) && headers.ContainsKey("Access-Control-Allow-Origin"))
        {
            foreach (var name in PaymentCors.RequestHeaders)
            {
                headers.AppendCommaSeparatedValues("Access-Control-Allow-Headers", name);
            }
        }
    }

    // After its first byte a reply can only be broken off, so that nobody takes it for whole.
    private static Task FailAsync(HttpContext context, int status, string code, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.Clear();
        PaymentResponses.Expose(context.Response);
        return new GateRefusal(status, code, message, "nothing was charged: try again later") { RetryAfter = TimeSpan.FromSeconds(5) }.WriteAsync(context);
    }
}
