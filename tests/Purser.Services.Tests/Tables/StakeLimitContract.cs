using Purser.Protocol.Tables;
using Purser.Services.Gateway;
using Purser.Services.SignIn;
using Purser.Services.Tables;
using static Purser.Services.Tests.Tables.TableWorld;

namespace Purser.Services.Tests.Tables;

/// <summary>The limits of a link at every stake (specs/signin.md V61 to V67, checklist G1 to G3, G5): read from the link in the write that stakes.</summary>
public abstract class StakeLimitContract : TableContract
{
    [Fact]
    public async Task V61_SignIn_G1_bets_split_over_a_round_do_not_pass_the_stake_limit_together()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann", new() { MaxStakePerRound = 100 });
        await world.SitAsync(ann, "dice-1");
        (await CodeOf(world.BetAsync(ann, "dice-1", 101))).ShouldBe(TableCodes.StakeLimitExceeded);
        (await CodeOf(world.BetAsync(ann, "dice-1", 60))).ShouldBe("");
        (await CodeOf(world.BetAsync(ann, "dice-1", 41))).ShouldBe(TableCodes.StakeLimitExceeded);
        (await CodeOf(world.BetAsync(ann, "dice-1", 40))).ShouldBe("");
        (await CodeOf(world.BetAsync(ann, "dice-1", 1))).ShouldBe(TableCodes.StakeLimitExceeded);
        (await world.Tables.BalanceAsync(ann)).ShouldBe(new AgentBalance(900, 100));
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task V61_in_holdem_nobody_can_be_brought_to_stake_more_than_his_link_lets()
    {
        var world = await OpenAsync();
        var (ann, bob) = (world.Agent("ann", new() { MaxStakePerRound = 100 }), world.Agent("bob"));
        await world.SitAsync(ann, "holdem-1", 100);
        await world.SitAsync(bob, "holdem-1", 500);
        world.Links.Change("lnk-ann", link => link with { Permissions = new() { MaxStakePerRound = 60 } });
        await world.DealAsync("holdem-1", ann, bob);
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"raise","amount":61}"""))).ShouldBe(TableCodes.InvalidAmount); // dealt in with 60
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"all_in"}"""))).ShouldBe("");
        (await world.Tables.Credits.CountAsync()).Staked.ShouldBe(70);
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task V58_a_limit_that_is_tightened_in_the_middle_of_a_round_holds_for_the_next_stake()
    {
        var world = await OpenAsync();
        var (ann, bob) = (world.Agent("ann"), world.Agent("bob"));
        await world.SitAsync(ann, "holdem-1", 100);
        await world.SitAsync(bob, "holdem-1", 100);
        await world.DealAsync("holdem-1", ann, bob);
        world.Links.Change("lnk-ann", link => link with { Permissions = new() { MaxStakePerRound = 20 } });
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"raise","amount":40}"""))).ShouldBe(TableCodes.StakeLimitExceeded);
        (await CodeOf(world.ActAsync(ann, "holdem-1", """{"action":"call"}"""))).ShouldBe("");
    }

    [Fact]
    public async Task V62_money_at_risk_on_one_table_counts_on_the_other()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann", new() { DailyLossLimit = 100 });
        await world.SitAsync(ann, "dice-1");
        await world.SitAsync(ann, "dice-2");
        (await CodeOf(world.BetAsync(ann, "dice-1", 70))).ShouldBe("");
        (await CodeOf(world.BetAsync(ann, "dice-2", 31))).ShouldBe(TableCodes.DailyLossLimitReached);
        (await CodeOf(world.BetAsync(ann, "dice-2", 30))).ShouldBe("");
    }

    [Fact]
    public async Task V62_a_users_own_limit_holds_over_all_his_links()
    {
        var world = await OpenAsync(options => options.UserDailyLossLimit = 100);
        var (one, two) = (world.Agent("one", user: "usr-x"), world.Agent("two", user: "usr-x"));
        await world.SitAsync(one, "dice-1");
        await world.SitAsync(two, "dice-2");
        (await CodeOf(world.BetAsync(one, "dice-1", 70))).ShouldBe("");
        (await CodeOf(world.BetAsync(two, "dice-2", 31))).ShouldBe(TableCodes.DailyLossLimitReached);
        (await CodeOf(world.BetAsync(two, "dice-2", 30))).ShouldBe("");
    }

    [Fact]
    public async Task V63_SignIn_G3_a_loss_counts_for_24_hours_to_the_millisecond()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann", new() { DailyLossLimit = 100 });
        await world.SitAsync(ann, "dice-1");
        await world.LoseAsync(ann, "dice-1", 100);
        (await CodeOf(world.BetAsync(ann, "dice-1", 1))).ShouldBe(TableCodes.DailyLossLimitReached);
        world.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        (await CodeOf(world.BetAsync(ann, "dice-1", 1))).ShouldBe(TableCodes.DailyLossLimitReached);
        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await CodeOf(world.BetAsync(ann, "dice-1", 101))).ShouldBe(TableCodes.DailyLossLimitReached);
        (await CodeOf(world.BetAsync(ann, "dice-1", 100))).ShouldBe("");
    }

    [Fact]
    public async Task V63_losses_leave_the_window_one_by_one()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann", new() { DailyLossLimit = 100 });
        await world.SitAsync(ann, "dice-1");
        await world.LoseAsync(ann, "dice-1", 60);
        world.Clock.Advance(TimeSpan.FromHours(12));
        await world.LoseAsync(ann, "dice-1", 40);
        world.Clock.Advance(TimeSpan.FromHours(12));
        (await CodeOf(world.BetAsync(ann, "dice-1", 61))).ShouldBe(TableCodes.DailyLossLimitReached);
        (await CodeOf(world.BetAsync(ann, "dice-1", 60))).ShouldBe("");
    }

    [Fact]
    public async Task V64_wins_make_up_for_losses_and_never_raise_what_may_be_at_risk()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann", new() { DailyLossLimit = 100 });
        await world.SitAsync(ann, "dice-1");
        await world.WinAsync(ann, "dice-1", 100);
        (await CodeOf(world.BetAsync(ann, "dice-1", 101))).ShouldBe(TableCodes.DailyLossLimitReached);
        (await CodeOf(world.BetAsync(ann, "dice-1", 100))).ShouldBe("");
        (await CodeOf(world.BetAsync(ann, "dice-1", 1))).ShouldBe(TableCodes.DailyLossLimitReached);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("0.5")]
    [InlineData("1e400")]
    [InlineData("1e1")]
    [InlineData("\"NaN\"")]
    [InlineData("9007199254740992")]
    public async Task V65_an_amount_that_is_none_is_refused_and_moves_nothing(string amount)
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann");
        await world.SitAsync(ann, "dice-1");
        (await CodeOf(world.ActAsync(ann, "dice-1", $$"""{"action":"bet","amount":{{amount}},"target":5000,"clientSeed":"c"}"""))).ShouldBe(TableCodes.InvalidAmount);
        (await world.Tables.BalanceAsync(ann)).ShouldBe(new AgentBalance(1000, 0));
    }

    [Fact]
    public async Task V66_SignIn_G2_a_game_that_is_not_allowed_is_refused_and_names_are_compared_exactly()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann", new() { AllowedGames = ["texas-holdem"] });
        (await CodeOf(world.Tables.JoinAsync(ann, "dice-1", 0))).ShouldBe(TableCodes.GameNotAllowed);
        world.Links.Change("lnk-ann", link => link with { Permissions = new() { AllowedGames = ["Dice", "DICE"] } });
        (await CodeOf(world.Tables.JoinAsync(ann, "dice-1", 0))).ShouldBe(TableCodes.GameNotAllowed);
        world.Links.Change("lnk-ann", link => link with { Permissions = new() { AllowedGames = ["dice"] } });
        await world.SitAsync(ann, "dice-1");
        world.Links.Change("lnk-ann", link => link with { Permissions = new() { AllowedGames = [] } });
        (await CodeOf(world.BetAsync(ann, "dice-1", 1))).ShouldBe(TableCodes.GameNotAllowed);
        (await CodeOf(world.Tables.OpenRoomAsync(ann, "dice", new()))).ShouldBe(TableCodes.GameNotAllowed);
        (await CodeOf(world.Tables.OpenRoomAsync(ann, "Dice", new()))).ShouldBe(TableCodes.GameNotFound);
        (await CodeOf(world.Tables.ActAsync(ann, new TableAction("x", "roulette", "dice-1", default)))).ShouldBe(TableCodes.GameNotFound);
    }

    [Fact]
    public async Task V67_a_buy_in_stays_within_the_table_the_stake_limit_and_the_balance()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann", new() { MaxStakePerRound = 100 });
        (await CodeOf(world.Tables.JoinAsync(ann, "holdem-1", 39))).ShouldBe(TableCodes.InvalidAmount);
        (await CodeOf(world.Tables.JoinAsync(ann, "holdem-1", 1001))).ShouldBe(TableCodes.InvalidAmount);
        (await CodeOf(world.Tables.JoinAsync(ann, "holdem-1", 101))).ShouldBe(TableCodes.StakeLimitExceeded);
        (await CodeOf(world.Tables.JoinAsync(ann, "dice-1", 1))).ShouldBe(TableCodes.InvalidAmount);
        world.Links.Change("lnk-ann", link => link with { Permissions = new() });
        var bob = world.Agent("bob");
        await world.SitAsync(bob, "dice-1");
        await world.LoseAsync(bob, "dice-1", 1);
        (await CodeOf(world.Tables.JoinAsync(bob, "holdem-1", 1000))).ShouldBe(TableCodes.InsufficientBalance);
        await world.SitAsync(ann, "holdem-1", 1000);
        (await world.Tables.BalanceAsync(ann)).ShouldBe(new AgentBalance(0, 1000));
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task A_paused_or_ended_link_stakes_nothing()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann");
        await world.SitAsync(ann, "dice-1");
        foreach (var status in (LinkStatus[])[LinkStatus.Paused, LinkStatus.Revoked])
        {
            world.Links.Change("lnk-ann", link => link with { Status = status });
            (await CodeOf(world.BetAsync(ann, "dice-1", 1))).ShouldBe(TableCodes.PermissionDenied);
            (await CodeOf(world.Tables.JoinAsync(ann, "dice-2", 0))).ShouldBe(TableCodes.PermissionDenied);
        }
    }

    [Fact]
    public async Task The_number_of_tables_is_limited_too()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann", new() { MaxConcurrentTables = 1 });
        await world.SitAsync(ann, "dice-1");
        (await CodeOf(world.Tables.JoinAsync(ann, "dice-2", 0))).ShouldBe(TableCodes.PermissionDenied);
        await world.SitAsync(ann, "dice-1"); // a repeat is no second table
        (await world.Tables.LeaveAsync(ann, "dice-1")).ShouldBeOfType<RoomAnswer.Done>();
        await world.SitAsync(ann, "dice-2");
    }

    [Fact]
    public async Task Nobody_stakes_what_he_has_not_and_the_house_pays_what_it_promises()
    {
        var world = await OpenAsync(options => options.HouseCredits = 5_000);
        var ann = world.Agent("ann");
        await world.SitAsync(ann, "dice-1");
        (await CodeOf(world.BetAsync(ann, "dice-1", 100, 100))).ShouldBe(TableCodes.InvalidAmount); // 9,800 to pay
        (await CodeOf(world.BetAsync(ann, "dice-1", 1000))).ShouldBe("");
        (await CodeOf(world.BetAsync(ann, "dice-1", 1, 9000))).ShouldBe(TableCodes.InvalidAmount);
        (await CodeOf(world.BetAsync(ann, "dice-1", 10))).ShouldBe(TableCodes.InsufficientBalance);
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task A_grant_counts_once_and_all_grants_stay_exact_in_any_json()
    {
        var world = await OpenAsync();
        (await world.Tables.Credits.GrantAsync("g1", "usr-ann", 500)).ShouldBeTrue();
        (await world.Tables.Credits.GrantAsync("g1", "usr-ann", 500)).ShouldBeFalse();
        (await world.Tables.Credits.BalanceAsync("usr-ann")).Available.ShouldBe(1500);
        (await world.Tables.Credits.GrantAsync("g2", "usr-ann", Credits.Max)).ShouldBeFalse();
        var entries = await world.Tables.Credits.EntriesAsync("usr-ann", 10);
        entries.Select(entry => (entry.Type, entry.Amount, entry.Balance)).ShouldBe([("deposit", 500L, 1500L), ("deposit", 1000L, 1000L)]);
        await world.ShouldBeWholeAsync();
    }

    [Fact]
    public async Task A_clock_that_is_set_back_lets_no_loss_out_of_the_window_early()
    {
        var world = await OpenAsync();
        var ann = world.Agent("ann", new() { DailyLossLimit = 100 });
        await world.SitAsync(ann, "dice-1");
        await world.LoseAsync(ann, "dice-1", 50);
        world.Clock.TurnBackTo(world.Clock.GetUtcNow() - TimeSpan.FromHours(2));
        await world.LoseAsync(ann, "dice-1", 50);
        world.Clock.Advance(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(1));
        (await CodeOf(world.BetAsync(ann, "dice-1", 1))).ShouldBe(TableCodes.DailyLossLimitReached);
    }
}

public sealed class StakeLimitsOnSqliteTests : StakeLimitContract
{
    protected override bool OnPostgres => false;
}

public sealed class StakeLimitsOnPostgresTests : StakeLimitContract
{
    protected override bool OnPostgres => true;
}
