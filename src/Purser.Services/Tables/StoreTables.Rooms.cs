using Purser.Protocol.Tables;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>A table as the lobby shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Game">The game's id.</param>
/// <param name="Terms">What holds at it.</param>
/// <param name="MaxPlayers">How many seats it has.</param>
/// <param name="IsRunning">Whether a round runs.</param>
/// <param name="CreatedMs">When it was opened, in Unix milliseconds.</param>
/// <param name="Players">Who sits there: seat, wallet, and credits brought.</param>
public sealed record RoomView(string Id, string Game, TableTerms Terms, int MaxPlayers, bool IsRunning, long CreatedMs, IReadOnlyList<RoomPlayer> Players);

/// <summary>Who sits at a table.</summary>
/// <param name="Seat">The seat, from 0.</param>
/// <param name="Wallet">The agent's wallet.</param>
/// <param name="Stack">Credits that he brought and has not staked.</param>
public sealed record RoomPlayer(int Seat, string Wallet, long Stack);

/// <summary>What came of opening, joining or leaving a table.</summary>
public abstract record RoomAnswer
{
    private RoomAnswer()
    {
    }

    /// <summary>It was done.</summary>
    /// <param name="TableId">The table.</param>
    /// <param name="Seat">The seat taken; -1 where none was.</param>
    public sealed record Done(string TableId, int Seat) : RoomAnswer;

    /// <summary>It was not, and nothing has changed.</summary>
    /// <param name="Why">Why.</param>
    public sealed record Refused(TableRefusal Why) : RoomAnswer;
}

/// <summary>Opening, joining and leaving.</summary>
public sealed partial class StoreTables
{
    private static readonly TimeSpan s_unusedFor = TimeSpan.FromMinutes(10);

    /// <summary>All tables, by id.</summary>
    public Task<IReadOnlyList<RoomView>> LobbyAsync(CancellationToken cancellationToken = default) => _store.ReadAsync<IReadOnlyList<RoomView>>(
        reader =>
        {
            var seats = reader.Query<SeatRow>($"SELECT {SeatRow.Columns} FROM table_seat ORDER BY table_id, seat").ToLookup(seat => seat.TableId, StringComparer.Ordinal);
            return [.. reader.Query<RoomRow>($"SELECT {RoomRow.Columns} FROM table_room ORDER BY id LIMIT 10000").Select(room => new RoomView(
                room.Id, room.Game, TermsJson.Parse(room.Terms), TableGame.All[room.Game].MaxPlayers, room.Running == 1, room.CreatedMs,
                [.. seats[room.Id].Select(seat => new RoomPlayer(seat.Number, seat.Wallet, seat.Stack))]))];
        },
        cancellationToken);

    /// <summary>Opens a table; who opens it does not sit there yet. At the bound of <see cref="TablesOptions.MaxRooms"/> one that an agent opened ten minutes ago or more and nobody uses makes room. The race: of any number at once no more are opened than the bound lets, for each counts under one lock.</summary>
    public async Task<RoomAnswer> OpenRoomAsync(AgentSession session, string game, TableTerms terms, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(terms);
        if (!TableGame.All.ContainsKey(game))
        {
            return new RoomAnswer.Refused(new(TableCodes.GameNotFound, "There is no such game.", "GET games lists them"));
        }

        if (terms.Fault() is { } fault)
        {
            return new RoomAnswer.Refused(new(TableCodes.InvalidAmount, $"It has to hold that {fault}.", "correct the terms"));
        }

        Span<byte> name = stackalloc byte[8];
        _parts.Random.Fill(name);
        var id = $"{game}-{Convert.ToHexStringLower(name)}";
        return await _store.WriteAsync<RoomAnswer>(
            transaction =>
            {
                var (limits, why) = _parts.Stakes.LimitsOf(transaction, session.LinkId, null);
                if ((why ?? StakeRule.GameRefusal(limits!, game)) is { } refused)
                {
                    return new RoomAnswer.Refused(refused);
                }

                // All openers take this row, and nobody else does.
                transaction.QuerySingleOrDefault<long?>("SELECT id FROM table_opener WHERE id = 1" + transaction.ForUpdate);
                return transaction.QuerySingleOrDefault<long?>("SELECT COUNT(*) FROM table_room") >= _options.MaxRooms && !ClosedOne(transaction)
                    ? new RoomAnswer.Refused(new(TableCodes.TableFull, "There are as many tables as there may be.", "join one of them"))
                    : RoomRow.Add(transaction, id, game, terms, Now) ? new RoomAnswer.Done(id, -1)
                    : throw new InvalidOperationException("A random id was drawn twice.");
            },
            cancellationToken);
    }

    /// <summary>
    /// Takes a seat. Where the game is played from a stack, <paramref name="buyIn"/> moves from the account to the table: it has to lie within the table's
    /// bounds, within the link's <c>maxStakePerRound</c> and within the balance (specs/signin.md 1.2). A repeat finds the seat taken and says so by giving it.
    /// </summary>
    /// <param name="session">Who.</param>
    /// <param name="tableId">The table.</param>
    /// <param name="buyIn">Credits to bring; 0 where the game is played from the account.</param>
    /// <param name="cancellationToken">Counts until the write begins.</param>
    public async Task<RoomAnswer> JoinAsync(AgentSession session, string tableId, long buyIn, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(tableId);
        RoomAnswer answer = new RoomAnswer.Refused(NoTable());
        await ChangeAsync(
            tableId,
            table => answer = Join(table, session, buyIn),
            () => answer = new RoomAnswer.Refused(NoTable()),
            cancellationToken,
            session.UserId);
        return answer;
    }

