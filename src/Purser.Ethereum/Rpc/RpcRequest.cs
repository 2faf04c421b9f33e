using System.Text.Json;
using System.Text.Json.Nodes;

namespace Purser.Ethereum.Rpc;

/// <summary>
/// One question to a node and how its answer is read: what <see cref="JsonRpcChain.SendAsync{T}"/> sends by itself and <see cref="JsonRpcBatch"/> with others.
/// Those of the Execution API are made by <see cref="Eth"/>; any other method is asked through the constructor. Immutable; may be sent often.
/// </summary>
/// <typeparam name="T">What the answer becomes.</typeparam>
public sealed class RpcRequest<T>
{
    private readonly Func<JsonRpcReply, T> _read;

    internal RpcRequest(string method, JsonArray? parameters, Func<JsonRpcReply, T> read, bool mayRepeat = true)
        : this(new RpcCall(method, parameters, mayRepeat), read)
    {
    }

    /// <summary>A question of one's own.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The <c>params</c>; null sends an empty array. They are copied.</param>
    /// <param name="read">Reads the <c>result</c>, which may be a JSON null. What it throws reaches the caller.</param>
    /// <param name="mayRepeat">Whether it may be sent again after a fault of the transport, when the first may have arrived: true for reads.</param>
    public RpcRequest(string method, JsonNode? parameters, Func<JsonElement, T> read, bool mayRepeat)
        : this(new RpcCall(NotEmpty(method), parameters, mayRepeat), Reader(method, read))
    {
    }

    private RpcRequest(RpcCall call, Func<JsonRpcReply, T> read)
    {
        Call = call;
        _read = read;
    }

    /// <summary>The method's name.</summary>
    public string Method => Call.Method;

    /// <summary>Whether it may be sent again after a fault of the transport.</summary>
    public bool MayRepeat => Call.MayRepeat;

    internal RpcCall Call { get; }

    /// <summary>Reads the answer.</summary>
    /// <exception cref="ChainException">The node refused, or answered in another form.</exception>
    internal T Read(JsonRpcReply reply) => _read(reply);

    private static string NotEmpty(string method)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        return method;
    }

    private static Func<JsonRpcReply, T> Reader(string method, Func<JsonElement, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        return reply => read(reply.ResultOf(method));
    }
}

/// <summary>A method and its parameters, written once.</summary>
internal sealed class RpcCall
{
    private readonly byte[] _parameters;

    internal RpcCall(string method, JsonNode? parameters, bool mayRepeat)
    {
        Method = method;
        MayRepeat = mayRepeat;
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            if (parameters is null)
            {
                writer.WriteStartArray();
                writer.WriteEndArray();
            }
            else
            {
                parameters.WriteTo(writer);
            }
        }
        _parameters = stream.ToArray();
    }

    internal string Method { get; }

    internal bool MayRepeat { get; }

    internal void Write(Utf8JsonWriter writer, long id)
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc", "2.0");
        writer.WriteNumber("id", id);
        writer.WriteString("method", Method);
        writer.WritePropertyName("params");
        writer.WriteRawValue(_parameters, skipInputValidation: true);
        writer.WriteEndObject();
    }
}
