using System.Buffers;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Fork;

namespace Purser.Sandbox.Rpc;

/// <summary>Takes the bytes of a JSON-RPC request or batch and gives those of the answer. Knows nothing of HTTP.</summary>
internal sealed class RpcDispatcher(SandboxChain chain, SandboxNodeOptions options) : IDisposable
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };
    private static readonly JsonElement s_noParameters = JsonDocument.Parse("[]").RootElement;

    private readonly RpcMethods _methods = new(chain, options);
    private readonly ForkProxy? _fork = chain.Options.ForkedFrom is { } fork ? new(chain, fork) : null;

    /// <inheritdoc/>
    public void Dispose() => _methods.Dispose();

    /// <summary>Answers; null when there is nothing to answer, because the request was a notification.</summary>
    /// <param name="body">The bytes of a request or a batch.</param>
    /// <param name="session">The connection that events can be sent over; null over HTTP.</param>
    /// <param name="cancellation">Cancelled when the caller went away.</param>
    public async Task<byte[]?> AnswerAsync(ReadOnlyMemory<byte> body, WebSocketSession? session, CancellationToken cancellation)
    {
        JsonDocument document;
        try
        {
            document = RpcText.Parse(body, s_strict);
        }
        catch (JsonException e)
        {
            return Error(RpcException.ParseError, $"parse error: {e.Message}");
        }
        using (document)
        {
            var output = new ArrayBufferWriter<byte>(1024);
            await using var writer = new Utf8JsonWriter(output);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Array)
            {
                await AnswerOneAsync(root, writer, session, cancellation);
            }
            else if (root.GetArrayLength() is var count && (count == 0 || count > options.MaxBatch))
            {
                return Error(RpcException.InvalidRequest, count == 0 ? "empty batch" : $"batch of {count} requests, more than {options.MaxBatch}");
            }
            else
            {
                var answers = 0;
                writer.WriteStartArray();
                foreach (var request in root.EnumerateArray())
                {
                    answers += output.WrittenCount + writer.BytesPending <= options.MaxBatchAnswer
                        ? await AnswerOneAsync(request, writer, session, cancellation) ? 1 : 0
                        : RefuseOne(request, writer);
                }
                if (answers == 0)
                {
                    return null;
                }
                writer.WriteEndArray();
            }
            await writer.FlushAsync(cancellation);
            return output.WrittenCount == 0 ? null : output.WrittenSpan.ToArray();
        }
    }

    /// <summary>An error that belongs to no request.</summary>
    public static byte[] Error(int code, string message)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(output);
        WriteError(writer, default, new(code, message));
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    // Not run, so that a small batch of large questions does not fill the memory.
    private int RefuseOne(JsonElement request, Utf8JsonWriter writer)
    {
        JsonElement id = default;
        try
        {
            ReadRequest(request, out id, out var isNotification);
            if (isNotification)
            {
                return 0;
            }
            WriteError(writer, id, new(RpcException.LimitExceeded, $"response too large: the answers of this batch have more than {options.MaxBatchAnswer} bytes; not run"));
        }
        catch (RpcException e)
        {
            WriteError(writer, id, e);
        }
        return 1;
    }

    private async Task<bool> AnswerOneAsync(JsonElement request, Utf8JsonWriter writer, WebSocketSession? session, CancellationToken cancellation)
    {
        JsonElement id = default;
        var isNotification = false;
        try
        {
            var (method, parameters) = ReadRequest(request, out id, out isNotification);
            var result = new ArrayBufferWriter<byte>(256);
            await RunAsync(method, parameters, result, session, cancellation);
            if (isNotification)
            {
                return false;
            }
            writer.WriteStartObject();
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            WriteId(writer, id);
            writer.WritePropertyName("result"u8);
            writer.WriteRawValue(result.WrittenSpan, skipInputValidation: true);
            writer.WriteEndObject();
            return true;
        }
        catch (RpcException e)
        {
            if (!isNotification)
            {
                WriteError(writer, id, e);
            }
            return !isNotification;
        }
    }

    private static (string Method, JsonElement Parameters) ReadRequest(JsonElement request, out JsonElement id, out bool isNotification)
    {
        id = default;
        isNotification = false;
        if (request.ValueKind != JsonValueKind.Object)
        {
            throw new RpcException(RpcException.InvalidRequest, "a request is an object");
        }
        if (request.TryGetProperty("id"u8, out var given))
        {
            if (given.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Null))
            {
                throw new RpcException(RpcException.InvalidRequest, "id is a string, a number or null");
            }
            id = given;
        }
        if (!request.TryGetProperty("jsonrpc"u8, out var version) || version.ValueKind != JsonValueKind.String || !version.ValueEquals("2.0"u8))
        {
            throw new RpcException(RpcException.InvalidRequest, "jsonrpc is \"2.0\"");
        }
        if (!request.TryGetProperty("method"u8, out var method) || method.ValueKind != JsonValueKind.String)
        {
            throw new RpcException(RpcException.InvalidRequest, "method is a string");
        }
        // Only what is a request otherwise can be a notification.
        isNotification = id.ValueKind == JsonValueKind.Undefined;
        if (!request.TryGetProperty("params"u8, out var parameters) || parameters.ValueKind == JsonValueKind.Null)
        {
            parameters = s_noParameters;
        }
        return parameters.ValueKind == JsonValueKind.Array ? (method.GetString()!, parameters)
            : throw new RpcException(RpcException.InvalidParams, "params is an array");
    }

    private async Task RunAsync(string method, JsonElement parameters, ArrayBufferWriter<byte> result, WebSocketSession? session, CancellationToken cancellation)
    {
        try
        {
            await using var writer = new Utf8JsonWriter(result);
            if (options.Methods.TryGetValue(method, out var handedIn))
            {
                if (await handedIn(parameters, cancellation) is { } node)
                {
                    node.WriteTo(writer);
                }
                else
                {
                    writer.WriteNullValue();
                }
            }
            else if (session is not null && method == "eth_subscribe")
            {
                writer.WriteStringValue(session.Subscribe(new RpcParameters(parameters)));
            }
            else if (session is not null && method == "eth_unsubscribe")
            {
                writer.WriteBooleanValue(session.Unsubscribe(new RpcParameters(parameters)));
            }
            else if (_fork is not null && await _fork.AnswerAsync(method, parameters, p => RunOwn(method, p, cancellation), cancellation) is { } answer)
            {
                answer.WriteTo(writer);
            }
            else
            {
                using var waiting = SandboxFork.Cancelling(cancellation);
                _methods.Run(method, new RpcParameters(parameters), writer, cancellation);
            }
            await writer.FlushAsync(cancellation);
        }
        catch (ChainException e)
        {
            throw new RpcException(e.Code == 0 ? RpcException.Refused : e.Code, e.Message, e.ErrorData.Length == 0 ? null : Hex.Encode(e.ErrorData));
        }
        catch (StateFileException e)
        {
            throw new RpcException(RpcException.InternalError, e.Message);
        }
        catch (ObjectDisposedException)
        {
            throw new RpcException(RpcException.InternalError, "the chain is closed");
        }
        catch (OverflowException)
        {
            // A sum of what was given passes 256 bits (a balance, a fee times gas).
            throw new RpcException(RpcException.InvalidParams, "a number in the request is too large");
        }
        catch (Exception e) when (e is not (RpcException or OperationCanceledException))
        {
            // A bug of ours: its kind, for a report, and no more. The batch and the WebSocket around it live on.
            throw new RpcException(RpcException.InternalError, $"internal error ({e.GetType().Name})");
        }
    }

    // A part of a question that the fork's upstream answers the other part of.
    private JsonElement RunOwn(string method, JsonElement parameters, CancellationToken cancellation)
    {
        var result = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(result))
        {
            _methods.Run(method, new RpcParameters(parameters), writer, cancellation);
        }
        using var document = JsonDocument.Parse(result.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static void WriteError(Utf8JsonWriter writer, JsonElement id, RpcException error)
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
        WriteId(writer, id);
        writer.WriteStartObject("error"u8);
        writer.WriteNumber("code"u8, error.Code);
        writer.WriteString("message"u8, error.Message);
        if (error.ErrorData is { } data)
        {
            writer.WriteString("data"u8, data);
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteId(Utf8JsonWriter writer, JsonElement id)
    {
        writer.WritePropertyName("id"u8);
        if (id.ValueKind == JsonValueKind.Undefined)
        {
            writer.WriteNullValue();
        }
        else
        {
            id.WriteTo(writer);
        }
    }
}
