using FsCheck;
using FsCheck.Fluent;
using Purser.Protocol.Tables;
using Purser.Testing;
using static Purser.Protocol.Tests.Tables.Rounds;

namespace Purser.Protocol.Tests.Tables;

/// <summary>The rules of dice.</summary>
public sealed class DiceRoundTests
{
    private static readonly DiceTerms s_terms = new(1, 1_000, 3);

    private static Round Open(params int[] seats) => DiceRound.Open(new RoundOpening(1, [.. seats], seats[0], Secret), s_terms);

    [Fact]
    public void A_bet_wins_when_its_own_roll_is_below_its_target()
    {
        // Of this server seed and "ann" the first two rolls are 7846 and 7337.
        var round = Open(0).Next(Acts(0, "bet", 100, 7847, "ann")).Next(Acts(0, "bet", 100, 7337, "ann"));
        round.StakedBy(0).ShouldBe(200);
        round.StakedByHouse.ShouldBe(26 + 34);
        round = round.Next(Acts(0, "no_bet"));
        ((DiceRound)round).Rolls.ShouldBe([7846, 7337]);
        round.Outcome!.Returned[0].ShouldBe(126); // 100 x 9900 / 7847, rounded down
        round.Outcome.HouseReturned.ShouldBe(134);
        round.ShouldBalance();
    }

    [Fact]
    public void Each_bettors_roll_hangs_on_his_own_seed_alone()
    {
        var alone = (DiceRound)Open(0, 1).Next(Acts(0, "bet", 10, 5000, "ann")).Next(new RoundEvent.TimeUp());
        var company = (DiceRound)Open(0, 1).Next(Acts(0, "bet", 10, 5000, "ann")).Next(Acts(1, "bet", 10, 5000, "bob")).Next(new RoundEvent.TimeUp());
        company.Rolls[0].ShouldBe(alone.Rolls[0]);
    }

