using System.Net;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Wallet.Keys.Custodian;

/// <content>
/// Sending transactions. The custodian knows no idempotency key, so the one rule is: what may have arrived is not sent again. A
/// refusal is taken for one only where it provably comes before the sending.
/// </content>
public sealed partial class BankrCustodian
{
    private const int MaxRemembered = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Attempt> _attempts = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    Task<SubmitResult> ISubmitter.SubmitAsync(SubmitRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        var mine = new Attempt(Write(request).ToJsonString());
        lock (_gate)
        {
            if (_attempts.TryGetValue(request.IntentId, out var earlier))
            {
                return earlier.Content == mine.Content
                    ? WaitAsync(earlier.Result.Task, cancellationToken)
                    : throw new ArgumentException("the intent's id was used for another transaction", nameof(request));
            }

            Remember(request.IntentId, mine);
        }

        return SubmitOnceAsync(request, mine, cancellationToken);
    }

    // The first call is out: who gives up waiting for it knows nothing, which is not the same as nothing having been sent.
    private static async Task<SubmitResult> WaitAsync(Task<SubmitResult> first, CancellationToken cancellationToken)
    {
        try
        {
            return await first.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new SubmitResult.Unknown("the wait was cancelled while the request was out");
        }
    }

    private async Task<SubmitResult> SubmitOnceAsync(SubmitRequest request, Attempt attempt, CancellationToken cancellationToken)
    {
        try
        {
            var result = await SubmitAsync(Write(request), cancellationToken);
            if (result is SubmitResult.Refused)
            {
                Forget(request.IntentId);
            }

            attempt.Result.SetResult(result);
            return result;
        }
        catch (Exception e)
        {
            // A disposed key: nothing went out.
            Forget(request.IntentId);
            attempt.Result.SetException(e);
            _ = attempt.Result.Task.Exception;
            throw;
        }
    }

    private async Task<SubmitResult> SubmitAsync(JsonObject body, CancellationToken cancellationToken)
    {
        SignerReply reply;
        try
        {
            reply = await SendAsync(HttpMethod.Post, BankrRoutes.Submit, body, _options.SubmitTimeout, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return new SubmitResult.Unknown("the call was cancelled while the request was out");
        }

        return reply switch
        {
            SignerReply.Answer answer => Read(answer),
            SignerReply.Lost { MayHaveArrived: false } lost => new SubmitResult.Refused(lost.Reason, IsTransient: true),
            SignerReply.Lost lost => new SubmitResult.Unknown(lost.Reason.Message),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    // What says that the request itself was not taken: malformed, not allowed, not known, too large, too many.
    private static readonly HashSet<HttpStatusCode> s_notTaken =
    [
        HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed, HttpStatusCode.LengthRequired, HttpStatusCode.RequestEntityTooLarge,
        HttpStatusCode.RequestUriTooLong, HttpStatusCode.UnsupportedMediaType, HttpStatusCode.UnprocessableEntity, HttpStatusCode.TooManyRequests, HttpStatusCode.RequestHeaderFieldsTooLarge,
    ];

    // A hash is believed with any status: a transaction that has one was sent. Without one, only the statuses that mean "not taken"
    // are a refusal. 408 and 5xx may come from a proxy behind which the transaction went on, 409 may mean that it was taken already, and so may "success": false.
    private SubmitResult Read(SignerReply.Answer answer)
    {
        var shape = JsonShape.Parse(answer.Body);
        if (Hash32.TryParse(shape.OptionalString("transactionHash").AsSpan(), null, out var hash) && shape.Ok && hash != default)
        {
            return new SubmitResult.Submitted(hash, shape.OptionalString("status") switch
            {
                "success" => SubmitStatus.Success,
                "reverted" or "failed" => SubmitStatus.Reverted,
                _ => SubmitStatus.Pending,
            });
        }

        return answer.Status switch
        {
            var status when s_notTaken.Contains(status) => new SubmitResult.Refused(ToRefusal(answer), IsTransient(answer.Status)),
            HttpStatusCode.OK when shape.Refusal is { } malformed => new SubmitResult.Unknown($"the answer of {_http.Name} cannot be read: {UntrustedText.Clean(malformed.Message)}"),
            HttpStatusCode.OK => new SubmitResult.Unknown($"{_http.Name} names no transaction: {UntrustedText.Quote(Said(answer))}"),
            _ => new SubmitResult.Unknown($"{_http.Name} answered with HTTP status {(int)answer.Status}"),
        };
    }

    private static JsonObject Write(SubmitRequest request) => new()
    {
        ["transaction"] = new JsonObject
        {
            ["to"] = request.To.ToString(),
            ["chainId"] = request.Chain.Value,
            ["value"] = request.Value.ToString(),
            ["data"] = Hex.Encode(request.Data.Span),
        },
        ["description"] = UntrustedText.Clean(request.Description, 200),
        ["waitForConfirmation"] = request.WaitForConfirmation,
    };

    // The journal is what holds across restarts; here the last ten thousand are known, and what is still out is never forgotten.
    private void Remember(string id, Attempt attempt)
    {
        _attempts.Add(id, attempt);
        _order.Enqueue(id);
        for (var left = _order.Count; _attempts.Count > MaxRemembered && left > 0; left--)
        {
            var oldest = _order.Dequeue();
            if (_attempts.TryGetValue(oldest, out var known) && !known.Result.Task.IsCompleted)
            {
                _order.Enqueue(oldest);
            }
            else
            {
                _attempts.Remove(oldest);
            }
        }
    }

    private void Forget(string id)
    {
        lock (_gate)
        {
            _attempts.Remove(id);
        }
    }

    private sealed record Attempt(string Content)
    {
        public TaskCompletionSource<SubmitResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
