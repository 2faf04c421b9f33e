using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Services.Mail;
using Purser.Services.SignIn;
using Purser.Services.SignIn.Humans;
using Purser.Services.SignIn.Links;
using Purser.Services.Tests.Payments;
using Purser.Services.Tests.Vault.Sessions;
using Purser.Storage;
using Purser.Testing.Mail;

namespace Purser.Services.Tests.SignIn.Humans;

/// <summary>A sign-in service as a host maps it, with pages, links and agents' sign-in; in memory, or on a port of loopback for a browser.</summary>
internal sealed class WebWorld : IAsyncDisposable
{
    public const string Password = "a few good words";

    private readonly string _folder = Directory.CreateTempSubdirectory("purser-web-").FullName;
    private readonly List<WebApplication> _hosts = [];
    private readonly List<Store> _stores = [];
    private readonly WebClock _clock = new();
    private ulong _seed = 1;

    public SmtpServer Mail { get; } = new();

    public TimeProvider Clock => _clock;

    public WebApplication Host { get; private set; } = null!;

    public Uri Origin { get; private set; } = new("http://localhost");

    public StoreLinks Links => Host.Services.GetRequiredService<StoreLinks>();

    public HumanAccounts Accounts => Host.Services.GetRequiredService<HumanAccounts>();

    public static async Task<WebWorld> StartAsync(bool onSocket = false, Action<HumanAccountOptions>? humans = null, Action<AgentLinkOptions>? links = null, Action<IServiceCollection>? services = null)
    {
        var world = new WebWorld();
        if (onSocket)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            world.Origin = new($"http://localhost:{((IPEndPoint)probe.LocalEndpoint).Port}");
        }

        world.Host = await world.ReplicaAsync(onSocket, humans, links, services);
        return world;
    }

    /// <summary>Another process on the same store.</summary>
    public async Task<WebApplication> ReplicaAsync(bool onSocket = false, Action<HumanAccountOptions>? humans = null, Action<AgentLinkOptions>? links = null, Action<IServiceCollection>? services = null)
    {
        var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "service.db")), _clock);
        _stores.Add(store);
        var random = new SeededRandom(_seed++);
        var builder = WebApplication.CreateSlimBuilder();
        if (onSocket)
        {
            builder.WebHost.UseUrls(Origin.AbsoluteUri);
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(store).AddSingleton<TimeProvider>(_clock).AddSingleton<IRandom>(random);
        builder.Services.AddAgentSignIn(options => options.Origins.Add(Origin));
        builder.Services.AddAuthentication().AddAgentBearer();
        builder.Services.AddHumanAccounts(options =>
        {
            options.Mailer = new SmtpMailer(LoginWorld.SmtpTo(Mail.Port), _clock, random);
            humans?.Invoke(options);
        });
        builder.Services.AddAgentLinks(links);
        services?.Invoke(builder.Services);
        var host = builder.Build();
        host.UseAuthentication();
        host.UseAuthorization();
        host.MapAgentSignIn("/api/auth");
        host.MapAgentLinks("/api/auth");
        host.MapHumanPages("/account");
        await host.StartAsync();
        _hosts.Add(host);
        return host;
    }

    /// <summary>A browser without scripts: it keeps cookies and sends the forms that pages show.</summary>
    public PageBrowser Browse(WebApplication? host = null) => new((host ?? Host).GetTestServer().CreateHandler());

    /// <summary>A person's token.</summary>
    public async Task<(string Token, HumanUser User)> TokenAsync(string email = "ann@example.org")
    {
        var user = await Accounts.VouchAsync(email, Password);
        return (((HumanTokenResult.Made)await Host.Services.GetRequiredService<HumanTokens>().CreateAsync(user.Id, "test")).Token, user);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        await Mail.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Stands still unless it is moved: what the pages say of time is then known. Timers are the system's.</summary>
    private sealed class WebClock : TimeProvider
    {
#pragma warning disable RS0030 // cookies of a real browser are compared with its own clock, which nobody can stop
        private readonly DateTimeOffset _now = System.GetUtcNow();
#pragma warning restore RS0030

        public override DateTimeOffset GetUtcNow() => _now;
    }
}

