using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>The HTTP headers of x402 v2 (specs/x402.md 2): padded standard base64 of UTF-8 JSON, non-ASCII escaped, so that Latin-1 readers on the way do no harm.</summary>
public static class PaymentHeader
{
    /// <summary>Server to client, on a 402: <see cref="PaymentRequired"/>.</summary>
    public const string Required = "PAYMENT-REQUIRED";

    /// <summary>Client to server: <see cref="PaymentPayload"/>.</summary>
    public const string Signature = "PAYMENT-SIGNATURE";

    /// <summary>Server to client: <see cref="SettleResponse"/>.</summary>
    public const string Response = "PAYMENT-RESPONSE";

    /// <summary>The v1 name of <see cref="Signature"/>; known so that it can be kept from leaking.</summary>
    public const string SignatureV1 = "X-PAYMENT";

    /// <summary>The v1 name of <see cref="Response"/>.</summary>
    public const string ResponseV1 = "X-PAYMENT-RESPONSE";

    /// <summary>From a facilitator to a seller, at <c>/verify</c> and <c>/settle</c>: what became of a payment's extensions, by name.</summary>
    public const string ExtensionResponses = "EXTENSION-RESPONSES";

    /// <summary>From a seller to his facilitator, at <c>/settle</c>: <see cref="FacilitatorRequest.Owner"/>.</summary>
    public const string SettlementOwner = "Settlement-Owner";

    /// <summary>The largest header value that is decoded when nothing else is configured, in characters: 16 KiB (specs/x402.md 2, sizes).</summary>
    public const int DefaultMaxLength = 16 * 1024;

    private static readonly SearchValues<char> s_alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    /// <summary>The header value of what <paramref name="write"/> writes.</summary>
    public static string Encode(Action<Utf8JsonWriter> write) => Convert.ToBase64String(Json(write));

    /// <summary>The UTF-8 JSON of what <paramref name="write"/> writes, without white space, non-ASCII escaped.</summary>
    public static byte[] Json(Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Decodes a header value into its JSON, or a shape that carries the refusal. Refused: more than <paramref name="maxLength"/> characters, base64url,
    /// missing padding, white space, unused bits that are not zero, and what <see cref="StrictJson"/> refuses.
    /// </summary>
    public static JsonShape Decode(string value, int maxLength = DefaultMaxLength)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length > maxLength)
        {
            return JsonShape.Refused(new(JsonRefusalCodes.TooLarge, "$", maxLength, $"The header has {value.Length} characters; at most {maxLength} are read"));
        }

        var foreign = value.AsSpan().IndexOfAnyExcept(s_alphabet);
        if (foreign >= 0 || value.Length == 0)
        {
            return NotBase64(Math.Max(0, foreign));
        }

        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(value.Length)];
        if (!Convert.TryFromBase64String(value, bytes, out var written))
        {
            return NotBase64(value.Length);
        }

        // One meaning, one text: unused bits of the last character must be zero.
        var json = bytes.AsSpan(0, written);
        return Convert.ToBase64String(json).EndsWith(value.AsSpan(Math.Max(0, value.Length - 4)), StringComparison.Ordinal)
            ? JsonShape.Parse(json, new JsonLimits(MaxBytes: maxLength))
            : NotBase64(value.Length - 4);
    }

    private static JsonShape NotBase64(int offset) =>
        JsonShape.Refused(new("header_not_base64", "$", offset, "The header is not padded standard base64 (RFC 4648, section 4)"));
}
