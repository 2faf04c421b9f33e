using System.Collections.Immutable;

namespace Purser.Protocol.Tables;

/// <summary>The terms of a hold'em table, in credits.</summary>
/// <param name="SmallBlind">At least 1.</param>
/// <param name="BigBlind">At least the small blind; also the least raise.</param>
public sealed record HoldemTerms(long SmallBlind, long BigBlind);

/// <summary>Where a hand stands.</summary>
public enum HoldemStreet
{
    /// <summary>The table has committed to its seed; the players' seeds are awaited.</summary>
    Seeds,

    /// <summary>Both seeds are there; the table says with how much each plays.</summary>
    Deal,

    /// <summary>Two cards each, blinds posted.</summary>
    Preflop,

    /// <summary>Three cards on the board.</summary>
    Flop,

    /// <summary>Four.</summary>
    Turn,

    /// <summary>Five.</summary>
    River,

    /// <summary>The hand is over.</summary>
    Complete,
}

/// <summary>A player in a hand.</summary>
/// <param name="Seat">The number of the seat at the table.</param>
/// <param name="Seed">His seed, once given.</param>
/// <param name="InPlay">Credits that he plays this hand with: his stack, or less where his link's limits allow less.</param>
/// <param name="Staked">Credits put in, over all streets.</param>
/// <param name="Bet">Credits put in on this street.</param>
/// <param name="Folded">Whether he is out of the hand.</param>
/// <param name="HasActed">Whether he has acted on this street; a blind is no action.</param>
public sealed record HoldemPlayer(int Seat, ClientSeed? Seed = null, long InPlay = 0, long Staked = 0, long Bet = 0, bool Folded = false, bool HasActed = false)
{
    /// <summary>Credits he can still put in.</summary>
    public long Left => InPlay - Staked;

    /// <summary>Everything is in, and he is not out.</summary>
    public bool IsAllIn => !Folded && Left == 0;
}

/// <summary>
/// A hand of no-limit Texas hold'em between two players. The button posts the small blind and acts first before the flop, the other posts the big blind
/// and acts first after it. A bet or raise is named by what the player then has in on the street; the least raise is the last full bet or raise (the big
/// blind at first); a raise by everything one has may be less and does not change the least raise. Against a player who is all in one can only call or fold.
/// What nobody matched comes back before the cards are shown. Equal hands split; an odd chip goes left of the button.
/// <para>
/// The hand begins when both have said <c>ready</c> with their seeds, after the table has shown the hash of its own; so nobody could choose a seed by the
/// cards it makes. Until then nothing is staked. Default action when the time is up: check where there is nothing to call, otherwise fold. Who leaves
/// folds at once; whoever is all in stays in until the cards are shown.
/// </para>
/// </summary>
public sealed partial record HoldemHand : Round
{
    /// <summary>The game's id.</summary>
    public const string GameId = "texas-holdem";

    private HoldemHand(RoundOpening opening, HoldemTerms terms)
        : base(opening)
    {
        Terms = terms;
        Players = [.. opening.Seats.Select(seat => new HoldemPlayer(seat))];
        Button = opening.Seats.IndexOf(opening.Button);
    }

    /// <summary>The table's terms.</summary>
    public HoldemTerms Terms { get; }

    /// <summary>The two players, by seat.</summary>
    public ImmutableArray<HoldemPlayer> Players { get; private init; }

    /// <summary>Which of the two has the button, 0 or 1.</summary>
    public int Button { get; }

    /// <summary>Where the hand stands.</summary>
    public HoldemStreet Street { get; private init; }

    /// <summary>Which of the two is to act, 0 or 1; -1 for nobody.</summary>
    public int ToAct { get; private init; } = -1;

    /// <summary>By how much a bet has to be raised at the least, in credits.</summary>
    public long LeastRaise { get; private init; }

    /// <summary>How many cards of the board are shown: 0, 3, 4 or 5.</summary>
    public int Shown { get; private init; }

    /// <inheritdoc/>
    public override RoundOutcome? Outcome => Ending;

    /// <inheritdoc/>
    public override int? Timer => Ending is not null || Street is HoldemStreet.Deal ? null : Decisions;

    /// <inheritdoc/>
    public override bool WaitsForDeal => Street is HoldemStreet.Deal;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Owing => Street is HoldemStreet.Seeds
        ? [.. Players.Where(player => player.Seed is null).Select(player => player.Seat)]
        : ToAct < 0 ? [] : [Players[ToAct].Seat];

    /// <summary>Credits that both have in together.</summary>
    public long Pot => Players[0].Staked + Players[1].Staked;

    /// <summary>The board as far as it is shown.</summary>
    public ImmutableArray<Card> Board => Deck.IsDefault ? [] : [.. Deck.Skip(4).Take(Shown)];

    /// <summary>Whether the cards of those who did not fold have been laid open.</summary>
    public bool IsShowdown => Ending is { Void: false } && !Players.Any(player => player.Folded);

    private long HighBet => Math.Max(Players[0].Bet, Players[1].Bet);

    private RoundOutcome? Ending { get; init; }

    // Counts what restarts the time limit. While seeds are awaited it stands, so that the first who is ready does not prolong the other's time.
    private int Decisions { get; init; }

