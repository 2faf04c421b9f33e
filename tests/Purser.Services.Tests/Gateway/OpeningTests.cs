using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Purser.Services.SignIn;

namespace Purser.Services.Tests.Gateway;

/// <summary>From the upgrade to the open session (checklist D1 to D9, specs/signin.md 7: V43 to V46, V51, V68, V69, V77).</summary>
public sealed class OpeningTests
{
    [Fact]
    public async Task SignIn_D1_D2_D3_D6_hello_comes_first_and_a_token_opens_the_session()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await AgentSocket.ConnectAsync(world.Url);
        var hello = await agent.ExpectAsync("hello");
        ((string?)hello["protocolVersion"]).ShouldBe("1.0");
        ((string?)hello["serverId"]).ShouldBe("purser");
        hello["supportedGames"]!.ToJsonString().ShouldBe("""["dice","texas-holdem"]""");
        ((bool?)hello["capabilities"]!["multiTable"]).ShouldBe(true);
        Guid.Parse((string)hello["messageId"]!).Version.ShouldBe(4);
        ((long?)hello["timestamp"]).ShouldBe(world.Clock.GetUtcNow().ToUnixTimeMilliseconds());

        await GatewayWorld.AuthenticateAsync(agent, session);
        var authenticated = await agent.ExpectAsync("authenticated");
        ((string?)authenticated["walletAddress"]).ShouldBe(session.Wallet.ToString());
        ((string?)authenticated["sessionId"]).ShouldBe(session.Id);
        ((long?)authenticated["expiresAt"]).ShouldBe(session.ExpiresAt.ToUnixTimeSeconds());
        ((long?)authenticated["balance"], (long?)authenticated["locked"]).ShouldBe((900, 100));
        ((string?)authenticated["linkedUserId"]).ShouldBe("user-1");
        authenticated["permissions"]!.ToJsonString().ShouldBe("""{"maxStakePerRound":100,"allowedGames":["dice"],"dailyLossLimit":500}""");
        ((ulong?)authenticated["sequence"]).ShouldBe(1ul);
        world.Tables.Heard.ShouldContain($"connected:{session.Id}");
    }

    [Fact]
    public async Task V45_SignIn_D4_a_token_in_the_url_is_refused()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await AgentSocket.ConnectAsync(new Uri(world.Url, $"/ws?token={SessionsDouble.TokenOf(session.Id)}"));
        agent.Status.ShouldBe(StatusCodes.Status400BadRequest);
    }

    [Theory]
    [InlineData("https://game.example", 0)]
    [InlineData("https://game.example.evil.example", StatusCodes.Status403Forbidden)]
    [InlineData("http://game.example", StatusCodes.Status403Forbidden)]
    [InlineData("https://game.example:444", StatusCodes.Status403Forbidden)]
    [InlineData("null", StatusCodes.Status403Forbidden)]
    [InlineData("", StatusCodes.Status403Forbidden)]
    public async Task V77_only_pages_of_listed_origins_connect(string origin, int status)
    {
        await using var world = await GatewayWorld.OpenAsync(options => options.AllowedOrigins = ["https://game.example"]);
        await using var agent = await AgentSocket.ConnectAsync(world.Url, options => options.SetRequestHeader("Origin", origin));
        agent.Status.ShouldBe(status);
    }

    [Theory]
    [InlineData(true, "203.0.113.5", StatusCodes.Status403Forbidden)]
    [InlineData(true, "127.0.0.1", 0)]
    [InlineData(false, "203.0.113.5", 0)]
    public async Task SignIn_D9_without_TLS_only_this_machine_connects(bool required, string address, int status)
    {
        await using var world = await GatewayWorld.OpenAsync(
            options => options.RequireTls = required,
            before: host => host.Use((context, next) =>
            {
                context.Connection.RemoteIpAddress = System.Net.IPAddress.Parse(address);
                return next(context);
            }));
        await using var agent = await AgentSocket.ConnectAsync(world.Url);
        agent.Status.ShouldBe(status);
    }

    [Fact]
    public async Task A_plain_request_is_told_that_this_is_a_WebSocket()
    {
        await using var world = await GatewayWorld.OpenAsync();
        using var client = new HttpClient();
        using var reply = await client.GetAsync(new UriBuilder(world.Url) { Scheme = "http" }.Uri);
        ((int)reply.StatusCode).ShouldBe(StatusCodes.Status426UpgradeRequired);
        (await reply.Content.ReadAsStringAsync()).ShouldContain("websocket_required");
    }

    [Fact]
    public async Task SignIn_D5_a_connection_without_session_is_closed_after_ten_seconds()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(9));
        var heard = agent.HearAsync();
        heard.IsCompleted.ShouldBeFalse();
        (await world.UntilAsync(heard, TimeSpan.FromSeconds(1))).Type.ShouldBe("error");
        await agent.ExpectCloseAsync(4001);
    }

    [Theory]
    [InlineData("submit_action", ""","gameType":"dice","tableId":"t1","payload":{"action":"bet"}""")]
    [InlineData("balance_query", "")]
    [InlineData("session_extend", "")]
    [InlineData("heartbeat", ""","direction":"ping" """)]
    [InlineData("chat", "")]
    public async Task V68_a_message_before_authenticate_ends_the_connection(string type, string members)
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync();
        var id = await agent.SayAsync(type, members);
        ((string?)(await agent.ExpectErrorAsync("AUTH_REQUIRED"))["relatedMessageId"]).ShouldBe(id);
        await agent.ExpectCloseAsync(4005);
        world.Tables.Heard.ShouldBeEmpty();
    }

    [Fact]
    public async Task V43_a_sessions_id_alone_reconnects_nothing()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync();
        await agent.SayAsync("reconnect", $$""","sessionId":"{{session.Id}}" """);
        await agent.ExpectErrorAsync("AUTH_REQUIRED");
        await agent.ExpectCloseAsync(4005);
    }

    [Fact]
    public async Task V44_a_session_id_of_the_clients_choice_is_ignored()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync();
        await agent.SayAsync("authenticate", $$""","token":"{{SessionsDouble.TokenOf(session.Id)}}","sessionId":"mine" """);
        ((string?)(await agent.ExpectAsync("authenticated"))["sessionId"]).ShouldBe(session.Id);
    }

    [Fact]
    public async Task V69_a_second_authenticate_ends_the_connection()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync(session);
        await GatewayWorld.AuthenticateAsync(agent, session);
        await agent.ExpectErrorAsync("MALFORMED_MESSAGE");
        await agent.ExpectCloseAsync(4005);
    }

    [Theory]
    [InlineData("pst_unknown", "AUTH_INVALID", 4003)]
    [InlineData("", "AUTH_INVALID", 4003)]
    public async Task A_token_that_opens_nothing_is_refused(string token, string code, int closeCode)
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync();
        await agent.SayAsync("authenticate", $$""","token":"{{token}}" """);
        await agent.ExpectErrorAsync(code);
        await agent.ExpectCloseAsync(closeCode);
    }

    [Fact]
    public async Task V51_the_token_of_an_ended_session_is_refused()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await world.Sessions.EndAsync(session.Id, AgentSessionEnd.Revoked);
        await using var agent = await world.ConnectAsync();
        await GatewayWorld.AuthenticateAsync(agent, session);
        await agent.ExpectErrorAsync("SESSION_REVOKED");
        await agent.ExpectCloseAsync(4010);
    }

    [Fact]
    public async Task SignIn_D7_another_protocol_version_is_refused()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        await using var agent = await world.ConnectAsync();
        await agent.SendAsync($$"""{"type":"authenticate","messageId":"m1","protocolVersion":"2.0","token":"{{SessionsDouble.TokenOf(session.Id)}}"}""");
        await agent.ExpectErrorAsync("VERSION_UNSUPPORTED");
        await agent.ExpectCloseAsync(4012);
    }

    [Fact]
    public async Task SignIn_D8_a_binary_frame_ends_the_connection()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync();
        await agent.SendAsync("{}"u8.ToArray(), WebSocketMessageType.Binary);
        await agent.ExpectErrorAsync("MALFORMED_MESSAGE");
        await agent.ExpectCloseAsync(1003);
    }

    [Fact]
    public async Task SignIn_D8_a_text_that_is_not_UTF_8_ends_the_connection()
    {
        await using var world = await GatewayWorld.OpenAsync();
        await using var agent = await world.ConnectAsync();
        await agent.SendAsync([.. """{"type":"a"""u8, 0xff, 0xfe, .. "\"}"u8]);
        var heard = await agent.HearAsync();
        (heard.CloseCode ?? (await agent.HearAsync()).CloseCode).ShouldBe(1007);
    }

    [Fact]
    public async Task V46_no_token_stands_in_a_reply_or_a_log()
    {
        await using var world = await GatewayWorld.OpenAsync();
        var session = await world.SignInAsync();
        var token = SessionsDouble.TokenOf(session.Id);
        foreach (var text in new[]
        {
            $$"""{"type":"authenticate","messageId":"m1","protocolVersion":"1.0","token":"{{token}}","token":"x"}""",
            $$"""{"type":"authenticate","messageId":"m1","protocolVersion":"9","token":"{{token}}"}""",
            $$"""{"type":"authenticate","messageId":"m1","protocolVersion":"1.0","token":"{{token}}""",
            $$"""{"type":"{{token}}","messageId":"m1"}""",
            $$"""{"type":"authenticate","messageId":"m1","protocolVersion":"1.0","token":["{{token}}"]}""",
        })
        {
            await using var agent = await world.ConnectAsync();
            await agent.SendAsync(text);
            while ((await agent.HearAsync()).CloseCode is null)
            {
            }

            agent.Transcript.ShouldAllBe(line => !line.Contains(token, StringComparison.Ordinal));
        }

        await using var opened = await world.ConnectAsync(session);
        await opened.SendAsync($$"""{"type":"reconnect","messageId":"m7","sessionId":"other","token":"{{token}}"}""");
        await opened.ExpectErrorAsync("RESUME_FAILED");
        opened.Transcript.ShouldAllBe(line => !line.Contains(token, StringComparison.Ordinal));
        world.Log.ShouldAllBe(line => !line.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_connections_than_the_process_holds_are_refused_before_the_upgrade()
    {
        await using var world = await GatewayWorld.OpenAsync(options => options.MaxUnauthenticated = 2);
        await using var one = await world.ConnectAsync();
        await using var two = await world.ConnectAsync();
        await using var three = await AgentSocket.ConnectAsync(world.Url);
        three.Status.ShouldBe(StatusCodes.Status503ServiceUnavailable);
        await GatewayWorld.AuthenticateAsync(one, await world.SignInAsync());
        await one.ExpectAsync("authenticated");
        await using var four = await world.ConnectAsync();
    }

    [Fact]
    public async Task Connections_of_one_address_are_limited()
    {
        await using var world = await GatewayWorld.OpenAsync(options => options.PerAddress = new(60, 2));
        await using var one = await world.ConnectAsync();
        await using var two = await world.ConnectAsync();
        await using var three = await AgentSocket.ConnectAsync(world.Url);
        three.Status.ShouldBe(StatusCodes.Status429TooManyRequests);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await using var four = await world.ConnectAsync();
    }
}
