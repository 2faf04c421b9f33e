using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Payments;

/// <summary>The server behind a shop. It counts how often it worked for each path, and every reply says which run it came from.</summary>
public sealed class CountingUpstream : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _runs = new(StringComparer.Ordinal);
    private LocalServer? _server;

    /// <summary>Where it listens.</summary>
    public Uri Url => _server!.Url;

    /// <summary>How often it has worked, for all paths.</summary>
    public int Total => _runs.Values.Sum();

    /// <summary>Called with each request once it is counted, before it is answered.</summary>
    public Func<HttpContext, Task> OnRun { get; set; } = _ => Task.CompletedTask;

    /// <summary>What it waits for before it replies; nothing, unless a test says so.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Starts it.</summary>
    public static async Task<CountingUpstream> StartAsync()
    {
        var upstream = new CountingUpstream();
        upstream._server = await LocalServer.StartAsync(async context =>
        {
            var path = context.Request.Path.Value!;
            var run = upstream._runs.AddOrUpdate(path, 1, (_, known) => known + 1);
            await upstream.OnRun(context);
            await upstream.Gate;
            await context.Response.WriteAsync($"{path} run {run}");
        });
        return upstream;
    }

    /// <summary>How often it has worked for a path.</summary>
    public int RunsOf(string path) => _runs.GetValueOrDefault(path);

    public ValueTask DisposeAsync() => _server!.DisposeAsync();
}
