using System.Net;

namespace Purser.Wallet.Keys;

/// <summary>
/// One HTTP exchange with a signer outside this process, bounded in time and size. It tells apart what provably never went out from
/// what may have arrived. Nothing is repeated here, and a redirect is an answer like any other: what carries a credential goes to
/// one origin only (the client that is handed in must not follow redirects by itself).
/// </summary>
internal sealed class SignerHttp(HttpClient http, TimeProvider time, string name, int maxBytes)
{
    /// <summary>The signer as messages call it, without path and query, where keys may stand.</summary>
    public string Name => name;

    /// <summary>Sends one request and reads the whole answer.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<SignerReply> SendAsync(HttpRequestMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var body = await ReadAsync(response.Content, either.Token);
            return body is null
                ? new SignerReply.Lost(SignerRefusals.Malformed(name, $"more than {maxBytes} bytes"), MayHaveArrived: true, IsTransient: false)
                : new SignerReply.Answer(response.StatusCode, body, RetryAfter(response));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SignerReply.Lost(SignerRefusals.Timeout(name, timeout), MayHaveArrived: true, IsTransient: true);
        }
        catch (HttpRequestException e)
        {
            // These come before the first byte of the request; every other fault may come after the last.
            var unsent = e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;
            return new SignerReply.Lost(SignerRefusals.Unreachable(name, e.HttpRequestError.ToString()), !unsent, IsTransient: true);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return new SignerReply.Lost(SignerRefusals.Unreachable(name, "connection lost"), MayHaveArrived: true, IsTransient: true);
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero => wait,
        _ => null,
    };

    private async Task<byte[]?> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > maxBytes)
        {
            return null;
        }

        using var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var body = new MemoryStream();
        var chunk = new byte[8 * 1024];
        int count;
        while ((count = await stream.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (body.Length + count > maxBytes)
            {
                return null;
            }

            body.Write(chunk, 0, count);
        }

        return body.ToArray();
    }
}

/// <summary>What came of an exchange with a signer outside this process.</summary>
internal abstract record SignerReply
{
    private SignerReply()
    {
    }

    /// <summary>A whole answer, of whatever status.</summary>
    /// <param name="Status">The HTTP status.</param>
    /// <param name="Body">The body, within the limit.</param>
    /// <param name="RetryAfter">What it asks to wait, when it does.</param>
    public sealed record Answer(HttpStatusCode Status, byte[] Body, TimeSpan? RetryAfter) : SignerReply;

    /// <summary>No whole answer.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="MayHaveArrived">False when the request provably never went out.</param>
    /// <param name="IsTransient">Whether the same request may pass later.</param>
    public sealed record Lost(WalletRefusal Reason, bool MayHaveArrived, bool IsTransient) : SignerReply;
}
