using FsCheck;
using FsCheck.Fluent;
using Purser.Protocol.Tables;
using Purser.Testing;
using static Purser.Protocol.Tests.Tables.Rounds;

namespace Purser.Protocol.Tests.Tables;

/// <summary>What holds however two people play.</summary>
public sealed class HoldemPlayTests
{
    [Fact]
    public void Every_step_conserves_credits_and_shows_nobody_a_card_that_is_not_his() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Tier.Pick(400, 40_000)), Prop.ForAll(
            ArbMap.Default.ArbFor<ulong>(),
            Gen.Choose(1, 400).ToArbitrary(),
            Gen.Choose(1, 400).ToArbitrary(),
            (seed, first, second) =>
            {
                Play(new Seeded(seed), first, second, round =>
                {
                    round.ShouldBalance();
                    ShouldHide((HoldemHand)round, new Seeded(seed));
                });
                return true;
            }));

    [Fact]
    public void Every_action_that_is_offered_is_taken_and_what_lies_outside_its_bounds_is_not() => Seeded.Run(Tier.Pick(200, 20_000), seeded =>
        Play(seeded, seeded.Between(1, 500), seeded.Between(1, 500), round =>
        {
            foreach (var seat in (int[])[0, 1])
            {
                foreach (var action in round.ActionsOf(seat).Where(action => action.Type != "ready"))
                {
                    round.Next(Acts(seat, action.Type, action.MinAmount));
                    round.Next(Acts(seat, action.Type, action.MaxAmount));
                    if (action.Type == "raise")
                    {
                        round.Refusal(Acts(seat, "raise", action.MinAmount - 1)).Code.ShouldBe(TableCodes.InvalidAmount);
                        round.Refusal(Acts(seat, "raise", action.MaxAmount + 1)).Code.ShouldBe(TableCodes.InvalidAmount);
                    }
                }
            }
        }));

    [Fact]
    public void The_same_seeds_and_happenings_give_the_same_hand_again() => Seeded.Run(Tier.Pick(200, 20_000), seeded =>
    {
        var (opening, happened, end) = Play(seeded, seeded.Between(1, 500), seeded.Between(1, 500), _ => { });
        var again = happened.Aggregate((Round)HoldemHand.Open(opening, new(5, 10)), (round, next) => round.Next(next));
        again.View(0).ShouldBe(end.View(0));
        again.View(1).ShouldBe(end.View(1));
        again.Outcome!.Returned.ShouldBe(end.Outcome!.Returned);
    });

    [Fact]
    public void No_player_ever_has_more_in_than_he_plays_with_and_every_hand_ends() => Seeded.Run(Tier.Pick(200, 20_000), seeded =>
    {
        var (first, second) = (seeded.Between(1, 500), seeded.Between(1, 500));
        var (_, happened, end) = Play(seeded, first, second, round =>
        {
            round.StakedBy(0).ShouldBeInRange(0, first);
            round.StakedBy(1).ShouldBeInRange(0, second);
        });
        end.Outcome.ShouldNotBeNull();
        happened.Count.ShouldBeLessThan(200);
    });

    // Everything that the seat cannot see is dealt anew; what it is shown must be the same to the byte.
    private static void ShouldHide(HoldemHand hand, Seeded seeded)
    {
        var deck = hand.DealtFrom();
        if (deck.IsDefault)
        {
            return;
        }

        foreach (int? seat in (int?[])[0, 1, null])
        {
            var seen = new HashSet<int>(Enumerable.Range(4, hand.Shown));
            for (var place = 0; place < 2; place++)
            {
                if (seat == hand.Players[place].Seat || hand.IsShowdown)
                {
                    seen.UnionWith(hand.HoleCards(place).Select(card => deck.IndexOf(card)));
                }
            }

            var hidden = Enumerable.Range(0, 52).Where(place => !seen.Contains(place)).ToList();
            var others = hidden.Select(place => deck[place]).ToList();
            var other = deck.ToBuilder();
            foreach (var place in hidden)
            {
                other[place] = others[seeded.Next(others.Count)];
                others.Remove(other[place]);
            }

            hand.WithDeck(other.ToImmutable()).View(seat).ShouldBe(hand.View(seat));
            hand.View(seat).ShouldNotContain(Convert.ToHexStringLower([.. hand.Opening.ServerSeed]));
        }
    }

    private static (RoundOpening Opening, List<RoundEvent> Happened, Round End) Play(Seeded seeded, long first, long second, Action<Round> check)
    {
        var opening = new RoundOpening(seeded.Between(1, 1000), [0, 1], seeded.Next(2), [.. seeded.Bytes(32)]);
        Round round = HoldemHand.Open(opening, new(5, 10));
        var happened = new List<RoundEvent>();
        Go(Acts(1, "ready", seed: $"b{seeded.Next(1000)}"));
        Go(Acts(0, "ready", seed: $"a{seeded.Next(1000)}"));
        Go(new RoundEvent.Dealt([first, second]));
        while (round.Outcome is null)
        {
            var seat = round.Owing.Single();
            var choice = seeded.Pick(round.ActionsOf(seat));
            Go(seeded.OneIn(40) ? new RoundEvent.Left(seeded.Next(2))
                : seeded.OneIn(15) ? new RoundEvent.TimeUp()
                : choice.Type == "fold" && !seeded.OneIn(4) ? new RoundEvent.TimeUp()
                : Acts(seat, choice.Type, choice.Type == "raise" ? seeded.OneIn(2) ? choice.MinAmount : choice.MinAmount + seeded.Next((int)(choice.MaxAmount! - choice.MinAmount!) + 1) : null));
        }

        return (opening, happened, round);

        void Go(RoundEvent next)
        {
            happened.Add(next);
            round = round.Next(next);
            check(round);
        }
    }
}
