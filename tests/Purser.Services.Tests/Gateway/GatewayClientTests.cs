using System.Text.Json;
using Purser.Agent.Tables;
using Purser.Protocol.SignIn;
using Purser.Protocol.Tables.Messages;
using Purser.Services.SignIn;
using Purser.Services.Tests.Payments;

namespace Purser.Services.Tests.Gateway;

/// <summary>The agent's side of the gateway, against our own (checklist D7, E3, E5, E6, E8, G4).</summary>
public sealed class GatewayClientTests
{
    private static readonly JsonElement s_bet = JsonElement.Parse("""{"action":"bet","amount":60}"""u8);

    [Fact]
    public async Task It_opens_a_session_plays_and_hears()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        using var client = Client(world, session);
        await using var events = client.ListenAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        (await NextAsync<GatewayEvent.Opened>(world, events)).Session.SessionId.ShouldBe(session.Id);
        var id = await client.SendAsync(new GatewayMessage.SubmitAction("dice", "t1", s_bet), TestContext.Current.CancellationToken);
        (await HeardAsync<GatewayMessage.Ack>(world, events)).RelatedMessageId.ShouldBe(id);
        world.Send(session, 1);
        (await HeardAsync<GatewayMessage.GameStateUpdate>(world, events)).Table.ShouldBe("t1");
    }

    [Fact]
    public async Task SignIn_G4_its_own_copy_of_the_limits_stops_it_before_the_server_does()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        using var client = Client(world, session);
        await using var events = client.ListenAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await NextAsync<GatewayEvent.Opened>(world, events);
        await client.SendAsync(new GatewayMessage.SubmitAction("dice", "t1", s_bet), TestContext.Current.CancellationToken);
        client.Limits!.Remaining("t1").ShouldBe(40);
        (await Should.ThrowAsync<LimitReachedException>(() => client.SendAsync(new GatewayMessage.SubmitAction("dice", "t1", s_bet)))).Code.ShouldBe("STAKE_LIMIT_EXCEEDED");
        (await Should.ThrowAsync<LimitReachedException>(() => client.SendAsync(new GatewayMessage.SubmitAction("roulette", "t1", s_bet)))).Code.ShouldBe("GAME_NOT_ALLOWED");
        await HeardAsync<GatewayMessage.Ack>(world, events);
        world.Outbox.Send(session.Id, new GatewayMessage.RoundResult("dice", "t1", s_bet));
        await HeardAsync<GatewayMessage.RoundResult>(world, events);
        client.Limits.Remaining("t1").ShouldBe(100);
        world.Tables.Heard.Count(line => line.StartsWith("act:", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"amount":-1}""")]
    [InlineData("""{"amount":1.5}""")]
    [InlineData("""{"amount":1e400}""")]
    [InlineData("""{"amount":"60"}""")]
    public void SignIn_G4_an_amount_that_is_no_whole_number_is_not_sent(string payload)
    {
        var limits = new LocalLimits(LinkPermissions.Unlimited);
        limits.TryStake(new("dice", "t1", JsonElement.Parse(System.Text.Encoding.UTF8.GetBytes(payload)))).ShouldBe("INVALID_AMOUNT");
    }

    [Fact]
    public async Task SignIn_E8_after_a_drop_it_comes_back_by_itself_and_tells_what_was_missed_once()
    {
        await using var world = await GatewayWorld.OpenAsync();
        world.Tables.Snapshots = [TablesDouble.Snapshot("t1")];
        var session = await world.SignInAsync();
        using var client = Client(world, session);
        await using var events = client.ListenAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await NextAsync<GatewayEvent.Opened>(world, events);
        world.Send(session, 1);
        await HeardAsync<GatewayMessage.GameStateUpdate>(world, events);

        // A fault of the server ends the connection.
        world.Tables.Answer = (_, _) => throw new InvalidOperationException("a bug");
        await client.SendAsync(new GatewayMessage.SubmitAction("dice", "t1", s_bet), TestContext.Current.CancellationToken);
        await HeardAsync<GatewayMessage.ProtocolError>(world, events);
        (await NextAsync<GatewayEvent.Lost>(world, events)).CloseCode.ShouldBe(1011);
        world.Send(session, 2);
        (await NextAsync<GatewayEvent.Opened>(world, events)).Resumed.ShouldBeTrue();
        (await HeardAsync<GatewayMessage.GameStateUpdate>(world, events)).Payload.GetProperty("number").GetInt32().ShouldBe(2);
        (await HeardAsync<GatewayMessage.ReconnectState>(world, events)).Gap.ShouldBeFalse();
        await HeardAsync<GatewayMessage.Ack>(world, events);
    }

    [Fact]
    public async Task SignIn_E6_a_session_that_was_revoked_is_the_end_and_nothing_is_tried_again()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        using var client = Client(world, session);
        await using var events = client.ListenAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await NextAsync<GatewayEvent.Opened>(world, events);
        await world.Sessions.EndAsync(session.Id, AgentSessionEnd.Revoked, TestContext.Current.CancellationToken);
        await HeardAsync<GatewayMessage.ProtocolError>(world, events);
        var end = await NextAsync<GatewayEvent.Ended>(world, events);
        (end.CloseCode, end.Code).ShouldBe((4010, "SESSION_REVOKED"));
        (await events.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task SignIn_E5_a_token_that_is_over_is_renewed_once_and_play_goes_on()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var (over, fresh) = (await world.SignInAsync(), await world.SignInAsync());
        await world.Sessions.EndAsync(over.Id, AgentSessionEnd.Inactive, TestContext.Current.CancellationToken);
        var asked = new List<string?>();
        using var client = new GatewayConnection(world.Url, (spent, _) =>
        {
            asked.Add(spent);
            return Task.FromResult(SessionsDouble.TokenOf(spent is null ? over.Id : fresh.Id));
        }, world.Clock, new SeededRandom(5));
        await using var events = client.ListenAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        (await NextAsync<GatewayEvent.Lost>(world, events)).CloseCode.ShouldBe(4004);
        (await NextAsync<GatewayEvent.Opened>(world, events)).Session.SessionId.ShouldBe(fresh.Id);
        asked.ShouldBe([null, SessionsDouble.TokenOf(over.Id)]);
    }

    [Fact]
    public async Task SignIn_E6_a_server_that_refuses_every_token_is_not_asked_for_ever()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var asked = 0;
        using var client = new GatewayConnection(world.Url, (_, _) => Task.FromResult($"pst_none{asked++}"), world.Clock, new SeededRandom(5));
        await using var events = client.ListenAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (true)
        {
            var next = await NextAsync<GatewayEvent>(world, events);
            if (next is GatewayEvent.Ended end)
            {
                (end.CloseCode, end.Code).ShouldBe((4003, "AUTH_INVALID"));
                break;
            }
        }

        asked.ShouldBe(4);
    }

    [Theory]
    [InlineData("ws://casino.example/ws")]
    [InlineData("https://casino.example/ws")]
    [InlineData("wss://casino.example/ws?token=x")]
    [InlineData("wss://me@casino.example/ws")]
    public void SignIn_D9_an_address_without_TLS_or_with_more_than_a_path_is_not_connected_to(string url) =>
        Should.Throw<ArgumentException>(() => new GatewayConnection(new(url), (_, _) => Task.FromResult(""), TimeProvider.System, new SeededRandom(1)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SignIn_E3_a_session_is_extended_only_while_the_agent_plays(bool plays)
    {
        await using var world = await GatewayWorld.OpenAsync(lifetime: TimeSpan.FromMinutes(20));
        var session = await world.SignInAsync();
        using var client = new GatewayConnection(
            world.Url, (_, _) => Task.FromResult(SessionsDouble.TokenOf(session.Id)), world.Clock, new SeededRandom(5), new() { ActiveWithin = TimeSpan.FromMinutes(30) });
        await using var events = client.ListenAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await NextAsync<GatewayEvent.Opened>(world, events);
        if (plays)
        {
            await client.SendAsync(new GatewayMessage.SubmitAction("dice", "t1", s_bet), TestContext.Current.CancellationToken);
            await HeardAsync<GatewayMessage.Ack>(world, events);
        }

        world.Clock.Advance(TimeSpan.FromMinutes(13));
        await NextAsync<GatewayEvent.Expiring>(world, events, TimeSpan.FromSeconds(1));
        if (plays)
        {
            (await NextAsync<GatewayEvent.Extended>(world, events)).ExpiresAt.ShouldBeGreaterThan(session.ExpiresAt);
        }
        else
        {
            world.Clock.Advance(TimeSpan.FromMinutes(6));
            (await HeardAsync<GatewayMessage.ProtocolError>(world, events, TimeSpan.FromSeconds(1))).Code.ShouldBe("AUTH_EXPIRED");
        }
    }

    private static GatewayConnection Client(GatewayWorld world, AgentSession session) =>
        new(world.Url, (_, _) => Task.FromResult(SessionsDouble.TokenOf(session.Id)), world.Clock, new SeededRandom(5));

    // The next event, which has to be of this kind. After a loss the clock goes on by the pause; otherwise it stands, or the client would run out of patience.
    private static async Task<T> NextAsync<T>(GatewayWorld world, IAsyncEnumerator<GatewayEvent> events, TimeSpan step = default)
        where T : GatewayEvent
    {
        var pause = (events.Current as GatewayEvent.Lost)?.Pause ?? TimeSpan.Zero;
        var next = events.MoveNextAsync().AsTask();
        world.Clock.Advance(pause);
        (await world.UntilAsync(next, step, pauseMilliseconds: 250)).ShouldBeTrue();
        return events.Current.ShouldBeAssignableTo<T>($"{events.Current}")!;
    }

    private static async Task<T> HeardAsync<T>(GatewayWorld world, IAsyncEnumerator<GatewayEvent> events, TimeSpan step = default)
        where T : GatewayMessage => (await NextAsync<GatewayEvent.Heard>(world, events, step)).Frame.Message.ShouldBeOfType<T>();
}
