using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Purser.Services.Tests.Gateway;

/// <summary>What an agent hears next: a message, or the end of the connection.</summary>
internal sealed record Heard(JsonObject? Message, int? CloseCode)
{
    public string? Type => (string?)Message?["type"];
}

/// <summary>The agent's end of a connection, which sends exactly what a test wants.</summary>
internal sealed class AgentSocket : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2); // for a broken gateway; a test never waits for it

    private static int s_sockets;

    private readonly ClientWebSocket _socket = new();
    private readonly int _number = Interlocked.Increment(ref s_sockets); // ids are unique within a session, not within a connection
    private int _sent;

    /// <summary>Everything that was heard, as text.</summary>
    public List<string> Transcript { get; } = [];

    public static async Task<AgentSocket> ConnectAsync(Uri url, Action<ClientWebSocketOptions>? configure = null)
    {
        var agent = new AgentSocket();
        agent._socket.Options.CollectHttpResponseDetails = true;
        configure?.Invoke(agent._socket.Options);
        try
        {
            await agent._socket.ConnectAsync(url, CancellationToken.None);
            return agent;
        }
        catch (WebSocketException)
        {
            agent.Status = (int)agent._socket.HttpStatusCode;
            return agent;
        }
    }

    /// <summary>The HTTP status of a refused connection; 0 when it was let in.</summary>
    public int Status { get; private set; }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public Task SendAsync(byte[] bytes, WebSocketMessageType type = WebSocketMessageType.Text, bool end = true) => _socket.SendAsync(bytes, type, end, CancellationToken.None);

    /// <summary>Sends a message with an id of its own; gives the id.</summary>
    public async Task<string> SayAsync(string type, string members = "")
    {
        var id = $"m{_number}-{++_sent}";
        await SendAsync($$"""{"type":"{{type}}","messageId":"{{id}}","protocolVersion":"1.0","timestamp":1{{members}}}""");
        return id;
    }

    /// <summary>The next thing heard, signs of life left out.</summary>
    public async Task<Heard> HearAsync(bool beats = false)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (true)
        {
            var text = new MemoryStream();
            var buffer = new byte[4096];
            while (true)
            {
                WebSocketReceiveResult received;
                try
                {
                    received = await _socket.ReceiveAsync(buffer, patience.Token);
                }
                catch (WebSocketException)
                {
                    return new(null, 1006);
                }

                if (received.MessageType is WebSocketMessageType.Close)
                {
                    return new(null, (int)_socket.CloseStatus!);
                }

                text.Write(buffer, 0, received.Count);
                if (received.EndOfMessage)
                {
                    break;
                }
            }

            Transcript.Add(Encoding.UTF8.GetString(text.ToArray()));
            var message = JsonNode.Parse(Transcript[^1])!.AsObject();
            if (beats || (string?)message["type"] != "heartbeat")
            {
                return new(message, null);
            }
        }
    }

    /// <summary>The next message, which has to be of this type.</summary>
    public async Task<JsonObject> ExpectAsync(string type)
    {
        var heard = await HearAsync();
        heard.Type.ShouldBe(type, $"close code {heard.CloseCode}; heard: {string.Join('\n', Transcript.TakeLast(3))}");
        return heard.Message!;
    }

    /// <summary>The answer to a sign of life, past those of the server itself.</summary>
    public async Task<JsonObject> HearPongAsync()
    {
        while (true)
        {
            var message = (await HearAsync(beats: true)).Message.ShouldNotBeNull();
            if ((string?)message["direction"] == "pong")
            {
                return message;
            }
        }
    }

    /// <summary>The next message, which has to be an error with this code.</summary>
    public async Task<JsonObject> ExpectErrorAsync(string code)
    {
        var error = await ExpectAsync("error");
        ((string?)error["code"]).ShouldBe(code);
        return error;
    }

    /// <summary>The end of the connection, which has to come next.</summary>
    public async Task ExpectCloseAsync(int code)
    {
        var heard = await HearAsync();
        heard.CloseCode.ShouldBe(code, $"heard: {heard.Message?.ToJsonString()}");
    }

    /// <summary>Takes leave; the answer is heard as the end.</summary>
    public Task CloseAsync() => _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);

    /// <summary>Cuts the connection, as a lost network does.</summary>
    public void Cut() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }
}
