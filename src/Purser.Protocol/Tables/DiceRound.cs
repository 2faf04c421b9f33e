using System.Collections.Immutable;
using System.Text.Json;

namespace Purser.Protocol.Tables;

/// <summary>The terms of a dice table.</summary>
/// <param name="MinStake">The least stake of one bet, in credits, at least 1.</param>
/// <param name="MaxStake">The greatest stake of one bet.</param>
/// <param name="MaxBets">How many bets one seat may place in one round.</param>
public sealed record DiceTerms(long MinStake, long MaxStake, int MaxBets = 8);

/// <summary>One bet.</summary>
/// <param name="Number">Its place in the round, from 0; the nonce of its draw.</param>
/// <param name="Seat">Whose.</param>
/// <param name="Stake">Credits staked.</param>
/// <param name="Target">Wins when the roll is below it.</param>
/// <param name="Payout">Credits paid when it wins, the stake included.</param>
/// <param name="Seed">The player's seed.</param>
public sealed record DiceBet(int Number, int Seat, long Stake, int Target, long Payout, ClientSeed Seed);

/// <summary>
/// A round of dice: a betting window, then for each bet a roll of its own from 0 to 9,999 (hundredths, all equally likely), drawn from the server's seed
/// and that bettor's seed alone, so that no other player has a hand in it. A bet on <c>target</c> wins when the roll is below it and then pays
/// <c>stake x 9,900 / target</c>, rounded down to whole credits: the house keeps one percent on average, and what the rounding takes.
/// <para>
/// The window is open from the start; its time begins to run with the first bet, so that an idle table does nothing. It closes when the time is up, or
/// at once when every seat has said <c>no_bet</c> after its last bet and there is a bet. With each bet the house puts what it may have to pay beside the stake.
/// </para>
/// </summary>
public sealed record DiceRound : Round
{
    /// <summary>The game's id.</summary>
    public const string GameId = "dice";

    /// <summary>How many numbers the die has.</summary>
    public const int Faces = 10_000;

    /// <summary>Of each 10,000 credits staked at fair odds, what is paid back: the house edge is the rest, 1 %.</summary>
    public const int ReturnPerTenThousand = 9_900;

    /// <summary>The least target: 1 chance in 100.</summary>
    public const int MinTarget = 100;

    /// <summary>The greatest target: 98 chances in 100; above it nothing could be won.</summary>
    public const int MaxTarget = 9_800;

    private DiceRound(RoundOpening opening, DiceTerms terms)
        : base(opening)
    {
        Terms = terms;
        Present = [.. opening.Seats];
    }

    /// <summary>The table's terms.</summary>
    public DiceTerms Terms { get; }

    /// <summary>The bets so far, in order.</summary>
    public ImmutableArray<DiceBet> Bets { get; private init; } = [];

    /// <summary>The rolls, one for each bet; empty while the window is open.</summary>
    public ImmutableArray<int> Rolls { get; private init; } = [];

    /// <inheritdoc/>
    public override RoundOutcome? Outcome => Ending;

    /// <inheritdoc/>
    public override int? Timer => Ending is null && Bets.Length > 0 ? 1 : null;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Owing => Ending is null ? [.. Present.Except(Passed)] : [];

    /// <inheritdoc/>
    public override long StakedByHouse => Bets.Sum(bet => bet.Payout - bet.Stake);

    private RoundOutcome? Ending { get; init; }

    private ImmutableSortedSet<int> Present { get; init; }

    private ImmutableSortedSet<int> Passed { get; init; } = [];

    /// <summary>Opens the betting window.</summary>
    public static DiceRound Open(RoundOpening opening, DiceTerms terms)
    {
        ArgumentNullException.ThrowIfNull(opening);
        ArgumentNullException.ThrowIfNull(terms);
        return new(opening, terms);
    }

    /// <summary>What a winning bet pays, the stake included: <c>stake x 9,900 / target</c>, rounded down.</summary>
    /// <returns>Credits; null when that is more than <see cref="Credits.Max"/> or wins nothing.</returns>
    public static long? PayoutOf(long stake, int target)
    {
        // 128 bits: the product of 2^53 and 9,900 does not fit 64.
        var payout = (Int128)stake * ReturnPerTenThousand / target;
        return payout > stake && payout <= Credits.Max ? (long)payout : null;
    }

    /// <summary>The roll of a bet, for whoever checks it afterwards.</summary>
    public static int RollOf(ReadOnlySpan<byte> serverSeed, ClientSeed seed, int number) => FairDraw.Of(serverSeed, [seed], number).Next(Faces);

    /// <inheritdoc/>
    public override long StakedBy(int seat) => Bets.Where(bet => bet.Seat == seat).Sum(bet => bet.Stake);

