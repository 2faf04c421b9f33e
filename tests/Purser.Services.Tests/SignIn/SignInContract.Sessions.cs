using System.Net;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tests.SignIn;

// specs/signin.md 7: session.
public abstract partial class SignInContract
{
    [Fact]
    public async Task V43_a_session_id_alone_opens_nothing()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var grant = await host.SignInAsync();
        foreach (var path in (string[])["/play", "/api/auth/session"])
        {
            await IsRefusedAsync(host.GetAsync(path, grant.SessionId));
            await IsRefusedAsync(host.GetAsync(path, "pas_" + grant.SessionId));
            await IsRefusedAsync(host.GetAsync($"{path}?sessionId={grant.SessionId}"), "AUTH_REQUIRED");
        }

        await IsRefusedAsync(host.PostAsync("/api/auth/session/extend", grant.SessionId));
        await IsRefusedAsync(host.PostAsync("/api/auth/logout", grant.SessionId));
        (await host.StateAsync(grant.Token)).ShouldBe("live");
    }

    [Fact]
    public async Task V44_ids_and_tokens_that_a_client_brings_along_are_passed_over()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        var signature = Ethereum.Hex.Encode(SignInHost.Sign(world.Key, challenge.Message));
        var fixated = "pas_" + new string('A', 43);
        var answer = await host.PostAsync("/api/auth/verify", System.Text.Encoding.UTF8.GetBytes(
            $$"""{"address":"{{world.Account}}","signature":"{{signature}}","nonce":"{{challenge.Nonce}}","sessionId":"00000000000000000000000000000000","token":"{{fixated}}","expiresAt":9999999999}"""));
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Member("sessionId").ShouldNotBe("00000000000000000000000000000000");
        answer.Member("token").ShouldNotBe(fixated);
        (await host.StateAsync(fixated)).ShouldBe("AUTH_INVALID");
        var second = await host.SignInAsync();
        second.SessionId.ShouldNotBe(answer.Member("sessionId"));
        second.Token.ShouldNotBe(answer.Member("token"));
    }

    [Fact]
    public async Task V45_SignIn_D4_a_token_in_the_address_is_refused_even_beside_a_right_header()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var grant = await host.SignInAsync();
        foreach (var name in (string[])["token", "access_token"])
        {
            await IsRefusedAsync(host.GetAsync($"/play?{name}={grant.Token}"));
            await IsRefusedAsync(host.GetAsync($"/play?{name}={grant.Token}", grant.Token));
        }

        (await host.GetAsync("/play", grant.Token)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task V46_SignIn_C4_a_token_stands_in_no_log_no_error_and_not_in_the_store()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var grant = await host.SignInAsync();
        var almost = grant.Token[..^2] + (grant.Token[^2] == 'A' ? "BA" : "AA");
        var answers = new[] { await host.GetAsync("/play", grant.Token), await host.GetAsync("/play", almost), await host.GetAsync($"/play?token={grant.Token}"), await host.PostAsync("/api/auth/logout", grant.Token), await host.GetAsync("/play", grant.Token) };
        var secret = grant.Token[4..];
        foreach (var answer in answers)
        {
            answer.Body.ShouldNotContain(secret);
            answer.Response.Headers.ToString().ShouldNotContain(secret);
        }

        // The host's own request log writes addresses down: that is why a token has no place in one, and why only ours are asserted on.
        string.Join('\n', world.Log.ToString().Split('\n').Where(line => !line.Contains("Request ", StringComparison.Ordinal))).ShouldNotContain(secret);
        var dump = await host.DumpAsync();
        dump.ShouldContain(grant.SessionId);
        dump.ShouldNotContain(secret);
        dump.ShouldNotContain(Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(secret)), Case.Insensitive);
        new AgentSession("id", world.Account, new(1), "l", "u", default, default, default).ToString().ShouldNotContain("pas_");
    }

    [Fact]
    public async Task V48_a_session_that_is_over_is_not_extended()
    {
        var world = await OpenAsync(linked: false);
        var link = world.Links.Add(world.Account);
        var host = await world.StartAsync();
        var (expired, revoked, loggedOut, unlinked) = (await host.SignInAsync(), await host.SignInAsync(), await host.SignInAsync(), await host.SignInAsync());
        await host.Sessions.EndAsync(revoked.SessionId, AgentSessionEnd.Revoked);
        await host.PostAsync("/api/auth/logout", loggedOut.Token);
        (await CodeAsync(revoked)).ShouldBe("SESSION_REVOKED");
        (await CodeAsync(loggedOut)).ShouldBe("AUTH_INVALID");
        world.Links.Set(link, LinkStatus.Paused);
        (await CodeAsync(unlinked)).ShouldBe("ACCOUNT_NOT_LINKED");
        (await host.StateAsync(unlinked.Token)).ShouldBe("live", "a pause ends no session, it only lets none grow older");
        world.Links.Set(link, LinkStatus.Revoked);
        (await CodeAsync(unlinked)).ShouldBe("ACCOUNT_NOT_LINKED");
        world.Links.Set(link, LinkStatus.Active);
        world.Clock.Advance(TimeSpan.FromHours(24));
        (await CodeAsync(expired)).ShouldBe("AUTH_EXPIRED");
        await IsRefusedAsync(host.PostAsync("/api/auth/session/extend", expired.Token), "AUTH_EXPIRED");

        async Task<string> CodeAsync(Protocol.SignIn.SignInGrant grant) => (await host.Sessions.ExtendAsync(grant.SessionId)) is AgentSessionReading.Refused refused ? refused.Code : "live";
    }

    [Fact]
    public async Task SignIn_E1_a_session_lives_24_hours()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var grant = await host.SignInAsync();
        world.Clock.Advance(new TimeSpan(23, 59, 59));
        (await host.StateAsync(grant.Token)).ShouldBe("live");
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        (await host.StateAsync(grant.Token)).ShouldBe("AUTH_EXPIRED");
        await IsRefusedAsync(host.GetAsync("/play", grant.Token), "AUTH_EXPIRED");
    }

    [Fact]
    public async Task V49_SignIn_E4_an_extension_gives_24_hours_from_now_and_never_more_than_seven_days_in_all()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var grant = await host.SignInAsync();
        var begun = world.Clock.GetUtcNow();
        for (var i = 0; i < 7; i++)
        {
            world.Clock.Advance(TimeSpan.FromHours(23));
            var answer = await host.PostAsync("/api/auth/session/extend", grant.Token);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            var expected = world.Clock.GetUtcNow().AddHours(24) is var full && full < begun.AddDays(7) ? full : begun.AddDays(7);
            answer.Member("expiresAt").ShouldBe(expected.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        world.Clock.Advance(begun.AddDays(7) - world.Clock.GetUtcNow());
        (await host.StateAsync(grant.Token)).ShouldBe("AUTH_EXPIRED");
    }

    [Fact]
    public async Task V51_a_session_of_a_link_that_is_taken_back_is_over_in_every_replica_and_its_listeners_are_told()
    {
        var world = await OpenAsync(linked: false);
        var link = world.Links.Add(world.Account);
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        var (first, second) = (await one.SignInAsync(), await other.SignInAsync());
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var heard = new List<string>();
        await using var listening = other.Store.ListenAsync(IAgentSessions.Channel, stop.Token).GetAsyncEnumerator(stop.Token);
        (await listening.MoveNextAsync()).ShouldBeTrue();
        listening.Current.ShouldBeOfType<Notification.Gap>();
        world.Links.Set(link, LinkStatus.Revoked);
        (await other.StateAsync(second.Token)).ShouldBe("ACCOUNT_NOT_LINKED", "the link itself says no, before any session is ended");
        (await one.Store.WriteAsync(transaction => IAgentSessions.EndOfLink(transaction, link.Id, AgentSessionEnd.Revoked, world.Clock.GetUtcNow()))).ShouldBe(2);
        var polling = HearAsync();
        while (!polling.IsCompleted)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(100)); // SQLite's listeners look by the store's clock
            await Task.WhenAny(polling, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, stop.Token));
        }

        await polling;
        heard.ShouldBe([first.SessionId, second.SessionId], ignoreOrder: true);
        foreach (var (host, grant) in ((SignInHost, Protocol.SignIn.SignInGrant)[])[(one, first), (other, first), (one, second), (other, second)])
        {
            (await host.StateAsync(grant.Token)).ShouldBe("SESSION_REVOKED");
            await IsRefusedAsync(host.GetAsync("/play", grant.Token), "SESSION_REVOKED");
            (await host.Sessions.FindByIdAsync(grant.SessionId)).ShouldBeOfType<AgentSessionReading.Refused>().Code.ShouldBe("SESSION_REVOKED");
        }

        (await one.Sessions.ListAsync(link.Id)).ShouldBeEmpty();
        (await one.Store.WriteAsync(transaction => IAgentSessions.EndOfLink(transaction, link.Id, AgentSessionEnd.Revoked, world.Clock.GetUtcNow()))).ShouldBe(0);

        async Task HearAsync()
        {
            while (heard.Count < 2 && await listening.MoveNextAsync())
            {
                heard.AddRange(listening.Current is Notification.Message message ? [message.Payload] : []);
            }
        }
    }

    [Fact]
    public async Task V53_a_token_is_found_by_its_hash_alone_and_texts_that_are_none_do_not_reach_the_store()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var grant = await host.SignInAsync();
        (await host.Store.ReadAsync(reader => reader.Query<byte[]>("SELECT token_hash FROM agent_session"))).ShouldHaveSingleItem()
            .ShouldBe(System.Security.Cryptography.SHA256.HashData(System.Buffers.Text.Base64Url.DecodeFromChars(grant.Token.AsSpan(4))));

        // An unknown token of the right form and one that shares all but its last bits with a known one go the same way: one read by hash.
        foreach (var unknown in (string[])["pas_" + new string('A', 43), grant.Token[..^2] + (grant.Token[^2] == 'A' ? "BA" : "AA")])
        {
            (await host.StateAsync(unknown)).ShouldBe("AUTH_INVALID");
        }

        await host.Store.DisposeAsync();
        foreach (var none in (string[])["", "pas_", "x", grant.Token[4..], grant.Token + "A", "pas_" + new string('!', 43), "pvs_" + grant.Token[4..], new string('a', 100_000)])
        {
            (await host.StateAsync(none)).ShouldBe("AUTH_INVALID", none.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public async Task A_link_has_so_many_sessions_and_a_further_one_ends_the_oldest()
    {
        var world = await OpenAsync(options => options.SessionsPerLink = 3);
        var host = await world.StartAsync();
        var grants = new List<Protocol.SignIn.SignInGrant>();
        for (var i = 0; i < 5; i++)
        {
            grants.Add(await host.SignInAsync());
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        (await host.Sessions.ListAsync((await world.Links.FindByWalletAsync(world.Account))!.Id)).Select(session => session.Id).ShouldBe(grants.Skip(2).Select(grant => grant.SessionId));
        (await host.StateAsync(grants[1].Token)).ShouldBe("SESSION_REVOKED");
        (await host.StateAsync(grants[2].Token)).ShouldBe("live");
    }

    [Fact]
    public async Task Of_many_that_end_a_session_at_once_one_did()
    {
        var world = await OpenAsync();
        SignInHost[] hosts = [await world.StartAsync(), await world.StartAsync()];
        var grant = await hosts[0].SignInAsync();
        var ended = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => hosts[i % 2].Sessions.EndAsync(grant.SessionId, i % 2 == 0 ? AgentSessionEnd.Inactive : AgentSessionEnd.ReconnectWindow)));
        ended.Count(won => won).ShouldBe(1);
        (await hosts[1].StateAsync(grant.Token)).ShouldBe("AUTH_EXPIRED");
    }

    [Fact]
    public async Task SignIn_H2_the_handler_has_no_opinion_without_a_header_and_says_what_to_do()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var none = await host.GetAsync("/play");
        (none.Status, none.Code).ShouldBe((HttpStatusCode.Unauthorized, "AUTH_REQUIRED"));
        none.Response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        var bad = await host.GetAsync("/play", "pas_x");
        bad.Response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer error=\"invalid_token\"");
        bad.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var grant = await host.SignInAsync();
        (await host.GetAsync("/play", grant.Token)).Body.ShouldBe(
            $"{grant.SessionId} sub=user-1 sid={grant.SessionId} link_id={(await world.Links.FindByWalletAsync(world.Account))!.Id} wallet=eip155:8453:{world.Account}");
        var status = await host.GetAsync("/api/auth/session", grant.Token);
        status.Member("sessionId").ShouldBe(grant.SessionId);
        status.Member("linkedUserId").ShouldBe("user-1");
        status.Body.ShouldNotContain("pas_");
    }

    [Fact]
    public async Task Bad_bodies_are_refused_with_the_member_named()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        foreach (var (body, status, word) in ((string, HttpStatusCode, string)[])
        [
            ("", HttpStatusCode.BadRequest, "body_malformed"), ("[]", HttpStatusCode.BadRequest, "body_malformed"), ("{}", HttpStatusCode.BadRequest, "address"),
            ("{\"address\":\"0x12\"}", HttpStatusCode.BadRequest, "address"),
            ($"{{\"address\":\"{world.Account}\",\"signature\":\"0x\",\"nonce\":\"a\"}}", HttpStatusCode.BadRequest, "signature"),
            ($"{{\"address\":\"{world.Account}\",\"signature\":\"0x1\",\"nonce\":\"a\"}}", HttpStatusCode.BadRequest, "signature"),
            ($"{{\"address\":\"{world.Account}\",\"signature\":\"0x11\",\"nonce\":1}}", HttpStatusCode.BadRequest, "nonce"),
            ($"{{\"address\":\"{world.Account}\",\"address\":\"{world.Account}\"}}", HttpStatusCode.BadRequest, "address"),
            ($"{{\"address\":\"{world.Account}\",\"signature\":\"0x{new string('1', 20_000)}\",\"nonce\":\"a\"}}", HttpStatusCode.BadRequest, "signature"),
            (new string(' ', 40_000), HttpStatusCode.RequestEntityTooLarge, "body_malformed"),
        ])
        {
            var answer = await host.PostAsync("/api/auth/verify", System.Text.Encoding.UTF8.GetBytes(body));
            answer.Status.ShouldBe(status, body[..Math.Min(80, body.Length)]);
            answer.Body.ShouldContain(word);
        }

        (await host.PostAsync("/api/auth/verify", "{}"u8.ToArray(), "text/plain")).Status.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }
}
