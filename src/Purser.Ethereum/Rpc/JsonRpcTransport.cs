using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// Carries JSON-RPC 2.0 over HTTP: one request, one answer. Checked are the version, the id, the size, and that no member stands twice.
/// Repeated are only calls that may be, and only after a fault of the transport; a node's own error is an answer.
/// </summary>
internal sealed class JsonRpcTransport(HttpClient http, Uri endpoint, TimeProvider time, JsonRpcOptions options)
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private long _lastId;

    // Without user name, password, path and query, where providers put keys.
    private string Node => endpoint.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    internal async Task<JsonRpcReply> SendAsync(string method, JsonNode? parameters, bool mayRepeat, CancellationToken cancellationToken)
    {
        var delay = options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await AttemptAsync(method, parameters, cancellationToken);
            }
            catch (ChainException e) when (e.IsTransient && mayRepeat && attempt < options.MaxAttempts)
            {
                await Task.Delay(delay, time, cancellationToken);
                delay *= 2;
            }
        }
    }

    private async Task<JsonRpcReply> AttemptAsync(string method, JsonNode? parameters, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(Body(id, method, parameters)) };
            request.Content.Headers.ContentType = s_json;
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var body = await ReadAsync(response.Content, method, either.Token);
            if (response.IsSuccessStatusCode)
            {
                return Parse(method, id, body);
            }
            // Some nodes answer an error with a status of its own; what is no JSON-RPC is the transport's.
            return TryParseError(method, id, body) ?? throw new ChainException($"{method}: the node at {Node} answered with HTTP status {(int)response.StatusCode}.")
            {
                IsTransient = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError,
            };
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChainException($"{method}: the node at {Node} did not answer within {options.Timeout.TotalSeconds} s.", e) { IsTransient = true };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ChainException($"{method}: the node at {Node} could not be reached ({(e as HttpRequestException)?.HttpRequestError.ToString() ?? "connection lost"}).", e) { IsTransient = true };
        }
    }

    private static byte[] Body(long id, string method, JsonNode? parameters)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("jsonrpc", "2.0");
            writer.WriteNumber("id", id);
            writer.WriteString("method", method);
            writer.WritePropertyName("params");
            if (parameters is null)
            {
                writer.WriteStartArray();
                writer.WriteEndArray();
            }
            else
            {
                parameters.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    private async Task<byte[]> ReadAsync(HttpContent content, string method, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > options.MaxResponseBytes)
        {
            throw TooLarge(method);
        }
        using var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int count;
        while ((count = await stream.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (body.Length + count > options.MaxResponseBytes)
            {
                throw TooLarge(method);
            }
            body.Write(chunk, 0, count);
        }
        return body.ToArray();
    }

    private ChainException TooLarge(string method) => new($"{method}: the answer of the node at {Node} is larger than {options.MaxResponseBytes} bytes.");

    private JsonRpcReply? TryParseError(string method, long id, byte[] body)
    {
        try
        {
            return Parse(method, id, body) as JsonRpcReply.Error;
        }
        catch (ChainException)
        {
            return null;
        }
    }

    private JsonRpcReply Parse(string method, long id, byte[] body)
    {
        try
        {
            // The base library's reader leaves UTF-8 unchecked until a text is taken out.
            using var document = Utf8.IsValid(body) ? JsonDocument.Parse(body, s_strict) : throw new JsonException("Not UTF-8.");
            return Parse(method, id, document.RootElement.Clone());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a member's name spells half a surrogate pair.
            throw new ChainException($"{method}: the answer of the node at {Node} is not strict JSON.", e);
        }
    }

    private JsonRpcReply Parse(string method, long id, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("jsonrpc", out var version) || version.ValueKind != JsonValueKind.String || RpcJson.Text(version) != "2.0")
        {
            throw new ChainException($"{method}: the answer of the node at {Node} is not JSON-RPC 2.0.");
        }
        var hasResult = root.TryGetProperty("result", out var result);
        var hasError = root.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null;
        root.TryGetProperty("id", out var givenId);
        // A node that could not read the request answers with an error of id null.
        var isOurs = givenId.ValueKind == JsonValueKind.Number && givenId.TryGetInt64(out var number) && number == id;
        if (!isOurs && !(givenId.ValueKind == JsonValueKind.Null && hasError))
        {
            throw new ChainException($"{method}: the node at {Node} answered with another id than {id}.");
        }
        if (hasError)
        {
            return hasResult && result.ValueKind != JsonValueKind.Null
                ? throw new ChainException($"{method}: the node at {Node} answered with a result and an error.")
                : ReadError(method, error);
        }
        return hasResult ? new JsonRpcReply.Result(result) : throw new ChainException($"{method}: the node at {Node} answered without result and without error.");
    }

    private static JsonRpcReply.Error ReadError(string method, JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object || !error.TryGetProperty("code", out var code) || code.ValueKind != JsonValueKind.Number || !code.TryGetInt32(out var number))
        {
            throw new ChainException($"{method}: the node answered with an error without a code.");
        }
        var message = error.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? RpcJson.Text(text) : "";
        var data = error.TryGetProperty("data", out var given) ? RevertData(given) : [];
        return new(number, ForeignText.Clean(message, 500), data);
    }

    // geth, anvil: a hex string. Hardhat and ganache: an object that holds one. Parity: "Reverted 0x…".
    private static byte[] RevertData(JsonElement data)
    {
        if (data.ValueKind == JsonValueKind.Object)
        {
            return data.TryGetProperty("data", out var inner) && inner.ValueKind == JsonValueKind.String ? RevertData(inner) : [];
        }
        if (data.ValueKind != JsonValueKind.String)
        {
            return [];
        }
        var text = RpcJson.Text(data);
        const string parity = "Reverted ";
        return Hex.TryDecode(text.StartsWith(parity, StringComparison.Ordinal) ? text.AsSpan(parity.Length) : text, out byte[] bytes) ? bytes : [];
    }
}