    // In the order they are dealt: 0 and 2 to the player left of the button, 1 and 3 to the button, then the board.
    private ImmutableArray<Card> Deck { get; init; }

    /// <summary>Opens a hand; the seeds are awaited.</summary>
    /// <exception cref="ArgumentException">There are not two seats, or the button is at neither.</exception>
    public static HoldemHand Open(RoundOpening opening, HoldemTerms terms)
    {
        ArgumentNullException.ThrowIfNull(opening);
        ArgumentNullException.ThrowIfNull(terms);
        return opening.Seats is [var first, var second] && first != second && opening.Seats.Contains(opening.Button)
            ? new(opening, terms)
            : throw new ArgumentException("A hand has two seats, one of which has the button.", nameof(opening));
    }

    /// <summary>A player's two cards; empty before the deal.</summary>
    /// <param name="place">0 or 1.</param>
    public ImmutableArray<Card> HoleCards(int place)
    {
        if (Deck.IsDefault)
        {
            return [];
        }

        var first = place == Button ? 1 : 0;
        return [Deck[first], Deck[first + 2]];
    }

    /// <inheritdoc/>
    public override long StakedBy(int seat) => Players.Where(player => player.Seat == seat).Sum(player => player.Staked);

    /// <inheritdoc/>
    public override RoundStep Apply(RoundEvent happened)
    {
        if (Ending is not null)
        {
            return Over();
        }

        return (Street, happened) switch
        {
            (_, RoundEvent.Joined) => new RoundStep.Moved(this),
            (HoldemStreet.Seeds, RoundEvent.Acted acted) => Ready(acted.Seat, acted.Move),
            (HoldemStreet.Seeds, RoundEvent.TimeUp) => Abandon([.. Owing]),
            (HoldemStreet.Seeds or HoldemStreet.Deal, RoundEvent.Left left) => Abandon([left.Seat]),
            (HoldemStreet.Deal, RoundEvent.Dealt dealt) => Deal(dealt.InPlay, FairDraw.Shuffle(Opening.ServerSeed.AsSpan(), Players.Select(player => player.Seed!), Opening.Number)),
            (HoldemStreet.Deal, RoundEvent.Acted) => Refuse(TableCodes.NotYourTurn, "The cards are about to be dealt.", "wait for game_action_request"),
            (_, RoundEvent.Acted acted) => Act(acted.Seat, acted.Move),
            (_, RoundEvent.TimeUp) when ToAct >= 0 => new RoundStep.Moved(Players[ToAct].Bet == HighBet ? Check() : Fold(ToAct)),
            (_, RoundEvent.Left left) => Leave(left.Seat),
            _ => Refuse(TableCodes.InvalidAction, "This cannot happen now.", "read the state anew"),
        };
    }

    /// <summary>As <see cref="RoundEvent.Dealt"/>, with a deck that is given instead of drawn: for known answers.</summary>
    internal RoundStep Deal(ImmutableArray<long> inPlay, ImmutableArray<Card> deck)
    {
        if (inPlay.Length != 2 || inPlay.Any(credits => credits < 1 || credits > Credits.Max / 2))
        {
            return Refuse(TableCodes.InvalidAmount, "Each plays with at least one credit.", "deal only to players who can stake");
        }

        var players = Players.Select((player, place) =>
        {
            var blind = Math.Min(place == Button ? Terms.SmallBlind : Terms.BigBlind, inPlay[place]);
            return player with { InPlay = inPlay[place], Staked = blind, Bet = blind };
        });
        var dealt = this with { Players = [.. players], Deck = deck, LeastRaise = Terms.BigBlind, Decisions = 1 };
        return new RoundStep.Moved(dealt.Begin(HoldemStreet.Preflop));
    }

    /// <summary>The same hand with other cards where the seat cannot see: what it is shown must not change.</summary>
    internal HoldemHand WithDeck(ImmutableArray<Card> deck) => this with { Deck = deck };

    /// <summary>The deck, in the order it is dealt.</summary>
    internal ImmutableArray<Card> DealtFrom() => Deck;

    private RoundStep Ready(int seat, TableMove move)
    {
        if (move.Action != "ready")
        {
            return Refuse(TableCodes.NotYourTurn, "The hand has not begun.", "say ready with a clientSeed");
        }

        if (move.Seed is not { } seed)
        {
            return Refuse(TableCodes.InvalidAction, "Ready comes with a clientSeed.", "draw one at random for each hand");
        }

        if (Players.FirstOrDefault(player => player.Seat == seat) is not { Seed: null } player)
        {
            return Refuse(TableCodes.NotYourTurn, "The seat is ready already, or not in this hand.", "wait for the deal");
        }

        var players = Players.Replace(player, player with { Seed = seed });
        return new RoundStep.Moved(this with { Players = players, Street = players.All(each => each.Seed is not null) ? HoldemStreet.Deal : HoldemStreet.Seeds });
    }

    private RoundStep.Moved Abandon(ImmutableArray<int> absent) =>
        new(this with { Street = HoldemStreet.Complete, Ending = new RoundOutcome(ImmutableSortedDictionary<int, long>.Empty, 0, absent, Void: true) });

    private RoundStep.Moved Leave(int seat)
    {
        var place = Players.Select(player => player.Seat).ToList().IndexOf(seat);
        return new(place < 0 || Players[place].IsAllIn ? this : Fold(place));
    }
}
