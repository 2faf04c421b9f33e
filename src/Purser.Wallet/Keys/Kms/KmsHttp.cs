using System.Net;
using System.Text.Json.Nodes;
using Purser.Protocol.Json;

namespace Purser.Wallet.Keys.Kms;

/// <summary>A cloud's JSON over HTTP as its key manager speaks it: one question, one strict answer of at most 64 KiB, its errors as refusals.</summary>
internal sealed class KmsHttp(HttpClient http, TimeProvider time, string name, TimeSpan timeout)
{
    private readonly SignerHttp _http = new(http, time, name, 64 * 1024);

    /// <summary>Asks; the answer is an object.</summary>
    /// <exception cref="SignerException">There is no answer, or it is a no.</exception>
    public async Task<JsonShape> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        switch (await _http.SendAsync(request, timeout, cancellationToken))
        {
            case SignerReply.Lost lost:
                throw new SignerException(lost.Reason, lost.IsTransient);
            case SignerReply.Answer answer:
                var shape = JsonShape.Parse(answer.Body);
                return answer.Status != HttpStatusCode.OK ? throw Refusal(answer, shape)
                    : shape.Refusal is { } malformed ? throw Malformed(malformed.Message)
                    : shape;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>What the shape of an answer lacked, if anything.</summary>
    public void Demand(JsonShape shape)
    {
        if (shape.Refusal is { } malformed)
        {
            throw Malformed(malformed.Message);
        }
    }

    /// <summary>A member in standard base64 (RFC 4648, 4), as AWS and Google write bytes.</summary>
    public byte[] Base64(JsonShape shape, string member)
    {
        var text = shape.String(member, 4096);
        Demand(shape);
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : throw Malformed($"'{member}' is no base64");
    }

    public SignerException Malformed(string why) => new(SignerRefusals.Malformed(name, why));

    public static HttpContent Json(JsonObject body, string type = "application/json")
    {
        var content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body.ToJsonString()));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }

    // AWS says by the error's type, under 400, what the others say by the status.
    private SignerException Refusal(SignerReply.Answer answer, JsonShape shape)
    {
        var type = shape.OptionalString("__type") ?? "";
        var inner = shape.Ok ? shape.OptionalObject("error") : null;
        var said = shape.Ok ? shape.OptionalString("message", 4096) ?? shape.OptionalString("Message", 4096) ?? inner?.OptionalString("message", 4096) ?? type : "";
        return answer.Status switch
        {
            HttpStatusCode.TooManyRequests => new(SignerRefusals.RateLimited(name, answer.RetryAfter), isTransient: true),
            HttpStatusCode.BadRequest when type.Contains("Throttling", StringComparison.Ordinal) => new(SignerRefusals.RateLimited(name, null), isTransient: true),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(SignerRefusals.Unauthorized(name)),
            HttpStatusCode.BadRequest when type.EndsWith("AccessDeniedException", StringComparison.Ordinal) || type.Contains("InvalidSignature", StringComparison.Ordinal)
                || type.Contains("UnrecognizedClient", StringComparison.Ordinal) || type.Contains("ExpiredToken", StringComparison.Ordinal) => new(SignerRefusals.Unauthorized(name)),
            >= HttpStatusCode.InternalServerError => new(SignerRefusals.Unreachable(name, $"HTTP status {(int)answer.Status}"), isTransient: true),
            >= HttpStatusCode.BadRequest => new(SignerRefusals.Refused(name, said.Length > 0 ? said : $"HTTP status {(int)answer.Status}")),
            _ => Malformed($"HTTP status {(int)answer.Status}"),
        };
    }
}