    /// <inheritdoc/>
    public override RoundStep Apply(RoundEvent happened)
    {
        if (Ending is not null)
        {
            return happened is RoundEvent.Acted ? Refuse(TableCodes.BettingWindowClosed, "The betting window has closed.", "bet in the next round") : Over();
        }

        return happened switch
        {
            RoundEvent.Acted { Move.Action: "bet" } acted => Bet(acted.Seat, acted.Move),
            RoundEvent.Acted { Move.Action: "no_bet" } acted => Move(this with { Passed = Passed.Add(acted.Seat) }),
            RoundEvent.Acted => Refuse(TableCodes.InvalidAction, "At a dice table one bets or says no_bet.", "name one of availableActions"),
            RoundEvent.Joined joined => new RoundStep.Moved(this with { Present = Present.Add(joined.Seat) }),
            RoundEvent.Left left => Move(this with { Present = Present.Remove(left.Seat), Passed = Passed.Remove(left.Seat) }),
            RoundEvent.TimeUp => new RoundStep.Moved(Bets.Length > 0 ? Close() : this),
            _ => Refuse(TableCodes.InvalidAction, "Nothing is dealt at a dice table.", "name one of availableActions"),
        };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<AvailableAction> ActionsOf(int seat) =>
        Ending is not null || !Present.Contains(seat) ? []
        : Bets.Count(bet => bet.Seat == seat) < Terms.MaxBets ? [new("bet", Terms.MinStake, Terms.MaxStake), new("no_bet")]
        : [new("no_bet")];

    /// <inheritdoc/>
    public override void WriteView(Utf8JsonWriter writer, int? seat)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("round", Opening.Number);
        writer.WriteString("phase", Ending is null ? "betting" : "closed");
        writer.WriteString("seedHash", Opening.SeedHash);
        writer.WriteStartArray("bets");
        foreach (var bet in Bets)
        {
            writer.WriteStartObject();
            writer.WriteNumber("number", bet.Number);
            writer.WriteNumber("seat", bet.Seat);
            writer.WriteNumber("stake", bet.Stake);
            writer.WriteNumber("target", bet.Target);
            writer.WriteNumber("payout", bet.Payout);
            writer.WriteString("clientSeed", bet.Seed.Text);
            if (Ending is not null)
            {
                writer.WriteNumber("roll", Rolls[bet.Number]);
                writer.WriteBoolean("won", Wins(bet));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private RoundStep Bet(int seat, TableMove move)
    {
        if (!Present.Contains(seat))
        {
            return Refuse(TableCodes.InvalidAction, "The seat is not at the table.", "join the table");
        }

        if (move is not { Amount: { } stake, Target: { } target, Seed: { } seed })
        {
            return Refuse(TableCodes.InvalidAction, "A bet has an amount, a target and a clientSeed.", "see the game's specification");
        }

        if (Bets.Count(bet => bet.Seat == seat) >= Terms.MaxBets)
        {
            return Refuse(TableCodes.InvalidAction, $"A seat places at most {Terms.MaxBets} bets in a round.", "say no_bet, or wait for the next round");
        }

        if (target is < MinTarget or > MaxTarget)
        {
            return Refuse(TableCodes.InvalidAction, $"The target is from {MinTarget} to {MaxTarget}.", "give the number to roll under, in hundredths");
        }

        if (stake < Terms.MinStake || stake > Terms.MaxStake)
        {
            return Refuse(TableCodes.InvalidAmount, $"A stake is from {Terms.MinStake} to {Terms.MaxStake} credits.", "stake within the table's bounds");
        }

        return PayoutOf(stake, target) is { } payout
            ? new RoundStep.Moved(this with { Bets = Bets.Add(new DiceBet(Bets.Length, seat, stake, target, payout, seed)), Passed = Passed.Remove(seat) })
            : Refuse(TableCodes.InvalidAmount, "In whole credits this stake at this target would win nothing.", "stake more or take a lower target");
    }

    // Closes when nobody has more to say; but not on an empty table of bets.
    private static RoundStep.Moved Move(DiceRound next) => new(next.Bets.Length > 0 && next.Present.All(next.Passed.Contains) ? next.Close() : next);

    private DiceRound Close()
    {
        var rolls = Bets.Select(bet => RollOf(Opening.ServerSeed.AsSpan(), bet.Seed, bet.Number)).ToImmutableArray();
        var closed = this with { Rolls = rolls };
        var returned = Bets.GroupBy(bet => bet.Seat).ToImmutableSortedDictionary(bets => bets.Key, bets => bets.Sum(bet => closed.Wins(bet) ? bet.Payout : 0));
        return closed with { Ending = new RoundOutcome(returned, Bets.Sum(bet => closed.Wins(bet) ? 0 : bet.Payout), [], Void: false) };
    }

    private bool Wins(DiceBet bet) => Rolls[bet.Number] < bet.Target;
}
