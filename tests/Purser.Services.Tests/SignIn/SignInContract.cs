using System.Net;
using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Services.SignIn;
using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.SignIn;

/// <summary>What sign-in promises, on every database. Names begin with the number in specs/signin.md 7 or the line of specs/signin-checklist.md that they hold.</summary>
public abstract partial class SignInContract : IAsyncLifetime
{
    private readonly List<SignInWorld> _worlds = [];

    protected abstract Task<StoreUrl> CreateAsync();

    public ValueTask InitializeAsync() => default;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var world in _worlds)
        {
            await world.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private async Task<SignInWorld> OpenAsync(Action<AgentSignInOptions>? configure = null, bool linked = true)
    {
        var world = new SignInWorld(await CreateAsync(), configure);
        _worlds.Add(world);
        if (linked)
        {
            world.Links.Add(world.Account);
        }

        return world;
    }

    private static async Task IsRefusedAsync(Task<Answer> asked, string code = "AUTH_INVALID", HttpStatusCode status = HttpStatusCode.Unauthorized)
    {
        var answer = await asked;
        (answer.Status, answer.Code).ShouldBe((status, code), answer.Body);
    }

    [Fact]
    public async Task SignIn_A1_A11_C1_C2_C3_the_flow_of_seed_003_gives_a_token_a_session_and_its_end_in_seconds()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var asked = await host.GetAsync($"/api/auth/challenge?address={world.Account}");
        asked.Status.ShouldBe(HttpStatusCode.OK);
        asked.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var challenge = new SignInChallenge(asked.Member("message"), asked.Member("nonce"));
        var answer = await host.VerifyAsync(challenge);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        answer.Member("walletAddress").ShouldBe(world.Account.ToString());
        answer.Member("expiresAt").ShouldBe((world.Clock.GetUtcNow().ToUnixTimeSeconds() + 86_400).ToString(System.Globalization.CultureInfo.InvariantCulture));
        answer.Member("token").Length.ShouldBe(47);
        answer.Member("token").ShouldStartWith("pas_");
        (await host.GetAsync("/play", answer.Member("token"))).Body.ShouldStartWith(answer.Member("sessionId"));
    }

    [Fact]
    public async Task SignIn_A2_A5_A6_the_message_is_EIP_4361_of_the_configured_server_for_the_account_asked()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        var message = SignInMessage.Parse(challenge.Message).ShouldBeOfType<SignInReading.Read>().Message;
        (message.Scheme, message.Domain, message.Uri, message.ChainId.Value, message.Address).ShouldBe(("https", "casino.example", "https://casino.example", 8453UL, world.Account));
        message.Nonce.ShouldBe(challenge.Nonce);
        message.Nonce.Length.ShouldBe(64);
        message.IssuedAt.ShouldBe("2026-05-06T07:08:09Z");
        message.ExpirationTime.ShouldBe("2026-05-06T07:13:09Z");
        message.Resources.ShouldBe(["urn:purser:agent-session"]);
        (await host.ChallengeAsync()).Nonce.ShouldNotBe(challenge.Nonce);
    }

    [Fact]
    public async Task SignIn_A7_an_address_that_is_none_is_400()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        foreach (var query in (string[])["", "?address=", "?address=0x12", $"?address={world.Account}&address={world.Account}", $"?address={Flip(world.Account.ToString())}", $"?address={Address.Zero}", "?address=0x" + new string('g', 40)])
        {
            var answer = await host.GetAsync($"/api/auth/challenge{query}");
            (answer.Status, answer.Code).ShouldBe((HttpStatusCode.BadRequest, "address_invalid"), query);
        }

        (await host.GetAsync($"/api/auth/challenge?address={world.Account.ToString().ToLowerInvariant()}")).Status.ShouldBe(HttpStatusCode.OK);

        // One letter's case turned: the checksum of EIP-55 is wrong then.
        static string Flip(string address)
        {
            var at = address.ToList().FindIndex(2, char.IsAsciiLetter);
            var letter = char.IsUpper(address[at]) ? char.ToLowerInvariant(address[at]) : char.ToUpperInvariant(address[at]);
            return address[..at] + letter + address[(at + 1)..];
        }
    }

    [Fact]
    public async Task SignIn_A8_C9_each_address_has_so_many_challenges_and_verifications_a_minute()
    {
        var world = await OpenAsync(options => (options.Challenges, options.Verifications) = (new(10, 10), new(5, 5)));
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        for (var i = 1; i < 10; i++)
        {
            await host.ChallengeAsync();
        }

        var limited = await host.GetAsync($"/api/auth/challenge?address={world.Account}");
        (limited.Status, limited.Code).ShouldBe((HttpStatusCode.TooManyRequests, "RATE_LIMITED"));
        limited.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(6));
        for (var i = 0; i < 5; i++)
        {
            await IsRefusedAsync(host.VerifyAsync(challenge, SignInWorld.KeyOf(5)));
        }

        await IsRefusedAsync(host.VerifyAsync(challenge), "RATE_LIMITED", HttpStatusCode.TooManyRequests);
        world.Clock.Advance(TimeSpan.FromSeconds(12));
        await IsRefusedAsync(host.VerifyAsync(challenge, SignInWorld.KeyOf(5)));
        await host.ChallengeAsync();
    }

    [Fact]
    public async Task SignIn_A9_V7_a_flood_of_challenges_in_a_victims_name_stores_nothing_and_leaves_his_own_as_it_was()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var own = await host.ChallengeAsync();
        for (var i = 0; i < 300; i++)
        {
            await host.ChallengeAsync();
        }

        (await host.CountAsync("agent_session_nonce")).ShouldBe(0);
        (await host.VerifyAsync(own)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SignIn_C6_a_wallet_that_is_not_linked_is_told_so_only_after_a_valid_signature_and_the_same_signature_counts_once_it_is()
    {
        var world = await OpenAsync(linked: false);
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        await IsRefusedAsync(host.VerifyAsync(challenge, SignInWorld.KeyOf(5), world.Account));
        world.Links.Searches.ShouldBe(0, "who cannot sign learns nothing of links");
        await IsRefusedAsync(host.VerifyAsync(challenge), "ACCOUNT_NOT_LINKED", HttpStatusCode.Forbidden);
        world.Links.Add(world.Account);
        (await host.VerifyAsync(challenge)).Status.ShouldBe(HttpStatusCode.OK);
        await IsRefusedAsync(host.VerifyAsync(challenge));
    }

    [Fact]
    public async Task A_link_that_goes_or_is_paused_while_the_session_is_opened_opens_none_and_leaves_the_challenge()
    {
        var world = await OpenAsync(linked: false);
        var link = world.Links.Add(world.Account);
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        foreach (var status in (LinkStatus[])[LinkStatus.Revoked, LinkStatus.Paused])
        {
            world.Links.Set(link, LinkStatus.Active);
            world.Links.AfterFind = () => world.Links.Set(link, status);
            await IsRefusedAsync(host.VerifyAsync(challenge), "ACCOUNT_NOT_LINKED", HttpStatusCode.Forbidden);
        }

        world.Links.AfterFind = () => { };
        world.Links.Set(link, LinkStatus.Active);
        (await host.CountAsync("agent_session")).ShouldBe(0);
        (await host.VerifyAsync(challenge)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SignIn_C12_all_that_is_wrong_with_a_proof_gets_one_answer()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        var unknown = await host.VerifyAsync(challenge with { Nonce = new string('a', 64) });
        var unsigned = await host.VerifyAsync(challenge, SignInWorld.KeyOf(5), world.Account);
        var used = await host.VerifyAsync(challenge);
        used.Status.ShouldBe(HttpStatusCode.OK);
        used = await host.VerifyAsync(challenge);
        var late = await host.ChallengeAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(6));
        var expired = await host.VerifyAsync(late);
        string[] bodies = [unknown.Body, unsigned.Body, used.Body, expired.Body];
        bodies.Distinct().ShouldHaveSingleItem().ShouldContain("AUTH_INVALID");
        world.Log.ToString().ShouldContain("the signature is not the account's");
        world.Log.ToString().ShouldContain("the challenge has expired");
    }
}

public sealed class SignInOnSqliteTests : SignInContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-signin-").FullName;
    private int _files;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, $"signin{++_files}.db")));
}

public sealed class SignInOnPostgresTests : SignInContract
{
    private readonly List<PostgresDatabase> _databases = [];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var database in _databases)
        {
            await database.DisposeAsync();
        }
    }

    protected override async Task<StoreUrl> CreateAsync()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        _databases.Add(database);
        return StoreUrl.Parse(database.Url);
    }
}
