using System.Collections.Immutable;
using Purser.Ethereum;
using Purser.Protocol.Tables;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>Something that happened at a table, to be told once it is durable.</summary>
/// <param name="Number">Its number at the table; rises by one with each.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Happened">What happened in the round, if <see cref="TableNewsKind.Happened"/>.</param>
/// <param name="Round">The round after it.</param>
/// <param name="Seats">Who sat there then.</param>
/// <param name="Asked">The seats that are newly asked to act.</param>
/// <param name="Late">The seats whose time was up.</param>
internal sealed record TableNews(
    long Number, TableNewsKind Kind, RoundEvent? Happened, Round Round, ImmutableArray<SeatRow> Seats, IReadOnlyList<int> Asked, IReadOnlyList<int> Late);

/// <summary>The kinds of <see cref="TableNews"/>.</summary>
internal enum TableNewsKind
{
    /// <summary>A round was opened and its seed committed to.</summary>
    Opened,

    /// <summary>Something happened in it.</summary>
    Happened,

    /// <summary>It is over and paid out.</summary>
    Ended,
}

/// <summary>
/// One table within one write. Opening it takes the table's row and the accounts of all who have to do with it, in that order and the accounts by name; so
/// whatever happens at a table happens one after another, on whatever replica it arrives, and a round's line, its stakes and its limits are one write.
/// No replica owns a table: each acts on any, the database lines them up, and a process that dies takes no table with it.
/// </summary>
internal sealed class TableWrite
{
    private readonly IStoreTransaction _transaction;
    private readonly StakeBook _stakes;
    private readonly IRandom _random;
    private readonly TableGame _game;
    private readonly TableTerms _terms;
    private readonly long _now;
    private readonly List<TableNews> _news = [];
    private RoomRow _room;

    private TableWrite(IStoreTransaction transaction, RoomRow room, StakeBook stakes, IRandom random, long now)
    {
        (_transaction, _room, _stakes, _random, _now) = (transaction, room, stakes, random, now);
        _game = TableGame.All[room.Game];
        _terms = TermsJson.Parse(room.Terms);
        Seats = [.. SeatRow.At(transaction, room.Id)];
    }

    /// <summary>The table.</summary>
    public RoomRow Room => _room;

    /// <summary>The game.</summary>
    public TableGame Game => _game;

    /// <summary>What holds at the table.</summary>
    public TableTerms Terms => _terms;

    /// <summary>Who sits there.</summary>
    public ImmutableArray<SeatRow> Seats { get; private set; }

    /// <summary>The round that runs, or null.</summary>
    public Round? Round { get; private set; }

    /// <summary>What there is to tell when the write is durable.</summary>
    public IReadOnlyList<TableNews> News => _news;

    /// <summary>Opens a table for this write; null when there is none.</summary>
    /// <param name="transaction">The write.</param>
    /// <param name="tableId">The table.</param>
    /// <param name="parts">What it is done with.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    /// <param name="alsoUser">A user who does not sit there yet.</param>
    public static TableWrite? Open(IStoreTransaction transaction, string tableId, TableParts parts, long now, string? alsoUser = null)
    {
        if (RoomRow.Find(transaction, tableId, transaction.ForUpdate) is not { } room)
        {
            return null;
        }

        var table = new TableWrite(transaction, room, parts.Stakes, parts.Random, now);
        var staked = transaction.Query<string>("SELECT user_id FROM table_stake WHERE table_id = @Id AND round_no = @RoundNo AND open = 1", new { room.Id, room.RoundNo });
        string[] users = [.. table.Seats.Select(seat => seat.UserId), .. staked, .. alsoUser is null ? [] : (string[])[alsoUser], .. table._game.PlaysFromStack ? [] : (string[])[CreditBook.House]];
        foreach (var user in users.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            parts.Credits.Lock(transaction, user);
        }

        table.Round = room.Running == 1 ? RoundJournal.Open(transaction, room) : null;
        return table;
    }

    /// <summary>The seat of a link, or null.</summary>
    public SeatRow? SeatOf(string linkId) => Seats.FirstOrDefault(seat => seat.LinkId == linkId);

    /// <summary>Whether the time is up.</summary>
    public bool IsLate => _room.DeadlineMs != 0 && _room.DeadlineMs <= _now;

