using System.Collections.Immutable;

namespace Purser.Protocol.Tables;

/// <summary>
/// What holds at one table. Members that a game has no use for are passed over. All amounts are credits, 1 to <see cref="Credits.Max"/> / 4.
/// </summary>
public sealed record TableTerms
{
    /// <summary>The least and greatest that a player brings to a table that is played from a stack.</summary>
    public long MinBuyIn { get; init; } = 40;

    /// <inheritdoc cref="MinBuyIn"/>
    public long MaxBuyIn { get; init; } = 1_000;

    /// <summary>Hold'em: the small blind.</summary>
    public long SmallBlind { get; init; } = 1;

    /// <summary>Hold'em: the big blind.</summary>
    public long BigBlind { get; init; } = 2;

    /// <summary>Dice: the least stake of a bet.</summary>
    public long MinStake { get; init; } = 1;

    /// <summary>Dice: the greatest stake of a bet.</summary>
    public long MaxStake { get; init; } = 1_000;

    /// <summary>How long a player has for a decision, and a betting window is open after its first bet; 1 to 300 seconds.</summary>
    public int TimeoutSeconds { get; init; } = 30;

    /// <summary>What is wrong with the terms, naming the member; null when nothing.</summary>
    public string? Fault()
    {
        (string Name, long Value)[] amounts = [("minBuyin", MinBuyIn), ("maxBuyin", MaxBuyIn), ("smallBlind", SmallBlind), ("bigBlind", BigBlind), ("minStake", MinStake), ("maxStake", MaxStake)];
        foreach (var (name, value) in amounts)
        {
            if (value is < 1 or > Credits.Max / 4)
            {
                return $"{name} is from 1 to {Credits.Max / 4} credits";
            }
        }

        return MinBuyIn > MaxBuyIn ? "minBuyin is at most maxBuyin"
            : SmallBlind > BigBlind ? "smallBlind is at most bigBlind"
            : BigBlind > MinBuyIn ? "minBuyin is at least bigBlind"
            : MinStake > MaxStake ? "minStake is at most maxStake"
            : TimeoutSeconds is < 1 or > 300 ? "timeoutSeconds is from 1 to 300"
            : null;
    }
}

/// <summary>A game as the tables see it: how many play, from what they stake, and how a round begins. A further game is one more of these and its <see cref="Round"/>.</summary>
public abstract class TableGame
{
    /// <summary>Every game of the house, by id.</summary>
    public static ImmutableSortedDictionary<string, TableGame> All { get; } =
        ((TableGame[])[new DiceGame(), new HoldemGame()]).ToImmutableSortedDictionary(game => game.Id, game => game, StringComparer.Ordinal);

    /// <summary>The id on the wire; lower-case, compared exactly.</summary>
    public abstract string Id { get; }

    /// <summary>The name for people.</summary>
    public abstract string Name { get; }

    /// <summary>A2G's word: <c>turn_based</c> or <c>phase_based</c>.</summary>
    public abstract string Model { get; }

    /// <summary>How many players a round needs.</summary>
    public abstract int MinPlayers { get; }

    /// <summary>How many seats a table has at most.</summary>
    public abstract int MaxPlayers { get; }

    /// <summary>Whether a player brings credits to the table and stakes from these; otherwise he stakes from his account.</summary>
    public abstract bool PlaysFromStack { get; }

    /// <summary>The game's document for agents: Markdown with YAML front matter and JSON Schema 2020-12 (A2G game specification format).</summary>
    public string Specification => field ??= ReadSpecification();

    /// <summary>The least stake that a round asks of who says that he is ready for it.</summary>
    public abstract long LeastStake(TableTerms terms);

    /// <summary>Begins a round.</summary>
    public abstract Round Open(RoundOpening opening, TableTerms terms);

    private string ReadSpecification()
    {
        using var stream = typeof(TableGame).Assembly.GetManifestResourceStream($"Purser.Protocol.Tables.{Id}.md")
            ?? throw new InvalidOperationException($"The specification of {Id} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private sealed class DiceGame : TableGame
    {
        public override string Id => DiceRound.GameId;

        public override string Name => "Dice";

        public override string Model => "phase_based";

        public override int MinPlayers => 1;

        public override int MaxPlayers => 8;

        public override bool PlaysFromStack => false;

        public override long LeastStake(TableTerms terms) => terms.MinStake;

        public override Round Open(RoundOpening opening, TableTerms terms) => DiceRound.Open(opening, new(terms.MinStake, terms.MaxStake));
    }

    private sealed class HoldemGame : TableGame
    {
        public override string Id => HoldemHand.GameId;

        public override string Name => "Texas hold'em, heads-up, no limit";

        public override string Model => "turn_based";

        public override int MinPlayers => 2;

        public override int MaxPlayers => 2;

        public override bool PlaysFromStack => true;

        public override long LeastStake(TableTerms terms) => terms.BigBlind;

        public override Round Open(RoundOpening opening, TableTerms terms) => HoldemHand.Open(opening, new(terms.SmallBlind, terms.BigBlind));
    }
}
