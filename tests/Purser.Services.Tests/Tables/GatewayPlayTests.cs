using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Purser.Ethereum;
using Purser.Protocol.Tables;
using Purser.Services.Gateway;
using Purser.Services.SignIn;
using Purser.Services.Tables;
using Purser.Services.Tests.Gateway;
using Purser.Services.Tests.Payments;

namespace Purser.Services.Tests.Tables;

/// <summary>Agents at a table over the real gateway, on real sockets: what they are sent is enough to play, and to check that the play was fair.</summary>
public sealed class GatewayPlayTests : TableContract
{
    protected override bool OnPostgres => false;

    [Fact]
    public async Task V79_two_agents_play_a_hand_over_the_gateway_and_check_it_and_V52_one_whose_session_ends_folds()
    {
        var world = await OpenAsync();
        await using var host = await HostAsync(world);
        var tables = host.Services.GetRequiredService<StoreTables>();
        var (ann, bob) = (world.Agent("ann"), world.Agent("bob"));
        await using var one = await SeatAsync(host, tables, ann);
        await using var two = await SeatAsync(host, tables, bob);

        var played = await Task.WhenAll(PlayAsync(one, "seed-of-ann"), PlayAsync(two, "seed-of-bob"));
        played[0].Seed.ShouldBe(played[1].Seed);
        var seed = Convert.FromHexString(played[0].Seed);
        FairDraw.Matches(played[0].Hash, seed).ShouldBeTrue();
        var deck = FairDraw.Shuffle(seed, [ClientSeed.Parse("seed-of-ann"), ClientSeed.Parse("seed-of-bob")], 1);
        played[0].Cards.ShouldBe(Names(deck[1], deck[3])); // ann has the first button
        played[1].Cards.ShouldBe(Names(deck[0], deck[2]));

        // The next hand: bob has the button, and is to act when his session ends.
        await SubmitAsync(one, """{"action":"ready","clientSeed":"a"}""");
        await SubmitAsync(two, """{"action":"ready","clientSeed":"b"}""");
        while ((string?)(await UntilAsync(two, "game_action_request"))["payload"]!["state"]!["phase"] != "preflop")
        {
        }

        world.Sessions.Live.TryRemove(bob.Id, out _);
        await world.Store.WriteAsync(transaction => transaction.Notify(IAgentSessions.Channel, bob.Id));
        var from = world.Clock.GetUtcNow();
        var result = UntilAsync(one, "round_result");
        while (await Task.WhenAny(result, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None)) != result)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(100)); // another process's notifications are looked for by the clock
            (world.Clock.GetUtcNow() - from).ShouldBeLessThan(TimeSpan.FromSeconds(29), "the time ran out before the end of the session was heard of");
        }

        ((string?)(await result)["payload"]!["winners"]![0]!["playerId"]).ShouldBe(ann.Wallet.ToString());
        (await tables.BalanceAsync(bob)).Locked.ShouldBe(0);
        (await tables.AuditAsync()).ShouldBeEmpty();
    }

    private static string Names(params Card[] cards)
    {
        string[] suits = ["clubs", "diamonds", "hearts", "spades"];
        return string.Join(' ', cards.Select(card => $"{suits[card.Suit]}-{card.Rank + 2}"));
    }

    private static async Task<WebApplication> HostAsync(TableWorld world)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddSingleton<TimeProvider>(world.Clock);
        builder.Services.AddSingleton<IRandom>(new SeededRandom(7));
        builder.Services.AddSingleton(world.Store);
        builder.Services.AddSingleton<IAgentLinks>(world.Links);
        builder.Services.AddSingleton<IAgentSessions>(world.Sessions);
        builder.Services.AddAgentGateway(options => options.PerAddress = null);
        builder.Services.AddTables(options => options.Rooms = world.Options.Rooms);
        var host = builder.Build();
        host.MapAgentGateway();
        await host.StartAsync();
        return host;
    }

    private static async Task<AgentSocket> SeatAsync(WebApplication host, StoreTables tables, AgentSession session)
    {
        var root = new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        var socket = await AgentSocket.ConnectAsync(new UriBuilder(root) { Scheme = "ws", Path = "/ws" }.Uri);
        await socket.ExpectAsync("hello");
        await socket.SayAsync("authenticate", $",\"token\":\"{session.Id}\"");
        await socket.ExpectAsync("authenticated");
        (await tables.JoinAsync(session, "holdem-1", 100)).ShouldBeOfType<RoomAnswer.Done>();
        return socket;
    }

    private static Task SubmitAsync(AgentSocket socket, string payload) =>
        socket.SayAsync("submit_action", $",\"gameType\":\"texas-holdem\",\"tableId\":\"holdem-1\",\"payload\":{payload}");

    private static async Task<JsonObject> UntilAsync(AgentSocket socket, string type)
    {
        while (true)
        {
            var heard = await socket.HearAsync();
            heard.CloseCode.ShouldBeNull();
            heard.Type.ShouldNotBe("game_error", heard.Message!.ToJsonString());
            if (heard.Type == type)
            {
                return heard.Message!;
            }
        }
    }

    // Takes what it is offered, without a notion of poker: checks where that is free, calls otherwise.
    private static async Task<(string Hash, string Seed, string Cards)> PlayAsync(AgentSocket socket, string seed)
    {
        var (hash, cards) = ("", "");
        while (true)
        {
            var message = (await socket.HearAsync()).Message.ShouldNotBeNull();
            switch ((string?)message["type"])
            {
                case "seed_commitment" when hash.Length == 0:
                    hash = (string)message["seedHash"]!;
                    break;
                case "seed_reveal":
                    return (hash, (string)message["seed"]!, cards);
                case "game_action_request":
                    var payload = message["payload"]!;
                    if (payload["state"]!["holeCards"] is JsonArray { Count: 2 } hole)
                    {
                        cards = string.Join(' ', hole.Select(card => $"{card!["suit"]}-{card["rank"]}"));
                    }

                    var offered = payload["availableActions"]!.AsArray().Select(action => (string)action!["type"]!).ToList();
                    var choice = offered.Contains("ready") ? "ready" : offered.Contains("check") ? "check" : "call";
                    await SubmitAsync(socket, choice == "ready" ? $$"""{"action":"ready","clientSeed":"{{seed}}"}""" : $$"""{"action":"{{choice}}"}""");
                    break;
            }
        }
    }
}
