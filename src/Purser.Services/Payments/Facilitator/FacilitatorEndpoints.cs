using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Protocol.Payments.V1;
using Purser.Services.Gate;
using Purser.Services.Payments.Extensions;
using Purser.Storage;

namespace Purser.Services.Payments.Facilitator;

/// <summary>The facilitator's HTTP side (specs/x402.md 4), in both versions on the same paths: <c>POST /verify</c>, <c>POST /settle</c>, <c>GET /supported</c>, <c>GET /healthz</c>.</summary>
public static class FacilitatorEndpoints
{
    /// <summary>The largest body that is read, in bytes.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    /// <summary>
    /// Maps the endpoints onto a facilitator of this process. An invalid payment is an answer (HTTP 200); a body that cannot be read is a 400 in the same shape; a fault
    /// of the chain is a 503 with <c>Retry-After</c> as problem+json, which no peer takes for a refusal of the payment.
    /// </summary>
    /// <param name="endpoints">The host.</param>
    /// <param name="facilitator">Who verifies and settles.</param>
    /// <param name="prefix">A path in front of the endpoints.</param>
    /// <param name="limit">Requests by IP address, 429 with <c>Retry-After</c> above it; null does not limit.</param>
    /// <param name="catalogue">Lists what settled payments say of their resources, and is served as <c>GET /discovery/resources</c>; what became of an entry stands in <c>EXTENSION-RESPONSES</c>. Null lists nothing.</param>
    public static IEndpointConventionBuilder MapFacilitator(this IEndpointRouteBuilder endpoints, IFacilitator facilitator, string prefix = "", CallerLimit? limit = null, SettledResources? catalogue = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(facilitator);
        var group = endpoints.MapGroup(prefix);
        group.MapPost("/verify", context => AnswerAsync(context, limit, async (request, token) =>
        {
            var answer = await facilitator.VerifyAsync(request, token);
            Tell(context, catalogue is null || !answer.IsValid ? null : SettledResources.Judge(request));
            return request.Version == 1 ? answer.ToV1().Write : answer.Write;
        }, refusal => new VerifyResponse(false, null, ReasonOf(refusal), refusal.ToString()).Write));
        group.MapPost("/settle", context => AnswerAsync(context, limit, async (request, token) =>
        {
            // Once begun, a settlement is driven on although the asker hangs up: its result is kept for the repeat.
            var answer = await facilitator.SettleAsync(request, CancellationToken.None);
            Tell(context, catalogue is null || !answer.Success ? null : await NoteAsync(catalogue, request));
            return request.Version == 1 ? answer.ToV1().Write : answer.Write;
        }, refusal => new SettleResponse(false, "", "", null, ReasonOf(refusal), refusal.ToString()).Write));
        group.MapGet("/supported", async context =>
        {
            try
            {
                var supported = await facilitator.GetSupportedAsync(context.RequestAborted);
                supported = catalogue is null ? supported : supported with { Extensions = [.. supported.Extensions, BazaarMetadata.Name] };
                await WriteAsync(context, StatusCodes.Status200OK, supported.Write);
            }
            catch (FacilitatorException exception)
            {
                await UnavailableAsync(context, exception);
            }
        });
        group.MapGet("/healthz", () => Results.Text("ok"));
        if (catalogue is not null)
        {
            group.MapDiscovery(catalogue);
        }

        return group;
    }

    private static async Task AnswerAsync(HttpContext context, CallerLimit? limit, Func<FacilitatorRequest, CancellationToken, Task<Action<System.Text.Json.Utf8JsonWriter>>> answer, Func<JsonRefusal, Action<System.Text.Json.Utf8JsonWriter>> refuse)
    {
        if (limit?.TryTake(CallerAddress.Of(context)) is { } wait)
        {
            await new GateRefusal(StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests", "wait, then send the same request again") { RetryAfter = wait }.WriteAsync(context);
            return;
        }
        var shape = await ReadAsync(context);
        var request = shape.Ok ? FacilitatorRequest.Read(shape) with { Owner = ReadOwner(context.Request, shape) } : null;
        if (request is null || shape.Refusal is { } refusal)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, refuse(shape.Refusal!));
            return;
        }
        try
        {
            await WriteAsync(context, StatusCodes.Status200OK, await answer(request, context.RequestAborted));
        }
        catch (FacilitatorException exception)
        {
            await UnavailableAsync(context, exception);
        }
    }

    // A catalogue that fails is no reason to say less of a settlement.
    private static async Task<CatalogueOutcome?> NoteAsync(SettledResources catalogue, FacilitatorRequest request)
    {
        try
        {
            return await catalogue.NoteAsync(request, CancellationToken.None);
        }
        catch (StorageException)
        {
            return CatalogueOutcome.Rejected("catalogue_unavailable");
        }
    }

    private static void Tell(HttpContext context, CatalogueOutcome? outcome)
    {
        if (outcome is not null)
        {
            context.Response.Headers[PaymentHeader.ExtensionResponses] = PaymentHeader.Encode(writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartObject(BazaarMetadata.Name);
                writer.WriteString("status", outcome.Status);
                if (outcome.RejectedReason is { } reason)
                {
                    writer.WriteString("rejectedReason", reason);
                }

                writer.WriteEndObject();
                writer.WriteEndObject();
            });
        }
    }

    private static Task UnavailableAsync(HttpContext context, FacilitatorException exception)
    {
        context.Response.Headers.RetryAfter = "2";
        context.Response.Headers.CacheControl = "no-store";
        return Results.Problem(exception.Message, statusCode: StatusCodes.Status503ServiceUnavailable, title: "The facilitator cannot answer now",
            extensions: new Dictionary<string, object?> { ["code"] = "facilitator_unavailable", ["retryable"] = exception.IsTransient }).ExecuteAsync(context);
    }

    // The peers' names for what cannot be read.
    private static string ReasonOf(JsonRefusal refusal) => (refusal.Path switch
    {
        _ when refusal.Offset >= 0 => PaymentReason.InvalidPayload, // no JSON at all
        "$.x402Version" or "$.paymentPayload.x402Version" => PaymentReason.InvalidVersion,
        var path when path.StartsWith("$.paymentRequirements", StringComparison.Ordinal) => PaymentReason.InvalidRequirements,
        _ => PaymentReason.InvalidPayload,
    }).ToWire();

    // A name that stands twice, or is none, would make two askers one, or one asker two.
    private static string? ReadOwner(HttpRequest request, JsonShape shape)
    {
        var names = request.Headers[PaymentHeader.SettlementOwner];
        if (names.Count > 1 || (names.Count == 1 && !(names[0] is { Length: >= 16 and <= 128 } name && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))))
        {
            shape.RefuseValue(PaymentHeader.SettlementOwner, "Expected the header once, with 16 to 128 letters, digits, '-' and '_'");
        }

        return names.Count == 1 ? names[0] : null;
    }

    private static async Task<JsonShape> ReadAsync(HttpContext context)
    {
        var buffer = new byte[MaxBodyBytes + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        return JsonShape.Parse(buffer.AsSpan(0, length), new JsonLimits(MaxBodyBytes));
    }

    private static async Task WriteAsync(HttpContext context, int status, Action<System.Text.Json.Utf8JsonWriter> write)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(PaymentHeader.Json(write), context.RequestAborted);
    }
}
