using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Services.Gate;

/// <summary>JSON at a service's door: bodies are capped and strict, answers are never cached.</summary>
internal static class GateJson
{
    /// <summary>The body as a JSON object; a shape that carries the refusal when it is none or too large.</summary>
    public static async Task<JsonShape> ReadAsync(HttpContext context, int maxBytes)
    {
        var request = context.Request;
        if (request.ContentLength > maxBytes)
        {
            return TooLarge(maxBytes);
        }

        // What a small body needs, and the whole cap only for who sends as much.
        var buffer = new byte[Math.Min(maxBytes, request.ContentLength ?? maxBytes) + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length > maxBytes ? TooLarge(maxBytes) : JsonShape.Parse(buffer.AsSpan(0, length), new JsonLimits(maxBytes));
    }

    /// <summary>The refusal of a body: 413 when it is too large, else 400.</summary>
    public static GateRefusal Refusal(JsonRefusal refusal) =>
        new(refusal.Code == JsonRefusalCodes.TooLarge ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest, "body_malformed", refusal.ToString(), "correct the request");

    /// <summary>Writes an answer.</summary>
    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var body = PaymentHeader.Json(write);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static JsonShape TooLarge(int maxBytes) => JsonShape.Refused(new(JsonRefusalCodes.TooLarge, "$", maxBytes, $"The body is larger than {maxBytes} bytes"));
}
