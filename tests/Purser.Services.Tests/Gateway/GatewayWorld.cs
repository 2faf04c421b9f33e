using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Protocol.Tables.Messages;
using Purser.Sandbox.Chain;
using Purser.Services.Gateway;
using Purser.Services.SignIn;
using Purser.Services.Tests.Payments;
using Purser.Storage;

namespace Purser.Services.Tests.Gateway;

/// <summary>A gateway on a real socket, on a clock that stands. Two of them on one store and one clock are two replicas.</summary>
internal sealed class GatewayWorld : IAsyncDisposable, ILoggerProvider
{
    private readonly string? _folder;
    private WebApplication _host = null!;
    private int _sessions;

    private GatewayWorld(string? folder, SandboxClock clock) => (_folder, Clock) = (folder, clock);

    public SandboxClock Clock { get; }

    public Store Store { get; private set; } = null!;

    public SessionsDouble Sessions { get; private set; } = null!;

    public LinksDouble Links { get; } = new();

    public TablesDouble Tables { get; private set; } = new();

    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>Where it listens, without a path.</summary>
    public Uri Root { get; private set; } = null!;

    public Uri Url => new(Root, "/ws");

    public IGatewayOutbox Outbox => _host.Services.GetRequiredService<IGatewayOutbox>();

    /// <summary>A gateway of its own, on SQLite.</summary>
    public static Task<GatewayWorld> OpenAsync(Action<GatewayOptions>? configure = null, TimeSpan? lifetime = null, Action<WebApplication>? before = null)
    {
        var folder = Directory.CreateTempSubdirectory("purser-gateway-").FullName;
        return OpenAsync(StoreUrl.ForFile(Path.Combine(folder, "gateway.db")), SandboxClock.StandingAt(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)), configure, lifetime, folder, before: before);
    }

    /// <summary>A replica.</summary>
    public static async Task<GatewayWorld> OpenAsync(StoreUrl url, SandboxClock clock, Action<GatewayOptions>? configure = null, TimeSpan? lifetime = null, string? folder = null, ulong seed = 1, Action<WebApplication>? before = null)
    {
        var world = new GatewayWorld(folder, clock) { Store = await Store.OpenAsync(url, clock) };
        world.Tables.Time = clock;
        world.Sessions = new(world.Store, clock, lifetime ?? TimeSpan.FromHours(24));
        await world.Sessions.MigrateAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Logging.ClearProviders().AddProvider(world).SetMinimumLevel(LogLevel.Debug);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.Services.AddSingleton(world.Store);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton<IRandom>(new SeededRandom(seed));
        builder.Services.AddSingleton<IAgentSessions>(world.Sessions);
        builder.Services.AddSingleton<IAgentLinks>(world.Links);
        builder.Services.AddSingleton<ITables>(world.Tables);
        builder.Services.AddAgentGateway(options =>
        {
            options.PerAddress = null;
            options.Farewell = TimeSpan.FromMinutes(10); // a test's clock runs ahead of sockets
            configure?.Invoke(options);
        });
        world._host = builder.Build();
        before?.Invoke(world._host);
        world._host.MapAgentGateway();
        await world._host.StartAsync();
        var address = new Uri(world._host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        world.Root = new UriBuilder(address) { Scheme = "ws" }.Uri;
        return world;
    }

    /// <summary>A wallet signs in; gives its session.</summary>
    public Task<AgentSession> SignInAsync(byte wallet = 1, string link = "link-1") => Sessions.OpenAsync($"session-{wallet}-{++_sessions}", new Address(Enumerable.Repeat(wallet, 20).ToArray()), link);

    /// <summary>A connection that has said hello.</summary>
    public async Task<AgentSocket> ConnectAsync()
    {
        var socket = await AgentSocket.ConnectAsync(Url);
        socket.Status.ShouldBe(0);
        await socket.ExpectAsync("hello");
        return socket;
    }

    /// <summary>A connection with an open session.</summary>
    public async Task<AgentSocket> ConnectAsync(AgentSession session)
    {
        var socket = await ConnectAsync();
        await AuthenticateAsync(socket, session);
        await socket.ExpectAsync("authenticated");
        return socket;
    }

    public static Task<string> AuthenticateAsync(AgentSocket socket, AgentSession session) => socket.SayAsync("authenticate", $$""","token":"{{SessionsDouble.TokenOf(session.Id)}}" """);

    /// <summary>Sends a state of a table to a session.</summary>
    public void Send(AgentSession session, int number, string table = "t1", int padding = 0) =>
        Outbox.Send(session.Id, new GatewayMessage.GameStateUpdate("dice", table, JsonSerializer.SerializeToElement(new { number, padding = new string('x', padding) })));

    /// <summary>Moves the clock in steps until something has happened: what waits for the clock may begin to do so between two of them.</summary>
    public async Task<T> UntilAsync<T>(Task<T> happened, TimeSpan step, int pauseMilliseconds = 20)
    {
        while (await Task.WhenAny(happened, Task.Delay(TimeSpan.FromMilliseconds(pauseMilliseconds), TimeProvider.System, CancellationToken.None)) != happened)
        {
            Clock.Advance(step);
        }

        return await happened;
    }

    /// <summary>Moves the clock on by the gateway's signs of life, each of which has to be heard before the next, until something else is heard, which has to be of this type.</summary>
    public async Task<Heard> NextAsync(AgentSocket agent, string type, Func<Task>? onBeat = null)
    {
        while (true)
        {
            Clock.Advance(TimeSpan.FromSeconds(30));
            var heard = await UntilAsync(agent.HearAsync(beats: true), TimeSpan.FromSeconds(1), pauseMilliseconds: 250);
            if (heard.Type != "heartbeat")
            {
                heard.Type.ShouldBe(type, $"close code {heard.CloseCode}; heard: {string.Join('\n', agent.Transcript.TakeLast(3))}");
                return heard;
            }

            await (onBeat?.Invoke() ?? Task.CompletedTask);
        }
    }

    /// <summary>When the server says that it sent a message.</summary>
    public static DateTimeOffset SentAt(Heard heard) => DateTimeOffset.FromUnixTimeMilliseconds((long)heard.Message!["timestamp"]!);

    /// <summary>Waits until something is so, moving the clock in steps.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo, TimeSpan step)
    {
        while (!await isSo())
        {
            Clock.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        using (var stop = new CancellationTokenSource(TimeSpan.FromSeconds(10)))
        {
            await _host.StopAsync(stop.Token);
        }

        await _host.DisposeAsync();
        await Store.DisposeAsync();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    ILogger ILoggerProvider.CreateLogger(string categoryName) => new Lines(categoryName, Log);

    void IDisposable.Dispose()
    {
    }

    private sealed class Lines(string category, ConcurrentQueue<string> log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
    }
}