    /// <summary>Gives a seat up: the default is applied to a running round, what is not staked comes back to the account.</summary>
    public async Task<RoomAnswer> LeaveAsync(AgentSession session, string tableId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(tableId);
        RoomAnswer answer = new RoomAnswer.Refused(NoTable());
        await ChangeAsync(
            tableId,
            table =>
            {
                answer = table.SeatOf(session.LinkId) is { } seat ? new RoomAnswer.Done(tableId, seat.Number) : new RoomAnswer.Refused(NoTable());
                if (table.SeatOf(session.LinkId) is { } mine)
                {
                    table.Leave(mine);
                }
            },
            () => answer = new RoomAnswer.Refused(NoTable()),
            cancellationToken);
        return answer;
    }

    /// <summary>
    /// Recounts the books: every credit that was granted is in one place, and what each running round has at stake by its journal is what its stakes say. For an
    /// operator, and after a crash.
    /// </summary>
    /// <returns>What does not agree, in words; empty when all does.</returns>
    public Task<IReadOnlyList<string>> AuditAsync(CancellationToken cancellationToken = default) => _store.ReadAsync<IReadOnlyList<string>>(
        reader =>
        {
            var wrong = new List<string>();
            if (CreditBook.Count(reader) is { IsWhole: false } count)
            {
                wrong.Add($"credits were made or lost: {count}");
            }

            foreach (var room in reader.Query<RoomRow>($"SELECT {RoomRow.Columns} FROM table_room WHERE running = 1"))
            {
                var round = RoundJournal.Open(reader, room);
                var stakes = reader.Query<(long Seat, long Amount, long House)>("SELECT seat, amount, house FROM table_stake WHERE table_id = @Id AND open = 1", new { room.Id });
                if (stakes.Any(stake => round.StakedBy((int)stake.Seat) != stake.Amount) || stakes.Sum(stake => stake.House) != round.StakedByHouse)
                {
                    wrong.Add($"round {room.RoundNo} of {room.Id} has other stakes than its journal");
                }
            }

            return wrong;
        },
        cancellationToken);

    // Closes a table that an agent opened and nobody uses, so that tables left behind do not keep others from being opened.
    private bool ClosedOne(IStoreTransaction transaction)
    {
        const string Unused =
            """
            NOT EXISTS (SELECT 1 FROM table_seat WHERE table_seat.table_id = table_room.id)
            AND NOT EXISTS (SELECT 1 FROM table_stake WHERE table_stake.table_id = table_room.id AND table_stake.open = 1)
            """;
        var before = Now - (long)s_unusedFor.TotalMilliseconds;
        var ids = transaction.Query<string>($"SELECT id FROM table_room WHERE created_ms <= @before AND {Unused} ORDER BY created_ms LIMIT 20", new { before });
        foreach (var id in ids.Where(id => _options.Rooms.All(room => room.Id != id)))
        {
            // Once its row is held nobody sits down any more: only then is it looked at again.
            if (RoomRow.Find(transaction, id, transaction.ForUpdate) is not null && transaction.Execute($"DELETE FROM table_room WHERE id = @id AND {Unused}", new { id }) == 1)
            {
                return true;
            }
        }

        return false;
    }

    private RoomAnswer Join(TableWrite table, AgentSession session, long buyIn)
    {
        if (table.SeatOf(session.LinkId) is { } there)
        {
            return there.Leaving == 0 ? new RoomAnswer.Done(table.Room.Id, there.Number) : new RoomAnswer.Refused(new(TableCodes.TableFull, "The seat is being given up.", "join when the round is over"));
        }

        // A seat whose player left a stake behind stays his until the round is over: stakes are by seat.
        var free = Enumerable.Range(0, table.Game.MaxPlayers)
            .Where(number => table.Seats.All(seat => seat.Number != number) && table.Round?.StakedBy(number) is null or 0)
            .Select(number => (int?)number)
            .FirstOrDefault();
        if (free is not { } number)
        {
            return new RoomAnswer.Refused(new(TableCodes.TableFull, "No seat is free.", "join another table"));
        }

        if (table.Seats.Any(seat => seat.UserId == session.UserId))
        {
            return new RoomAnswer.Refused(new(TableCodes.PermissionDenied, "Another agent of the same human sits at this table.", "join another table"));
        }

        if (table.JoinRefusal(session.LinkId, session.UserId, buyIn, _links) is { } why)
        {
            return new RoomAnswer.Refused(why);
        }

        table.Sit(new SeatRow(table.Room.Id, number, session.UserId, session.LinkId, session.Id, session.Wallet.ToString(), buyIn, 0));
        return new RoomAnswer.Done(table.Room.Id, number);
    }
}
