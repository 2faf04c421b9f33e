using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Sandbox.Chain;
using Purser.Services.SignIn;
using Purser.Services.Tests.Payments;
using Purser.Storage;
using Purser.Testing;

namespace Purser.Services.Tests.SignIn;

/// <summary>What a server answered.</summary>
internal sealed record Answer(HttpStatusCode Status, string Body, HttpResponseMessage Response)
{
    /// <summary>The refusal's code; empty when it is none.</summary>
    public string Code => Status == HttpStatusCode.OK || Body.Length == 0 ? "" : Member("code");

    public string Member(string name) => JsonElement.Parse(Body).GetProperty(name).ToString();
}

/// <summary>Operators on one store, a clock that stands, and an agent with a key.</summary>
internal sealed class SignInWorld : IAsyncDisposable
{
    public const string Origin = "https://casino.example";

    private static int s_worlds;

    private readonly ulong _world = 100_000 * (ulong)Interlocked.Increment(ref s_worlds); // no two stores draw the same key
    private readonly StoreUrl _url;
    private readonly List<IAsyncDisposable> _open = [];
    private readonly Action<AgentSignInOptions>? _configure;
    private ulong _seed;

    public SignInWorld(StoreUrl url, Action<AgentSignInOptions>? configure = null)
    {
        (_url, _configure) = (url, configure);
        Clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero));
        Links = new(Clock);
    }

    public SandboxClock Clock { get; }

    public StandInLinks Links { get; }

    public PrivateKey Key { get; } = KeyOf(900);

    public Address Account => Key.Address;

    public LogLines Log { get; } = new();

    public static PrivateKey KeyOf(ulong seed) => PrivateKey.FromBytes(new Seeded(seed).Bytes(32));

    /// <summary>Another operator's process on the same store.</summary>
    public async Task<SignInHost> StartAsync(Action<AgentSignInOptions>? configure = null)
    {
        var store = await Store.OpenAsync(_url, Clock);
        _open.Add(store);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(Log);
        builder.Logging.SetMinimumLevel(LogLevel.Trace);
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton<IRandom>(new SeededRandom(_world + ++_seed));
        builder.Services.AddSingleton<IAgentLinks>(Links);
        builder.Services.AddAgentSignIn(options =>
        {
            options.Origins.Add(new(Origin));
            options.Chains.Add(new(8453));
            (options.Challenges, options.Verifications, options.SessionCalls) = (null, null, null);
            _configure?.Invoke(options);
            configure?.Invoke(options);
        });
        builder.Services.AddAuthentication().AddAgentBearer();
        var app = builder.Build();
        app.MapAgentSignIn("/api/auth");
        app.MapGet("/play", (HttpContext context) => AgentBearer.SessionOf(context)!.Id + " " + string.Join(' ', context.User.Claims.Select(claim => $"{claim.Type}={claim.Value}"))).RequireAuthorization(AgentPolicies.Play);
        await app.StartAsync();
        _open.Add(app);
        return new(this, app, store);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var open in Enumerable.Reverse(_open))
        {
            await open.DisposeAsync();
        }

        Clock.Dispose();
    }
}

/// <summary>One operator's process.</summary>
internal sealed class SignInHost(SignInWorld world, WebApplication app, Store store)
{
    public Store Store => store;

    public IAgentSessions Sessions => app.Services.GetRequiredService<IAgentSessions>();

    public AgentSignInUpkeep Upkeep => app.Services.GetRequiredService<AgentSignInUpkeep>();

    public HttpMessageHandler Handler() => app.GetTestServer().CreateHandler();

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var client = new HttpClient(Handler(), disposeHandler: true) { BaseAddress = new(SignInWorld.Origin) };
        var response = await client.SendAsync(request);
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public Task<Answer> GetAsync(string path, string? token = null) => SendAsync(Bearing(HttpMethod.Get, path, token));

    public Task<Answer> PostAsync(string path, string? token) => SendAsync(Bearing(HttpMethod.Post, path, token));

    public Task<Answer> PostAsync(string path, byte[] body, string type = "application/json")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new(type);
        return SendAsync(new(HttpMethod.Post, path) { Content = content });
    }

    public async Task<SignInChallenge> ChallengeAsync(Address? account = null, string query = "")
    {
        var answer = await GetAsync($"/api/auth/challenge?address={account ?? world.Account}{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return new(answer.Member("message"), answer.Member("nonce"));
    }

    /// <summary>Verifies as seed 003 prints it: address, signature, nonce.</summary>
    public Task<Answer> VerifyAsync(SignInChallenge challenge, PrivateKey? key = null, Address? account = null, string? message = null)
    {
        var signer = key ?? world.Key;
        return VerifyAsync(account ?? signer.Address, Sign(signer, challenge.Message), challenge.Nonce, message);
    }

    public Task<Answer> VerifyAsync(Address account, byte[] signature, string nonce, string? message = null) =>
        PostAsync("/api/auth/verify", Protocol.Payments.PaymentHeader.Json(new SignInVerification(account, signature, nonce, message).Write));

    public async Task<SignInGrant> SignInAsync(PrivateKey? key = null)
    {
        var signer = key ?? world.Key;
        var answer = await VerifyAsync(await ChallengeAsync(signer.Address), signer);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return new(answer.Member("token"), answer.Member("sessionId"), long.Parse(answer.Member("expiresAt"), System.Globalization.CultureInfo.InvariantCulture), Address.Parse(answer.Member("walletAddress")));
    }

    public async Task<string> StateAsync(string token) => await Sessions.FindAsync(token) switch
    {
        AgentSessionReading.Live => "live",
        AgentSessionReading.Refused refused => refused.Code,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>All that the store's file or database would show of these tables, as text.</summary>
    public Task<string> DumpAsync() => store.ReadAsync(reader => string.Join('\n',
        reader.Query<string>("SELECT id || ' ' || chain || ' ' || link_id || ' ' || user_id || ' ' || end_reason FROM agent_session")
            .Concat(reader.Query<byte[]>("SELECT token_hash FROM agent_session").Select(Convert.ToHexString)).Concat(reader.Query<byte[]>("SELECT id FROM agent_session_nonce").Select(Convert.ToHexString))));

    public Task<long> CountAsync(string table) => store.ReadAsync(reader => reader.QuerySingleOrDefault<long>($"SELECT COUNT(*) FROM {table}"));

    public static byte[] Sign(PrivateKey key, string message) => key.Sign(Eip191.HashPersonalMessage(message)).ToArray();

    private static HttpRequestMessage Bearing(HttpMethod method, string path, string? token)
    {
        var request = new HttpRequestMessage(method, path);
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        return request;
    }
}

/// <summary>Every line that was logged.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly StringBuilder _lines = new();

    public override string ToString()
    {
        lock (_lines)
        {
            return _lines.ToString();
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Append(formatter(state, exception)).Append(' ').Append(exception).Append('\n');
        }
    }

    public void Dispose()
    {
    }
}
