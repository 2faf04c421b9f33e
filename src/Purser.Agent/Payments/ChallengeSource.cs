using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.V1;

namespace Purser.Agent.Payments;

/// <summary>
/// Finds the challenge of a 402 where sellers put it (x402-skill E9): in the header (version 2), in the body as JSON (version 1), or in the body as base64 of JSON (seed 001). What is in both
/// places must not disagree (E10).
/// </summary>
internal static class ChallengeSource
{
    /// <summary>The largest body that is looked at, in bytes.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    /// <summary>The challenge, or why there is none.</summary>
    public static async Task<(PaymentRequired? Required, PaymentRefusal? Refusal)> FindAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await ReadBodyAsync(response, cancellationToken);
        if (!response.Headers.TryGetValues(PaymentHeader.Required, out var values))
        {
            return body is null ? (null, new("challenge_missing", "The 402 has no challenge: no PAYMENT-REQUIRED header (x402 v2), and a body that is neither JSON (v1) nor base64 of JSON.", "Tell the seller; nothing was signed."))
                : FromBody(body);
        }

        if (values.ToArray() is not [var header])
        {
            return (null, new("challenge_duplicate", "The 402 has more than one PAYMENT-REQUIRED header.", "Tell the seller; nothing was signed."));
        }

        var shape = PaymentHeader.Decode(header);
        var required = shape.Ok ? PaymentRequired.Read(shape) : null;
        if (required is null || !shape.Ok)
        {
            return (null, Malformed(shape.Refusal!));
        }

        var told = body is null || !body.Has("accepts") ? null : FromBody(body).Required;
        return told?.Accepts.FirstOrDefault(way => !required.Accepts.Any(known => IsSame(known, way))) is null
            ? (required, null)
            : (null, new("challenge_contradicts", "The 402 asks one thing in its header and another in its body.", "Tell the seller; nothing was signed."));
    }

    private static (PaymentRequired? Required, PaymentRefusal? Refusal) FromBody(JsonShape shape)
    {
        var required = RequiredV1.Read(shape);
        if (shape.Ok && PaymentVersions.Of(shape.Element) == 2)
        {
            required = required with
            {
                ProtocolVersion = 2,
                Accepts = [.. required.Accepts.Select(way => way with { Version = 2 })],
                Resource = shape.Element.TryGetProperty("resource", out var resource) && resource.ValueKind is JsonValueKind.Object && UrlOf(resource) is { } url
                    ? new(url) { Verbatim = resource }
                    : required.Resource,
                Extensions = shape.OptionalObject("extensions")?.Element,
            };
        }

        return shape.Ok ? (required, null) : (null, Malformed(shape.Refusal));
    }

    private static string? UrlOf(JsonElement resource) =>
        resource.TryGetProperty("url", out var url) && url.ValueKind is JsonValueKind.String && url.GetString() is { Length: <= 2048 } text ? text : null;

    private static PaymentRefusal Malformed(JsonRefusal refusal) => new("challenge_malformed", $"The 402's challenge cannot be read: {refusal}", "Tell the seller; nothing was signed.");

    private static bool IsSame(PaymentRequirements one, PaymentRequirements other) =>
        one.Network == other.Network && one.Amount == other.Amount && IsSameAccount(one.Asset, other.Asset) && IsSameAccount(one.PayTo, other.PayTo);

    private static bool IsSameAccount(string one, string other) =>
        string.Equals(one, other, StringComparison.Ordinal) || (Address.TryParse(one, out var a) && Address.TryParse(other, out var b) && a == b);

    // The body stays readable for whoever gets the response. Null when it is none of the forms: a page for people, or nothing.
    private static async Task<JsonShape?> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength is > MaxBodyBytes)
        {
            return null;
        }

        byte[] bytes;
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxBodyBytes, cancellationToken);
            bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        }
        catch (HttpRequestException)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes).Trim('\uFEFF', ' ', '\t', '\r', '\n', '"');
        return text switch
        {
            "" => null,
            ['{', ..] => JsonShape.Parse(Encoding.UTF8.GetBytes(text)),
            _ when Decode(text) is { } json => JsonShape.Parse(json),
            _ => null,
        };
    }

    // Both alphabets, with and without padding: there are sellers of each.
    private static byte[]? Decode(string text)
    {
        var standard = text.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        standard = standard.PadRight((standard.Length + 3) / 4 * 4, '=');
        var bytes = new byte[standard.Length];
        return Convert.TryFromBase64String(standard, bytes, out var written) && written > 0 && bytes[0] == (byte)'{' ? bytes[..written] : null;
    }
}
