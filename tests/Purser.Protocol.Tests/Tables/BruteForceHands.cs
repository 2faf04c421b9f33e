using Purser.Protocol.Tables;

namespace Purser.Protocol.Tests.Tables;

/// <summary>Ranks hands in the way of a book for beginners: every five of the seven, sorted and grouped. It shares no line with what it checks.</summary>
internal static class BruteForceHands
{
    /// <summary>The best of all choices of five, as numbers to be compared one after another; the first is the kind from 0 to 8.</summary>
    public static int[] Best(IReadOnlyList<Card> cards)
    {
        int[]? best = null;
        for (var chosen = 0; chosen < 1 << cards.Count; chosen++)
        {
            if (int.PopCount(chosen) == 5)
            {
                var five = OfFive([.. cards.Where((_, i) => (chosen & (1 << i)) != 0)]);
                best = best is null || Compare(five, best) > 0 ? five : best;
            }
        }

        return best!;
    }

    /// <summary>Greater than 0 when the first is stronger.</summary>
    public static int Compare(int[] first, int[] second)
    {
        for (var i = 0; i < first.Length; i++)
        {
            if (first[i] != second[i])
            {
                return first[i].CompareTo(second[i]);
            }
        }

        return 0;
    }

    private static int[] OfFive(Card[] five)
    {
        var groups = five.GroupBy(card => card.Rank).OrderByDescending(group => group.Count()).ThenByDescending(group => group.Key).ToList();
        var ranks = groups.SelectMany(group => Enumerable.Repeat(group.Key, group.Count())).ToArray();
        var shape = string.Concat(groups.Select(group => group.Count()));
        var flush = five.All(card => card.Suit == five[0].Suit);
        var wheel = shape == "11111" && ranks is [12, 3, 2, 1, 0];
        var straight = wheel || (shape == "11111" && ranks[0] - ranks[4] == 4);
        var kind = (shape, flush, straight) switch
        {
            (_, true, true) => 8,
            ("41", _, _) => 7,
            ("32", _, _) => 6,
            (_, true, _) => 5,
            (_, _, true) => 4,
            ("311", _, _) => 3,
            ("221", _, _) => 2,
            ("2111", _, _) => 1,
            _ => 0,
        };
        return [kind, .. wheel ? [3, 2, 1, 0, -1] : ranks];
    }
}
