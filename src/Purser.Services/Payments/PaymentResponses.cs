using System.Globalization;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Protocol.Payments.V1;
using Purser.Services.Gate;
using Purser.Services.Payments.Extensions;

namespace Purser.Services.Payments;

/// <summary>What a paid endpoint says besides its own reply (specs/x402.md 2): the 402, the problems, the headers of a paid reply.</summary>
internal static class PaymentResponses
{
    /// <summary>Marks a reply that was given before.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    /// <summary>Lets scripts of other origins read our headers, also on the 402.</summary>
    public static void Expose(HttpResponse response)
    {
        foreach (var name in PaymentCors.ResponseHeaders)
        {
            response.Headers.AppendCommaSeparatedValues("Access-Control-Expose-Headers", name);
        }
    }

    /// <summary>A 402, in the header and as the body.</summary>
    /// <param name="context">The request; its response has not started.</param>
    /// <param name="offer">The ways to pay.</param>
    /// <param name="origin">The configured origin, or null.</param>
    /// <param name="error">Why.</param>
    /// <param name="settled">What settling came to, if it was tried or the payment is used.</param>
    public static Task PaymentRequiredAsync(HttpContext context, PaidOffer offer, string? origin, string error, SettleResponse? settled = null)
    {
        if (settled is not null)
        {
            SetSettled(context.Response, settled);
        }

        // What the payer lacks is an approval on chain, which no other payment makes up for (specs/x402.md 2).
        var status = PaymentReasons.FromWire(error) is PaymentReason.AllowanceRequired ? StatusCodes.Status412PreconditionFailed : StatusCodes.Status402PaymentRequired;
        return WriteRequiredAsync(context, status, offer, origin, error);
    }

    /// <summary>A payment header that is not taken: 402 with the reason, or 400 and 431 naming the place. The terms stand with it, so that a client can start anew.</summary>
    public static Task RefusedHeaderAsync(HttpContext context, PaidOffer offer, string? origin, PaymentHeaderRefusal refusal)
    {
        if (refusal.Detail is not { } detail)
        {
            return PaymentRequiredAsync(context, offer, origin, refusal.Reason.ToWire());
        }

        SetRequired(context, offer, origin, refusal.Reason.ToWire());
        return new GateRefusal(refusal.Status, refusal.Reason.ToWire(), $"The {PaymentHeader.Signature} header cannot be read: {detail}", "build the header anew from the terms in PAYMENT-REQUIRED")
        {
            Members = new Dictionary<string, string>
            {
                ["detail"] = detail.Code, ["path"] = detail.Path, ["offset"] = detail.Offset.ToString(CultureInfo.InvariantCulture),
            },
        }.WriteAsync(context);
    }

    /// <summary>The outcome is open: 503 with the payment's id, and never a new 402, because a client would pay again.</summary>
    public static Task OutcomeUnknownAsync(HttpContext context, ClaimKey key, string message) =>
        new GateRefusal(StatusCodes.Status503ServiceUnavailable, "settlement_unknown", message, "do not pay again: send the same request with the same payment header later")
        {
            RetryAfter = TimeSpan.FromSeconds(5),
            Members = new Dictionary<string, string> { ["paymentId"] = key.ToString() },
        }.WriteAsync(context);

    /// <summary>The facilitator cannot be asked (503), or answers what cannot be read (502); nothing was begun.</summary>
    public static Task FacilitatorDownAsync(HttpContext context, string message, bool transient) =>
        new GateRefusal(transient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status502BadGateway, "facilitator_unavailable", UntrustedText.Clean(message),
            "nothing was charged: send the same request with the same payment header later")
        {
            RetryAfter = TimeSpan.FromSeconds(5),
        }.WriteAsync(context);

    /// <summary>A hook of the host declined.</summary>
    public static Task DeclinedAsync(HttpContext context, string message) =>
        new GateRefusal(StatusCodes.Status403Forbidden, "payment_declined", UntrustedText.Clean(message), "ask the seller; nothing was charged").WriteAsync(context);

    /// <summary>The store cannot be used; nothing was begun.</summary>
    public static Task StoreDownAsync(HttpContext context) =>
        new GateRefusal(StatusCodes.Status503ServiceUnavailable, "store_unavailable", "The service cannot record payments at the moment",
            "nothing was charged: send the same request with the same payment header later")
        {
            RetryAfter = TimeSpan.FromSeconds(5),
        }.WriteAsync(context);

    /// <summary>The headers of a paid reply: the settlement, and that no shared cache may keep it.</summary>
    public static void MarkPaid(HttpResponse response, SettleResponse settled)
    {
        SetSettled(response, settled);
        response.Headers.CacheControl = Private(response.Headers.CacheControl.ToString());
        foreach (var name in (string[])[PaymentHeader.Signature, PaymentHeader.SignatureV1])
        {
            response.Headers.AppendCommaSeparatedValues("Vary", name);
        }
    }

