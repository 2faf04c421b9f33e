using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Tables;
using Purser.Services.Gateway;
using Purser.Services.SignIn;
using Purser.Services.Tables;

namespace Purser.Services.Tests.Tables;

/// <summary>The REST side of the tables (specs/signin.md 1.2), behind the bearer scheme of the sign-in.</summary>
public sealed class TableEndpointTests : TableContract
{
    protected override bool OnPostgres => false;

    private static async Task<(WebApplication Host, HttpClient Client)> HostAsync(TableWorld world)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton<TimeProvider>(world.Clock);
        builder.Services.AddSingleton(world.Store);
        builder.Services.AddSingleton<IAgentLinks>(world.Links);
        builder.Services.AddSingleton<IAgentSessions>(world.Sessions);
        builder.Services.AddSingleton<IGatewayOutbox>(world.Heard);
        builder.Services.AddTables(options => options.Rooms = world.Options.Rooms);
        builder.Services.AddAuthentication().AddAgentBearer();
        var host = builder.Build();
        host.UseAuthentication();
        host.UseAuthorization();
        host.MapTables("/api");
        await host.StartAsync();
        return (host, host.GetTestClient());
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpClient client, AgentSession? session, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (session is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", session.Id); // the double finds a session by its id
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.StartsWith('{') ? JsonElement.Parse(text) : JsonSerializer.SerializeToElement(text));
    }

    [Fact]
    public async Task Every_endpoint_wants_a_session()
    {
        var world = await OpenAsync();
        var (host, client) = await HostAsync(world);
        await using var _ = host;
        foreach (var (method, path) in ((string, string)[])[("GET", "games"), ("GET", "games/dice/spec"), ("GET", "lobby"), ("POST", "rooms"), ("POST", "rooms/dice-1/join"), ("POST", "rooms/dice-1/leave"), ("GET", "wallet/config"), ("GET", "wallet/balance"), ("GET", "wallet/transactions"), ("POST", "wallet/withdraw")])
        {
            (await SendAsync(client, null, method, "/api/" + path)).Status.ShouldBe(HttpStatusCode.Unauthorized, path);
        }
    }

    [Fact]
    public async Task Games_and_their_documents_are_served()
    {
        var world = await OpenAsync();
        var (host, client) = await HostAsync(world);
        await using var _ = host;
        var ann = world.Agent("ann");
        (await SendAsync(client, ann, "GET", "/api/games")).Body.GetProperty("games").EnumerateArray().Select(game => game.GetProperty("gameType").GetString()).ShouldBe(["dice", "texas-holdem"]);
        foreach (var game in (string[])["dice", "texas-holdem"])
        {
            var text = (await SendAsync(client, ann, "GET", $"/api/games/{game}/spec")).Body.GetString()!;
            text.ShouldStartWith($"---\ngameType: {game}\n");
            text.ShouldContain("schemaFormat: json-schema");
        }

        (await SendAsync(client, ann, "GET", "/api/games/Dice/spec")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_room_is_opened_joined_played_and_left()
    {
        var world = await OpenAsync();
        var (host, client) = await HostAsync(world);
        await using var _ = host;
        var ann = world.Agent("ann");
        var (status, room) = await SendAsync(client, ann, "POST", "/api/rooms", """{"gameType":"dice","maxStake":50}""");
        status.ShouldBe(HttpStatusCode.Created);
        var id = room.GetProperty("id").GetString()!;
        (await SendAsync(client, ann, "POST", $"/api/rooms/{id}/join", "{}")).Body.GetProperty("seat").GetInt32().ShouldBe(0);
        var mine = (await SendAsync(client, ann, "GET", "/api/lobby")).Body.GetProperty("rooms").EnumerateArray().Single(each => each.GetProperty("id").GetString() == id);
        mine.GetProperty("playerCount").GetInt32().ShouldBe(1);
        mine.GetProperty("players")[0].GetProperty("playerId").GetString().ShouldBe(ann.Wallet.ToString());
        (await world.BetAsync(ann, id, 50)).ShouldBeOfType<TableAnswer.Accepted>();
        var balance = (await SendAsync(client, ann, "GET", "/api/wallet/balance")).Body;
        (balance.GetProperty("available").GetInt64(), balance.GetProperty("locked").GetInt64(), balance.GetProperty("balance").GetInt64()).ShouldBe((950, 50, 1000));
        (await SendAsync(client, ann, "POST", $"/api/rooms/{id}/leave")).Status.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(client, ann, "POST", $"/api/rooms/{id}/leave")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{"gameType":"dice","maxStake":-1}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"gameType":"dice","maxStake":1.5}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"gameType":"dice","minStake":60,"maxStake":50}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"gameType":"dice","gameType":"dice"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"gameType":"roulette"}""", HttpStatusCode.NotFound)]
    [InlineData("""{"gameType":"dice" """, HttpStatusCode.BadRequest)]
    [InlineData("[]", HttpStatusCode.BadRequest)]
    public async Task A_room_with_terms_that_cannot_be_meant_is_refused(string body, HttpStatusCode expected)
    {
        var world = await OpenAsync();
        var (host, client) = await HostAsync(world);
        await using var _ = host;
        (await SendAsync(client, world.Agent("ann"), "POST", "/api/rooms", body)).Status.ShouldBe(expected);
    }

    [Fact]
    public async Task V67_SignIn_G5_refusals_carry_their_code_in_a_problem()
    {
        var world = await OpenAsync();
        var (host, client) = await HostAsync(world);
        await using var _ = host;
        var ann = world.Agent("ann", new() { MaxStakePerRound = 50, AllowedGames = ["texas-holdem"] });
        foreach (var (path, body, status, code) in ((string, string, HttpStatusCode, string)[])
        [
            ("holdem-1", """{"buyIn":60}""", HttpStatusCode.Forbidden, TableCodes.StakeLimitExceeded),
            ("holdem-1", """{"buyIn":1}""", HttpStatusCode.BadRequest, TableCodes.InvalidAmount),
            ("holdem-1", """{"buyIn":1.5}""", HttpStatusCode.BadRequest, TableCodes.InvalidAmount),
            ("holdem-1", """{"buyIn":1e400}""", HttpStatusCode.BadRequest, TableCodes.InvalidAmount),
            ("dice-1", "{}", HttpStatusCode.Forbidden, TableCodes.GameNotAllowed),
            ("nowhere", "{}", HttpStatusCode.NotFound, TableCodes.TableNotFound),
        ])
        {
            var answer = await SendAsync(client, ann, "POST", $"/api/rooms/{path}/join", body);
            answer.Status.ShouldBe(status, body);
            answer.Body.GetProperty("code").GetString().ShouldBe(code);
            answer.Body.GetProperty("hint").GetString().ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public async Task Play_credits_are_not_paid_out_and_the_history_is_paged()
    {
        var world = await OpenAsync();
        var (host, client) = await HostAsync(world);
        await using var _ = host;
        var ann = world.Agent("ann");
        var withdraw = await SendAsync(client, ann, "POST", "/api/wallet/withdraw", """{"amount":1}""");
        (withdraw.Status, withdraw.Body.GetProperty("code").GetString()).ShouldBe((HttpStatusCode.Forbidden, TableCodes.PermissionDenied));
        (await SendAsync(client, ann, "GET", "/api/wallet/config")).Body.GetProperty("withdraw").GetBoolean().ShouldBeFalse();
        await world.SitAsync(ann, "dice-1");
        await world.LoseAsync(ann, "dice-1", 7);
        var all = (await SendAsync(client, ann, "GET", "/api/wallet/transactions")).Body.GetProperty("transactions").EnumerateArray().ToList();
        all.Select(each => (each.GetProperty("type").GetString(), each.GetProperty("amount").GetInt64(), each.GetProperty("balance").GetInt64())).ShouldBe([("game_loss", -7, 993), ("deposit", 1000, 1000)]);
        var rest = (await SendAsync(client, ann, "GET", $"/api/wallet/transactions?limit=1&before={all[0].GetProperty("txId").GetString()}")).Body.GetProperty("transactions");
        rest.EnumerateArray().ShouldHaveSingleItem().GetProperty("type").GetString().ShouldBe("deposit");
        foreach (var query in (string[])["limit=0", "limit=201", "limit=-1", "limit=x", "limit=1&limit=2", "before=0"])
        {
            (await SendAsync(client, ann, "GET", "/api/wallet/transactions?" + query)).Status.ShouldBe(HttpStatusCode.BadRequest, query);
        }
    }

    [Fact]
    public async Task The_keeper_lets_go_of_sessions_that_ended_while_nobody_looked()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann");
        await world.SitAsync(ann, "dice-1");
        world.Sessions.Live.TryRemove(ann.Id, out _);
        var (host, _) = await HostAsync(world);
        await using (host)
        {
            // The keeper reads all sessions when it begins to listen; the test waits for what it does, not for a time.
            while ((await world.Tables.LobbyAsync()).Any(room => room.Players.Count > 0))
            {
                await Task.Yield();
            }
        }
    }
}
