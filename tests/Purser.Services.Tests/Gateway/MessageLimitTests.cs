using System.Net.WebSockets;
using System.Text;
using Purser.Protocol.Tables.Messages;
using Purser.Services.Gateway;

namespace Purser.Services.Tests.Gateway;

/// <summary>What a session may send, and what happens to those who do not read (checklist D8, D10, D11, D13; V70 to V73, V78).</summary>
public sealed class MessageLimitTests
{
    private const string Bet = ""","gameType":"dice","tableId":"t1","payload":{"action":"bet","amount":5}""";

    [Fact]
    public async Task An_action_is_handed_to_the_tables_and_acknowledged()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        var id = await agent.SayAsync("submit_action", Bet);
        ((string?)(await agent.ExpectAsync("ack"))["relatedMessageId"]).ShouldBe(id);
        world.Tables.Heard.ShouldContain($"act:{id}");
        await agent.SayAsync("balance_query");
        var balance = await agent.ExpectAsync("balance_response");
        ((long?)balance["balance"], (long?)balance["locked"]).ShouldBe((900, 100));
    }

    [Theory]
    [InlineData("STAKE_LIMIT_EXCEEDED", "game_error")]
    [InlineData("NOT_YOUR_TURN", "game_error")]
    [InlineData("TABLE_NOT_FOUND", "game_error")]
    [InlineData("INTERNAL_ERROR", "error")]
    public async Task V78_SignIn_E13_a_refused_action_is_told_with_its_code(string code, string type)
    {
        await using var world = await GatewayWorld.OpenAsync();
        world.Tables.Answer = (_, _) => new TableAnswer.Refused(code, "no");
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        var id = await agent.SayAsync("submit_action", Bet);
        var error = await agent.ExpectAsync(type);
        ((string?)error["code"], (string?)error["message"], (string?)error["relatedMessageId"]).ShouldBe((code, "no", id));
    }

    [Fact]
    public async Task A_fault_of_the_tables_ends_one_connection_and_shows_nothing_of_itself()
    {
        await using var world = await GatewayWorld.OpenAsync();
        world.Tables.Answer = (session, _) => session.Wallet.ToArray()[0] == 1 ? throw new InvalidOperationException("secret detail") : TableAnswer.Accepted.Instance;
        await using var one = await world.ConnectAsync(await world.SignInAsync(1));
        await using var two = await world.ConnectAsync(await world.SignInAsync(2));
        await one.SayAsync("submit_action", Bet);
        await one.ExpectErrorAsync("INTERNAL_ERROR");
        await one.ExpectCloseAsync(1011);
        one.Transcript.ShouldAllBe(line => !line.Contains("secret detail", StringComparison.Ordinal));
        await two.SayAsync("submit_action", Bet);
        await two.ExpectAsync("ack");
    }

    [Fact]
    public async Task Actions_of_one_session_are_acted_on_in_the_order_in_which_they_came()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        var ids = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            ids.Add(await agent.SayAsync("submit_action", Bet));
        }

        for (var i = 0; i < 20; i++)
        {
            await agent.ExpectAsync("ack");
        }

        world.Tables.Heard.Where(line => line.StartsWith("act:", StringComparison.Ordinal)).ShouldBe(ids.Select(id => $"act:{id}"));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task V70_64_KB_in_fragments_are_read_and_one_byte_more_is_not(int more, bool isTooLarge)
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        const string Head = """{"type":"chat","messageId":"big","text":" """;
        var text = Encoding.UTF8.GetBytes(Head + new string('x', GatewayProtocol.MaxMessageBytes + more - Head.Length - 2) + "\"}");
        for (var at = 0; at < text.Length; at += 10_000)
        {
            await agent.SendAsync(text[at..Math.Min(text.Length, at + 10_000)], end: at + 10_000 >= text.Length);
        }

        if (isTooLarge)
        {
            await agent.ExpectErrorAsync("MESSAGE_TOO_LARGE");
            await agent.ExpectCloseAsync(1009);
        }
        else
        {
            await agent.SayAsync("balance_query");
            await agent.ExpectAsync("balance_response");
        }
    }

    [Fact]
    public async Task V70_endless_empty_fragments_end_the_connection()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync();
        await agent.SendAsync("{"u8.ToArray(), end: false);
        var sending = SendEmptyAsync(agent);
        await agent.ExpectErrorAsync("MESSAGE_TOO_LARGE");
        await agent.ExpectCloseAsync(1009);
        await sending;
    }

    [Fact]
    public async Task V71_a_slow_reader_is_dropped_and_harms_no_one()
    {
        await using var world = await GatewayWorld.OpenAsync(options => options.Farewell = TimeSpan.FromSeconds(2));
        var (slow, quick) = (await world.SignInAsync(1), await world.SignInAsync(2));
        await using var sleeper = await world.ConnectAsync(slow);
        await using var reader = await world.ConnectAsync(quick);

        // More than sockets of loopback hold and the queue takes. Nothing of it is read.
        for (var i = 0; i < 500; i++)
        {
            world.Send(slow, i, padding: 60_000);
        }

        world.Send(quick, 1);
        ((int?)(await reader.ExpectAsync("game_state_update"))["payload"]!["number"]).ShouldBe(1);
        await world.UntilAsync(() => Task.FromResult(world.Tables.Heard.Any(line => line.StartsWith($"dropped:{slow.Id}", StringComparison.Ordinal))), TimeSpan.FromMilliseconds(500));

        // He may come back, and is told that not all is kept.
        world.Tables.Snapshots = [TablesDouble.Snapshot("t1")];
        await using var again = await world.ConnectAsync();
        await again.SayAsync("reconnect", $$""","sessionId":"{{slow.Id}}","lastSeenMessageId":"m1","token":"{{SessionsDouble.TokenOf(slow.Id)}}" """);
        await again.ExpectAsync("authenticated");
        ((bool?)(await again.ExpectAsync("reconnect_state"))["gap"]).ShouldBe(true);
    }

    [Fact]
    public async Task V72_SignIn_D11_a_repeated_message_id_is_refused_and_not_acted_on()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        const string Action = """{"type":"submit_action","messageId":"once","gameType":"dice","tableId":"t1","payload":{"action":"bet"}}""";
        await agent.SendAsync(Action);
        await agent.ExpectAsync("ack");
        await agent.SendAsync(Action);
        ((string?)(await agent.ExpectErrorAsync("DUPLICATE_MESSAGE"))["relatedMessageId"]).ShouldBe("once");

        // Not on another connection of the session either.
        await using var again = await world.ConnectAsync();
        await again.SendAsync($$"""{"type":"authenticate","messageId":"a2","protocolVersion":"1.0","token":"{{SessionsDouble.TokenOf(session.Id)}}"}""");
        await again.ExpectAsync("authenticated");
        await again.SendAsync(Action);
        await again.ExpectErrorAsync("DUPLICATE_MESSAGE");
        world.Tables.Heard.Count(line => line == "act:once").ShouldBe(1);
    }

    [Fact]
    public async Task V72_the_set_of_message_ids_is_bounded()
    {
        await using var world = await GatewayWorld.OpenAsync(options => options.RememberedIds = 3);
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        foreach (var id in new[] { "a", "b", "c", "a" })
        {
            await agent.SendAsync($$"""{"type":"balance_query","messageId":"{{id}}"}""");
            await agent.ExpectAsync(id == "a" && agent.Transcript.Count > 3 ? "error" : "balance_response");
        }

        await agent.SendAsync("""{"type":"balance_query","messageId":"d"}""");
        await agent.ExpectAsync("balance_response");
        await agent.SendAsync("""{"type":"balance_query","messageId":"a"}""");
        await agent.ExpectAsync("balance_response");
    }

    [Fact]
    public async Task V73_a_sequence_may_have_holes_and_never_goes_back()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        foreach (var (sequence, answer) in new[] { ("1", "balance_response"), ("5", "balance_response"), ("5", "error"), ("4", "error"), ("6", "balance_response"), ("18446744073709551615", "balance_response"), ("18446744073709551616", "error"), ("7", "error") })
        {
            await agent.SayAsync("balance_query", $",\"sequence\":{sequence}");
            (await agent.HearAsync()).Type.ShouldBe(answer, sequence);
        }

        await agent.SayAsync("balance_query");
        await agent.ExpectAsync("balance_response");
    }

    [Fact]
    public async Task The_servers_sequence_rises_by_one_with_every_message()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        for (var i = 0; i < 5; i++)
        {
            world.Send(session, i);
        }

        for (var i = 0; i < 5; i++)
        {
            ((ulong?)(await agent.ExpectAsync("game_state_update"))["sequence"]).ShouldBe((ulong)i + 2);
        }
    }

    [Fact]
    public async Task SignIn_D13_the_61st_message_within_a_minute_is_refused_and_a_second_later_one_more_is_taken()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        for (var i = 1; i < 60; i++) // authenticate was the first
        {
            await agent.SayAsync("balance_query");
            await agent.ExpectAsync("balance_response");
        }

        var id = await agent.SayAsync("balance_query");
        ((string?)(await agent.ExpectErrorAsync("RATE_LIMITED"))["relatedMessageId"]).ShouldBe(id);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await agent.SendAsync($$"""{"type":"balance_query","messageId":"{{id}}"}"""); // what was refused was not used up
        await agent.ExpectAsync("balance_response");
    }

    [Fact]
    public async Task SignIn_D13_connecting_anew_does_not_fill_the_allowance_and_who_goes_on_is_closed()
    {
        await using var world = await GatewayWorld.OpenAsync(options => (options.Messages, options.MaxRefusedInARow) = (new(60, 3), 4));
        var session = await world.SignInAsync();
        await using (var first = await world.ConnectAsync(session))
        {
            await first.SayAsync("balance_query");
            await first.ExpectAsync("balance_response");
        }

        await using var agent = await world.ConnectAsync();
        await agent.SendAsync($$"""{"type":"authenticate","messageId":"a2","protocolVersion":"1.0","token":"{{SessionsDouble.TokenOf(session.Id)}}"}""");
        await agent.ExpectAsync("authenticated");
        for (var i = 0; i < 4; i++)
        {
            await agent.SendAsync($$"""{"type":"balance_query","messageId":"b{{i}}"}""");
            await agent.ExpectErrorAsync("RATE_LIMITED");
        }

        await agent.ExpectCloseAsync(4008);
    }

    [Fact]
    public async Task Bytes_are_limited_as_messages_are()
    {
        await using var world = await GatewayWorld.OpenAsync(options => options.Bytes = new(64 * 1024, 64 * 1024));
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        var padding = $",\"padding\":\"{new string('x', 40_000)}\"";
        await agent.SayAsync("balance_query", padding);
        await agent.ExpectAsync("balance_response");
        await agent.SayAsync("balance_query", padding);
        await agent.ExpectErrorAsync("RATE_LIMITED");
    }

    [Fact]
    public async Task SignIn_D11_unknown_types_are_passed_over_and_malformed_messages_are_named()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        await agent.SayAsync("chat", ""","text":"hi" """);
        await agent.SendAsync("""{"type":"heartbeat","messageId":"h1","direction":"up"}""");
        var error = await agent.ExpectErrorAsync("MALFORMED_MESSAGE");
        ((string?)error["relatedMessageId"]).ShouldBe("h1");
        ((string?)error["message"])!.ShouldContain("$.direction");
        await agent.SayAsync("hello", ""","serverId":"me","protocolVersion":"1.0" """);
        await agent.ExpectErrorAsync("MALFORMED_MESSAGE");
    }

    [Fact]
    public async Task SignIn_D10_the_server_gives_signs_of_life_and_answers_those_of_the_client()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync(await world.SignInAsync());
        await agent.SayAsync("heartbeat", ""","direction":"ping" """);
        ((string?)(await agent.HearAsync(beats: true)).Message!["direction"]).ShouldBe("pong");
        var beat = await world.UntilAsync(agent.HearAsync(beats: true), TimeSpan.FromSeconds(10));
        ((string?)beat.Message!["type"], (string?)beat.Message["direction"]).ShouldBe(("heartbeat", "ping"));
    }

    private static async Task SendEmptyAsync(AgentSocket agent)
    {
        try
        {
            for (var i = 0; i < 1100; i++)
            {
                await agent.SendAsync([], end: false);
            }
        }
        catch (WebSocketException)
        {
            // Closed meanwhile.
        }
    }
}
