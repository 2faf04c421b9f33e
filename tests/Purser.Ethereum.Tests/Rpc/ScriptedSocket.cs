using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

/// <summary>A WebSocket whose other end is a script: for each message that is sent, the messages that come back.</summary>
internal sealed class ScriptedSocket(Func<JsonElement, IEnumerable<string>> answer) : WebSocket
{
    private readonly Channel<byte[]> _incoming = Channel.CreateUnbounded<byte[]>();
    private ReadOnlyMemory<byte> _rest;
    private WebSocketState _state = WebSocketState.Open;

    internal List<JsonElement> Sent { get; } = [];

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => _state;

    public override string? SubProtocol => null;

    internal WebSocketMessageType Type { get; set; } = WebSocketMessageType.Text;

    /// <summary>A client of a node that answers requests by their method.</summary>
    internal static async Task<(JsonRpcSocket Client, ScriptedSocket Node)> ConnectAsync(Func<JsonElement, IEnumerable<string>> answer, JsonRpcSocketOptions? options = null)
    {
        var socket = new ScriptedSocket(answer);
        return (await JsonRpcSocket.ConnectAsync(new("ws://user:secret@node.example/secret"), TimeProvider.System, (options ?? new()) with { Connect = (_, _) => Task.FromResult<WebSocket>(socket) }), socket);
    }

    internal static string Result(JsonElement request, string json) => "{\"jsonrpc\":\"2.0\",\"id\":" + request.GetProperty("id").GetInt64() + ",\"result\":" + json + "}";

    internal static string Event(string subscription, string json) => "{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{\"subscription\":\"" + subscription + "\",\"result\":" + json + "}}";

    internal void Say(string message) => _incoming.Writer.TryWrite(Encoding.UTF8.GetBytes(message));

    internal void HangUp() => _incoming.Writer.TryComplete();

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(buffer.AsMemory());
        Sent.Add(document.RootElement.Clone());
        foreach (var message in answer(Sent[^1]))
        {
            Say(message);
        }
        return Task.CompletedTask;
    }

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        if (_rest.IsEmpty)
        {
            try
            {
                _rest = await _incoming.Reader.ReadAsync(cancellationToken);
            }
            catch (ChannelClosedException)
            {
                return new(0, WebSocketMessageType.Close, true);
            }
        }
        var count = Math.Min(buffer.Count, _rest.Length);
        _rest[..count].CopyTo(buffer.AsMemory());
        _rest = _rest[count..];
        return new(count, Type, _rest.IsEmpty);
    }

    public override void Abort() => _state = WebSocketState.Aborted;

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
    }
}
