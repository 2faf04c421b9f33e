using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// Carries JSON-RPC 2.0 over HTTP: one request, or one batch, and its answer. Repeated are only calls that may be, and only after a fault of the
/// transport; a node's own error is an answer. A 429 or 503 with <c>Retry-After</c> is waited for when that is short enough.
/// </summary>
internal sealed class JsonRpcTransport(HttpClient http, Uri endpoint, TimeProvider time, JsonRpcOptions options) : IJsonRpcTransport
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private long _lastId;

    public JsonRpcOptions Options => options;

    // Without user name, password, path and query, where providers put keys.
    private string Node => endpoint.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    public Task<JsonRpcReply> SendAsync(RpcCall call, CancellationToken cancellationToken)
    {
        return RetryAsync(Attempt, call.MayRepeat, cancellationToken);

        Task<JsonRpcReply> Attempt()
        {
            var id = Interlocked.Increment(ref _lastId);
            return PostAsync(call.Method, w => call.Write(w, id), root => JsonRpcAnswers.Read(call.Method, Node, id, root), cancellationToken);
        }
    }

    public Task<IReadOnlyList<JsonRpcReply>> SendBatchAsync(IReadOnlyList<RpcCall> calls, CancellationToken cancellationToken)
    {
        return RetryAsync(Attempt, calls.All(static c => c.MayRepeat), cancellationToken);

        Task<IReadOnlyList<JsonRpcReply>> Attempt()
        {
            var first = Interlocked.Add(ref _lastId, calls.Count) - calls.Count + 1;
            return PostAsync("batch", w => WriteBatch(w, calls, first), root => JsonRpcAnswers.ReadBatch(calls, Node, first, root), cancellationToken);
        }
    }

    internal static void WriteBatch(Utf8JsonWriter writer, IReadOnlyList<RpcCall> calls, long firstId)
    {
        writer.WriteStartArray();
        foreach (var call in calls)
        {
            call.Write(writer, firstId++);
        }
        writer.WriteEndArray();
    }

    internal static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }
        return stream.ToArray();
    }

    private async Task<T> RetryAsync<T>(Func<Task<T>> attempt, bool mayRepeat, CancellationToken cancellationToken)
    {
        var delay = options.RetryDelay;
        for (var number = 1; ; number++)
        {
            try
            {
                return await attempt();
            }
            catch (ChainException e) when (e.IsTransient && e.Code == 0 && mayRepeat && number < options.MaxAttempts && !(e.RetryAfter > options.MaxRetryDelay))
            {
                // A transient fault without a JSON-RPC code is the transport's. What the node asks for is waited, not less.
                await Task.Delay(e.RetryAfter > delay ? e.RetryAfter.Value : delay, time, cancellationToken);
                delay = delay < options.MaxRetryDelay / 2 ? delay * 2 : options.MaxRetryDelay;
            }
        }
    }

    private async Task<T> PostAsync<T>(string what, Action<Utf8JsonWriter> write, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(Write(write)) };
            request.Content.Headers.ContentType = s_json;
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var body = await ReadAsync(response.Content, what, either.Token);
            if (response.IsSuccessStatusCode)
            {
                return read(JsonRpcAnswers.Parse(what, Node, body));
            }
            // Some nodes answer an error with a status of its own; what is no JSON-RPC is the transport's.
            return TryRead(what, read, body, out var answer) ? answer : throw StatusFault(what, response);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChainException($"{what}: the node at {Node} did not answer within {options.Timeout.TotalSeconds} s.", e) { IsTransient = true };
        }
        // InvalidDataException: what the caller's HttpClient was to unpack (gzip) is broken.
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException)
        {
            throw new ChainException($"{what}: the node at {Node} could not be reached ({(e as HttpRequestException)?.HttpRequestError.ToString() ?? "connection lost"}).", e) { IsTransient = true };
        }
    }

    private ChainException StatusFault(string what, HttpResponseMessage response) =>
        new($"{what}: the node at {Node} answered with HTTP status {(int)response.StatusCode}.")
        {
            IsTransient = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError
                or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
            RetryAfter = response.Headers.RetryAfter is { } header
                ? header.Delta ?? (header.Date is { } date && date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero)
                : null,
        };

    private bool TryRead<T>(string what, Func<JsonElement, T> read, byte[] body, out T answer)
    {
        try
        {
            answer = read(JsonRpcAnswers.Parse(what, Node, body));
            return answer is JsonRpcReply.Error;
        }
        catch (ChainException e) when (e.Code == 0)
        {
            answer = default!;
            return false;
        }
    }

    private async Task<byte[]> ReadAsync(HttpContent content, string what, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > options.MaxResponseBytes)
        {
            throw TooLarge(what);
        }
        using var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int count;
        while ((count = await stream.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (body.Length + count > options.MaxResponseBytes)
            {
                throw TooLarge(what);
            }
            body.Write(chunk, 0, count);
        }
        return body.ToArray();
    }

    private ChainException TooLarge(string what) => new($"{what}: the answer of the node at {Node} is larger than {options.MaxResponseBytes} bytes.");
}
