using System.Net;

namespace Purser.Services.Tests.SignIn;

// specs/signin.md 7: nonce, binding, time.
public abstract partial class SignInContract
{
    [Fact]
    public async Task V1_a_proof_counts_once_in_every_replica_and_after_a_restart()
    {
        var world = await OpenAsync();
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        var challenge = await one.ChallengeAsync();
        (await one.VerifyAsync(challenge)).Status.ShouldBe(HttpStatusCode.OK);
        await IsRefusedAsync(one.VerifyAsync(challenge));
        await IsRefusedAsync(other.VerifyAsync(challenge));
        await IsRefusedAsync((await world.StartAsync()).VerifyAsync(challenge));
        (await one.CountAsync("agent_session")).ShouldBe(1);
    }

    [Fact]
    public async Task V2_SignIn_A4_of_32_that_verify_at_once_in_two_replicas_one_wins()
    {
        var world = await OpenAsync();
        SignInHost[] hosts = [await world.StartAsync(), await world.StartAsync()];
        var challenge = await hosts[0].ChallengeAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => hosts[i % 2].VerifyAsync(challenge)));
        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.Code == "AUTH_INVALID").ShouldBe(31);
        (await hosts[0].CountAsync("agent_session")).ShouldBe(1);
    }

    [Fact]
    public async Task V3_SignIn_A3_V27_a_challenge_holds_to_4_59_and_at_5_00_no_longer()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var (early, edge, late) = (await host.ChallengeAsync(), await host.ChallengeAsync(), await host.ChallengeAsync());
        world.Clock.Advance(TimeSpan.FromSeconds(299));
        (await host.VerifyAsync(early)).Status.ShouldBe(HttpStatusCode.OK);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await IsRefusedAsync(host.VerifyAsync(edge));
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await IsRefusedAsync(host.VerifyAsync(late));
    }

    [Fact]
    public async Task V4_a_nonce_that_nobody_gave_out_is_refused_before_the_store_is_asked()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        foreach (var nonce in (string[])["", "short", new string('a', 64), new string('7', 64), challenge.Nonce[..63], challenge.Nonce + "a", challenge.Nonce.ToUpperInvariant(), Changed(challenge.Nonce, 40), Changed(challenge.Nonce, 3)])
        {
            await IsRefusedAsync(host.VerifyAsync(challenge with { Nonce = nonce }));
        }

        (await host.CountAsync("agent_session_nonce")).ShouldBe(0);
        (await host.VerifyAsync(challenge)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task V5_V18_a_nonce_of_another_address_is_refused_whoever_signs()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var thief = SignInWorld.KeyOf(901);
        world.Links.Add(thief.Address, "user-2");
        var challenge = await host.ChallengeAsync();
        await IsRefusedAsync(host.VerifyAsync(challenge, thief));
        await IsRefusedAsync(host.VerifyAsync(challenge, thief, world.Account));
        await IsRefusedAsync(host.VerifyAsync(challenge, world.Key, thief.Address));
        await IsRefusedAsync(host.VerifyAsync(challenge with { Message = challenge.Message.Replace(world.Account.ToString(), thief.Address.ToString(), StringComparison.Ordinal) }, thief));
        (await host.VerifyAsync(challenge)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task V6_V10_a_challenge_of_another_server_or_for_another_domain_is_refused()
    {
        var (world, foreign) = (await OpenAsync(), await OpenAsync());
        var (host, other) = (await world.StartAsync(), await foreign.StartAsync());
        await IsRefusedAsync(host.VerifyAsync(await other.ChallengeAsync()));

        // The same store, but set up for another domain: what was given out under the old settings does not count under the new ones.
        var moved = await world.StartAsync(options => options.Origins[0] = new("https://other.example"));
        await IsRefusedAsync(moved.VerifyAsync(await host.ChallengeAsync()));
        await IsRefusedAsync(host.VerifyAsync(await moved.ChallengeAsync()));
    }

    [Fact]
    public async Task V8_SignIn_C7_five_wrong_signatures_burn_a_challenge_and_four_do_not()
    {
        var world = await OpenAsync();
        var (host, other) = (await world.StartAsync(), await world.StartAsync());
        var (four, five) = (await host.ChallengeAsync(), await host.ChallengeAsync());
        for (var i = 0; i < 4; i++)
        {
            await IsRefusedAsync((i % 2 == 0 ? host : other).VerifyAsync(four, SignInWorld.KeyOf(5), world.Account));
        }

        (await host.VerifyAsync(four)).Status.ShouldBe(HttpStatusCode.OK);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => (i % 2 == 0 ? host : other).VerifyAsync(five, SignInWorld.KeyOf(5), world.Account)));
        await IsRefusedAsync(host.VerifyAsync(five));
        await IsRefusedAsync(other.VerifyAsync(five));
    }

    [Fact]
    public async Task V9_a_challenge_counts_in_another_replica_and_after_a_restart_of_the_store()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var (one, two) = (await host.ChallengeAsync(), await host.ChallengeAsync());
        (await (await world.StartAsync()).VerifyAsync(one)).Status.ShouldBe(HttpStatusCode.OK);
        await host.Store.DisposeAsync();
        (await (await world.StartAsync()).VerifyAsync(two)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("sub.casino.example")]
    [InlineData("CASINO.example")]
    [InlineData("casino.example.")]
    [InlineData("casino.example:443")]
    [InlineData("user@casino.example")]
    [InlineData("casino.example@evil.example")]
    [InlineData("xn--casin-1ta.example")]
    [InlineData("evil.example")]
    public async Task V11_V12_a_message_for_another_spelling_of_the_domain_is_another_message(string domain)
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        var forged = challenge.Message.Replace("https://casino.example wants", $"https://{domain} wants", StringComparison.Ordinal);
        forged.ShouldNotBe(challenge.Message);
        await IsRefusedAsync(host.VerifyAsync(challenge with { Message = forged }));
        await IsRefusedAsync(host.VerifyAsync(challenge with { Message = forged }, message: forged));
        var asked = await host.GetAsync($"/api/auth/challenge?address={world.Account}&domain={Uri.EscapeDataString(domain)}");
        (asked.Status, asked.Code).ShouldBe((HttpStatusCode.BadRequest, "domain_not_offered"));
    }

    [Fact]
    public async Task V13_SignIn_A10_a_forged_Host_changes_nothing_in_the_message()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        foreach (var (header, value) in ((string, string)[])[("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example;proto=http"), ("X-Original-Host", "evil.example"), ("Origin", "https://evil.example")])
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"/api/auth/challenge?address={world.Account}");
            request.Headers.TryAddWithoutValidation(header, value).ShouldBeTrue();
            var answer = await host.SendAsync(request);
            answer.Status.ShouldBe(HttpStatusCode.OK);
            answer.Member("message").ShouldStartWith("https://casino.example wants you to sign in");
            answer.Member("message").ShouldNotContain("evil");
        }
    }

    [Fact]
    public async Task V14_V15_V17_V19_a_message_with_anything_else_in_it_is_another_message()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        foreach (var (from, to) in ((string, string)[])[("URI: https://casino.example", "URI: https://casino.example/other"), ("Chain ID: 8453", "Chain ID: 1"), ("https://casino.example wants", "http://casino.example wants"),
            ("https://casino.example wants", "casino.example wants"), ("moves no money", "moves all money"), ("urn:purser:agent-session", "urn:purser:agent-sessions"), ("07:13:09Z", "07:23:09Z"), ("Issued At: 2026", "Issued At: 2025")])
        {
            var forged = challenge.Message.Replace(from, to, StringComparison.Ordinal);
            forged.ShouldNotBe(challenge.Message, from);
            var fresh = await host.ChallengeAsync();
            await IsRefusedAsync(host.VerifyAsync(fresh with { Message = fresh.Message.Replace(from, to, StringComparison.Ordinal) }));
            await IsRefusedAsync(host.VerifyAsync(fresh, message: fresh.Message.Replace(from, to, StringComparison.Ordinal)));
        }

        for (var at = 0; at < challenge.Message.Length; at += 17)
        {
            var changed = Changed(challenge.Message, at);
            var answer = await host.VerifyAsync((await host.ChallengeAsync()) with { Nonce = challenge.Nonce }, message: changed);
            answer.Code.ShouldBe("AUTH_INVALID", $"byte {at}");
        }
    }

    [Fact]
    public async Task SignIn_H3_the_message_may_be_sent_along_as_seed_000_does_and_then_has_to_be_the_one_given_out()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var challenge = await host.ChallengeAsync();
        (await host.VerifyAsync(challenge, message: challenge.Message)).Status.ShouldBe(HttpStatusCode.OK);
        var next = await host.ChallengeAsync();
        await IsRefusedAsync(host.VerifyAsync(next, message: challenge.Message));
    }

    [Fact]
    public async Task V15_SignIn_C10_a_chain_that_is_not_offered_is_not_signed_in_by()
    {
        var world = await OpenAsync(options => options.Chains.Add(new(1)));
        var host = await world.StartAsync();
        (await host.ChallengeAsync(query: "&chainId=1")).Message.ShouldContain("\nChain ID: 1\n");
        (await host.ChallengeAsync(query: "&chainId=8453")).Message.ShouldContain("\nChain ID: 8453\n");
        foreach (var chain in (string[])["10", "0", "01", "0x1", "-1", "1e3", "1%20", "", "9007199254740993", new string('9', 80), "1&chainId=8453"])
        {
            var answer = await host.GetAsync($"/api/auth/challenge?address={world.Account}&chainId={chain}");
            (answer.Status, answer.Code).ShouldBe((HttpStatusCode.BadRequest, "chain_not_offered"), chain);
        }
    }

    [Fact]
    public async Task V30_a_clock_that_is_moved_back_revives_nothing()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var (used, unused) = (await host.ChallengeAsync(), await host.ChallengeAsync());
        var grant = await host.SignInAsync();
        (await host.VerifyAsync(used)).Status.ShouldBe(HttpStatusCode.OK);
        var then = world.Clock.GetUtcNow();
        world.Clock.Advance(TimeSpan.FromHours(26));
        await host.Upkeep.RunOnceAsync();
        (await host.CountAsync("agent_session_nonce")).ShouldBe(0, "used nonces are forgotten an hour after their end");
        (await host.StateAsync(grant.Token)).ShouldBe("AUTH_EXPIRED");
        world.Clock.TurnBackTo(then);
        await IsRefusedAsync(host.VerifyAsync(used));
        await IsRefusedAsync(host.VerifyAsync(unused));
        (await host.StateAsync(grant.Token)).ShouldBe("AUTH_EXPIRED");

        // A challenge of a time that is still to come is not believed either.
        world.Clock.Advance(TimeSpan.FromDays(2));
        var later = await host.ChallengeAsync();
        world.Clock.TurnBackTo(world.Clock.GetUtcNow() - TimeSpan.FromMinutes(3));
        await IsRefusedAsync(host.VerifyAsync(later));
    }

    [Fact]
    public async Task V30_a_session_whose_end_was_seen_stays_over_when_the_clock_goes_back()
    {
        var world = await OpenAsync();
        var host = await world.StartAsync();
        var grant = await host.SignInAsync();
        var then = world.Clock.GetUtcNow();
        world.Clock.Advance(TimeSpan.FromHours(25));
        (await host.StateAsync(grant.Token)).ShouldBe("AUTH_EXPIRED");
        world.Clock.TurnBackTo(then);
        (await host.StateAsync(grant.Token)).ShouldBe("AUTH_EXPIRED");
    }

    private static string Changed(string text, int at)
    {
        var other = text[at] == 'a' ? 'b' : 'a';
        return text[..at] + other + text[(at + 1)..];
    }
}
