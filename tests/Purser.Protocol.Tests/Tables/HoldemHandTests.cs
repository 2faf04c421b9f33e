using System.Collections.Immutable;
using Purser.Protocol.Tables;
using static Purser.Protocol.Tests.Tables.Rounds;

namespace Purser.Protocol.Tests.Tables;

/// <summary>The rules of heads-up hold'em. Seat 0 has the button, so it posts the small blind of 5; seat 1 the big one of 10.</summary>
public sealed class HoldemHandTests
{
    private static readonly HoldemTerms s_terms = new(5, 10);

    private static HoldemHand Seeds(int button = 0) => HoldemHand.Open(new RoundOpening(1, [0, 1], button, Secret), s_terms);

    // Dealt in order: other, button, other, button, then the board.
    private static Round Dealt(long button, long other, string cards = "2c 3d 7h 8s Kc Qd 9h 4s 5c")
    {
        var ready = (HoldemHand)Seeds().Next(Acts(0, "ready", seed: "ann")).Next(Acts(1, "ready", seed: "bob"));
        var top = cards.Split(' ').Select(Card.Parse).ToList();
        return ready.Deal([button, other], [.. top, .. Card.Deck.Except(top)]).ShouldBeOfType<RoundStep.Moved>().Next;
    }

    private static string[] Types(Round round, int seat) => [.. round.ActionsOf(seat).Select(action => action.Type)];

    [Fact]
    public void V80_nothing_is_dealt_or_staked_before_both_have_answered_the_commitment()
    {
        var hand = Seeds();
        hand.Opening.SeedHash.ShouldBe(FairDraw.Commitment(Secret.AsSpan()));
        hand.View(0).ShouldContain(hand.Opening.SeedHash);
        hand.Owing.ShouldBe([0, 1]);
        hand.Refusal(Acts(0, "raise", 20)).Code.ShouldBe(TableCodes.NotYourTurn);
        hand.Refusal(Acts(0, "ready")).Code.ShouldBe(TableCodes.InvalidAction);
        var one = hand.Next(Acts(0, "ready", seed: "ann"));
        one.Refusal(Acts(0, "ready", seed: "other")).Code.ShouldBe(TableCodes.NotYourTurn);
        one.Timer.ShouldBe(hand.Timer, "the second has no more time because the first was quick");
        one.WaitsForDeal.ShouldBeFalse();
        var both = one.Next(Acts(1, "ready", seed: "bob"));
        both.WaitsForDeal.ShouldBeTrue();
        both.Timer.ShouldBeNull();
        (both.StakedBy(0) + both.StakedBy(1)).ShouldBe(0);
    }

    [Fact]
    public void V79_the_cards_follow_from_the_shown_seed_and_both_players_seeds()
    {
        var hand = (HoldemHand)Seeds().Next(Acts(0, "ready", seed: "ann")).Next(Acts(1, "ready", seed: "bob")).Next(new RoundEvent.Dealt([100, 100]));
        var deck = FairDraw.Shuffle(Secret.AsSpan(), [ClientSeed.Parse("ann"), ClientSeed.Parse("bob")], 1);
        hand.HoleCards(1).ShouldBe([deck[0], deck[2]]);
        hand.HoleCards(0).ShouldBe([deck[1], deck[3]]);
    }

    [Fact]
    public void Who_does_not_answer_in_time_loses_his_place_and_nobody_a_credit()
    {
        var outcome = Seeds().Next(Acts(0, "ready", seed: "ann")).Next(new RoundEvent.TimeUp()).Outcome!;
        outcome.Void.ShouldBeTrue();
        outcome.Absent.ShouldBe([1]);
        Seeds().Next(new RoundEvent.TimeUp()).Outcome!.Absent.ShouldBe([0, 1]);
        Seeds().Next(new RoundEvent.Left(0)).Outcome!.Absent.ShouldBe([0]);
    }

