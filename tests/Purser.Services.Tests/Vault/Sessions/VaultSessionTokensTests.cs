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
        foreach (var ask in new Func<Task>[] { () => login.ByKeyAsync("pvk_x".AsMemory()), () => login.BeginAsync("a@b.c") })
        {
            var refusal = (await Should.ThrowAsync<VaultException>(ask)).Reason;
            (refusal.Code, refusal.Kind).ShouldBe(("vault_answer_malformed", WalletRefusalKind.Locked));
        }
    }

    [Fact]
    public async Task Logins_that_are_begun_at_once_do_not_lose_each_other_and_a_used_one_takes_no_other_with_it()
    {
        var begun = Enumerable.Range(0, 8).Select(i => new PendingVaultLogin(_address, $"p{i}@example.org", $"a_{i}", SecretToken.Create(SecretKind.Device, _world.Vault.Random), new DateTimeOffset(2199, 1, 1, 0, 0, 0, TimeSpan.Zero))).ToList();
        await Task.WhenAll(begun.Select(pending => Task.Run(() => new VaultSessionFile(_folder, new Purser.Ethereum.SystemRandom()).AddPendingAsync(pending, TimeProvider.System))));
        var file = new VaultSessionFile(_folder, _world.Vault.Random);
        file.ListPending().Select(pending => pending.Attempt).Order().ShouldBe(begun.Select(pending => pending.Attempt));
        using (await file.LockAsync(TimeProvider.System))
        {
            file.RemovePending(begun[3]);
        }

        file.ListPending().Count.ShouldBe(7);
        file.ListPending().ShouldNotContain(pending => pending.Attempt == "a_3");
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
        file.Write(await new VaultLoginClient(http, _address, _world.Clock, _world.Vault.Random).ByKeyAsync(key.AsMemory()));
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