    /// <summary>
    /// Lets something happen in the round: the rules say whether it may, the limits whether what it stakes may; then its line is written, the credits move, and
    /// what follows from it happens too (the deal, the payout, the next round). When it is refused, nothing was written.
    /// </summary>
    /// <param name="happened">What.</param>
    /// <param name="by">The session and the message that asked for it, so that it counts once.</param>
    public TableRefusal? Happen(RoundEvent happened, (string Session, string Message)? by = null)
    {
        if (Round is not { } before)
        {
            return new(TableCodes.RoundComplete, "No round is running.", "wait for the next one");
        }

        var step = before.Apply(happened);
        if (step is not RoundStep.Moved { Next: var next })
        {
            return ((RoundStep.Refused)step).Why;
        }

        var changes = Seats.Select(seat => (Seat: seat, Stake: next.StakedBy(seat.Number) - before.StakedBy(seat.Number))).Where(change => change.Stake != 0).ToList();
        var house = next.StakedByHouse - before.StakedByHouse;
        if (happened is RoundEvent.Acted)
        {
            // What an action stakes is its player's; what another gets back because nobody matched it needs no leave.
            foreach (var (seat, stake) in changes.Where(change => change.Stake > 0))
            {
                if ((MayStake(seat, stake, before) ?? HouseMay(house)) is { } why)
                {
                    return why;
                }
            }
        }

        _room = _room with { Events = _room.Events + 1 };
        RoundJournal.Append(_transaction, _room, happened, _now, by);
        foreach (var (seat, stake) in changes)
        {
            Seats = Seats.Replace(seat, StakeBook.Put(_transaction, _room, seat, stake, house));
            house = 0; // it stands beside the one stake that called for it
        }

        Round = next;
        var asking = next.Outcome is null && next.Timer != before.Timer ? next.Owing : [];
        Tell(TableNewsKind.Happened, happened, next, asking, happened is RoundEvent.TimeUp ? before.Owing : []);
        Follow(next);
        return null;
    }

    /// <summary>Whether the seat may stake so much now.</summary>
    public TableRefusal? MayStake(SeatRow seat, long stake, Round round)
    {
        var (limits, why) = _stakes.LimitsOf(_transaction, seat.LinkId, Since(round));
        return why ?? StakeRule.Check(limits!, Standing(seat, round), stake);
    }

    /// <summary>Whether a session's message was taken as an action before, at whatever table and on whatever replica.</summary>
    public bool WasTaken(string session, string message) => RoundJournal.WasTaken(_transaction, session, message);

    /// <summary>Why a link may not sit down with so many credits; null when it may. Its user's account is locked.</summary>
    public TableRefusal? JoinRefusal(string linkId, string userId, long buyIn, IAgentLinks links)
    {
        var (limits, why) = _stakes.LimitsOf(_transaction, linkId, null);
        if ((why ?? StakeRule.GameRefusal(limits!, _room.Game)) is { } refused)
        {
            return refused;
        }

        var tables = _transaction.QuerySingleOrDefault<long?>("SELECT COUNT(*) FROM table_seat WHERE link_id = @linkId", new { linkId }) ?? 0;
        if (links.Read(_transaction, linkId)?.Permissions.MaxConcurrentTables is { } most && tables >= most)
        {
            return new(TableCodes.PermissionDenied, $"The link lets this agent sit at {most} tables.", "leave another table first");
        }

        if (!_game.PlaysFromStack)
        {
            return buyIn == 0 ? null : new(TableCodes.InvalidAmount, "This game is played from the account; nothing is brought to the table.", "join without a buy-in");
        }

        var available = _transaction.QuerySingleOrDefault<long?>("SELECT available FROM table_account WHERE user_id = @userId", new { userId }) ?? 0;
        return buyIn < _terms.MinBuyIn || buyIn > _terms.MaxBuyIn
            ? new(TableCodes.InvalidAmount, $"A buy-in is from {_terms.MinBuyIn} to {_terms.MaxBuyIn} credits.", "bring an amount within the table's bounds")
            : limits!.MaxStakePerRound is { } limit && buyIn > limit
                ? new(TableCodes.StakeLimitExceeded, $"The link lets {limit} credits be staked in a round.", "bring less; only the human can raise the limit")
                : buyIn > available
                    ? new(TableCodes.InsufficientBalance, $"{available} credits are available.", "bring less")
                    : null;
    }

    /// <summary>Takes a seat; what is brought to it was checked before.</summary>
    public void Sit(SeatRow seat)
    {
        seat.Add(_transaction);
        CreditBook.Move(_transaction, seat.UserId, -seat.Stack);
        Seats = [.. Seats.Add(seat).OrderBy(each => each.Seat)];
        if (Round is null)
        {
            Begin();
        }
        else
        {
            Happen(new RoundEvent.Joined(seat.Number));
        }
    }

    /// <summary>
    /// A player goes: the round's default is applied for him, once, and the seat is given up as soon as the round lets it; what he has not staked goes back to
    /// his account, what he has is settled by the rules.
    /// </summary>
    public void Leave(SeatRow seat)
    {
        if (seat.Leaving == 1)
        {
            return;
        }

        var leaving = seat with { Leaving = 1 };
        leaving.Save(_transaction);
        Seats = Seats.Replace(seat, leaving);
        var round = Round;
        if (round is not null)
        {
            Happen(new RoundEvent.Left(seat.Number));
        }

        // Nothing keeps him when no round of his runs any more, or when his stakes are paid to his account anyway.
        if (Seats.FirstOrDefault(each => each.Seat == seat.Seat && each.LinkId == seat.LinkId) is { Leaving: 1 } still
            && (Round is null || !_game.PlaysFromStack || Round.StakedBy(seat.Number) == 0))
        {
            StakeBook.Release(_transaction, still);
            Seats = Seats.Remove(still);
        }

        Begin();
    }

