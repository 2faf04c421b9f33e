using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;

namespace Purser.Agent.Payments;

/// <summary>A request kept whole, so that it can be replayed letter by letter with the payment attached (x402-skill D5, I8).</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Url">The absolute URL, without fragment.</param>
/// <param name="Headers">The headers, those of the content among them; never a payment header.</param>
/// <param name="Body">The body; empty when there is none.</param>
public sealed record PaidRequest(string Method, string Url, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    /// <summary>The largest body that is kept for a replay, in bytes.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    private static readonly string[] s_paymentHeaders = [PaymentHeader.Signature, PaymentHeader.SignatureV1];

    /// <summary><c>scheme://host[:port]</c>: what budgets refer to and what payment headers must not leave.</summary>
    public string Origin => IntentRules.OriginOf(Url) ?? throw new InvalidOperationException("The URL was checked when the request was kept.");

    /// <summary>SHA-256 of the body.</summary>
    public Hash32 BodyHash => new(SHA256.HashData(Body));

    /// <summary>Keeps a request. Its content is read into memory and stays readable.</summary>
    /// <exception cref="PaymentRequestException">The URL is not absolute http(s), a payment header is on it already, or the body is larger than 1 MiB.</exception>
    public static async Task<PaidRequest> FromAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RequestUri is not { IsAbsoluteUri: true } uri || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
        {
            throw new PaymentRequestException("url_invalid", "The URL is not an absolute http or https URL.", "Give the whole URL, such as https://host/path.");
        }
        if (uri.UserInfo.Length > 0)
        {
            throw new PaymentRequestException("url_has_credentials", "The URL carries a user name or password.", "Send credentials in an Authorization header.");
        }
        if (s_paymentHeaders.Any(request.Headers.Contains))
        {
            throw new PaymentRequestException("payment_header_present", "The request already carries a payment header.", "Leave the header away; the wallet makes it.");
        }
        if (IntentRules.OriginOf(uri) is null || uri.AbsoluteUri.Length > IntentRules.MaxUrlLength)
        {
            throw new PaymentRequestException("url_invalid", "The URL is longer than 2,048 characters, or has no host.", "Shorten it, or put the data into the body.");
        }
        if (request.Headers.Host is { } host && !string.Equals(host, uri.Authority, StringComparison.OrdinalIgnoreCase))
        {
            throw new PaymentRequestException("host_header_present", "The request names another host in its Host header than in its URL.", "Put the host that is to be paid into the URL.");
        }
        var body = Array.Empty<byte>();
        if (request.Content is { } content)
        {
            try
            {
                await content.LoadIntoBufferAsync(MaxBodyBytes, cancellationToken);
            }
            catch (HttpRequestException exception)
            {
                throw new PaymentRequestException("body_too_large", $"The body is larger than {MaxBodyBytes} bytes, or cannot be read, and so cannot be replayed: {exception.Message}", "Send a smaller body to a paid resource.");
            }
            body = await content.ReadAsByteArrayAsync(cancellationToken);
        }
        // As they were written: parsing would put them into a spelling of its own.
        var headers = request.Headers.NonValidated.Concat(request.Content?.Headers.NonValidated ?? default)
            .Where(h => !string.Equals(h.Key, "Host", StringComparison.OrdinalIgnoreCase) && !string.Equals(h.Key, "Content-Length", StringComparison.OrdinalIgnoreCase))
            .SelectMany(h => h.Value.Select(v => KeyValuePair.Create(h.Key, v)))
            .ToList();
        return new(request.Method.Method, uri.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped), headers, body);
    }

    /// <summary>The request again, with the payment when one is given.</summary>
    /// <param name="paymentHeader">The value of the payment header, or null.</param>
    /// <param name="idempotencyKey">
    /// A secret of payer and seller, or null. Once settled, the signature stands on the chain for all to read; with this beside it, only who paid can ask for the
    /// reply again. A key of the caller's own stays.
    /// </param>
    /// <param name="version">The protocol version, which names the payment header.</param>
    public HttpRequestMessage ToMessage(string? paymentHeader, string? idempotencyKey = null, int version = 2)
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), Url);
        if (Body.Length > 0 || Headers.Any(h => h.Key.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)))
        {
            message.Content = new ByteArrayContent(Body);
        }
        foreach (var (name, value) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }
        if (paymentHeader is not null)
        {
            message.Headers.TryAddWithoutValidation(PaymentVersions.HeaderOf(version), paymentHeader);
            if (idempotencyKey is not null && !message.Headers.Contains("Idempotency-Key"))
            {
                message.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
            }
        }
        return message;
    }
}

/// <summary>A request that cannot be paid for as it is; nothing was sent or signed.</summary>
public sealed class PaymentRequestException : Exception
{
    /// <summary>Makes one with a stable code and a hint.</summary>
    public PaymentRequestException(string code, string message, string hint)
        : base(message)
    {
        Code = code;
        Hint = hint;
    }

    /// <summary>Makes one of a message.</summary>
    public PaymentRequestException(string message)
        : this("payment_request_invalid", message, "")
    {
    }

    /// <summary>Makes one without details.</summary>
    public PaymentRequestException()
        : this("The request cannot be paid for.")
    {
    }

    /// <summary>Makes one of a message and a cause.</summary>
    public PaymentRequestException(string message, Exception innerException)
        : base(message, innerException)
    {
        Code = "payment_request_invalid";
        Hint = "";
    }

    /// <summary>The stable code.</summary>
    public string Code { get; }

    /// <summary>What to do next.</summary>
    public string Hint { get; }
}
