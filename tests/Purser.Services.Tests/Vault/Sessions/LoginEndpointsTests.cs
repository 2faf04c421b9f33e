using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Purser.Services.Vault.Sessions;

namespace Purser.Services.Tests.Vault.Sessions;

/// <summary>The login over HTTP: what comes in is strict and bounded, what goes out is not cached, and nothing is a 500.</summary>
public sealed class LoginEndpointsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-login-http-").FullName;
    private LoginWorld _world = null!;
    private WebApplication _host = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await LoginWorld.StartAsync(Storage.StoreUrl.ForFile(Path.Combine(_folder, "vault.db")));
        (_host, _http) = await HostAsync(_world.Vault.Emails);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _host.DisposeAsync();
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task By_key_and_by_mail_a_session_is_opened_shown_refreshed_and_ended()
    {
        var key = ((ApiKeyResult.Made)await _world.Vault.Keys.CreateAsync("ci", null)).Secret;
        var device = _world.Vault.NewDevice();
        var byKey = await PostAsync(HttpStatusCode.OK, "/v1/login/key", new { apiKey = key, device });
        (await ShowAsync(HttpStatusCode.OK, byKey)).GetProperty("userName").GetString().ShouldBe("ci");

        var begun = await PostAsync(HttpStatusCode.Accepted, "/v1/login/email", new { email = "Me@Example.org", device });
        await _world.Vault.Emails.DrainAsync();
        begun.EnumerateObject().Select(member => member.Name).ShouldBe(["attempt", "expiresAt"]);
        var byMail = await PostAsync(HttpStatusCode.OK, "/v1/login/verify", new { attempt = begun.GetProperty("attempt").GetString(), device, code = _world.Mail.LastFor("me@example.org").Code });
        var next = await PostAsync(HttpStatusCode.OK, "/v1/session/refresh", new { refreshToken = byMail.GetProperty("refreshToken").GetString(), device, rotation = _world.Vault.NewRotation() });
        await PostAsync(HttpStatusCode.NoContent, "/v1/session/logout", new { refreshToken = next.GetProperty("refreshToken").GetString(), device });
        (await ShowAsync(HttpStatusCode.Unauthorized, next)).GetProperty("code").GetString().ShouldBe("session_ended");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"email\":\"a@b.c\"}")]
    [InlineData("{\"email\":\"a@b.c\",\"device\":7}")]
    [InlineData("{\"email\":\"a@b.c\",\"device\":\"x\",\"device\":\"x\"}")]
    [InlineData("{\"email\":\"a@b.c\",\"device\":\"x\",\"admin\":true}")]
    [InlineData("{\"email\":\"a@b.c\",\"device\":\"x\"} trailing")]
    [InlineData("{\"email\":\"a@b.c\\r\\nBcc: x@y.z\",\"device\":\"x\"}")]
    public async Task Misshapen_requests_are_refused_and_no_mail_goes_out(string body)
    {
        foreach (var path in new[] { "/v1/login/key", "/v1/login/email", "/v1/login/verify", "/v1/session/refresh", "/v1/session/logout" })
        {
            using var reply = await _http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
            ((int)reply.StatusCode).ShouldBe(400, path);
        }

        using var large = await _http.PostAsync("/v1/login/email", new StringContent($"{{\"email\":\"{new string('a', 5000)}\"}}"));
        ((int)large.StatusCode).ShouldBe(400);
        _world.Mail.Accepted.ShouldBe(0);
    }

    [Fact]
    public async Task A_lock_says_when_to_come_back_and_a_vault_without_mail_says_so()
    {
        for (var i = 0; i < 20; i++)
        {
            await PostAsync(HttpStatusCode.Unauthorized, "/v1/login/key", new { apiKey = "pvk_x", device = _world.Vault.NewDevice() });
        }

        using var locked = await _http.PostAsync("/v1/login/key", Json(new { apiKey = "pvk_x", device = _world.Vault.NewDevice() }));
        ((int)locked.StatusCode).ShouldBe(429);
        locked.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromMinutes(15));

        var (host, http) = await HostAsync(null);
        await using (host)
        {
            using (http)
            {
                using var none = await http.PostAsync("/v1/login/email", Json(new { email = "a@b.c", device = _world.Vault.NewDevice() }));
                none.StatusCode.ShouldBe(HttpStatusCode.NotImplemented);
            }
        }
    }

    [Fact]
    public async Task Behind_a_unix_socket_tries_are_counted_by_the_user_of_the_system_who_connects()
    {
        var path = Path.Combine(_folder, "vault.sock");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(path));
        builder.Logging.ClearProviders();
        await using var host = builder.Build();
        host.MapVaultLogin(_world.Vault.Sessions, _world.Vault.Keys, null);
        await host.StartAsync();
        Wallet.Vault.VaultAddress.TryParse($"unix:{path}", out var address).ShouldBeTrue();
        using var http = new HttpClient(address!.CreateHandler()) { BaseAddress = address.BaseUrl };
        using var refused = await http.PostAsync("/v1/login/key", Json(new { apiKey = "pvk_x", device = _world.Vault.NewDevice() }));
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _world.Vault.Store.ReadAsync(reader => reader.Query<string>("SELECT subject FROM vault_login_guards"))).ShouldHaveSingleItem().ShouldMatch(OperatingSystem.IsLinux() ? "^keys-by:user:[0-9]+$" : "^keys-by:socket$");
        await host.StopAsync();
    }

    private async Task<(WebApplication Host, HttpClient Http)> HostAsync(EmailLogin? emails)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        var host = builder.Build();
        host.MapVaultLogin(_world.Vault.Sessions, _world.Vault.Keys, emails);
        await host.StartAsync();
        return (host, host.GetTestClient());
    }

    private static StringContent Json(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    private async Task<JsonElement> PostAsync(HttpStatusCode expected, string path, object body)
    {
        using var reply = await _http.PostAsync(path, Json(body));
        var text = await reply.Content.ReadAsStringAsync();
        reply.StatusCode.ShouldBe(expected, text);
        if (expected != HttpStatusCode.NoContent)
        {
            reply.Headers.CacheControl!.NoStore.ShouldBeTrue();
        }

        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    private async Task<JsonElement> ShowAsync(HttpStatusCode expected, JsonElement grant)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/session");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", grant.GetProperty("accessToken").GetString());
        using var reply = await _http.SendAsync(request);
        reply.StatusCode.ShouldBe(expected);
        return JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement;
    }
}
