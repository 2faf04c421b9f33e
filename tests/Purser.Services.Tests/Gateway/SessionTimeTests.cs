using Purser.Services.SignIn;

namespace Purser.Services.Tests.Gateway;

/// <summary>How long a session lives on a connection (checklist E2 to E4, E7; V48 to V50), all by a clock that the test moves.</summary>
public sealed class SessionTimeTests
{
    [Fact]
    public async Task SignIn_E2_session_expiring_comes_five_minutes_before_the_end_at_least_and_AUTH_EXPIRED_at_the_end()
    {
        await using var world = await GatewayWorld.OpenAsync(lifetime: TimeSpan.FromMinutes(20));
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        var warning = await world.NextAsync(agent, "session_expiring");
        ((long?)warning.Message!["expiresAt"]).ShouldBe(session.ExpiresAt.ToUnixTimeSeconds());
        ((string?)warning.Message["reason"]).ShouldBe("lifetime");
        (session.ExpiresAt - GatewayWorld.SentAt(warning)).ShouldBeGreaterThan(TimeSpan.FromMinutes(5));

        var end = await world.NextAsync(agent, "error");
        ((string?)end.Message!["code"]).ShouldBe("AUTH_EXPIRED");
        GatewayWorld.SentAt(end).ShouldBeGreaterThanOrEqualTo(session.ExpiresAt);
        await agent.ExpectCloseAsync(4004);
    }

    [Fact]
    public async Task SignIn_E3_E4_session_extend_gives_a_new_end_and_the_warning_comes_before_that()
    {
        await using var world = await GatewayWorld.OpenAsync(lifetime: TimeSpan.FromMinutes(20));
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        await world.NextAsync(agent, "session_expiring");
        await agent.SayAsync("session_extend");
        var asked = world.Clock.GetUtcNow();
        var extended = (long)(await agent.ExpectAsync("session_extended"))["expiresAt"]!;
        extended.ShouldBe((asked + TimeSpan.FromMinutes(20)).ToUnixTimeSeconds());
        var warning = await world.NextAsync(agent, "session_expiring");
        ((string?)warning.Message!["type"], (long?)warning.Message["expiresAt"]).ShouldBe(("session_expiring", extended));
    }

    [Fact]
    public async Task SignIn_E4_what_was_extended_elsewhere_is_not_warned_of()
    {
        await using var world = await GatewayWorld.OpenAsync(lifetime: TimeSpan.FromMinutes(20));
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await world.Sessions.ExtendAsync(session.Id);
        var warning = await world.NextAsync(agent, "session_expiring");
        ((long?)warning.Message!["expiresAt"]).ShouldBe(session.ExpiresAt.AddMinutes(10).ToUnixTimeSeconds());
    }

    [Fact]
    public async Task V49_a_session_is_not_extended_past_its_cap()
    {
        await using var world = await GatewayWorld.OpenAsync(lifetime: TimeSpan.FromDays(6));
        var session = await world.SignInAsync();
        world.Clock.Advance(TimeSpan.FromDays(5));
        await using var agent = await world.ConnectAsync(session);
        await agent.SayAsync("session_extend");
        ((long?)(await agent.ExpectAsync("session_extended"))["expiresAt"]).ShouldBe(session.EndsAt.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task V48_V51_a_session_that_is_revoked_ends_its_connection_and_is_not_extended()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        await world.Sessions.EndAsync(session.Id, AgentSessionEnd.Revoked);
        await agent.ExpectErrorAsync("SESSION_REVOKED");
        await agent.ExpectCloseAsync(4010);
        (await world.Sessions.ExtendAsync(session.Id)).ShouldBeOfType<AgentSessionReading.Refused>().Code.ShouldBe("SESSION_REVOKED");
        // The clock goes on: by it the server stops waiting for a client that does not close his side.
        await world.UntilAsync(() => Task.FromResult(world.Tables.Heard.Contains($"dropped:{session.Id}:0")), TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task SignIn_E7_an_idle_session_is_warned_and_then_ended()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        var connected = world.Clock.GetUtcNow();
        var warning = await world.NextAsync(agent, "session_expiring");
        ((string?)warning.Message!["type"], (string?)warning.Message["reason"]).ShouldBe(("session_expiring", "inactivity"));
        (GatewayWorld.SentAt(warning) - connected).ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(25));

        var end = await world.NextAsync(agent, "error");
        (GatewayWorld.SentAt(end) - connected).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(30));
        await agent.ExpectCloseAsync(4009);
        (await world.Sessions.EndOfAsync(session.Id)).ShouldBe("Inactive");
    }

    [Fact]
    public async Task SignIn_E7_any_message_keeps_a_session_alive()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        await world.NextAsync(agent, "session_expiring");
        await agent.SayAsync("heartbeat", ""","direction":"ping" """);
        var spoken = world.Clock.GetUtcNow();
        ((string?)(await agent.HearPongAsync())["direction"]).ShouldBe("pong"); // it was heard before the clock goes on
        var warning = await world.NextAsync(agent, "session_expiring");
        (GatewayWorld.SentAt(warning) - spoken).ShouldBeGreaterThan(TimeSpan.FromMinutes(24));
    }

    [Fact]
    public async Task V50_pongs_do_not_keep_an_idle_session_alive()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        var pongs = 0;
        Task PongAsync()
        {
            pongs++;
            return agent.SayAsync("heartbeat", ""","direction":"pong" """);
        }

        await world.NextAsync(agent, "session_expiring", PongAsync);
        await world.NextAsync(agent, "error", PongAsync);
        await agent.ExpectCloseAsync(4009);
        pongs.ShouldBeGreaterThan(50);
        (await world.Sessions.EndOfAsync(session.Id)).ShouldBe("Inactive");
    }
}
