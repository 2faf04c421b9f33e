using System.Numerics;

namespace Purser.Protocol.Tables;

/// <summary>The nine kinds of poker hand, the weakest first; a royal flush is the highest straight flush.</summary>
public enum HandKind
{
    /// <summary>None of the others.</summary>
    HighCard,

    /// <summary>Two of one rank.</summary>
    Pair,

    /// <summary>Two of one rank and two of another.</summary>
    TwoPair,

    /// <summary>Three of one rank.</summary>
    ThreeOfAKind,

    /// <summary>Five ranks in a row; the ace stands above the king or below the two.</summary>
    Straight,

    /// <summary>Five of one suit.</summary>
    Flush,

    /// <summary>Three of one rank and two of another.</summary>
    FullHouse,

    /// <summary>Four of one rank.</summary>
    FourOfAKind,

    /// <summary>A straight in one suit.</summary>
    StraightFlush,
}

/// <summary>
/// How strong the best five of five to seven cards are. Of two strengths the greater wins; equal ones split. The number is made of the kind and then the
/// ranks that decide within it, each in four bits, so that a comparison of numbers is a comparison of hands.
/// </summary>
public readonly record struct HandStrength : IComparable<HandStrength>
{
    private const int KindShift = 20;

    private HandStrength(int value) => Value = value;

    /// <summary>Comparable; means nothing else.</summary>
    public int Value { get; }

    /// <summary>Which of the nine kinds.</summary>
    public HandKind Kind => (HandKind)(Value >> KindShift);

    /// <summary>Weaker.</summary>
    public static bool operator <(HandStrength left, HandStrength right) => left.Value < right.Value;

    /// <summary>Stronger.</summary>
    public static bool operator >(HandStrength left, HandStrength right) => left.Value > right.Value;

    /// <summary>Weaker or equal.</summary>
    public static bool operator <=(HandStrength left, HandStrength right) => left.Value <= right.Value;

    /// <summary>Stronger or equal.</summary>
    public static bool operator >=(HandStrength left, HandStrength right) => left.Value >= right.Value;

    /// <summary>Ranks the best five of these cards.</summary>
    /// <param name="cards">Five to seven different cards.</param>
    /// <exception cref="ArgumentException">There are fewer or more, or one stands twice.</exception>
    public static HandStrength Of(ReadOnlySpan<Card> cards)
    {
        if (cards.Length is < 5 or > 7)
        {
            throw new ArgumentException("A hand is ranked from five to seven cards.", nameof(cards));
        }

        Span<int> suits = stackalloc int[4];
        suits.Clear();
        foreach (var card in cards)
        {
            if ((suits[card.Suit] & (1 << card.Rank)) != 0)
            {
                throw new ArgumentException("A card stands twice.", nameof(cards));
            }

            suits[card.Suit] |= 1 << card.Rank;
        }

        return new(Rank(suits[0], suits[1], suits[2], suits[3]));
    }

    /// <inheritdoc/>
    public int CompareTo(HandStrength other) => Value.CompareTo(other.Value);

    /// <summary>The kind, in words.</summary>
    public override string ToString() => Kind switch
    {
        HandKind.HighCard => "high card",
        HandKind.Pair => "a pair",
        HandKind.TwoPair => "two pair",
        HandKind.ThreeOfAKind => "three of a kind",
        HandKind.Straight => "a straight",
        HandKind.Flush => "a flush",
        HandKind.FullHouse => "a full house",
        HandKind.FourOfAKind => "four of a kind",
        _ => "a straight flush",
    };

    // Each argument is a suit: bit r stands for the card of rank r.
    private static int Rank(int c, int d, int h, int s)
    {
        // With at most seven cards only one suit can have five, and five of a suit leave no room for anything that beats what is tried before it.
        var flush = Five(c) | Five(d) | Five(h) | Five(s);
        if (flush != 0 && StraightHigh(flush) is var high && high >= 0)
        {
            return Make(HandKind.StraightFlush, high, 0, 0);
        }

        var all = c | d | h | s;
        var four = c & d & h & s;
        var three = ((c & d & (h | s)) | (h & s & (c | d))) & ~four;
        var pair = ((c & d) | (c & h) | (c & s) | (d & h) | (d & s) | (h & s)) & ~three & ~four;
        if (four != 0)
        {
            return Make(HandKind.FourOfAKind, Top(four), all & ~four, 1);
        }

        // Of two threes the lower one serves as the pair.
        if (three != 0 && ((three & (three - 1)) | pair) != 0)
        {
            var triple = Top(three);
            return Make(HandKind.FullHouse, triple, (three & ~(1 << triple)) | pair, 1);
        }

        if (flush != 0)
        {
            return Make(HandKind.Flush, Top(flush), flush & ~(1 << Top(flush)), 4);
        }

        if (StraightHigh(all) is var straight && straight >= 0)
        {
            return Make(HandKind.Straight, straight, 0, 0);
        }

        return three != 0 ? Make(HandKind.ThreeOfAKind, Top(three), all & ~three, 2) : OfPairs(all, pair);
    }

    private static int OfPairs(int all, int pair)
    {
        if (pair == 0)
        {
            return Make(HandKind.HighCard, Top(all), all & ~(1 << Top(all)), 4);
        }

        var first = 1 << Top(pair);
        if (pair == first)
        {
            return Make(HandKind.Pair, Top(first), all & ~first, 3);
        }

        var second = 1 << Top(pair & ~first);
        return ((int)HandKind.TwoPair << KindShift) | (Top(first) << 16) | (Top(second) << 12) | (Top(all & ~first & ~second) << 8);
    }

    // The kind, the rank that decides first, and then the highest of what is left.
    private static int Make(HandKind kind, int first, int others, int count)
    {
        var value = ((int)kind << KindShift) | (first << 16);
        for (var shift = 12; count > 0; count--, shift -= 4)
        {
            var top = Top(others);
            value |= top << shift;
            others &= ~(1 << top);
        }

        return value;
    }

    private static int Five(int suit) => BitOperations.PopCount((uint)suit) >= 5 ? suit : 0;

    private static int Top(int ranks) => BitOperations.Log2((uint)ranks);

    // The highest rank of five in a row, the ace also standing below the two; -1 when there are none.
    private static int StraightHigh(int ranks)
    {
        var low = (ranks << 1) | (ranks >> 12);
        var run = low & (low >> 1) & (low >> 2) & (low >> 3) & (low >> 4);
        return run == 0 ? -1 : Top(run) + 3;
    }
}