    [Fact]
    public void The_button_posts_the_small_blind_and_acts_first_before_the_flop_and_last_after_it()
    {
        var hand = Dealt(100, 100);
        (hand.StakedBy(0), hand.StakedBy(1)).ShouldBe((5, 10));
        hand.Owing.ShouldBe([0]);
        hand.Refusal(Acts(1, "check")).Code.ShouldBe(TableCodes.NotYourTurn);
        Types(hand, 0).ShouldBe(["fold", "call", "raise", "all_in"]);
        Types(hand, 1).ShouldBeEmpty();
        hand = hand.Next(Acts(0, "call"));
        hand.Owing.ShouldBe([1], "the big blind has its option");
        Types(hand, 1).ShouldBe(["fold", "check", "raise", "all_in"]);
        hand = hand.Next(Acts(1, "check"));
        ((HoldemHand)hand).Street.ShouldBe(HoldemStreet.Flop);
        ((HoldemHand)hand).Board.Length.ShouldBe(3);
        hand.Owing.ShouldBe([1]);
    }

    [Fact]
    public void The_least_raise_is_the_last_full_raise()
    {
        var hand = Dealt(1000, 1000);
        Raise(hand, 0).ShouldBe((20, 1000));
        hand.Refusal(Acts(0, "raise", 19)).Code.ShouldBe(TableCodes.InvalidAmount);
        hand.Refusal(Acts(0, "raise", 1001)).Code.ShouldBe(TableCodes.InvalidAmount);
        hand.Refusal(Acts(0, "raise")).Code.ShouldBe(TableCodes.InvalidAmount);
        hand = hand.Next(Acts(0, "raise", 50)); // by 40
        Raise(hand, 1).ShouldBe((90, 1000));
        hand = hand.Next(Acts(1, "raise", 150)); // by 100
        Raise(hand, 0).ShouldBe((250, 1000));
        hand = hand.Next(Acts(0, "call")); // the flop begins anew at the big blind
        Raise(hand, 1).ShouldBe((10, 850));

        static (long, long) Raise(Round hand, int seat) =>
            hand.ActionsOf(seat).Where(action => action.Type == "raise").Select(action => (action.MinAmount!.Value, action.MaxAmount!.Value)).Single();
    }

    [Fact]
    public void All_one_has_may_be_less_than_a_full_raise_and_the_other_may_then_only_call_or_fold()
    {
        var hand = Dealt(1000, 60).Next(Acts(0, "raise", 50));
        hand.ActionsOf(1).ShouldBe([new("fold"), new("call", 40, 40), new("all_in", 50, 50)]);
        hand.Next(Acts(1, "raise", 60)).View(null).ShouldBe(hand.Next(Acts(1, "all_in")).View(null));
        hand = hand.Next(Acts(1, "all_in"));
        hand.Owing.ShouldBe([0]);
        Types(hand, 0).ShouldBe(["fold", "call"]);
        hand.Refusal(Acts(0, "raise", 200)).Code.ShouldBe(TableCodes.InvalidAction);
        hand.Refusal(Acts(0, "all_in")).Code.ShouldBe(TableCodes.InvalidAction);
        hand = hand.Next(Acts(0, "call"));
        hand.Outcome.ShouldNotBeNull("nobody can act any more: the board is dealt out");
        ((HoldemHand)hand).Board.Length.ShouldBe(5);
    }

    [Fact]
    public void What_was_not_matched_comes_back()
    {
        var hand = Dealt(1000, 60).Next(Acts(0, "all_in"));
        hand.StakedBy(0).ShouldBe(1000);
        hand = hand.Next(Acts(1, "call"));
        hand.StakedBy(0).ShouldBe(60);
        hand.StakedBy(1).ShouldBe(60);
        hand.ShouldBalance();
        var folded = Dealt(1000, 60).Next(Acts(0, "raise", 50)).Next(Acts(1, "fold"));
        folded.StakedBy(0).ShouldBe(10);
        folded.Outcome!.Returned.ShouldBe(ImmutableSortedDictionary.CreateRange([KeyValuePair.Create(0, 20L), KeyValuePair.Create(1, 0L)]));
    }