    /// <summary>Ends the write: what has changed of the table is written.</summary>
    public void Save() => _room.Save(_transaction);

    // A round counts from its first stake on for what was loosened meanwhile: a window can lie open for days before anybody bets.
    private long? Since(Round round) => Seats.Any(seat => round.StakedBy(seat.Number) > 0) ? RoundJournal.StakedSinceMs(_transaction, _room) : null;

    private StakeStanding Standing(SeatRow seat, Round round)
    {
        var available = _game.PlaysFromStack
            ? seat.Stack
            : _transaction.QuerySingleOrDefault<long?>("SELECT available FROM table_account WHERE user_id = @UserId", new { seat.UserId }) ?? 0;
        return StakeBook.StandingOf(_transaction, seat, _room.Game, round.StakedBy(seat.Number), available, _now);
    }

    private TableRefusal? HouseMay(long credits) =>
        credits > 0 && (_transaction.QuerySingleOrDefault<long?>("SELECT available FROM table_account WHERE user_id = @house", new { house = CreditBook.House }) ?? 0) < credits
            ? new(TableCodes.InvalidAmount, "The house could not pay this bet if it won.", "stake less or take a higher target")
            : null;

    private void Follow(Round next)
    {
        if (next.Outcome is { } outcome)
        {
            Finish(next, outcome);
        }
        else if (next.WaitsForDeal)
        {
            Deal(next);
        }
        else
        {
            SetTimer(next);
        }
    }

    // Each plays with his stack, or with what his limits allow now. Who may not even post a blind has to go, and the hand does not come about.
    private void Deal(Round round)
    {
        var inPlay = ImmutableArray.CreateBuilder<long>();
        foreach (var number in round.Opening.Seats)
        {
            var seat = Seats.First(each => each.Number == number);
            var (limits, _) = _stakes.LimitsOf(_transaction, seat.LinkId, Since(round));
            var most = limits is null ? 0 : StakeRule.Most(limits, Standing(seat, round));
            if (most < Math.Min(_terms.BigBlind, seat.Stack) || most < 1)
            {
                Leave(seat);
                return;
            }

            inPlay.Add(most);
        }

        Happen(new RoundEvent.Dealt(inPlay.ToImmutable()));
    }

    private void Finish(Round ended, RoundOutcome outcome)
    {
        Seats = _stakes.Settle(_transaction, _room, outcome, Seats);
        RoundJournal.End(_transaction, _room, _now);
        _room = _room with { Running = 0, Timer = 0, DeadlineMs = 0, Events = _room.Events + 1 };
        Round = null;
        Tell(TableNewsKind.Ended, null, ended, [], []);
        foreach (var seat in Seats.Where(seat => seat.Leaving == 1 || outcome.Absent.Contains(seat.Number) || (_game.PlaysFromStack && seat.Stack == 0)))
        {
            StakeBook.Release(_transaction, seat);
            Seats = Seats.Remove(seat);
        }

        Begin();
    }

    // Opens the next round when there are players enough and none runs.
    private void Begin()
    {
        if (_room.Running == 1 || Seats.Length < _game.MinPlayers)
        {
            return;
        }

        var numbers = Seats.Select(seat => seat.Number).ToImmutableArray();
        var after = numbers.Where(number => number > _room.Button).ToList();
        var button = after.Count > 0 ? after[0] : numbers[0];
        var seed = new byte[FairDraw.SeedBytes];
        _random.Fill(seed);
        var opening = new RoundOpening(_room.RoundNo + 1, numbers, button, [.. seed]);
        _room = _room with { RoundNo = opening.Number, Running = 1, Button = button, Timer = 0, DeadlineMs = 0, Events = _room.Events + 1 };
        RoundJournal.Begin(_transaction, _room.Id, opening, _now);
        Round = _game.Open(opening, _terms);
        SetTimer(Round);
        Tell(TableNewsKind.Opened, null, Round, Round.Owing, []);
    }

    // A limit that runs already goes on; 0 stands for none, so the round's own numbers begin at 1 here.
    private void SetTimer(Round round)
    {
        var timer = round.Timer is { } number ? number + 1L : 0;
        if (timer != _room.Timer)
        {
            _room = _room with { Timer = timer, DeadlineMs = timer == 0 ? 0 : _now + (_terms.TimeoutSeconds * 1000L) };
        }
    }

    private void Tell(TableNewsKind kind, RoundEvent? happened, Round round, IReadOnlyList<int> asked, IReadOnlyList<int> late) =>
        _news.Add(new(_room.Events, kind, happened, round, Seats, asked, late));
}

/// <summary>What writes of tables are done with.</summary>
internal sealed record TableParts(CreditBook Credits, StakeBook Stakes, IRandom Random);
