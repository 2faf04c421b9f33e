using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.V1;

namespace Purser.Services.Payments.Facilitator;

/// <summary>How another's facilitator is asked.</summary>
public sealed record HttpFacilitatorOptions
{
    /// <summary>How long one answer may take (specs/x402.md 4: 90 s).</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>The largest answer that is read, in bytes.</summary>
    public int MaxResponseBytes { get; init; } = 256 * 1024;
}

/// <summary>Another's facilitator over HTTP (specs/x402.md 4). What it answers is a stranger's word: read strictly, capped, and never taken for more than it says.</summary>
/// <param name="http">Sends; its handler must not follow redirects. The address is a configured one, never a client's.</param>
/// <param name="baseAddress">Such as <c>https://facilitator.example/x402</c>; a trailing slash does not matter.</param>
/// <param name="options">Bounds.</param>
/// <param name="clock">For waits.</param>
public sealed partial class HttpFacilitator(HttpClient http, Uri baseAddress, HttpFacilitatorOptions options, TimeProvider clock) : IFacilitator
{
    private readonly string _base = baseAddress.AbsoluteUri.TrimEnd('/');

    /// <inheritdoc/>
    public Task<VerifyResponse> VerifyAsync(FacilitatorRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return SpeakAsync(request, asked => VerifyOnceAsync(asked, cancellationToken), answer => answer.IsValid ? null : answer.InvalidReason, cancellationToken);
    }

    private async Task<VerifyResponse> VerifyOnceAsync(FacilitatorRequest request, CancellationToken cancellationToken)
    {
        var (status, shape) = await PostAsync("verify", request, indeterminate: false, cancellationToken);
        var answer = shape.Has("isValid") ? VerifyResponse.Read(shape) : null;
        return answer is not null && shape.Ok && (IsSuccess(status) || !answer.IsValid) ? answer : throw Garbage("verify", status, indeterminate: false);
    }

    /// <summary>Settles; a <c>settlement_pending</c> is asked again exactly once, with the identical body.</summary>
    /// <inheritdoc/>
    public async Task<SettleResponse> SettleAsync(FacilitatorRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var answer = await SpeakAsync(request, asked => SettleAndAskAgainAsync(asked, cancellationToken), settled => settled.Success ? null : settled.ErrorReason, cancellationToken);
        return request.Version == 1 ? answer : RequestV1.ToV2(answer);
    }

    private async Task<SettleResponse> SettleAndAskAgainAsync(FacilitatorRequest request, CancellationToken cancellationToken)
    {
        var answer = await SettleOnceAsync(request, cancellationToken);
        return PaymentReasons.FromWire(answer.ErrorReason) is PaymentReason.SettlementPending && !answer.Success
            ? await SettleOnceAsync(request, cancellationToken)
            : answer;
    }

    /// <summary>Asks what it settles; a 429 is waited out, at most three times.</summary>
    /// <inheritdoc/>
    public async Task<SupportedResponse> GetSupportedAsync(CancellationToken cancellationToken = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, $"{_base}/supported");
            var (status, shape, retryAfter) = await SendAsync("supported", message, indeterminate: false, cancellationToken);
            if (status == HttpStatusCode.TooManyRequests && attempt < 3)
            {
                var wait = retryAfter ?? TimeSpan.FromSeconds(1 << attempt);
                await Task.Delay(wait < TimeSpan.FromSeconds(30) ? wait : TimeSpan.FromSeconds(30), clock, cancellationToken);
                continue;
            }
            var answer = IsSuccess(status) ? SupportedResponse.Read(shape) : null;
            return answer is not null && shape.Ok ? Remember(answer) : throw Garbage("supported", status, indeterminate: false);
        }
    }

    private async Task<SettleResponse> SettleOnceAsync(FacilitatorRequest request, CancellationToken cancellationToken)
    {
        var (status, shape) = await PostAsync("settle", request, indeterminate: true, cancellationToken);
        var answer = shape.Has("success") ? SettleResponse.Read(shape) : null;
        // A gateway's error page may say "success": false too; only a reason makes it the facilitator's own refusal.
        return answer is not null && shape.Ok && (IsSuccess(status) || (!answer.Success && !string.IsNullOrEmpty(answer.ErrorReason))) ? answer : throw Garbage("settle", status, indeterminate: true);
    }

    private async Task<(HttpStatusCode Status, JsonShape Shape)> PostAsync(string operation, FacilitatorRequest request, bool indeterminate, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(PaymentHeader.Json(request.Write));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var message = new HttpRequestMessage(HttpMethod.Post, $"{_base}/{operation}") { Content = content };
        if (request.Owner is { } owner)
        {
            message.Headers.TryAddWithoutValidation(PaymentHeader.SettlementOwner, owner);
        }

        var (status, shape, _) = await SendAsync(operation, message, indeterminate, cancellationToken);
        return (status, shape);
    }

    private async Task<(HttpStatusCode Status, JsonShape Shape, TimeSpan? RetryAfter)> SendAsync(string operation, HttpRequestMessage message, bool indeterminate, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, clock);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, bound.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(bound.Token);
            var buffer = new byte[options.MaxResponseBytes + 1];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, bound.Token);
            if (length > options.MaxResponseBytes)
            {
                throw Garbage(operation, response.StatusCode, indeterminate);
            }
            return (response.StatusCode, JsonShape.Parse(buffer.AsSpan(0, length), new JsonLimits(options.MaxResponseBytes)), response.Headers.RetryAfter?.Delta);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FacilitatorException($"The facilitator did not answer {operation} in time.", exception) { IsTransient = true, IsIndeterminate = indeterminate };
        }
        catch (HttpRequestException exception)
        {
            // When no connection came about, nothing was asked; any later fault leaves a settlement open.
            var neverSent = exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            throw new FacilitatorException($"The facilitator could not be asked to {operation}: {exception.Message}", exception) { IsTransient = true, IsIndeterminate = indeterminate && !neverSent };
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            throw new FacilitatorException($"The facilitator's answer to {operation} broke off.", exception) { IsTransient = true, IsIndeterminate = indeterminate };
        }
    }

    private static bool IsSuccess(HttpStatusCode status) => (int)status is >= 200 and < 300;

    private static FacilitatorException Garbage(string operation, HttpStatusCode status, bool indeterminate) =>
        new($"The facilitator answered {operation} with HTTP {(int)status} and nothing that can be read.") { IsTransient = (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout, IsIndeterminate = indeterminate, MayHaveMisunderstood = (int)status is 400 or 415 or 422 or 500 };
}