    [Fact]
    public void The_house_keeps_one_percent_and_the_rounding()
    {
        DiceRound.PayoutOf(10_000, 5_000).ShouldBe(19_800);
        DiceRound.PayoutOf(1, 100).ShouldBe(99);
        DiceRound.PayoutOf(3, 5_000).ShouldBe(5);
        DiceRound.PayoutOf(10, 9_800).ShouldBeNull(); // 10.1 is 10 in whole credits: nothing won
        DiceRound.PayoutOf(Credits.Max, 100).ShouldBeNull();
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(1, 1_000_000).ToArbitrary(), Gen.Choose(DiceRound.MinTarget, DiceRound.MaxTarget).ToArbitrary(), (stake, target) =>
            DiceRound.PayoutOf(stake, target) is not { } payout || ((long)target * payout <= 9_900L * stake && payout > stake)));
    }

    [Fact]
    public void The_window_closes_by_its_time_or_when_all_have_said_that_they_are_done()
    {
        var round = Open(0, 1);
        round.Timer.ShouldBeNull();
        round = round.Next(Acts(0, "no_bet")).Next(Acts(1, "no_bet"));
        round.Outcome.ShouldBeNull("nobody has bet: there is nothing to roll");
        round = round.Next(Acts(1, "bet", 5, 5000, "bob"));
        round.Timer.ShouldNotBeNull();
        round.Next(new RoundEvent.TimeUp()).Outcome.ShouldNotBeNull();
        round.Owing.ShouldBe([1], "a bet takes back one's own no_bet");
        round.Next(Acts(1, "no_bet")).Outcome.ShouldNotBeNull();
    }

    [Fact]
    public void V78_a_bet_after_the_window_is_refused_and_one_too_many_too()
    {
        var closed = Open(0).Next(Acts(0, "bet", 5, 5000, "a")).Next(new RoundEvent.TimeUp());
        closed.Refusal(Acts(0, "bet", 5, 5000, "a")).Code.ShouldBe(TableCodes.BettingWindowClosed);
        closed.Refusal(new RoundEvent.TimeUp()).Code.ShouldBe(TableCodes.RoundComplete);
        var full = Open(0, 1).Next(Acts(0, "bet", 5, 5000, "a")).Next(Acts(0, "bet", 5, 5000, "b")).Next(Acts(0, "bet", 5, 5000, "c"));
        full.Refusal(Acts(0, "bet", 5, 5000, "d")).Code.ShouldBe(TableCodes.InvalidAction);
        full.ActionsOf(0).Select(action => action.Type).ShouldBe(["no_bet"]);
    }

    [Theory]
    [InlineData(0, 5000, TableCodes.InvalidAmount)]
    [InlineData(1001, 5000, TableCodes.InvalidAmount)]
    [InlineData(-1, 5000, TableCodes.InvalidAmount)]
    [InlineData(long.MaxValue, 5000, TableCodes.InvalidAmount)]
    [InlineData(1, 9800, TableCodes.InvalidAmount)]
    [InlineData(10, 99, TableCodes.InvalidAction)]
    [InlineData(10, 9801, TableCodes.InvalidAction)]
    public void Bets_out_of_bounds_are_refused(long amount, int target, string code) => Open(0).Refusal(Acts(0, "bet", amount, target, "a")).Code.ShouldBe(code);

    [Fact]
    public void A_bet_without_its_parts_another_action_and_a_stranger_are_refused()
    {
        Open(0).Refusal(Acts(0, "bet", 10, 5000)).Code.ShouldBe(TableCodes.InvalidAction);
        Open(0).Refusal(Acts(0, "bet", null, 5000, "a")).Code.ShouldBe(TableCodes.InvalidAction);
        Open(0).Refusal(Acts(0, "raise", 10)).Code.ShouldBe(TableCodes.InvalidAction);
        Open(0).Refusal(Acts(3, "bet", 10, 5000, "a")).Code.ShouldBe(TableCodes.InvalidAction);
    }

    [Fact]
    public void Who_leaves_is_settled_by_the_rules_and_holds_up_nobody()
    {
        var round = Open(0, 1).Next(Acts(0, "bet", 10, 5000, "ann")).Next(Acts(1, "no_bet")).Next(new RoundEvent.Left(0));
        round.Outcome.ShouldNotBeNull().Returned.ShouldContainKey(0);
        round.ShouldBalance();
    }

    [Fact]
    public void Nothing_of_the_seed_is_shown_before_the_window_closes()
    {
        var round = Open(0).Next(Acts(0, "bet", 5, 5000, "ann"));
        var other = DiceRound.Open(new RoundOpening(1, [0], 0, Secret.SetItem(0, 9)), s_terms).Next(Acts(0, "bet", 5, 5000, "ann"));
        round.View(0).Replace(round.Opening.SeedHash, "", StringComparison.Ordinal).ShouldBe(other.View(0).Replace(other.Opening.SeedHash, "", StringComparison.Ordinal));
        round.View(null).ShouldNotContain(Convert.ToHexStringLower([.. Secret]));
    }

    [Fact]
    public void Any_play_conserves_credits_and_replays_to_the_same() => Seeded.Run(Tier.Pick(500, 50_000), seeded =>
    {
        var happened = new List<RoundEvent>();
        var opening = new RoundOpening(seeded.Next(1000), [0, 1, 2], 0, [.. seeded.Bytes(32)]);
        Round round = DiceRound.Open(opening, s_terms);
        while (round.Outcome is null && happened.Count < 60)
        {
            var seat = seeded.Next(4);
            RoundEvent next = seeded.Next(10) switch
            {
                < 6 => Acts(seat, "bet", seeded.Between(-1, 1100), seeded.Between(50, 10_000), $"s{seeded.Next(9)}"),
                < 8 => Acts(seat, "no_bet"),
                8 => new RoundEvent.Left(seat),
                _ => new RoundEvent.TimeUp(),
            };
            if (round.Apply(next) is RoundStep.Moved moved)
            {
                round = moved.Next;
                happened.Add(next);
                round.ShouldBalance();
            }
        }

        happened.Aggregate((Round)DiceRound.Open(opening, s_terms), (again, next) => again.Next(next)).View(null).ShouldBe(round.View(null));
    });

    [Fact]
    public void On_average_the_house_keeps_what_it_states()
    {
        // Known draws: what comes back of ten thousand bets at even targets lies within five standard deviations of 99 %.
        var bets = Tier.Pick(10_000, 200_000);
        var wins = Enumerable.Range(0, bets).Count(number => DiceRound.RollOf(Secret.AsSpan(), ClientSeed.Parse("ann"), number) < 5_000);
        Math.Abs(wins - (bets / 2)).ShouldBeLessThan((int)(5 * Math.Sqrt(bets / 4.0)));
    }
}
