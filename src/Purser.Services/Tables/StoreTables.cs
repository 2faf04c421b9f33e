using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Tables;
using Purser.Protocol.Tables.Messages;
using Purser.Services.Gateway;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>
/// The tables on the store. Any number of replicas may share it, and each may act on every table: what happens is one write that takes the table's row, so
/// there is no owner to be lost. What a write brought about is told by <see cref="IGatewayOutbox"/> once it is durable.
/// </summary>
public sealed partial class StoreTables : ITables
{
    private readonly Store _store;
    private readonly TimeProvider _time;
    private readonly IAgentSessions _sessions;
    private readonly IAgentLinks _links;
    private readonly IGatewayOutbox _outbox;
    private readonly TablesOptions _options;
    private readonly TableParts _parts;

    /// <summary>Tables in this store; call <see cref="StartAsync"/> once before.</summary>
    /// <param name="store">The store, which also holds links and sessions.</param>
    /// <param name="time">The clock of deadlines and of the 24 hours.</param>
    /// <param name="random">Where the rounds' seeds come from; cryptographically strong.</param>
    /// <param name="links">Where limits are read, in the write that stakes.</param>
    /// <param name="sessions">The sessions, one of which ends when its reconnect window is over.</param>
    /// <param name="outbox">The way to the agents.</param>
    /// <param name="options">The operator's terms.</param>
    /// <exception cref="ArgumentException">The options cannot be meant.</exception>
    public StoreTables(Store store, TimeProvider time, IRandom random, IAgentLinks links, IAgentSessions sessions, IGatewayOutbox outbox, TablesOptions options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(links);
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentNullException.ThrowIfNull(outbox);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_store, _time, _links, _sessions, _outbox, _options) = (store, time, links, sessions, outbox, options);
        Credits = new(store, time, options);
        _parts = new(Credits, new StakeBook(Credits, links, options), random);
    }

    /// <summary>The accounts.</summary>
    public CreditBook Credits { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Games { get; } = [.. TableGame.All.Keys];

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Brings the database up to date and opens the operator's tables.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _store.MigrateAsync(TableSchema.Migrations, cancellationToken);
        await _store.WriteAsync(
            transaction =>
            {
                Credits.Lock(transaction, CreditBook.House);
                foreach (var room in _options.Rooms)
                {
                    RoomRow.Add(transaction, room.Id, room.Game, room.Terms, Now);
                }
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<AgentBalance> BalanceAsync(AgentSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Credits.BalanceAsync(session.UserId, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<TableAnswer> ActAsync(AgentSession session, TableAction action, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(action);
        if (!TableGame.All.ContainsKey(action.GameType))
        {
            return new TableAnswer.Refused(TableCodes.GameNotFound, "There is no such game; GET games lists them.");
        }

        var reading = TableMove.Read(JsonShape.Of(action.Payload));
        if (reading is TableMoveReading.Refused { Why: var malformed })
        {
            return Refused(malformed);
        }

        var move = ((TableMoveReading.Read)reading).Move;
        TableRefusal? why = null;
        await ChangeAsync(
            action.TableId,
            table => why = Act(table, session, action, move),
            () => why = NoTable(),
            cancellationToken);
        return why is null ? TableAnswer.Accepted.Instance : Refused(why);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TableSnapshot>> SnapshotsAsync(AgentSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return _store.ReadAsync<IReadOnlyList<TableSnapshot>>(
            reader => [.. SeatRow.OfLink(reader, session.LinkId).Select(seat => Snapshot(reader, seat))],
            cancellationToken);
    }

    /// <summary>Lets something happen at a table in one write, and tells it when it is durable.</summary>
    private async Task ChangeAsync(string tableId, Action<TableWrite> change, Action missing, CancellationToken cancellationToken, string? alsoUser = null)
    {
        var table = await _store.WriteAsync(
            transaction =>
            {
                var open = TableWrite.Open(transaction, tableId, _parts, Now, alsoUser);
                if (open is null)
                {
                    missing();
                    return null;
                }

                // Who comes after the time finds that the default was taken, whether or not anybody looked meanwhile.
                if (open.IsLate)
                {
                    open.Happen(new RoundEvent.TimeUp());
                }

                change(open);
                open.Save();
                return open;
            },
            cancellationToken);
        if (table is not null)
        {
            TableMessages.Send(_outbox, table.Room, table.News);
        }
    }

    private static TableRefusal? Act(TableWrite table, AgentSession session, TableAction action, TableMove move)
    {
        if (table.Room.Game != action.GameType || table.SeatOf(session.LinkId) is not { Leaving: 0 } seat)
        {
            return NoTable();
        }

        if (table.WasTaken(session.Id, action.MessageId))
        {
            return new(GatewayErrorCodes.DuplicateMessage, "This action was taken already.", "read the state");
        }

        // Who says that he is ready may be asked for a blind: better refused now than unseated at the deal.
        if (move.Action == "ready" && table.Round is { } round && table.MayStake(seat, Math.Min(table.Game.LeastStake(table.Terms), Math.Max(1, seat.Stack)), round) is { } limited)
        {
            return limited;
        }

        return table.Happen(new RoundEvent.Acted(seat.Number, move), (session.Id, action.MessageId));
    }

    private static TableSnapshot Snapshot(IStoreReader reader, SeatRow seat)
    {
        var room = RoomRow.Find(reader, seat.TableId)!;
        var round = room.Running == 1 ? RoundJournal.Open(reader, room) : null;
        return new(room.Game, room.Id, TableMessages.State(room, room.Events, round, SeatRow.At(reader, room.Id), seat));
    }

    private static TableRefusal NoTable() => new(TableCodes.TableNotFound, "There is no such table, or this wallet does not sit at it.", "see the lobby, and join");

    private static TableAnswer.Refused Refused(TableRefusal why) => new(why.Code, $"{why.Message} {why.Hint}.");
}
