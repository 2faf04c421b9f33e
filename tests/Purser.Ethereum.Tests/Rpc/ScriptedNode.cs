using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

/// <summary>A node that answers by a script, for what a real one does not do: lies, loses connections, answers late.</summary>
internal sealed class ScriptedNode : HttpMessageHandler
{
    private readonly Func<Request, HttpResponseMessage> _answer;
    private readonly Func<long[], HttpResponseMessage>? _answerBatch;

    internal ScriptedNode(Func<Request, HttpResponseMessage> answer)
    {
        _answer = answer;
    }

    private ScriptedNode(Func<long[], HttpResponseMessage> answerBatch)
    {
        _answer = static _ => throw new InvalidOperationException("Only batches are scripted.");
        _answerBatch = answerBatch;
    }

    /// <summary>Answers every batch by its ids, in the order in which they were sent.</summary>
    internal static ScriptedNode OfBatches(Func<long[], HttpResponseMessage> answer) => new(answer);

    internal sealed record Request(string Method, JsonElement Params, long Id, int Number);

    internal List<Request> Requests { get; } = [];

    internal QuickTime Time { get; } = new();

    internal JsonRpcChain Chain(JsonRpcOptions? options = null) => new(new HttpClient(this), new Uri("http://user:secret@node.example:8545/v2/secret-key?token=secret"), Time, options);

    /// <summary>Answers every request with a result, given as JSON.</summary>
    internal static ScriptedNode Result(string json) => new(r => ResultTo(r, json));

    /// <summary>Answers every request with an error, given as JSON.</summary>
    internal static ScriptedNode Error(string json) => new(r => ErrorTo(r, json));

    internal static HttpResponseMessage ResultTo(Request request, string json) => Ok($$"""{"jsonrpc":"2.0","id":{{request.Id}},"result":{{json}} }""");

    internal static HttpResponseMessage ErrorTo(Request request, string json, HttpStatusCode status = HttpStatusCode.OK) => Status(status, $$"""{"jsonrpc":"2.0","id":{{request.Id}},"error":{{json}} }""");

    /// <summary>Answers every request with a body; <c>ID</c> in it becomes the request's id.</summary>
    internal static ScriptedNode Body(string body) => new(r => Ok(body.Replace("ID", r.Id.ToString())));

    internal static HttpResponseMessage Ok(string body) => Status(HttpStatusCode.OK, body);

    internal static HttpResponseMessage Status(HttpStatusCode status, string body) =>
        new(status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
        var root = document.RootElement.Clone();
        var first = Requests.Count;
        foreach (var one in root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : new[] { root })
        {
            one.GetProperty("jsonrpc").GetString().ShouldBe("2.0");
            Requests.Add(new(one.GetProperty("method").GetString()!, one.GetProperty("params"), one.GetProperty("id").GetInt64(), Requests.Count + 1));
        }
        var response = root.ValueKind == JsonValueKind.Array && _answerBatch is not null ? _answerBatch([.. Requests.Skip(first).Select(static r => r.Id)]) : _answer(Requests[^1]);
        if (response.StatusCode == HttpStatusCode.Continue)
        {
            // The script's sign for a node that never answers.
            Time.LetTimeoutsPass();
            await Task.Delay(Timeout.InfiniteTimeSpan, Time, cancellationToken);
        }
        return response;
    }
}

/// <summary>Waits of up to 10 seconds pass at once and are written down; longer ones are timeouts, and pass when they are let.</summary>
internal sealed class QuickTime : TimeProvider
{
    private readonly List<Action> _timeouts = [];

    internal List<TimeSpan> Waits { get; } = [];

    internal void LetTimeoutsPass() => _timeouts.ForEach(static t => t());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.FromSeconds(10))
        {
            _timeouts.Add(() => callback(state));
        }
        else if (dueTime >= TimeSpan.Zero)
        {
            Waits.Add(dueTime);
            callback(state);
        }
        return new Timer();
    }

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
