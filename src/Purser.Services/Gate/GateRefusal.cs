using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Purser.Services.Gate;

/// <summary>A request that a service does not serve, in the form of RFC 9457. A refusal is a value and never a 500.</summary>
/// <param name="Status">The HTTP status, 400 to 599 but not 500.</param>
/// <param name="Code">A stable code of <c>snake_case</c>.</param>
/// <param name="Message">What was wrong.</param>
/// <param name="Hint">What to do next.</param>
public sealed record GateRefusal(int Status, string Code, string Message, string Hint)
{
    /// <summary>When the same request may be tried again; becomes <c>Retry-After</c>, in whole seconds, at least 1.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Further members, such as the id of what is still open.</summary>
    public IReadOnlyDictionary<string, string> Members { get; init; } = new Dictionary<string, string>();

    /// <summary>Writes it as <c>application/problem+json</c> with <c>Cache-Control: no-store</c>. The response must not have started; headers set before stay.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var response = context.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        var body = Encode();
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private byte[] Encode()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", $"urn:purser:{Code}");
            writer.WriteString("title", Message);
            writer.WriteNumber("status", Status);
            writer.WriteString("code", Code);
            writer.WriteString("hint", Hint);
            foreach (var (name, value) in Members)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
