using Purser.Protocol.Tables;
using Purser.Testing;

namespace Purser.Protocol.Tests.Tables;

/// <summary>Which hand beats which.</summary>
public sealed class HandStrengthTests
{
    private static HandStrength Of(string cards) => HandStrength.Of([.. cards.Split(' ').Select(Card.Parse)]);

    [Theory]
    [InlineData("2c 3d 4h 5s 7c", HandKind.HighCard)]
    [InlineData("2c 2d 4h 5s 7c", HandKind.Pair)]
    [InlineData("2c 2d 4h 4s 7c 7d Ah", HandKind.TwoPair)]
    [InlineData("2c 2d 2h 5s 7c", HandKind.ThreeOfAKind)]
    [InlineData("Ac 2d 3h 4s 5c", HandKind.Straight)]
    [InlineData("Tc Jd Qh Ks Ac", HandKind.Straight)]
    [InlineData("Qc Kd Ah 2s 3c", HandKind.HighCard)]
    [InlineData("2c 4c 6c 8c Tc", HandKind.Flush)]
    [InlineData("2c 2d 2h 7s 7c 7d Ah", HandKind.FullHouse)]
    [InlineData("2c 2d 2h 2s 7c", HandKind.FourOfAKind)]
    [InlineData("Ac 2c 3c 4c 5c", HandKind.StraightFlush)]
    [InlineData("Ac 2c 3c 4c 5d 6c 8h", HandKind.Flush)]
    public void Each_kind_is_known(string cards, HandKind kind) => Of(cards).Kind.ShouldBe(kind);

    [Theory]
    [InlineData("2c 3d 4h 5s 6c", "Ac 2d 3h 4s 5c")] // the ace counts low in the wheel
    [InlineData("7c 7d 7h 2s 2c", "6c 6d 6h As Ac")] // the three decides before the two
    [InlineData("Ac Ad 3h 4s 6c", "Ac Ad 2h 4s 6c")] // the last kicker decides
    [InlineData("Kc Kd 3h 3s Ac", "Kc Kd 3h 3s Qc")]
    [InlineData("Ac 9c 5c 3c 2c", "Kd Qd Jd Td 8d")]
    public void Within_a_kind_ranks_decide_in_their_order(string stronger, string weaker)
    {
        (Of(stronger) > Of(weaker)).ShouldBeTrue();
        (Of(weaker) < Of(stronger)).ShouldBeTrue();
    }

    [Fact]
    public void Suits_never_decide() => Of("Ac Kd 9h 5s 2c").ShouldBe(Of("As Kh 9c 5d 2h"));

    [Fact]
    public void Every_seven_cards_compare_as_the_best_of_all_twenty_one_fives_does() => Seeded.Run(Tier.Pick(300, 100_000), seeded =>
    {
        var (first, second) = (Draw(seeded, 7), Draw(seeded, 7));
        var (mine, other) = (BruteForceHands.Best(first), BruteForceHands.Best(second));
        var (one, two) = (HandStrength.Of([.. first]), HandStrength.Of([.. second]));
        ((int)one.Kind).ShouldBe(mine[0], string.Join(' ', first));
        Math.Sign(one.CompareTo(two)).ShouldBe(Math.Sign(BruteForceHands.Compare(mine, other)), $"{string.Join(' ', first)} against {string.Join(' ', second)}");
    });

    // The board is shared at a table: these meet ties and kickers far more often than two unrelated hands do.
    [Fact]
    public void Two_players_of_one_board_compare_as_brute_force_says() => Seeded.Run(Tier.Pick(300, 100_000), seeded =>
    {
        var nine = Draw(seeded, 9);
        Card[] first = [nine[0], nine[1], .. nine[4..]];
        Card[] second = [nine[2], nine[3], .. nine[4..]];
        Math.Sign(HandStrength.Of(first).CompareTo(HandStrength.Of(second)))
            .ShouldBe(Math.Sign(BruteForceHands.Compare(BruteForceHands.Best(first), BruteForceHands.Best(second))), string.Join(' ', nine));
    });

    [Fact]
    public void All_hands_of_five_fall_into_kinds_as_combinatorics_has_it() =>
        Count(5).ShouldBe([1_302_540, 1_098_240, 123_552, 54_912, 10_200, 5_108, 3_744, 624, 40]);

    // 133,784,560 hands: the long tier counts all of them, the short one those that hold the two lowest cards of the deck.
    [Fact]
    public void Hands_of_seven_fall_into_kinds_as_combinatorics_has_it()
    {
        if (Tier.IsLong)
        {
            Count(7).ShouldBe([23_294_460, 58_627_800, 31_433_400, 6_461_620, 6_180_020, 4_047_644, 3_473_184, 224_848, 41_584]);
        }
        else
        {
            var counts = new long[9];
            Extend(new Card[7], 2, 2, [new Card(0), new Card(1)], counts);
            counts.Sum().ShouldBe(2_118_760); // 50 choose 5
            counts[(int)HandKind.HighCard].ShouldBe(0); // two twos are a pair at least
            counts[(int)HandKind.FourOfAKind].ShouldBeGreaterThan(17_296 - 1); // both other twos and any three
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("1c")]
    [InlineData("ac")]
    [InlineData("AC")]
    [InlineData("Acc")]
    [InlineData("A\u0441")]
    public void What_is_no_card_is_refused(string text) => Card.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Every_card_reads_back() => Card.Deck.ShouldAllBe(card => Card.Parse(card.ToString()) == card);

    [Fact]
    public void Too_few_too_many_or_the_same_twice_is_a_bug()
    {
        Should.Throw<ArgumentException>(() => Of("2c 3c 4c 5c"));
        Should.Throw<ArgumentException>(() => Of("2c 3c 4c 5c 6c 7c 8c 9c"));
        Should.Throw<ArgumentException>(() => Of("2c 3c 4c 5c 2c"));
    }

    private static Card[] Draw(Seeded seeded, int count)
    {
        var deck = Card.Deck.ToList();
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var card = seeded.Pick(deck);
            deck.Remove(card);
            return card;
        })];
    }

    private static long[] Count(int size)
    {
        var counts = new long[9];
        Extend(new Card[size], 0, 0, [], counts);
        return counts;
    }

    private static void Extend(Card[] hand, int held, int from, Card[] given, long[] counts)
    {
        given.CopyTo(hand, 0);
        for (var next = from; next < 52; next++)
        {
            hand[held] = Card.Deck[next];
            if (held + 1 == hand.Length)
            {
                counts[(int)HandStrength.Of(hand).Kind]++;
            }
            else
            {
                Extend(hand, held + 1, next + 1, given, counts);
            }
        }
    }
}
