using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Services.Vault;

/// <summary>Reading and writing at the vault's doors: bodies are capped and strict, answers are never cached.</summary>
internal static class VaultHttp
{
    /// <summary>At most <paramref name="maxBytes"/> of the body; null when there is more.</summary>
    public static async Task<byte[]?> ReadAsync(HttpContext context, int maxBytes)
    {
        if (context.Request.ContentLength > maxBytes)
        {
            return null;
        }

        var buffer = new byte[maxBytes + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length > maxBytes ? null : buffer[..length];
    }

    /// <summary>The body as a JSON object; a shape that carries the refusal when it is none.</summary>
    public static async Task<JsonShape> ReadJsonAsync(HttpContext context, int maxBytes) =>
        await ReadAsync(context, maxBytes) is { } body
            ? JsonShape.Parse(body, new JsonLimits(maxBytes))
            : JsonShape.Refused(new(JsonRefusalCodes.TooLarge, "$", maxBytes, $"The body is larger than {maxBytes} bytes"));

    /// <summary>Writes a JSON answer.</summary>
    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var body = PaymentHeader.Json(write);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