/// <summary>Reads pages as a browser without scripts does.</summary>
internal sealed partial class PageBrowser(HttpMessageHandler handler) : IDisposable
{
    private readonly HttpClient _http = new(new CookieKeeper(handler)) { BaseAddress = new("http://localhost") };

    public string Page { get; private set; } = "";

    public HttpResponseMessage Last { get; private set; } = null!;

    public async Task<string> GetAsync(string path)
    {
        Last = await _http.GetAsync(path);
        return await FollowAsync();
    }

    /// <summary>Sends the page's form that posts to this path, with its hidden fields and these.</summary>
    public async Task<string> SubmitAsync(string action, params (string Name, string Value)[] fields)
    {
        var form = Forms().Matches(Page).FirstOrDefault(match => WebUtility.HtmlDecode(match.Groups["action"].Value) == action) ?? throw new InvalidOperationException($"no form for {action} in: {Page}");
        var values = Hidden().Matches(form.Groups["content"].Value).Select(match => (match.Groups["name"].Value, WebUtility.HtmlDecode(match.Groups["value"].Value)))
            .Concat(fields).GroupBy(field => field.Item1).Select(group => KeyValuePair.Create(group.Key, group.Last().Item2));
        return await PostAsync(action, new FormUrlEncodedContent(values));
    }

    public async Task<string> PostAsync(string path, HttpContent content)
    {
        Last = await _http.PostAsync(path, content);
        return await FollowAsync();
    }

    public string Refusal => RefusalCode().Match(Page) is { Success: true } match ? match.Groups["code"].Value : $"{(int)Last.StatusCode}: {Page}";

    public string Between(string from, string to)
    {
        var start = Page.IndexOf(from, StringComparison.Ordinal);
        start.ShouldBeGreaterThanOrEqualTo(0, Page);
        start += from.Length;
        return WebUtility.HtmlDecode(Page[start..Page.IndexOf(to, start, StringComparison.Ordinal)]);
    }

    public async Task SignInAsync(string email)
    {
        await GetAsync("/account/login");
        await SubmitAsync("/account/login", ("email", email), ("password", WebWorld.Password));
        Page.ShouldContain("Your agents");
    }

    public void Dispose()
    {
        Last?.Dispose();
        _http.Dispose();
    }

    private async Task<string> FollowAsync()
    {
        for (var hops = 0; Last.StatusCode is HttpStatusCode.SeeOther or HttpStatusCode.Found; hops++)
        {
            hops.ShouldBeLessThan(5);
            Last = await _http.GetAsync(Last.Headers.Location);
        }

        return Page = await Last.Content.ReadAsStringAsync();
    }

    [GeneratedRegex("<form method=\"post\" action=\"(?<action>[^\"]*)\">(?<content>.*?)</form>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Forms();

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\">", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Hidden();

    [GeneratedRegex("data-code=\"(?<code>[a-z_]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RefusalCode();

    private sealed class CookieKeeper(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        private readonly CookieContainer _cookies = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (_cookies.GetCookieHeader(request.RequestUri!) is { Length: > 0 } header)
            {
                request.Headers.Add("Cookie", header);
            }

            var reply = await base.SendAsync(request, cancellationToken);
            if (reply.Headers.TryGetValues("Set-Cookie", out var set))
            {
                foreach (var cookie in set)
                {
                    _cookies.SetCookies(request.RequestUri!, cookie);
                }
            }

            return reply;
        }
    }
}

/// <summary>Stands in the place of an OpenID Connect provider: signs in whom the test names, by the scheme's own way.</summary>
internal sealed class StandInProvider(Func<Claim[]> person) : IAuthenticationHandler
{
    private HttpContext _context = null!;

    public Task InitializeAsync(AuthenticationScheme scheme, HttpContext context)
    {
        _context = context;
        return Task.CompletedTask;
    }

    public Task<AuthenticateResult> AuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());

    public async Task ChallengeAsync(AuthenticationProperties? properties)
    {
        await _context.SignInAsync(HumanSchemes.External, new(new ClaimsIdentity(person(), "oidc")));
        _context.Response.Redirect(properties!.RedirectUri!);
    }

    public Task ForbidAsync(AuthenticationProperties? properties) => Task.CompletedTask;
}
