using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Purser.SystemTests.Processes;

/// <summary>What a relay does with a request that it watches for.</summary>
public enum RelayMode
{
    /// <summary>Passes it on, and the answer back.</summary>
    Pass = 0,

    /// <summary>Keeps it: the server behind never sees it.</summary>
    HoldBefore = 1,

    /// <summary>Passes it on and keeps the answer: the server behind has done its work, and the asker never hears of it.</summary>
    HoldAfter = 2,
}

/// <summary>A man in the middle: forwards HTTP to a server, and can stop what it watches for before or after it is done.</summary>
public sealed class Relay : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly ConcurrentQueue<string> _seen = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Uri _target;
    private readonly Func<string, string, bool> _watches;
    private LocalServer? _server;
    private int _held;
    private int _answered;

    private Relay(Uri target, Func<string, string, bool> watches)
    {
        _target = target;
        _watches = watches;
    }

    /// <summary>Where it listens.</summary>
    public Uri Url => _server!.Url;

    /// <summary>What becomes of a watched request, by its body.</summary>
    public Func<string, RelayMode> Mode { get; set; } = _ => RelayMode.Pass;

    /// <summary>Called with the body of each watched request before anything becomes of it.</summary>
    public Action<string> OnSeen { get; set; } = _ => { };

    /// <summary>The bodies of the watched requests, in their order.</summary>
    public IReadOnlyList<string> Seen => [.. _seen];

    /// <summary>How many watched requests are held, or were until their asker died.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>How many watched requests were answered by the server behind.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Starts a relay to a server.</summary>
    /// <param name="target">The server behind.</param>
    /// <param name="watches">Which requests are watched for, by path and body.</param>
    public static async Task<Relay> StartAsync(Uri target, Func<string, string, bool> watches)
    {
        var relay = new Relay(target, watches);
        relay._server = await LocalServer.StartAsync(relay.HandleAsync);
        return relay;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _server!.DisposeAsync();
        _http.Dispose();
        _end.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var watched = _watches(context.Request.Path, body);
        var mode = RelayMode.Pass;
        if (watched)
        {
            OnSeen(body);
            _seen.Enqueue(body);
            mode = Mode(body);
        }
        if (mode is RelayMode.HoldBefore)
        {
            await HoldAsync(context);
            return;
        }
        using var forward = new HttpRequestMessage(new(context.Request.Method), new Uri(_target, context.Request.Path + context.Request.QueryString));
        if (body.Length > 0)
        {
            forward.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }
        // What was begun behind is brought to its end, whatever becomes of the asker.
        using var reply = await _http.SendAsync(forward, _end.Token);
        var bytes = await reply.Content.ReadAsByteArrayAsync(_end.Token);
        if (watched)
        {
            Interlocked.Increment(ref _answered);
        }
        if (mode is RelayMode.HoldAfter)
        {
            await HoldAsync(context);
            return;
        }
        context.Response.StatusCode = (int)reply.StatusCode;
        context.Response.ContentType = reply.Content.Headers.ContentType?.ToString();
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private async Task HoldAsync(HttpContext context)
    {
        Interlocked.Increment(ref _held);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = either.Token.Register(() => gone.TrySetResult());
        await gone.Task;
        context.Abort();
    }
}
