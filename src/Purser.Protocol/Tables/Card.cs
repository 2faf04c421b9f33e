using System.Diagnostics.CodeAnalysis;

namespace Purser.Protocol.Tables;

/// <summary>
/// One of 52 cards. Written as rank and suit, <c>2c</c> to <c>As</c>: ranks <c>23456789TJQKA</c>, suits <c>cdhs</c>. The default value is <c>2c</c>.
/// </summary>
public readonly record struct Card
{
    private const string Ranks = "23456789TJQKA";
    private const string Suits = "cdhs";
    private readonly byte _index;

    /// <summary>The card with this place in a new deck: rank by rank from the twos, and within a rank clubs, diamonds, hearts, spades.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The place is not 0 to 51.</exception>
    public Card(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, 51);
        _index = (byte)index;
    }

    /// <summary>The place in a new deck, 0 to 51.</summary>
    public int Index => _index;

    /// <summary>0 for a two up to 12 for an ace.</summary>
    public int Rank => _index >> 2;

    /// <summary>0 clubs, 1 diamonds, 2 hearts, 3 spades.</summary>
    public int Suit => _index & 3;

    /// <summary>A new deck in order.</summary>
    public static IReadOnlyList<Card> Deck { get; } = [.. Enumerable.Range(0, 52).Select(index => new Card(index))];

    /// <summary>Reads the two characters; upper and lower case are not mixed up.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Card card)
    {
        card = default;
        if (text is not [var rank, var suit] || Ranks.IndexOf(rank, StringComparison.Ordinal) is var r && r < 0 || Suits.IndexOf(suit, StringComparison.Ordinal) is var s && s < 0)
        {
            return false;
        }

        card = new Card((r * 4) + s);
        return true;
    }

    /// <inheritdoc cref="TryParse"/>
    /// <exception cref="FormatException">The text is not a card.</exception>
    public static Card Parse(string text) => TryParse(text, out var card) ? card : throw new FormatException("Not a card: rank 23456789TJQKA and suit cdhs.");

    /// <summary>The two characters.</summary>
    public override string ToString() => $"{Ranks[Rank]}{Suits[Suit]}";
}