    /// <summary>A reply that one caller got free of charge: no shared cache may hand it on to those who are to pay.</summary>
    public static void KeepPrivate(HttpResponse response) => response.OnStarting(() =>
    {
        response.Headers.CacheControl = Private(response.Headers.CacheControl.ToString());
        return Task.CompletedTask;
    });

    /// <summary>Runs the handler without a payment; what it says is for this caller alone, and no shared cache may hand it on.</summary>
    public static Task ServeFreeAsync(HttpContext context, RequestDelegate handler)
    {
        KeepPrivate(context.Response);
        context.Response.Headers.AppendCommaSeparatedValues("Vary", SignInWithX.Header);
        return handler(context);
    }

    /// <summary>The first reply again.</summary>
    public static async Task ReplayAsync(HttpContext context, StoredReply reply, SettleResponse settled)
    {
        var response = context.Response;
        response.StatusCode = reply.Status;
        foreach (var group in reply.Headers.GroupBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            response.Headers[group.Key] = group.Select(header => header.Value).ToArray();
        }

        Expose(response);
        MarkPaid(response, settled);
        response.Headers[ReplayedHeader] = "true";
        if (reply.Body.Length > 0 && !HttpMethods.IsHead(context.Request.Method))
        {
            response.ContentLength = reply.Body.Length;
            await response.Body.WriteAsync(reply.Body, context.RequestAborted);
        }
    }

    /// <summary>It was served and settled, and its reply was too large to be kept.</summary>
    public static Task AlreadyServedAsync(HttpContext context, SettleResponse settled)
    {
        SetSettled(context.Response, settled);
        return new GateRefusal(StatusCodes.Status409Conflict, "already_served", "This payment was settled and its reply sent; the reply was streamed or too large to be kept",
            "do not send it again; a new reply is a new payment").WriteAsync(context);
    }

    // Whoever paid in version 1 reads the settlement in version 1.
    private static void SetSettled(HttpResponse response, SettleResponse settled)
    {
        response.Headers[PaymentHeader.Response] = PaymentHeader.Encode(settled.Write);
        if (response.HttpContext.Request.Headers.ContainsKey(PaymentHeader.SignatureV1))
        {
            response.Headers[PaymentHeader.ResponseV1] = PaymentHeader.Encode(settled.ToV1().Write);
        }
    }

    private static string Private(string cacheControl)
    {
        var parts = cacheControl.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(part => !part.Equals("public", StringComparison.OrdinalIgnoreCase) && !part.StartsWith("s-maxage", StringComparison.OrdinalIgnoreCase)).ToList();
        if (!parts.Any(part => part.StartsWith("private", StringComparison.OrdinalIgnoreCase) || part.Equals("no-store", StringComparison.OrdinalIgnoreCase)))
        {
            parts.Insert(0, "private");
        }

        return string.Join(", ", parts);
    }

    private static async Task WriteRequiredAsync(HttpContext context, int status, PaidOffer offer, string? origin, string error)
    {
        var json = SetRequired(context, offer, origin, error);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = context.Features.Get<ChallengeForm>()?.Body is ChallengeBody.Base64 ? "text/plain" : "application/json";
        response.Headers.CacheControl = "no-store";
        response.ContentLength = json.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(json, context.RequestAborted);
        }
    }

    private static byte[] SetRequired(HttpContext context, PaidOffer offer, string? origin, string error)
    {
        var request = context.Request;
        var url = $"{origin ?? $"{request.Scheme}://{request.Host}"}{request.PathBase}{request.Path}{request.QueryString}";
        var required = new PaymentRequired(error, offer.Resource ?? new ResourceInfo(url.Length <= 2048 ? url : url[..2048], offer.Description), offer.Accepts) { Extensions = OfferedExtensions.Of(context) };
        var json = PaymentHeader.Json(required.Write);
        var header = Convert.ToBase64String(json);
        context.Response.Headers[PaymentHeader.Required] = header;
        return (context.Features.Get<ChallengeForm>()?.Body ?? ChallengeBody.Version1) switch
        {
            ChallengeBody.Base64 => System.Text.Encoding.ASCII.GetBytes(header),
            ChallengeBody.Version1 when WriteV1(required) is { } v1 => v1,
            _ => json,
        };
    }

    private static byte[]? WriteV1(PaymentRequired required)
    {
        var written = false;
        var json = PaymentHeader.Json(writer => written = RequiredV1.TryWrite(writer, required));
        return written ? json : null;
    }
}
