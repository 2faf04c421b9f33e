using System.Collections.Immutable;

namespace Purser.Protocol.Tables;

/// <summary>Who gets what of the chips in the middle: main pot and side pots, split pots, the odd chip.</summary>
public static class Pots
{
    /// <summary>
    /// Shares the stakes of a hand. A player can win from each other no more than he staked himself, so the stakes are cut into layers at each
    /// different stake; each layer goes to the strongest of those who paid into it and have not folded. What does not divide goes chip by chip to the
    /// winners in the order of their seats, beginning left of the button. A layer that only folded players paid into joins the layer below; a part of a
    /// stake that nobody matched therefore comes back to the one who put it in.
    /// </summary>
    /// <param name="stakes">By place, in the order of seats beginning left of the button; credits.</param>
    /// <param name="strengths">By place; null for who has folded. At least one has not.</param>
    /// <returns>By place, what each gets; together it is the sum of the stakes.</returns>
    public static ImmutableArray<long> Share(IReadOnlyList<long> stakes, IReadOnlyList<HandStrength?> strengths)
    {
        ArgumentNullException.ThrowIfNull(stakes);
        ArgumentNullException.ThrowIfNull(strengths);
        if (stakes.Count != strengths.Count || !strengths.Any(strength => strength is not null))
        {
            throw new ArgumentException("There is one strength or fold for each stake, and somebody has not folded.", nameof(strengths));
        }

        var shares = new long[stakes.Count];
        var below = 0L;
        IReadOnlyList<int> winners = [];
        var carried = 0L;
        foreach (var level in stakes.Where(stake => stake > 0).Distinct().Order())
        {
            var layer = stakes.Sum(stake => Math.Min(stake, level) - Math.Min(stake, below));
            below = level;
            var alive = Enumerable.Range(0, stakes.Count).Where(place => stakes[place] >= level && strengths[place] is not null).ToList();
            if (alive.Count > 0)
            {
                var best = alive.Max(place => strengths[place]!.Value);
                winners = [.. alive.Where(place => strengths[place]!.Value == best)];
                Divide(layer + carried, winners, shares);
                carried = 0;
            }
            else if (winners.Count > 0)
            {
                Divide(layer, winners, shares);
            }
            else
            {
                carried += layer;
            }
        }

        if (carried > 0)
        {
            // Who has not folded staked nothing at all: the dead chips are theirs.
            Divide(carried, [.. Enumerable.Range(0, stakes.Count).Where(place => strengths[place] is not null)], shares);
        }

        return [.. shares];
    }

    private static void Divide(long chips, IReadOnlyList<int> winners, long[] shares)
    {
        var (each, odd) = Math.DivRem(chips, winners.Count);
        for (var i = 0; i < winners.Count; i++)
        {
            shares[winners[i]] += each + (i < odd ? 1 : 0);
        }
    }
}
