using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Purser.SystemTests.Processes;

/// <summary>Where on a request's way a trap lies.</summary>
public enum TrapEdge
{
    /// <summary>Before the server behind has seen it.</summary>
    Before = 0,

    /// <summary>The server behind has answered, and the asker has not heard it.</summary>
    After = 1,

    /// <summary>The asker has been given the answer.</summary>
    Told = 2,
}

/// <summary>A request that passes a <see cref="TrapRelay"/>.</summary>
/// <param name="Http">The request.</param>
/// <param name="Body">Its body.</param>
public sealed record Passage(HttpContext Http, string Body)
{
    /// <summary>The answer of the server behind, once there is one.</summary>
    public string? Answer { get; set; }

    /// <summary>The path.</summary>
    public string Path => Http.Request.Path.Value!;
}

/// <summary>A moment that a test waits for: the first request that fits, at an edge of its way. It springs once.</summary>
/// <param name="edge">The edge.</param>
/// <param name="fits">Which request.</param>
/// <param name="holds">Whether the request stands still there until <see cref="End"/>.</param>
public sealed class Trap(TrapEdge edge, Func<Passage, bool> fits, bool holds)
{
    private readonly TaskCompletionSource _sprung = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _taken;

    /// <summary>Ends when the moment is there.</summary>
    public Task Sprung => _sprung.Task;

    /// <summary>Lets go of what is held.</summary>
    /// <param name="goesOn">Whether it goes its way; otherwise its connection is cut.</param>
    public void End(bool goesOn) => _end.TrySetResult(goesOn);

    /// <summary>Called at each edge; false when the request's connection is to be cut.</summary>
    internal async Task<bool> PassAsync(TrapEdge at, Passage passage, CancellationToken over)
    {
        if (at != edge || !fits(passage) || Interlocked.Exchange(ref _taken, 1) != 0)
        {
            return true;
        }
        _sprung.TrySetResult();
        return !holds || await _end.Task.WaitAsync(over);
    }
}

/// <summary>
/// A man in the middle of two processes: forwards HTTP, headers and all, to a server that may be replaced by its next run, and stops what falls into a trap. What was begun behind is brought to its end
/// although the asker dies, unless it follows its asker.
/// </summary>
public sealed class TrapRelay : IAsyncDisposable
{
    private static readonly HashSet<string> s_hop = new(StringComparer.OrdinalIgnoreCase) { "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Expect", "Upgrade" };

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, MaxConnectionsPerServer = 256 }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource _end = new();
    private readonly bool _followsAsker;
    private LocalServer? _server;
    private volatile Uri _target;
    private volatile bool _isShut;
    private int _beingForwarded;

    private TrapRelay(Uri target, bool followsAsker)
    {
        _target = target;
        _followsAsker = followsAsker;
    }

    /// <summary>Where it listens, whoever stands behind.</summary>
    public Uri Url => _server!.Url;

    /// <summary>The server behind.</summary>
    public Uri Target
    {
        get => _target;
        set => _target = value;
    }

    /// <summary>The trap that lies here, or null.</summary>
    public Trap? Trap { get; set; }

    /// <summary>Called with each request before anything becomes of it.</summary>
    public Action<Passage> OnAsked { get; set; } = _ => { };

    /// <summary>Called with each answer of the server behind before the asker gets it.</summary>
    public Action<Passage> OnAnswered { get; set; } = _ => { };

    /// <summary>Starts a relay.</summary>
    public static async Task<TrapRelay> StartAsync(Uri target, bool followsAsker = false)
    {
        var relay = new TrapRelay(target, followsAsker);
        relay._server = await LocalServer.StartAsync(relay.HandleAsync);
        return relay;
    }

    /// <summary>
    /// Lets nothing more through: what a killed asker had sent may still lie on the wire, and would reach the server behind at any time later. Ends when what was let through before is answered.
    /// </summary>
    public async Task ShutAsync()
    {
        _isShut = true;
        Interlocked.MemoryBarrier();
        await Eventually.HoldsAsync("what was let through is answered", () => Volatile.Read(ref _beingForwarded) == 0);
    }

    /// <summary>Lets through again.</summary>
    public void Open() => _isShut = false;

    public async ValueTask DisposeAsync()
    {
        Trap?.End(goesOn: false);
        await _end.CancelAsync();
        await _server!.DisposeAsync();
        _http.Dispose();
        _end.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        try
        {
            await PassAsync(context);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException or BadHttpRequestException)
        {
            // One of the two is dead, or the test is over.
            context.Abort();
        }
    }

    private async Task PassAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var passage = new Passage(context, await reader.ReadToEndAsync(_end.Token));
        var trap = Trap;
        OnAsked(passage);
        if (trap is not null && !await trap.PassAsync(TrapEdge.Before, passage, _end.Token))
        {
            context.Abort();
            return;
        }
        using var asker = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, _followsAsker ? context.RequestAborted : CancellationToken.None);
        using var reply = await ForwardAsync(passage, asker.Token);
        if (reply is null)
        {
            context.Abort();
            return;
        }
        Answer(context.Response, reply);
        OnAnswered(passage);
        if (trap is not null && !await trap.PassAsync(TrapEdge.After, passage, _end.Token))
        {
            context.Abort();
            return;
        }
        await context.Response.WriteAsync(passage.Answer!, _end.Token);
        await context.Response.CompleteAsync();
        if (trap is not null)
        {
            await trap.PassAsync(TrapEdge.Told, passage, _end.Token);
        }
    }

    // Null when the relay is shut.
    private async Task<HttpResponseMessage?> ForwardAsync(Passage passage, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _beingForwarded);
        try
        {
            if (_isShut)
            {
                return null;
            }
            using var forward = ToForward(passage);
            var reply = await _http.SendAsync(forward, cancellationToken);
            passage.Answer = await reply.Content.ReadAsStringAsync(cancellationToken);
            return reply;
        }
        finally
        {
            Interlocked.Decrement(ref _beingForwarded);
        }
    }

    private HttpRequestMessage ToForward(Passage passage)
    {
        var request = passage.Http.Request;
        var forward = new HttpRequestMessage(new(request.Method), new Uri(_target, request.Path + request.QueryString));
        if (passage.Body.Length > 0)
        {
            forward.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(passage.Body));
        }
        foreach (var header in request.Headers.Where(header => !s_hop.Contains(header.Key)))
        {
            if (!forward.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value))
            {
                forward.Content?.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value);
            }
        }
        return forward;
    }

    private static void Answer(HttpResponse response, HttpResponseMessage reply)
    {
        response.StatusCode = (int)reply.StatusCode;
        foreach (var header in reply.Headers.Concat(reply.Content.Headers).Where(header => !s_hop.Contains(header.Key)))
        {
            response.Headers.Append(header.Key, header.Value.ToArray());
        }
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }
}
