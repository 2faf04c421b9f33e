using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Wallet.Vault;

/// <summary>What became of one request to the vault.</summary>
internal abstract record VaultReply
{
    private VaultReply()
    {
    }

    /// <summary>It answered; the body still has to be read.</summary>
    public sealed record Answer(JsonShape Body) : VaultReply;

    /// <summary>It refused.</summary>
    public sealed record Refused(WalletRefusal Reason) : VaultReply;

    /// <summary>No answer came, whatever was tried.</summary>
    /// <param name="Reason">What to tell the caller.</param>
    /// <param name="MayHaveArrived">Whether the vault may have acted on it.</param>
    public sealed record Lost(WalletRefusal Reason, bool MayHaveArrived) : VaultReply;
}

/// <summary>
/// One request to the vault and its answer. Every request of the wallet may be repeated: the intent's id makes the answer the same. So a lost answer is asked for
/// again, three times in all; a refused token is refreshed once; the answer's size is capped and its JSON strict.
/// </summary>
internal sealed class VaultCalls(HttpClient http, VaultAddress address, IVaultTokens tokens, TimeProvider time, TimeSpan timeout)
{
    private const int Attempts = 3;

    /// <summary>The header that names the client to the vault, so that what it had begun to present when it died is open to the next one.</summary>
    public const string PresenterHeader = "Purser-Presenter";

    private static long s_clients;

    private readonly string _presenter = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{time.GetUtcNow().UtcTicks}-{Interlocked.Increment(ref s_clients)}");

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>The vault, or what stands in its place, answers what cannot be read.</summary>
    public static WalletRefusal Garbage { get; } =
        new("vault_answer_malformed", "the vault's answer cannot be read", "check that the address is that of `purser vault`, of a version that fits this one", WalletRefusalKind.Locked);

    public static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        var json = buffer.WrittenSpan.ToArray();
        buffer.Clear(); // zeroes what was written: it may hold secrets
        return json;
    }

    public async Task<VaultReply> SendAsync(HttpMethod method, string path, byte[]? body, JsonLimits limits, CancellationToken cancellationToken)
    {
        string token;
        try
        {
            token = await tokens.GetAsync(null, cancellationToken);
            var (reply, status) = await PersistAsync(method, path, body, limits, token, cancellationToken);
            if (status != HttpStatusCode.Unauthorized)
            {
                return reply;
            }

            token = await tokens.GetAsync(token, cancellationToken);
        }
        catch (VaultException exception)
        {
            return exception.IsTransient ? new VaultReply.Lost(exception.Reason, MayHaveArrived: false) : new VaultReply.Refused(exception.Reason);
        }

        return (await PersistAsync(method, path, body, limits, token, cancellationToken)).Reply;
    }

    private async Task<(VaultReply Reply, HttpStatusCode? Status)> PersistAsync(HttpMethod method, string path, byte[]? body, JsonLimits limits, string token, CancellationToken cancellationToken)
    {
        var mayHaveArrived = false;
        for (var attempt = 1; ; attempt++)
        {
            var (reply, status) = await OnceAsync(method, path, body, limits, token, cancellationToken);
            if (reply is not VaultReply.Lost lost)
            {
                return (reply, status);
            }

            mayHaveArrived |= lost.MayHaveArrived;
            if (attempt == Attempts)
            {
                return (lost with { MayHaveArrived = mayHaveArrived }, null);
            }

            await Task.Delay(s_pause * attempt, time, cancellationToken);
        }
    }

    private async Task<(VaultReply Reply, HttpStatusCode? Status)> OnceAsync(HttpMethod method, string path, byte[]? body, JsonLimits limits, string token, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(method, new Uri(address.BaseUrl, path));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        message.Headers.TryAddWithoutValidation(PresenterHeader, _presenter);
        if (body is not null)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var late = new CancellationTokenSource(timeout, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, bound.Token);
            return (await ReadAsync(response, limits, bound.Token), response.StatusCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (Lost(mayHaveArrived: true), null);
        }
        catch (HttpRequestException exception)
        {
            return (Lost(exception.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)), null);
        }
        catch (IOException)
        {
            return (Lost(mayHaveArrived: true), null);
        }
    }

    private static async Task<VaultReply> ReadAsync(HttpResponseMessage response, JsonLimits limits, CancellationToken cancellationToken)
    {
        var length = response.Content.Headers.ContentLength;
        if (length > limits.MaxBytes)
        {
            return new VaultReply.Refused(Garbage);
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[(length ?? limits.MaxBytes) + 1];
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            return new VaultReply.Answer(JsonShape.Parse("{}"u8));
        }

        var shape = JsonShape.Parse(buffer.AsSpan(0, read), limits);
        if ((int)response.StatusCode is >= 200 and < 300)
        {
            return new VaultReply.Answer(shape);
        }

        return shape.Ok && Refusal(response.StatusCode, shape) is { } refusal ? new VaultReply.Refused(refusal) : new VaultReply.Refused(Garbage);
    }

    // The wallet's own refusals carry their kind. What the gate refuses has none: who is not logged in has no key here, and what was too much passes later.
    private static WalletRefusal? Refusal(HttpStatusCode status, JsonShape shape)
    {
        if (shape.Has("kind"))
        {
            return WalletJson.ReadRefusal(shape, "title");
        }

        var (code, title, hint) = (shape.String("code", 64), shape.String("title"), shape.String("hint"));
        return !shape.Ok ? null : new WalletRefusal(code, title, hint, status switch
        {
            HttpStatusCode.Unauthorized => WalletRefusalKind.Locked,
            HttpStatusCode.Forbidden => WalletRefusalKind.Policy,
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => WalletRefusalKind.Network,
            HttpStatusCode.NotFound or HttpStatusCode.Conflict => WalletRefusalKind.State,
            _ => WalletRefusalKind.Usage,
        });
    }

    private VaultReply.Lost Lost(bool mayHaveArrived) =>
        new(new("vault_unreachable", $"the vault at {address} does not answer", "start it with `purser vault`, then run the command again", WalletRefusalKind.Locked), mayHaveArrived);
}
