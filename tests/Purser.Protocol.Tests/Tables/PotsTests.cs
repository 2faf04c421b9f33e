using Purser.Protocol.Tables;
using Purser.Testing;

namespace Purser.Protocol.Tests.Tables;

/// <summary>Side pots, split pots, the odd chip.</summary>
public sealed class PotsTests
{
    private static readonly HandStrength s_weak = HandStrength.Of([.. "2c 3d 4h 5s 7c".Split(' ').Select(Card.Parse)]);
    private static readonly HandStrength s_strong = HandStrength.Of([.. "Ac Ad 4h 5s 7c".Split(' ').Select(Card.Parse)]);

    [Fact]
    public void The_stronger_takes_it_all() => Pots.Share([10, 10], [s_weak, s_strong]).ShouldBe([0, 20]);

    [Fact]
    public void Equal_hands_split_and_the_odd_chip_goes_to_the_first_left_of_the_button()
    {
        Pots.Share([10, 10], [s_weak, s_weak]).ShouldBe([10, 10]);
        Pots.Share([5, 5, 5], [s_weak, s_weak, null]).ShouldBe([8, 7, 0]);
        Pots.Share([5, 5, 5], [null, s_weak, s_weak]).ShouldBe([0, 8, 7]);
    }

    [Fact]
    public void What_nobody_matched_comes_back() => Pots.Share([100, 30], [s_weak, s_strong]).ShouldBe([70, 60]);

    [Fact]
    public void Who_staked_less_wins_no_more_than_that_from_each() => Pots.Share([10, 50, 100], [s_strong, s_weak, s_weak]).ShouldBe([30, 40, 90]);

    [Fact]
    public void What_only_folded_players_paid_goes_to_who_is_left()
    {
        Pots.Share([10, 50], [s_weak, null]).ShouldBe([60, 0]);
        Pots.Share([0, 50], [s_weak, null]).ShouldBe([50, 0]);
    }

    [Fact]
    public void Whatever_is_staked_and_held_no_chip_is_made_or_lost_and_no_folded_player_gets_one() => Seeded.Run(Tier.Pick(2000, 200_000), seeded =>
    {
        var count = seeded.Between(2, 6);
        var stakes = Enumerable.Range(0, count).Select(_ => (long)seeded.Next(40)).ToArray();
        var strengths = Enumerable.Range(0, count).Select(place => place == 0 || !seeded.OneIn(3) ? seeded.OneIn(2) ? s_weak : s_strong : (HandStrength?)null).ToArray();
        var shares = Pots.Share(stakes, strengths);
        shares.Sum().ShouldBe(stakes.Sum());
        for (var place = 0; place < count; place++)
        {
            shares[place].ShouldBeGreaterThanOrEqualTo(0);
            if (strengths[place] is null)
            {
                shares[place].ShouldBe(0);
            }
            else if (strengths.Count(strength => strength is not null) > 1)
            {
                // From each other player at most one's own stake; and dead chips of the folded on top.
                shares[place].ShouldBeLessThanOrEqualTo(stakes.Where((_, other) => strengths[other] is null).Sum() + (stakes[place] * count));
            }
        }
    });
}
