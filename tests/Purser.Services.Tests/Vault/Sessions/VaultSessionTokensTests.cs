using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Purser.Services.Vault.Sessions;
using Purser.Wallet;
using Purser.Wallet.Vault;

namespace Purser.Services.Tests.Vault.Sessions;

/// <summary>The device's side of a session: it believes no vault that speaks nonsense.</summary>
public sealed class VaultSessionTokensTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-session-").FullName;
    private readonly VaultAddress _address = VaultAddress.TryParse("http://localhost:4025", out var address) ? address : throw new InvalidOperationException();
    private LoginWorld _world = null!;
    private WebApplication _host = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await LoginWorld.StartAsync(Storage.StoreUrl.ForFile(Path.Combine(_folder, "vault.db")));
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        _host = builder.Build();
        _host.MapVaultLogin(_world.Vault.Sessions, _world.Vault.Keys, _world.Vault.Emails);
        await _host.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, "")]
    [InlineData(HttpStatusCode.OK, "<html>")]
    [InlineData(HttpStatusCode.OK, "{\"userId\":\"u\",\"userName\":\"u\",\"accessToken\":\"x\",\"accessExpiresAt\":\"soon\"}")]
    [InlineData(HttpStatusCode.OK, "oversize")]
    [InlineData(HttpStatusCode.Redirect, "")]
    [InlineData(HttpStatusCode.Unauthorized, "{\"code\":\"ok\\u001b[2J\",\"title\":\"t\",\"hint\":\"h\"}")]
    [InlineData(HttpStatusCode.InternalServerError, "at System.Something")]
    public async Task Threat_a_vault_that_answers_garbage_too_much_or_a_redirect_opens_nothing(HttpStatusCode status, string body)
    {
        using var http = new HttpClient(new Says(status, body == "oversize" ? new string(' ', 1 << 20) + "{}" : body));
        var login = new VaultLoginClient(http, _address, _world.Clock, _world.Vault.Random);
        foreach (var ask in new Func<Task>[] { () => login.ByKeyAsync("pvk_x"), () => login.BeginAsync("a@b.c") })
        {
            var refusal = (await Should.ThrowAsync<VaultException>(ask)).Reason;
            (refusal.Code, refusal.Kind).ShouldBe(("vault_answer_malformed", WalletRefusalKind.Locked));
        }
    }

    [Fact]
    public async Task A_session_that_the_vault_has_ended_is_refused_and_stays_so_without_asking()
    {
        using var http = _host.GetTestClient();
        var (file, tokens) = await LogInAsync(http);
        (await _world.Vault.Keys.RevokeAsync("ci")).ShouldBeTrue();
        var token = await tokens.GetAsync(null);
        (await Should.ThrowAsync<VaultException>(() => tokens.GetAsync(token))).Reason.Code.ShouldBe("session_expired");
        file.Read()!.IsEnded.ShouldBeTrue();
        using var dead = new HttpClient(new Says(HttpStatusCode.OK, ""));
        (await Should.ThrowAsync<VaultException>(() => Tokens(dead, file).GetAsync(null))).Reason.ShouldBe(VaultSessionTokens.SessionExpired);
    }

    private async Task<(VaultSessionFile File, VaultSessionTokens Tokens)> LogInAsync(HttpClient http)
    {
        var key = ((ApiKeyResult.Made)await _world.Vault.Keys.CreateAsync("ci", null)).Secret;
        var file = new VaultSessionFile(_folder, _world.Vault.Random);
        file.Write(await new VaultLoginClient(http, _address, _world.Clock, _world.Vault.Random).ByKeyAsync(key));
        return (file, Tokens(http, file));
    }

    private VaultSessionTokens Tokens(HttpClient http, VaultSessionFile file) =>
        new(file, new VaultLoginClient(http, _address, _world.Clock, _world.Vault.Random, TimeSpan.FromHours(1)), _world.Clock, _world.Vault.Random);

    private sealed class Says(HttpStatusCode status, string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json"), Headers = { Location = new Uri("http://localhost/elsewhere") } });
    }
}