    [Theory]
    [InlineData(100, 3)] // the big blind is all in with less than the small one
    [InlineData(5, 100)] // the small blind is all in with exactly its blind
    [InlineData(2, 100)]
    [InlineData(1, 1)]
    public void Blinds_that_leave_nobody_a_choice_go_straight_to_the_cards(long button, long other)
    {
        var hand = Dealt(button, other);
        hand.Outcome.ShouldNotBeNull();
        hand.StakedBy(0).ShouldBe(Math.Min(button, other));
        hand.StakedBy(1).ShouldBe(Math.Min(button, other));
        hand.ShouldBalance();
    }

    [Fact]
    public void Against_a_short_big_blind_the_button_may_still_fold()
    {
        var hand = Dealt(100, 7);
        hand.ActionsOf(0).ShouldBe([new("fold"), new("call", 2, 2)]);
        hand.Next(Acts(0, "fold")).Outcome!.Returned[1].ShouldBe(10);
    }

    [Fact]
    public void The_better_hand_wins_the_pot_and_both_are_laid_open()
    {
        var hand = ToTheEnd(Dealt(100, 100, "Ac 3d Ah 8s Kc Qd 9h 4s 5c")); // seat 1 holds the aces
        hand.Outcome!.Returned[1].ShouldBe(20);
        hand.View(0).ShouldContain("a pair");
        ((HoldemHand)hand).IsShowdown.ShouldBeTrue();
    }

    [Fact]
    public void Equal_hands_split() => ToTheEnd(Dealt(100, 100, "2c 2d 3c 3d Tc Jd Qh Ks Ac")).Outcome!.Returned.Values.ShouldBe([10, 10]);

    [Fact]
    public void A_folded_hand_is_not_laid_open()
    {
        var hand = Dealt(100, 100).Next(Acts(0, "fold"));
        ((HoldemHand)hand).IsShowdown.ShouldBeFalse();
        hand.View(1).Split("holeCards").Length.ShouldBe(2, "only one's own");
        hand.View(null).ShouldNotContain("holeCards");
    }

    [Fact]
    public void When_the_time_is_up_one_checks_where_that_is_free_and_folds_where_it_is_not()
    {
        Dealt(100, 100).Next(new RoundEvent.TimeUp()).Outcome!.Returned[1].ShouldBe(10); // five of the big blind were not matched
        var option = Dealt(100, 100).Next(Acts(0, "call"));
        ((HoldemHand)option.Next(new RoundEvent.TimeUp())).Street.ShouldBe(HoldemStreet.Flop);
    }

    [Fact]
    public void V78_out_of_turn_late_and_twice_are_refused()
    {
        var hand = Dealt(100, 100);
        hand.Refusal(Acts(1, "fold")).Code.ShouldBe(TableCodes.NotYourTurn);
        hand = hand.Next(Acts(0, "call"));
        hand.Refusal(Acts(0, "call")).Code.ShouldBe(TableCodes.NotYourTurn);
        hand.Refusal(Acts(1, "call")).Code.ShouldBe(TableCodes.InvalidAction);
        hand.Refusal(Acts(1, "dance")).Code.ShouldBe(TableCodes.InvalidAction);
        hand = hand.Next(Acts(1, "fold"));
        hand.Refusal(Acts(0, "check")).Code.ShouldBe(TableCodes.RoundComplete);
        Dealt(100, 100).Refusal(Acts(0, "check")).Code.ShouldBe(TableCodes.InvalidAction);
    }

    [Fact]
    public void Who_leaves_folds_at_once_even_out_of_turn_but_who_is_all_in_stays_for_the_cards()
    {
        Dealt(100, 100).Next(new RoundEvent.Left(1)).Outcome!.Returned[0].ShouldBe(10);
        var allIn = Dealt(100, 100).Next(Acts(0, "all_in"));
        var left = allIn.Next(new RoundEvent.Left(0));
        left.Outcome.ShouldBeNull();
        left.Next(Acts(1, "call")).Outcome.ShouldNotBeNull();
    }

    private static Round ToTheEnd(Round hand)
    {
        while (hand.Outcome is null)
        {
            var seat = hand.Owing.Single();
            hand = hand.Next(Acts(seat, Types(hand, seat).Contains("check") ? "check" : "call"));
        }

        hand.ShouldBalance();
        return hand;
    }
}
