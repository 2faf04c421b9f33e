using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Purser.Services.Vault.Sessions;
using Purser.Wallet;
using Purser.Wallet.Vault;

namespace Purser.Services.Tests.Vault.Sessions;

/// <summary>The device's side of a session: it refreshes by itself, loses no session to a lost reply, and believes no vault that speaks nonsense.</summary>
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

    [Fact]
    public async Task A_refresh_whose_reply_is_lost_is_asked_again_under_its_name_also_by_the_next_process()
    {
        using var wire = new Lossy(_host.GetTestServer().CreateHandler());
        using var http = new HttpClient(wire);
        var (file, tokens) = await LogInAsync(http);
        _world.Clock.Advance(TimeSpan.FromMinutes(15));
        wire.Losing = 3;
        var failing = Should.ThrowAsync<VaultException>(() => tokens.GetAsync(null));
        while (!failing.IsCompleted)
        {
            _world.Clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        (await failing).Reason.Code.ShouldBe("vault_unreachable");
        file.Read()!.Rotation.ShouldNotBeNull(); // what the next process asks by
        var token = await Tokens(http, file).GetAsync(null);
        (await _world.Vault.LookAsync(token)).ShouldBe("ci");
        file.Read()!.Rotation.ShouldBeNull();
    }

    [Fact]
    public async Task Many_that_refresh_at_once_end_with_one_session_that_lives()
    {
        using var http = _host.GetTestClient();
        var (file, _) = await LogInAsync(http);
        for (var round = 0; round < 3; round++)
        {
            _world.Clock.Advance(TimeSpan.FromMinutes(15));
            var asking = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Tokens(http, file).GetAsync(null)));
            while (!asking.IsCompleted)
            {
                _world.Clock.Advance(TimeSpan.FromMilliseconds(60)); // those who wait for the lock look again
                await Task.Yield();
            }

            var got = await asking;
            got.Distinct().Count().ShouldBe(1);
            (await _world.Vault.LookAsync(got[0])).ShouldBe("ci");
        }
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

    /// <summary>Loses replies on their way back: the vault has done what was asked.</summary>
    private sealed class Lossy(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        public int Losing { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (Losing == 0)
            {
                return response;
            }

            Losing--;
            response.Dispose();
            throw new HttpRequestException("the connection broke");
        }
    }

    private sealed class Says(HttpStatusCode status, string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json"), Headers = { Location = new Uri("http://localhost/elsewhere") } });
    }
}
