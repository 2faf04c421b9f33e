using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Purser.Protocol.Json;

namespace Purser.Agent.SignIn;

/// <summary>Reads what an operator answers: capped, strictly, and as the words of a stranger.</summary>
internal static class SignInWire
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>The reply's JSON object; a shape that carries the refusal when it is none or too large.</summary>
    public static async Task<JsonShape> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var refused = JsonShape.Refused(new(JsonRefusalCodes.TooLarge, "$", MaxBytes, $"The reply is larger than {MaxBytes} bytes"));
        if (response.Content.Headers.ContentLength > MaxBytes)
        {
            return refused;
        }

        var stream = await response.Content.ReadAsStreamAsync(cancellationToken); // the response's, which its owner disposes of
        var buffer = new byte[MaxBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > MaxBytes ? refused : JsonShape.Parse(buffer.AsSpan(0, length));
    }

    /// <summary>Why the server said no. Codes that are not known count by the status alone.</summary>
    public static async Task<SignInFailure> FailureAsync(HttpResponseMessage response, CancellationToken cancellationToken) => Failure(response, await ReadAsync(response, cancellationToken));

    /// <summary>As <see cref="FailureAsync"/>, of a body that was read already.</summary>
    public static SignInFailure Failure(HttpResponseMessage response, JsonShape shape)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
        {
            return new("signin_redirected", "The server points elsewhere; a signature or a token does not go there.", "Sign in at the address that it names, if you trust it.", SignInFailureKind.Permanent);
        }

        var code = shape.OptionalString("code", 64) ?? shape.OptionalString("error", 64) ?? "";
        var hint = UntrustedText.Clean(shape.OptionalString("hint", 1000) ?? "");
        var kind = (code, response.StatusCode) switch
        {
            ("ACCOUNT_NOT_LINKED" or "VERSION_UNSUPPORTED" or "SESSION_REVOKED" or "PERMISSION_DENIED", _) => SignInFailureKind.Permanent,
            ("RATE_LIMITED" or "INTERNAL_ERROR", _) or (_, HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError) => SignInFailureKind.Transient,
            ("AUTH_EXPIRED" or "AUTH_INVALID" or "AUTH_REQUIRED", _) or (_, HttpStatusCode.Unauthorized) => SignInFailureKind.Refused,
            _ => SignInFailureKind.Permanent,
        };
        return new(IsCode(code) ? code : "signin_refused", $"The server refused with status {status.ToString(CultureInfo.InvariantCulture)}.",
            hint.Length > 0 ? $"The server says: {UntrustedText.Quote(hint)}" : "Ask the operator.", kind)
        {
            RetryAfter = response.Headers.RetryAfter is { Delta: { } wait } && wait >= TimeSpan.Zero && wait <= TimeSpan.FromHours(1) ? wait : null,
        };
    }

    /// <summary>JSON to send.</summary>
    public static HttpContent Json(Action<System.Text.Json.Utf8JsonWriter> write)
    {
        var content = new ByteArrayContent(Protocol.Payments.PaymentHeader.Json(write));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    // A stranger's code is only repeated when it looks like one.
    private static bool IsCode(string text) => text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
