using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.TestHost;
using Purser.Ethereum;
using Purser.Services.SignIn.Links;
using Purser.Services.Tests.SignIn.Humans;

namespace Purser.Services.Tests.SignIn.Links;

/// <summary>Account linkage over HTTP, as seed 003 prints it and A2G names it (specs/signin-checklist.md F), and RFC 8628's device flow.</summary>
public sealed class LinkEndpointTests : IAsyncLifetime
{
    private const string Sample = """{"walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","clientLabel":"my-poker-agent","permissions":{"maxStakePerRound":100,"allowedGames":["texas-holdem"],"dailyLossLimit":500}}""";

    private static readonly PrivateKey s_key = PrivateKey.FromBytes(Keccak256.Hash("agent"u8).Bytes);

    private WebWorld _world = null!;
    private HttpClient _http = null!;
    private string _token = "";
    private string _user = "";

    private static string Agent => s_key.Address.ToString();

    private static string BodyFor(string wallet) => Sample.Replace("0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", wallet, StringComparison.Ordinal);

    public async ValueTask InitializeAsync()
    {
        _world = await WebWorld.StartAsync();
        _http = _world.Host.GetTestClient();
        (_token, var user) = await _world.TokenAsync();
        _user = user.Id;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _world.DisposeAsync();
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? body = null, string? token = "")
    {
        using var request = new HttpRequestMessage(method, "/api/auth" + path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        token = token is { Length: 0 } ? _token : token;
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using var reply = await _http.SendAsync(request);
        var text = await reply.Content.ReadAsStringAsync();
        ((int)reply.StatusCode).ShouldNotBe(500, text);
        return (reply.StatusCode, text.Length == 0 || text[0] != '{' ? default : JsonDocument.Parse(text.Split('\n')[0]).RootElement);
    }

    private async Task<string> CodeAsync(HttpMethod method, string path, string? body = null, string? token = "") =>
        (await SendAsync(method, path, body, token)) is var (status, reply) && reply.ValueKind is JsonValueKind.Object && reply.TryGetProperty("code", out var code) ? $"{(int)status} {code}" : $"{(int)status}";

    [Fact]
    public async Task SignIn_F2_F3_F5_a_human_links_a_wallet_by_the_seeds_own_request_and_gets_what_the_seed_says()
    {
        var (status, body) = await SendAsync(HttpMethod.Post, "/link-account", BodyFor(Agent));
        status.ShouldBe(HttpStatusCode.OK);
        body.GetProperty("linkId").GetString()!.ShouldMatch("^lnk_[0-9a-f]{32}$");
        (body.GetProperty("walletAddress").GetString(), body.GetProperty("userId").GetString()).ShouldBe((Agent, _user));
        body.GetProperty("permissions").GetRawText().ShouldBe("""{"maxStakePerRound":100,"allowedGames":["texas-holdem"],"dailyLossLimit":500}""");
        body.GetProperty("createdAt").GetInt64().ShouldBe(_world.Clock.GetUtcNow().ToUnixTimeSeconds());

        var list = (await SendAsync(HttpMethod.Get, "/link-account")).Body.GetProperty("links");
        list.GetArrayLength().ShouldBe(1);
        (list[0].GetProperty("clientLabel").GetString(), list[0].GetProperty("status").GetString()).ShouldBe(("my-poker-agent", "active"));
    }

    [Fact]
    public async Task V59_SignIn_F2_without_a_persons_token_or_with_an_agents_nothing_is_linked()
    {
        var agent = await SignInAsync();
        foreach (var path in new[] { "/link-account", "/link-account/lnk_1/pause", "/self-exclusion" })
        {
            (await CodeAsync(HttpMethod.Post, path, BodyFor(Agent), token: null)).ShouldBe("401 human_token_required");
            (await CodeAsync(HttpMethod.Post, path, BodyFor(Agent), token: agent)).ShouldBe("401 human_token_invalid");
            (await CodeAsync(HttpMethod.Post, path, BodyFor(Agent), token: "pht_" + new string('A', 43))).ShouldBe("401 human_token_invalid");
        }

        (await CodeAsync(HttpMethod.Get, "/link-account", token: agent)).ShouldBe("401 human_token_invalid");
        (await CodeAsync(HttpMethod.Delete, "/link-account", token: agent)).ShouldBe("401 human_token_invalid");
        (await CodeAsync(HttpMethod.Get, "/audit", token: agent)).ShouldBe("401 human_token_invalid");
        using var challenged = await _http.GetAsync("/api/auth/link-account");
        challenged.Headers.WwwAuthenticate.Single().ToString().ShouldBe("Bearer");
    }

    [Fact]
    public async Task V54_a_cookie_of_the_pages_is_no_token_of_the_api()
    {
        using var browser = _world.Browse();
        await browser.SignInAsync("ann@example.org");
        await browser.PostAsync("/api/auth/link-account", new StringContent(BodyFor(Agent), Encoding.UTF8, "application/json"));
        browser.Last.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _world.Links.FindByWalletAsync(s_key.Address)).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"walletAddress":""}""")]
    [InlineData("""{"walletAddress":"0x1"}""")]
    [InlineData("""{"walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAa"}""")]
    [InlineData("""{"walletAddress":"0x0000000000000000000000000000000000000000"}""")]
    [InlineData("""{"walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""")]
    [InlineData("""{"walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","clientLabel":""}""")]
    [InlineData("""{"walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","clientLabel":"a\u202eb"}""")]
    [InlineData("""{"walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","permissions":[]}""")]
    [InlineData("""{"walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","permissions":{"maxStakePerRound":-1}}""")]
    [InlineData("""{"walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","permissions":{"dailyLossLimit":1e400}}""")]
    [InlineData("""{"walletAddress":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} x""")]
    public async Task SignIn_F6_F13_a_body_that_is_not_right_is_refused_and_links_nothing(string body)
    {
        (await CodeAsync(HttpMethod.Post, "/link-account", body)).ShouldBe("400 body_malformed");
        (await CodeAsync(HttpMethod.Post, "/device/code", body, token: null)).ShouldBe("400 body_malformed");
        (await _world.Links.ListAsync(_user)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        (await CodeAsync(HttpMethod.Post, "/link-account", $$"""{"walletAddress":"{{Agent}}","x":"{{new string('x', 20_000)}}"}""")).ShouldBe("400 body_malformed");
    }

    [Fact]
    public async Task SignIn_F6_an_unverified_user_links_nothing()
    {
        var user = await _world.Accounts.SignInExternalAsync("oidc", "subject", "Bob", isVerified: false);
        var tokens = (Purser.Services.SignIn.Humans.HumanTokens)_world.Host.Services.GetService(typeof(Purser.Services.SignIn.Humans.HumanTokens))!;
        var token = ((Purser.Services.SignIn.Humans.HumanTokenResult.Made)await tokens.CreateAsync(user.Id, "x")).Token;
        (await CodeAsync(HttpMethod.Post, "/link-account", BodyFor(Agent), token)).ShouldBe("403 user_not_verified");
    }

    [Fact]
    public async Task SignIn_F11_the_same_wallet_for_a_second_user_is_a_conflict()
    {
        await SendAsync(HttpMethod.Post, "/link-account", BodyFor(Agent));
        var (other, _) = await _world.TokenAsync("bob@example.org");
        (await CodeAsync(HttpMethod.Post, "/link-account", BodyFor(Agent), other)).ShouldBe("409 wallet_linked_elsewhere");
        (await CodeAsync(HttpMethod.Post, "/link-account", BodyFor(Agent))).ShouldBe("409 wallet_linked_already");
    }

    [Fact]
    public async Task SignIn_F8_F9_a_linked_agent_signs_in_by_itself_and_unlinking_ends_its_session()
    {
        (await SendAsync(HttpMethod.Post, "/link-account", BodyFor(Agent))).Status.ShouldBe(HttpStatusCode.OK);
        var link = (await _world.Links.FindByWalletAsync(s_key.Address))!;
        var session = await SignInAsync(linked: true);
        (await SendAsync(HttpMethod.Get, "/session", token: session)).Status.ShouldBe(HttpStatusCode.OK);
        (await _world.Links.GetAsync(link.Id))!.LastUsedAt.ShouldNotBeNull();

        var (status, body) = await SendAsync(HttpMethod.Delete, $"/link-account/{link.Id}");
        status.ShouldBe(HttpStatusCode.OK);
        (body.GetProperty("linkId").GetString(), body.GetProperty("status").GetString(), body.GetProperty("activeSessionsTerminated").GetInt32()).ShouldBe((link.Id, "unlinked", 1));
        (await SendAsync(HttpMethod.Get, "/session", token: session)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await CodeAsync(HttpMethod.Delete, "/link-account/lnk_none")).ShouldBe("404 link_unknown");
    }

    [Fact]
    public async Task Limits_are_changed_links_paused_and_resumed_all_revoked_and_everything_audited()
    {
        await SendAsync(HttpMethod.Post, "/link-account", BodyFor(Agent));
        var id = (await _world.Links.FindByWalletAsync(s_key.Address))!.Id;
        var changed = await SendAsync(HttpMethod.Patch, $"/link-account/{id}", """{"permissions":{"maxStakePerRound":200,"dailyLossLimit":50}}""");
        changed.Body.GetProperty("permissions").GetRawText().ShouldBe("""{"maxStakePerRound":100,"allowedGames":["texas-holdem"],"dailyLossLimit":50}""");
        changed.Body.GetProperty("pending").GetProperty("effectiveAt").GetInt64().ShouldBe(_world.Clock.GetUtcNow().AddHours(24).ToUnixTimeSeconds());
        (await CodeAsync(HttpMethod.Patch, $"/link-account/{id}", "{}")).ShouldBe("400 body_malformed");
        (await SendAsync(HttpMethod.Post, $"/link-account/{id}/pause")).Body.GetProperty("status").GetString().ShouldBe("paused");
        (await SendAsync(HttpMethod.Post, $"/link-account/{id}/resume")).Body.GetProperty("status").GetString().ShouldBe("active");
        (await SendAsync(HttpMethod.Delete, "/link-account")).Body.GetProperty("linkIds").GetArrayLength().ShouldBe(1);
        (await SendAsync(HttpMethod.Get, "/audit")).Body.GetProperty("event").GetString().ShouldBe("link_created");
    }

    [Fact]
    public async Task V57_SignIn_G6_self_exclusion_by_the_api_unlinks_and_refuses_to_link()
    {
        await SendAsync(HttpMethod.Post, "/link-account", BodyFor(Agent));
        var until = _world.Clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
        (await SendAsync(HttpMethod.Post, "/self-exclusion", $$"""{"until":{{until}}}""")).Body.GetProperty("linkIds").GetArrayLength().ShouldBe(1);
        (await CodeAsync(HttpMethod.Post, "/link-account", BodyFor(Agent))).ShouldBe("403 self_excluded");
        (await SendAsync(HttpMethod.Get, "/link-account")).Body.GetProperty("excludedUntil").GetInt64().ShouldBe(until);
        (await CodeAsync(HttpMethod.Post, "/self-exclusion", $$"""{"until":{{until - 1}}}""")).ShouldBe("409 exclusion_not_shortened");
        (await CodeAsync(HttpMethod.Post, "/self-exclusion", """{"until":"tomorrow"}""")).ShouldBe("400 body_malformed");
    }

    [Fact]
    public async Task RFC_8628_over_http_a_code_is_asked_for_proven_answered_and_polled()
    {
        var begun = (await SendAsync(HttpMethod.Post, "/device/code", BodyFor(Agent), token: null)).Body;
        begun.EnumerateObject().Select(member => member.Name).ShouldBe(["device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval", "message"]);
        (begun.GetProperty("expires_in").GetInt32(), begun.GetProperty("interval").GetInt32()).ShouldBe((600, 5));
        var device = begun.GetProperty("device_code").GetString()!;
        (await PollAsync(device)).ShouldBe((HttpStatusCode.BadRequest, "authorization_pending"));
        (await CodeAsync(HttpMethod.Post, "/device/proof", $$"""{"device_code":"{{device}}","signature":"0x00"}""", token: null)).ShouldBe("401 wallet_proof_wrong");
        var signature = Hex.Encode(s_key.Sign(Eip191.HashPersonalMessage(begun.GetProperty("message").GetString()!)).ToArray());
        (await SendAsync(HttpMethod.Post, "/device/proof", $$"""{"device_code":"{{device}}","signature":"{{signature}}"}""", token: null)).Status.ShouldBe(HttpStatusCode.NoContent);
        var codes = (DeviceCodes)_world.Host.Services.GetService(typeof(DeviceCodes))!;
        LinkReplica.Done(await codes.AnswerAsync(_user, begun.GetProperty("user_code").GetString(), "poker", LinkWorld.Sample));
        var (status, body) = await SendAsync(HttpMethod.Post, "/device/token", Poll(device), token: null);
        (status, body.GetProperty("userId").GetString()).ShouldBe((HttpStatusCode.OK, _user));
        (await SendAsync(HttpMethod.Post, "/device/token", $$"""{"grant_type":"password","device_code":"{{device}}"}""", token: null)).Body.GetProperty("error").GetString().ShouldBe("unsupported_grant_type");
        (await SendAsync(HttpMethod.Post, "/device/token", "{", token: null)).Body.GetProperty("error").GetString().ShouldBe("invalid_request");
        (await PollAsync("pdc_none")).ShouldBe((HttpStatusCode.BadRequest, "invalid_grant"));

        static string Poll(string code) => $$"""{"grant_type":"urn:ietf:params:oauth:grant-type:device_code","device_code":"{{code}}"}""";
        async Task<(HttpStatusCode, string?)> PollAsync(string code) => await SendAsync(HttpMethod.Post, "/device/token", Poll(code), token: null) is var (at, reply) ? (at, reply.GetProperty("error").GetString()) : default;
    }

    [Fact]
    public async Task V60_codes_are_limited_by_address()
    {
        var answers = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            answers.Add(await CodeAsync(HttpMethod.Post, "/device/code", BodyFor(Agent), token: null));
        }

        answers.Count(answer => answer == "200").ShouldBe(10);
        answers[^1].ShouldBe("429 rate_limited");
    }

    // Signs in as the seed's script does; before the link the same signature is refused (C6).
    private async Task<string> SignInAsync(bool linked = false)
    {
        if (!linked)
        {
            await SendAsync(HttpMethod.Post, "/link-account", BodyFor(Agent));
        }

        var challenge = (await SendAsync(HttpMethod.Get, $"/challenge?address={Agent}", token: null)).Body;
        var signature = Hex.Encode(s_key.Sign(Eip191.HashPersonalMessage(challenge.GetProperty("message").GetString()!)).ToArray());
        var (status, body) = await SendAsync(HttpMethod.Post, "/verify", $$"""{"address":"{{Agent}}","signature":"{{signature}}","nonce":"{{challenge.GetProperty("nonce").GetString()}}"}""", token: null);
        status.ShouldBe(HttpStatusCode.OK);
        if (!linked)
        {
            await _world.Links.RevokeAllAsync(_user);
        }

        return body.GetProperty("token").GetString()!;
    }
}
