using System.Collections.Immutable;
using System.Text.Json;

namespace Purser.Protocol.Tables;

/// <summary>
/// One round of a game, as a value: a hand of poker, a betting window and its roll. A round is opened, and then each thing that happens makes a new
/// round out of it or is refused; there is no clock, no chance and no store in it, so the same opening and the same happenings give the same round again.
/// That is how a table is brought back after a crash.
/// <para>
/// Credits are conserved by every step: what a seat has staked changes only by what it puts in or gets back, and when the round is over
/// <see cref="RoundOutcome"/> pays out exactly what players and house had staked.
/// </para>
/// </summary>
public abstract record Round
{
    private protected Round(RoundOpening opening) => Opening = opening;

    /// <summary>What the round began with.</summary>
    public RoundOpening Opening { get; }

    /// <summary>What the round came to; null while it runs.</summary>
    public abstract RoundOutcome? Outcome { get; }

    /// <summary>
    /// Which time limit runs: another number is another limit, begun anew when the number changed; null when nobody is waited for. When the time is up
    /// the table tells the round <see cref="RoundEvent.TimeUp"/>.
    /// </summary>
    public abstract int? Timer { get; }

    /// <summary>The seats that are to act now, each of which is sent its <c>availableActions</c>.</summary>
    public abstract IReadOnlyList<int> Owing { get; }

    /// <summary>Both players have given their seeds: the table says with how much each plays (<see cref="RoundEvent.Dealt"/>). False for games without a deal.</summary>
    public virtual bool WaitsForDeal => false;

    /// <summary>What a seat has staked in this round so far, in credits; it can fall when a part that nobody matched comes back.</summary>
    public abstract long StakedBy(int seat);

    /// <summary>What the house has put against the stakes so far, in credits; 0 where players play each other.</summary>
    public virtual long StakedByHouse => 0;

    /// <summary>What happens next, or why it may not.</summary>
    public abstract RoundStep Apply(RoundEvent happened);

    /// <summary>
    /// Writes, as one object, what a seat is shown: its own hidden cards and nobody else's; with no seat, what any onlooker is shown. Nothing of the
    /// server's seed, of the deck or of another's hand is in it, nor can it be told from it, until the rules show it.
    /// </summary>
    public abstract void WriteView(Utf8JsonWriter writer, int? seat);

    /// <summary>What the seat may do now, with the bounds of amounts; empty when it is not its turn.</summary>
    public abstract IReadOnlyList<AvailableAction> ActionsOf(int seat);

    private protected static RoundStep Refuse(string code, string message, string hint) => new RoundStep.Refused(new TableRefusal(code, message, hint));

    private protected static RoundStep Over() => Refuse(TableCodes.RoundComplete, "The round is over.", "wait for the next one");
}

/// <summary>What a round begins with. The server's seed is secret until the round is over; only its hash is shown.</summary>
/// <param name="Number">The round's number at its table, from 1.</param>
/// <param name="Seats">The numbers of the seats taken, in rising order.</param>
/// <param name="Button">The seat that has the button; games without one pass it over.</param>
/// <param name="ServerSeed">32 random bytes, drawn for this round alone.</param>
public sealed record RoundOpening(long Number, ImmutableArray<int> Seats, int Button, ImmutableArray<byte> ServerSeed)
{
    /// <summary>What is told before anything else of the round: lower-case hex of SHA-256 of the server's seed.</summary>
    public string SeedHash => FairDraw.Commitment(ServerSeed.AsSpan());
}

/// <summary>What can happen to a round.</summary>
public abstract record RoundEvent
{
    private RoundEvent()
    {
    }

    /// <summary>A player acts.</summary>
    public sealed record Acted(int Seat, TableMove Move) : RoundEvent;

    /// <summary>The table says with how many credits each seat plays this hand, in the order of the opening's seats.</summary>
    public sealed record Dealt(ImmutableArray<long> InPlay) : RoundEvent;

    /// <summary>The time is up: the game's default action is taken for those who were to act.</summary>
    public sealed record TimeUp : RoundEvent;

    /// <summary>A player is gone for good: he takes no more decisions in this round, what he staked stays and is settled by the rules.</summary>
    public sealed record Left(int Seat) : RoundEvent;

    /// <summary>A player sat down while the round ran; where the game lets no one join in the middle, nothing changes.</summary>
    public sealed record Joined(int Seat) : RoundEvent;
}

/// <summary>What a happening came to.</summary>
public abstract record RoundStep
{
    private RoundStep()
    {
    }

    /// <summary>The round goes on as this one.</summary>
    public sealed record Moved(Round Next) : RoundStep;

    /// <summary>It may not; the round is as it was.</summary>
    public sealed record Refused(TableRefusal Why) : RoundStep;
}

/// <summary>How a round ended.</summary>
/// <param name="Returned">Credits that each seat gets back, winnings included; by seat. A seat that is not named gets nothing.</param>
/// <param name="HouseReturned">Credits that the house gets back, winnings included.</param>
/// <param name="Absent">Seats that did not answer and lose their place.</param>
/// <param name="Void">Nothing was staked and nothing is to be shown: the round did not come about.</param>
public sealed record RoundOutcome(ImmutableSortedDictionary<int, long> Returned, long HouseReturned, ImmutableArray<int> Absent, bool Void);

/// <summary>Something that a player may do now.</summary>
/// <param name="Type">The action's name.</param>
/// <param name="MinAmount">The least amount in credits, where it takes one.</param>
/// <param name="MaxAmount">The greatest amount in credits, where it takes one.</param>
public sealed record AvailableAction(string Type, long? MinAmount = null, long? MaxAmount = null);
