using System.Text.Json.Nodes;
using Purser.Services.SignIn;

namespace Purser.Services.Tests.Gateway;

/// <summary>Lost connections (checklist D12, E8; V47, V74 to V76).</summary>
public sealed class ResumeTests
{
    [Fact]
    public async Task V47_SignIn_D12_a_second_connection_ends_the_first()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var first = await world.ConnectAsync(session);
        await using var second = await world.ConnectAsync(session);
        await first.ExpectErrorAsync("SESSION_REPLACED");
        await first.ExpectCloseAsync(4006);
        world.Send(session, 1);
        await second.ExpectAsync("game_state_update");
        world.Tables.Heard.ShouldNotContain(line => line.StartsWith("dropped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task V47_of_many_connections_at_once_one_stays()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        var agents = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => world.ConnectAsync()));
        await Task.WhenAll(agents.Select(agent => GatewayWorld.AuthenticateAsync(agent, session)));
        var last = agents.Select(HearAllAsync).ToList();

        // All but one come to their end; the one hears what is sent.
        while (last.Count(heard => heard.IsCompleted) < agents.Length - 1)
        {
            await Task.WhenAny(last.Where(heard => !heard.IsCompleted));
        }

        world.Send(session, 7);
        await Task.WhenAll(last);
        last.Count(heard => heard.Result == 7).ShouldBe(1);
        last.Count(heard => heard.Result == -4006).ShouldBe(agents.Length - 1);
        foreach (var agent in agents)
        {
            await agent.DisposeAsync();
        }
    }

    [Fact]
    public async Task SignIn_E8_who_comes_back_with_his_token_hears_what_he_missed_and_sees_the_table()
    {
        await using var world = await GatewayWorld.OpenAsync();
        world.Tables.Snapshots = [TablesDouble.Snapshot("t1"), TablesDouble.Snapshot("t2")];
        var session = await world.SignInAsync();
        await using var first = await world.ConnectAsync(session);
        world.Send(session, 1);
        world.Send(session, 2, "t2");
        var seen = (string)(await first.ExpectAsync("game_state_update"))["messageId"]!;
        await first.ExpectAsync("game_state_update");
        first.Cut();
        await DroppedAsync(world, session);
        world.Tables.Heard.ShouldContain($"dropped:{session.Id}:120");
        world.Send(session, 3);
        world.Clock.Advance(TimeSpan.FromSeconds(119));

        await using var second = await world.ConnectAsync();
        await second.SayAsync("reconnect", $$""","sessionId":"{{session.Id}}","lastSeenMessageId":"{{seen}}","token":"{{SessionsDouble.TokenOf(session.Id)}}" """);
        await second.ExpectAsync("authenticated");
        var one = await second.ExpectAsync("reconnect_state");
        ((string?)one["tableId"], (bool?)one["gap"], one["currentState"]!.ToJsonString()).ShouldBe(("t1", false, """{"round":"r1"}"""));
        Numbers(one).ShouldBe([3]);
        var two = await second.ExpectAsync("reconnect_state");
        ((string?)two["tableId"], (bool?)two["gap"]).ShouldBe(("t2", false));
        Numbers(two).ShouldBe([2]);
        await second.ExpectAsync("ack");
        world.Tables.Heard.Count(line => line == $"connected:{session.Id}").ShouldBe(2);
    }

    [Fact]
    public async Task SignIn_E8_reconnect_may_follow_authenticate()
    {
        await using var world = await GatewayWorld.OpenAsync();
        world.Tables.Snapshots = [TablesDouble.Snapshot("t1")];
        var session = await world.SignInAsync();
        await using (var first = await world.ConnectAsync(session))
        {
            first.Cut();
            await DroppedAsync(world, session);
        }

        await using var second = await world.ConnectAsync(session);
        await second.SayAsync("reconnect", $$""","sessionId":"{{session.Id}}" """);
        ((bool?)(await second.ExpectAsync("reconnect_state"))["gap"]).ShouldBe(true);
        await second.ExpectAsync("ack");
    }

    [Fact]
    public async Task V74_past_what_is_kept_there_is_a_gap_and_the_state_stands_for_it()
    {
        await using var world = await GatewayWorld.OpenAsync(options => options.KeptMessages = 4);
        world.Tables.Snapshots = [TablesDouble.Snapshot("t1")];
        var session = await world.SignInAsync();
        await using var first = await world.ConnectAsync(session);
        world.Send(session, 0);
        var seen = (string)(await first.ExpectAsync("game_state_update"))["messageId"]!;
        first.Cut();
        await DroppedAsync(world, session);
        foreach (var (sent, isGap) in new[] { (4, false), (1, true) })
        {
            for (var i = 0; i < sent; i++)
            {
                world.Send(session, i);
            }

            await using var again = await world.ConnectAsync();
            await again.SayAsync("reconnect", $$""","sessionId":"{{session.Id}}","lastSeenMessageId":"{{seen}}","token":"{{SessionsDouble.TokenOf(session.Id)}}" """);
            await again.ExpectAsync("authenticated");
            var state = await again.ExpectAsync("reconnect_state");
            ((bool?)state["gap"], Numbers(state).Count).ShouldBe((isGap, isGap ? 0 : 4));
            again.Cut();
            await DroppedAsync(world, session);
            world.Tables.Heard.Clear();
        }
    }

    [Fact]
    public async Task V74_what_is_kept_is_bounded_in_bytes_and_told_in_pieces_no_larger_than_a_message()
    {
        await using var world = await GatewayWorld.OpenAsync();
        world.Tables.Snapshots = [TablesDouble.Snapshot("t1")];
        var session = await world.SignInAsync();
        await using var first = await world.ConnectAsync(session);
        world.Send(session, 0);
        var seen = (string)(await first.ExpectAsync("game_state_update"))["messageId"]!;
        first.Cut();
        await DroppedAsync(world, session);
        for (var i = 1; i <= 6; i++)
        {
            world.Send(session, i, padding: 30_000);
        }

        await using var second = await world.ConnectAsync();
        await second.SayAsync("reconnect", $$""","sessionId":"{{session.Id}}","lastSeenMessageId":"{{seen}}","token":"{{SessionsDouble.TokenOf(session.Id)}}" """);
        await second.ExpectAsync("authenticated");
        var numbers = new List<int>();
        for (var more = true; more;)
        {
            var piece = await second.ExpectAsync("reconnect_state");
            numbers.AddRange(Numbers(piece));
            more = (bool?)piece["more"] ?? false;
        }

        numbers.ShouldBe([1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public async Task V75_after_120_seconds_nothing_is_resumed_and_the_session_has_ended()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using (var first = await world.ConnectAsync(session))
        {
            first.Cut();
            await DroppedAsync(world, session);
        }

        world.Clock.Advance(TimeSpan.FromSeconds(120));
        await using var second = await world.ConnectAsync();
        await second.SayAsync("reconnect", $$""","sessionId":"{{session.Id}}","token":"{{SessionsDouble.TokenOf(session.Id)}}" """);
        await second.ExpectErrorAsync("RESUME_FAILED");
        await second.ExpectCloseAsync(4007);
        (await world.Sessions.EndOfAsync(session.Id)).ShouldBe("ReconnectWindow");
    }

    [Fact]
    public async Task SignIn_E8_the_session_ends_with_the_window_also_when_nobody_comes()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        agent.Cut();
        await DroppedAsync(world, session);
        await world.UntilAsync(async () => await world.Sessions.EndOfAsync(session.Id) == "ReconnectWindow", TimeSpan.FromSeconds(5));
        (world.Clock.GetUtcNow() - session.CreatedAt).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task Who_takes_his_leave_in_order_keeps_his_session()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using (var first = await world.ConnectAsync(session))
        {
            await first.CloseAsync();
            await DroppedAsync(world, session);
        }

        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await using var second = await world.ConnectAsync(session);
        world.Tables.Heard.ShouldContain($"dropped:{session.Id}:120"); // its seats do not wait longer
    }

    [Fact]
    public async Task V76_the_token_of_another_wallet_resumes_nothing()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var (victim, attacker) = (await world.SignInAsync(1), await world.SignInAsync(2));
        await using var seated = await world.ConnectAsync(victim);
        await using var other = await world.ConnectAsync();
        await other.SayAsync("reconnect", $$""","sessionId":"{{victim.Id}}","token":"{{SessionsDouble.TokenOf(attacker.Id)}}" """);
        await other.ExpectErrorAsync("RESUME_FAILED");
        await other.ExpectCloseAsync(4007);

        await using var opened = await world.ConnectAsync(attacker);
        await opened.SayAsync("reconnect", $$""","sessionId":"{{victim.Id}}" """);
        await opened.ExpectErrorAsync("RESUME_FAILED");
        await opened.ExpectCloseAsync(4007);
        world.Send(victim, 1);
        await seated.ExpectAsync("game_state_update");
    }

    [Fact]
    public async Task A_server_that_stops_says_so_and_the_session_may_come_back()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        var stopping = world.StopAsync();
        await agent.ExpectCloseAsync(1001);
        await agent.CloseAsync();
        await stopping;
        world.Tables.Heard.ShouldContain($"dropped:{session.Id}:120");
        (await world.Sessions.FindByIdAsync(session.Id)).ShouldBeOfType<AgentSessionReading.Live>();
    }

    private static Task DroppedAsync(GatewayWorld world, AgentSession session) =>
        world.UntilAsync(() => Task.FromResult(world.Tables.Heard.Any(line => line.StartsWith($"dropped:{session.Id}", StringComparison.Ordinal))), TimeSpan.Zero);

    private static IReadOnlyList<int> Numbers(JsonObject state) => [.. state["missedMessages"]!.AsArray().Select(missed => (int)missed!["payload"]!["number"]!)];

    // What a connection came to: a number that it was sent, or a close code below zero.
    private static async Task<int> HearAllAsync(AgentSocket agent)
    {
        while (true)
        {
            var (message, closeCode) = await agent.HearAsync();
            if (closeCode is { } code)
            {
                return -code;
            }

            if ((string?)message!["type"] == "game_state_update")
            {
                return (int)message["payload"]!["number"]!;
            }
        }
    }
}
