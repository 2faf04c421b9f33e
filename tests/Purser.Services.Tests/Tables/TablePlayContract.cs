using Purser.Protocol.Tables;
using Purser.Protocol.Tables.Messages;
using Purser.Services.Gateway;
using Purser.Services.SignIn;
using Purser.Services.Tables;
using Purser.Testing;
using static Purser.Services.Tests.Tables.TableWorld;

namespace Purser.Services.Tests.Tables;

/// <summary>Play at tables that live in the store: what is told to whom, what a timeout, a lost connection and an ended session do.</summary>
public abstract class TablePlayContract : TableContract
{
    private const string Ready = """{"action":"ready","clientSeed":"c"}""";

    private async Task<(TableWorld World, AgentSession Ann, AgentSession Bob)> HoldemAsync(long buyIn = 100)
    {
        var world = await OpenAsync();
        var (ann, bob) = (world.Agent("ann"), world.Agent("bob"));
        await world.SitAsync(ann, "holdem-1", buyIn);
        await world.SitAsync(bob, "holdem-1", buyIn);
        return (world, ann, bob);
    }

    [Fact]
    public async Task V80_the_commitment_is_told_before_anything_is_dealt_and_V79_the_reveal_matches_it()
    {
        var (world, ann, bob) = await HoldemAsync();
        var commitment = world.Heard.By<GatewayMessage.SeedCommitment>(ann.Id).ShouldHaveSingleItem();
        world.Heard.By<GatewayMessage.GameActionRequest>(ann.Id).ShouldHaveSingleItem().Payload.GetProperty("availableActions")[0].GetProperty("type").GetString().ShouldBe("ready");
        await world.DealAsync("holdem-1", ann, bob);
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"fold"}"""))).ShouldBe("");
        var all = world.Heard.All(ann.Id).ToList();
        all.FindIndex(message => message is GatewayMessage.SeedCommitment).ShouldBeLessThan(all.FindIndex(message => message is GatewayMessage.GameStateUpdate));
        var reveal = world.Heard.By<GatewayMessage.SeedReveal>(bob.Id).ShouldHaveSingleItem();
        reveal.HandId.ShouldBe(commitment.HandId);
        FairDraw.Matches(commitment.SeedHash, Convert.FromHexString(reveal.Seed)).ShouldBeTrue();
        var result = world.Heard.By<GatewayMessage.RoundResult>(bob.Id).ShouldHaveSingleItem().Payload;
        result.GetProperty("winners")[0].GetProperty("netAmount").GetInt64().ShouldBe(5);
        result.GetProperty("rake").GetInt64().ShouldBe(0);
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task Nobody_is_told_another_players_cards_while_the_hand_runs()
    {
        var (world, ann, bob) = await HoldemAsync();
        await world.DealAsync("holdem-1", ann, bob);
        await world.ActAsync(ann, "holdem-1", """{"action":"call"}""");
        var cards = new Dictionary<string, string>();
        foreach (var who in (AgentSession[])[ann, bob])
        {
            cards[who.Id] = (await world.Tables.SnapshotsAsync(who)).ShouldHaveSingleItem().CurrentState.GetProperty("state").GetProperty("holeCards").GetRawText();
        }

        cards[ann.Id].ShouldNotBe(cards[bob.Id]);
        foreach (var message in world.Heard.All(ann.Id).Select(GatewayText))
        {
            message.ShouldNotContain(cards[bob.Id]);
        }

        foreach (var message in world.Heard.All(bob.Id).Select(GatewayText))
        {
            message.ShouldNotContain(cards[ann.Id]);
        }

        static string GatewayText(GatewayMessage message) => System.Text.Encoding.UTF8.GetString(GatewayWriter.Write(new(new("m"), message)));
    }

    [Fact]
    public async Task V78_an_action_out_of_turn_late_twice_or_by_a_stranger_is_refused()
    {
        var (world, ann, bob) = await HoldemAsync();
        await world.DealAsync("holdem-1", ann, bob);
        (await CodeOf(world.ActAsync(bob, "holdem-1", """{"action":"check"}"""))).ShouldBe(TableCodes.NotYourTurn);
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"call"}""", messageId: "same"))).ShouldBe("");
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"call"}""", messageId: "same", on: await world.ReplicaAsync()))).ShouldBe("DUPLICATE_MESSAGE");
        (await CodeOf(world.ActAsync(world.Agent("eve"), "holdem-1", """{"action":"check"}"""))).ShouldBe(TableCodes.TableNotFound);
        (await CodeOf(world.ActAsync(ann, "holdem-9", """{"action":"check"}"""))).ShouldBe(TableCodes.TableNotFound);

        // Bob's time ends without anybody having looked: his late raise finds that he has checked.
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        (await CodeOf(world.ActAsync(bob, "holdem-1", """{"action":"raise","amount":40}"""))).ShouldBe("");
        (await world.Tables.SnapshotsAsync(bob))[0].CurrentState.GetProperty("state").GetProperty("phase").GetString().ShouldBe("flop");
        world.Heard.By<GatewayMessage.GameError>(bob.Id).ShouldHaveSingleItem().Code.ShouldBe(TableCodes.Timeout);
    }

    [Fact]
    public async Task A_player_who_lets_his_time_run_out_folds_and_one_who_is_not_ready_loses_his_seat()
    {
        var (world, ann, bob) = await HoldemAsync();
        await world.DealAsync("holdem-1", ann, bob);
        await world.CloseAsync();
        world.Heard.By<GatewayMessage.RoundResult>(bob.Id).ShouldHaveSingleItem();
        (await world.Tables.BalanceAsync(bob)).ShouldBe(new AgentBalance(900, 105));
        (await world.ActAsync(bob, "holdem-1", Ready)).ShouldBeOfType<TableAnswer.Accepted>();
        await world.CloseAsync();
        (await world.Tables.BalanceAsync(ann)).ShouldBe(new AgentBalance(995, 0));
        (await world.Tables.BalanceAsync(bob)).ShouldBe(new AgentBalance(900, 105));
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task V52_a_session_that_ends_in_the_middle_of_a_hand_folds_once_however_many_replicas_hear_of_it()
    {
        var (world, ann, bob) = await HoldemAsync();
        await world.DealAsync("holdem-1", ann, bob);
        await world.ActAsync(ann, "holdem-1", """{"action":"raise","amount":30}""");
        var other = await world.ReplicaAsync();
        world.Heard.Clear();
        await world.Sessions.EndAsync(ann.Id, AgentSessionEnd.Revoked);
        await Task.WhenAll(world.Tables.SessionEndedAsync(ann.Id), other.SessionEndedAsync(ann.Id), other.CheckSessionsAsync());
        world.Heard.By<GatewayMessage.RoundResult>(bob.Id).ShouldHaveSingleItem().Payload.GetProperty("winners")[0].GetProperty("netAmount").GetInt64().ShouldBe(10);
        world.Heard.By<GatewayMessage.GameStateUpdate>(bob.Id).ShouldHaveSingleItem();
        (await world.Tables.BalanceAsync(ann)).ShouldBe(new AgentBalance(990, 0));
        (await world.Tables.BalanceAsync(bob)).ShouldBe(new AgentBalance(900, 110));
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"call"}"""))).ShouldBe(TableCodes.TableNotFound);
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task V52_who_is_all_in_when_his_session_ends_is_settled_by_the_cards()
    {
        var (world, ann, bob) = await HoldemAsync();
        await world.DealAsync("holdem-1", ann, bob);
        await world.ActAsync(ann, "holdem-1", """{"action":"all_in"}""");
        await world.Tables.SessionEndedAsync(ann.Id);
        (await world.Tables.BalanceAsync(ann)).ShouldBe(new AgentBalance(900, 100));
        (await CodeOf(world.ActAsync(bob, "holdem-1", """{"action":"call"}"""))).ShouldBe("");
        (await world.Tables.BalanceAsync(ann)).Locked.ShouldBe(0);
        var (one, two) = ((await world.Tables.BalanceAsync(ann)).Available, await world.Tables.BalanceAsync(bob));
        (one + two.Available + two.Locked).ShouldBe(2000);
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task SignIn_E8_within_the_reconnect_window_the_seat_is_kept_and_after_it_given_up_and_the_session_ended()
    {
        var (world, ann, bob) = await HoldemAsync();
        await world.DealAsync("holdem-1", ann, bob);
        await world.Tables.DroppedAsync(ann, world.Clock.GetUtcNow().AddSeconds(120));
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        await world.Tables.SweepAsync();
        await world.Tables.ConnectedAsync(ann);
        (await world.Tables.SnapshotsAsync(ann)).ShouldHaveSingleItem().CurrentState.GetProperty("availableActions").GetArrayLength().ShouldBeGreaterThan(0);
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"call"}"""))).ShouldBe("");

        await world.Tables.DroppedAsync(bob, world.Clock.GetUtcNow().AddSeconds(20));
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        await Task.WhenAll(world.Tables.SweepAsync(), (await world.ReplicaAsync()).SweepAsync());
        (await world.Tables.BalanceAsync(bob)).ShouldBe(new AgentBalance(990, 0));
        world.Sessions.Ended.ShouldContain((bob.Id, AgentSessionEnd.ReconnectWindow));
        world.Sessions.Ended.ShouldNotContain((ann.Id, AgentSessionEnd.ReconnectWindow));
        (await world.Tables.SnapshotsAsync(bob)).ShouldBeEmpty();
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task SignIn_E8_a_wallet_that_signed_in_anew_keeps_its_seat_when_the_window_of_the_old_session_ends()
    {
        var (world, ann, bob) = await HoldemAsync();
        await world.Tables.DroppedAsync(ann, world.Clock.GetUtcNow().AddSeconds(10));
        var again = world.Session("ann", id: "ses-new");
        await world.Tables.ConnectedAsync(again);
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await world.Tables.SweepAsync();
        world.Sessions.Ended.ShouldContain((ann.Id, AgentSessionEnd.ReconnectWindow));
        (await world.Tables.SnapshotsAsync(again)).Count.ShouldBe(1);
        await world.DealAsync("holdem-1", again, bob);
        world.Heard.By<GatewayMessage.GameActionRequest>("ses-new").ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Leaving_gives_back_what_is_not_staked()
    {
        var (world, ann, bob) = await HoldemAsync();
        await world.DealAsync("holdem-1", ann, bob);
        (await world.Tables.LeaveAsync(bob, "holdem-1")).ShouldBeOfType<RoomAnswer.Done>();
        (await world.Tables.BalanceAsync(bob)).ShouldBe(new AgentBalance(995, 0));
        (await CodeOf(world.Tables.LeaveAsync(bob, "holdem-1"))).ShouldBe(TableCodes.TableNotFound);
        (await world.Tables.BalanceAsync(ann)).ShouldBe(new AgentBalance(900, 105));
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task A_bet_of_dice_stays_when_its_player_leaves_and_is_paid_to_his_account()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann");
        await world.SitAsync(ann, "dice-1");
        (await CodeOf(world.BetAsync(ann, "dice-1", 100, DiceRound.MaxTarget))).ShouldBe("");
        await world.SitAsync(world.Agent("bob"), "dice-1");
        await world.Tables.LeaveAsync(ann, "dice-1");
        (await world.Tables.BalanceAsync(ann)).ShouldBe(new AgentBalance(900, 100));
        await world.CloseAsync();
        (await world.Tables.BalanceAsync(ann)).ShouldBe(new AgentBalance(1001, 0));
        (await world.Tables.Credits.EntriesAsync(ann.UserId, 1))[0].ShouldBe(new CreditEntry((await world.Tables.Credits.EntriesAsync(ann.UserId, 1))[0].Id, "game_win", 1, 1001, "dice-1", "dice", world.Clock.GetUtcNow().ToUnixTimeMilliseconds()));
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task A_seat_whose_player_left_a_bet_behind_is_nobody_elses_in_that_round()
    {
        var world = await OpenAsync();
        var (ann, bob, cid) = (world.Agent("ann"), world.Agent("bob"), world.Agent("cid"));
        await world.SitAsync(ann, "dice-1");
        await world.SitAsync(bob, "dice-1");
        await world.BetAsync(ann, "dice-1", 100, DiceRound.MaxTarget);
        await world.Tables.LeaveAsync(ann, "dice-1");
        await world.SitAsync(cid, "dice-1");
        await world.BetAsync(cid, "dice-1", 100, DiceRound.MaxTarget);
        (await world.Tables.BalanceAsync(ann)).Locked.ShouldBe(100);
        (await world.Tables.BalanceAsync(cid)).Locked.ShouldBe(100);
        (await world.Tables.AuditAsync()).ShouldBeEmpty();
        await world.CloseAsync();
        (await world.Tables.BalanceAsync(ann)).Locked.ShouldBe(0);
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task SignIn_H4_a_dice_table_goes_from_window_to_result_for_its_one_player_without_waiting()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann");
        await world.SitAsync(ann, "dice-1");
        world.Heard.By<GatewayMessage.BettingWindowOpen>(ann.Id).ShouldHaveSingleItem().TimeoutSeconds.ShouldBe(30);
        await world.BetAsync(ann, "dice-1", 10);
        (await CodeOf(world.ActAsync(ann, "dice-1", """{"action":"no_bet"}"""))).ShouldBe("");
        world.Heard.By<GatewayMessage.BettingWindowClosed>(ann.Id).ShouldHaveSingleItem();
        world.Heard.By<GatewayMessage.RoundResult>(ann.Id).ShouldHaveSingleItem();
        world.Heard.By<GatewayMessage.SeedCommitment>(ann.Id).Count.ShouldBe(2, "the next round is committed to at once");
        var seed = Convert.FromHexString(world.Heard.By<GatewayMessage.SeedReveal>(ann.Id).ShouldHaveSingleItem().Seed);
        var bet = world.Heard.By<GatewayMessage.RoundResult>(ann.Id)[0].Payload.GetProperty("state").GetProperty("bets")[0];
        bet.GetProperty("roll").GetInt32().ShouldBe(DiceRound.RollOf(seed, ClientSeed.Parse("c"), 0));
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task Two_replicas_play_one_table_as_if_they_were_one()
    {
        var (world, ann, bob) = await HoldemAsync();
        var other = await world.ReplicaAsync();
        await world.ActAsync(ann, "holdem-1", Ready);
        (await CodeOf(world.ActAsync(bob, "holdem-1", Ready, other))).ShouldBe("");
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"call"}""", other))).ShouldBe("");

        // The same action at both at once: it is taken once.
        var codes = await Task.WhenAll(
            CodeOf(world.ActAsync(bob, "holdem-1", """{"action":"check"}""", messageId: "one")),
            CodeOf(world.ActAsync(bob, "holdem-1", """{"action":"check"}""", other, "one")));
        codes.Order(StringComparer.Ordinal).ShouldBe(["", "DUPLICATE_MESSAGE"]);
        var states = new[] { (await world.Tables.SnapshotsAsync(ann))[0], (await other.SnapshotsAsync(ann))[0] };
        states[0].CurrentState.GetRawText().ShouldBe(states[1].CurrentState.GetRawText());
    }

    [Fact]
    public async Task Seats_end_when_they_are_all_taken_and_one_human_has_one_of_them()
    {
        var (world, _, _) = await HoldemAsync();
        (await CodeOf(world.Tables.JoinAsync(world.Agent("eve"), "holdem-1", 100))).ShouldBe(TableCodes.TableFull);
        (await CodeOf(world.Tables.JoinAsync(world.Agent("eve"), "nowhere", 100))).ShouldBe(TableCodes.TableNotFound);
        await world.SitAsync(world.Session("eve"), "holdem-2", 100);
        (await CodeOf(world.Tables.JoinAsync(world.Agent("eve2", user: "usr-eve"), "holdem-2", 40))).ShouldBe(TableCodes.PermissionDenied);
    }

    [Fact]
    public async Task An_audit_finds_a_credit_that_was_made_and_a_stake_that_was_changed()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann");
        await world.SitAsync(ann, "dice-1");
        await world.BetAsync(ann, "dice-1", 10);
        (await world.Tables.AuditAsync()).ShouldBeEmpty();
        await world.Store.WriteAsync(transaction => transaction.Execute("UPDATE table_account SET available = available + 1 WHERE user_id = 'usr-ann'"));
        (await world.Tables.AuditAsync()).ShouldHaveSingleItem().ShouldContain("made or lost");
        await world.Store.WriteAsync(transaction => transaction.Execute("UPDATE table_stake SET amount = amount - 1 WHERE user_id = 'usr-ann'"));
        (await world.Tables.AuditAsync()).ShouldHaveSingleItem().ShouldContain("dice-1");
    }

    [Fact]
    public async Task Tables_are_opened_up_to_a_bound_and_those_that_nobody_uses_make_room()
    {
        var world = await OpenAsync(options => options.MaxRooms = 6); // four are the operator's
        var ann = world.Agent("ann");
        var ids = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            ids.Add((await world.Tables.OpenRoomAsync(ann, "dice", new())).ShouldBeOfType<RoomAnswer.Done>().TableId);
        }

        await world.SitAsync(ann, ids[0]);
        (await CodeOf(world.Tables.OpenRoomAsync(ann, "dice", new()))).ShouldBe(TableCodes.TableFull);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        var third = (await world.Tables.OpenRoomAsync(ann, "dice", new())).ShouldBeOfType<RoomAnswer.Done>().TableId;
        (await world.Tables.LobbyAsync()).Select(room => room.Id).Where(id => id.Length > 10).ShouldBe([ids[0], third], ignoreOrder: true);
        (await CodeOf(world.Tables.OpenRoomAsync(ann, "dice", new()))).ShouldBe(TableCodes.TableFull);
    }

    [Fact]
    public async Task Who_has_lost_his_stack_gives_up_his_seat_and_the_button_moves_on_otherwise()
    {
        var (world, ann, bob) = await HoldemAsync();
        await world.DealAsync("holdem-1", ann, bob);
        await world.ActAsync(ann, "holdem-1", """{"action":"fold"}""");
        (await world.Tables.SnapshotsAsync(ann))[0].CurrentState.GetProperty("state").GetProperty("button").GetInt32().ShouldBe(1);
        for (var hand = 0; hand < 40 && (await world.Tables.SnapshotsAsync(ann)).Count + (await world.Tables.SnapshotsAsync(bob)).Count == 2; hand++)
        {
            await world.DealAsync("holdem-1", ann, bob);
            foreach (var who in (AgentSession[])[ann, bob, ann])
            {
                await world.ActAsync(who, "holdem-1", """{"action":"all_in"}""");
                await world.ActAsync(who, "holdem-1", """{"action":"call"}""");
            }
        }

        ((await world.Tables.SnapshotsAsync(ann)).Count + (await world.Tables.SnapshotsAsync(bob)).Count).ShouldBe(1);
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task SignIn_E9_any_play_on_two_replicas_keeps_every_credit() => await Seeded.RunAsync(Tier.Pick(3, 200), async seeded =>
    {
        var world = await OpenAsync();
        StoreTables[] replicas = [world.Tables, await world.ReplicaAsync()];
        var agents = Enumerable.Range(0, 3).Select(i => world.Agent($"a{seeded.Seed}-{i}")).ToArray();
        for (var step = 0; step < 120; step++)
        {
            var (agent, on) = (seeded.Pick(agents), seeded.Pick(replicas));
            await RandomPlay.StepAsync(world, seeded, agent, on);
            if (step % 20 == 0)
            {
                (await world.Tables.AuditAsync()).ShouldBeEmpty();
            }
        }

        // When everybody has gone, nothing is locked.
        foreach (var agent in agents)
        {
            await world.Tables.SessionEndedAsync(agent.Id);
        }

        await world.CloseAsync();
        var count = await world.Tables.Credits.CountAsync();
        (count.Stacks, count.Staked).ShouldBe((0, 0));
        count.IsWhole.ShouldBeTrue(count.ToString());
    });
}

public sealed class TablePlayOnSqliteTests : TablePlayContract
{
    protected override bool OnPostgres => false;
}

public sealed class TablePlayOnPostgresTests : TablePlayContract
{
    protected override bool OnPostgres => true;
}
