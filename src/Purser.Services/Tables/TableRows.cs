using System.Globalization;
using System.Text;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Tables;
using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>A table, as it is stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Game">The game's id.</param>
/// <param name="Terms">What holds at it, as JSON.</param>
/// <param name="CreatedMs">When it was opened.</param>
/// <param name="RoundNo">The number of the latest round; 0 before the first.</param>
/// <param name="Running">1 while that round runs.</param>
/// <param name="Button">The seat that had the button last; -1 before the first round.</param>
/// <param name="Timer">Which time limit of the round the deadline belongs to.</param>
/// <param name="DeadlineMs">When the time is up; 0 when nobody is waited for.</param>
/// <param name="Events">How much has happened at the table, over all rounds.</param>
internal sealed record RoomRow(string Id, string Game, string Terms, long CreatedMs, long RoundNo, long Running, long Button, long Timer, long DeadlineMs, long Events)
{
    public const string Columns =
        "id AS Id, game AS Game, terms AS Terms, created_ms AS CreatedMs, round_no AS RoundNo, running AS Running, button AS Button, timer AS Timer, deadline_ms AS DeadlineMs, events AS Events";

    public static RoomRow? Find(IStoreReader reader, string id, string forUpdate = "") =>
        reader.QuerySingleOrDefault<RoomRow>($"SELECT {Columns} FROM table_room WHERE id = @id{forUpdate}", new { id });

    public static bool Add(IStoreTransaction transaction, string id, string game, TableTerms terms, long now) => transaction.Execute(
        """
        INSERT INTO table_room (id, game, terms, created_ms, round_no, running, button, timer, deadline_ms, events)
        VALUES (@id, @game, @terms, @now, 0, 0, -1, 0, 0, 0) ON CONFLICT (id) DO NOTHING
        """,
        new { id, game, terms = TermsJson.Write(terms), now }) == 1;

    public void Save(IStoreTransaction transaction) => transaction.Execute(
        "UPDATE table_room SET round_no = @RoundNo, running = @Running, button = @Button, timer = @Timer, deadline_ms = @DeadlineMs, events = @Events WHERE id = @Id",
        new { Id, RoundNo, Running, Button, Timer, DeadlineMs, Events });
}

/// <summary>Who sits at a table.</summary>
/// <param name="TableId">The table.</param>
/// <param name="Seat">The seat's number, from 0.</param>
/// <param name="UserId">The human.</param>
/// <param name="LinkId">The link.</param>
/// <param name="SessionId">The session that is told what happens.</param>
/// <param name="Wallet">The agent's wallet.</param>
/// <param name="Stack">Credits at the table that are not staked.</param>
/// <param name="Leaving">1 when the seat is given up as soon as the round lets it.</param>
internal sealed record SeatRow(string TableId, long Seat, string UserId, string LinkId, string SessionId, string Wallet, long Stack, long Leaving)
{
    public const string Columns =
        "table_id AS TableId, seat AS Seat, user_id AS UserId, link_id AS LinkId, session_id AS SessionId, wallet AS Wallet, stack AS Stack, leaving AS Leaving";

    public int Number => (int)Seat;

    public static IReadOnlyList<SeatRow> At(IStoreReader reader, string tableId) =>
        reader.Query<SeatRow>($"SELECT {Columns} FROM table_seat WHERE table_id = @tableId ORDER BY seat", new { tableId });

    public static IReadOnlyList<SeatRow> OfLink(IStoreReader reader, string linkId) =>
        reader.Query<SeatRow>($"SELECT {Columns} FROM table_seat WHERE link_id = @linkId ORDER BY table_id", new { linkId });

    public void Add(IStoreTransaction transaction) => transaction.Execute(
        """
        INSERT INTO table_seat (table_id, seat, user_id, link_id, session_id, wallet, stack, leaving)
        VALUES (@TableId, @Seat, @UserId, @LinkId, @SessionId, @Wallet, @Stack, @Leaving)
        """,
        new { TableId, Seat, UserId, LinkId, SessionId, Wallet, Stack, Leaving });

    public void Save(IStoreTransaction transaction) => transaction.Execute(
        "UPDATE table_seat SET stack = @Stack, leaving = @Leaving WHERE table_id = @TableId AND seat = @Seat",
        new { TableId, Seat, Stack, Leaving });

    public void Remove(IStoreTransaction transaction) => transaction.Execute("DELETE FROM table_seat WHERE table_id = @TableId AND seat = @Seat", new { TableId, Seat });
}

/// <summary>A table's terms as JSON.</summary>
internal static class TermsJson
{
    public static string Write(TableTerms terms) => Encoding.UTF8.GetString(PaymentHeader.Json(writer =>
    {
        writer.WriteStartObject();
        WriteMembers(writer, terms);
        writer.WriteEndObject();
    }));

    public static void WriteMembers(Utf8JsonWriter writer, TableTerms terms)
    {
        writer.WriteNumber("minBuyin", terms.MinBuyIn);
        writer.WriteNumber("maxBuyin", terms.MaxBuyIn);
        writer.WriteNumber("smallBlind", terms.SmallBlind);
        writer.WriteNumber("bigBlind", terms.BigBlind);
        writer.WriteNumber("minStake", terms.MinStake);
        writer.WriteNumber("maxStake", terms.MaxStake);
        writer.WriteNumber("timeoutSeconds", terms.TimeoutSeconds);
    }

    /// <summary>Reads them from an object of a request or of the store; what is absent has its default, what is wrong is refused by its name.</summary>
    public static TableTerms Read(JsonShape shape)
    {
        var terms = new TableTerms();
        terms = terms with
        {
            MinBuyIn = Number("minBuyin", terms.MinBuyIn),
            MaxBuyIn = Number("maxBuyin", terms.MaxBuyIn),
            SmallBlind = Number("smallBlind", terms.SmallBlind),
            BigBlind = Number("bigBlind", terms.BigBlind),
            MinStake = Number("minStake", terms.MinStake),
            MaxStake = Number("maxStake", terms.MaxStake),
            TimeoutSeconds = (int)Number("timeoutSeconds", terms.TimeoutSeconds, 300),
        };
        if (shape.Ok && terms.Fault() is { } fault)
        {
            shape.RefuseValue(fault.Split(' ')[0], $"Expected that {fault}");
        }

        return terms;

        long Number(string member, long otherwise, long most = Credits.Max / 4) => shape.Has(member) ? shape.Integer(member, 1, most) : otherwise;
    }

    public static TableTerms Parse(string json) => Read(JsonShape.Parse(Encoding.UTF8.GetBytes(json)));
}

/// <summary>
/// What happened in a round, one line after another, and the round that it makes. The lines are written in the write that moves the credits; so the two cannot
/// disagree, and a process that dies between two lines has lost nothing that anybody was told.
/// </summary>
internal static class RoundJournal
{
    public static Round Open(IStoreReader reader, RoomRow room)
    {
        var row = reader.QuerySingleOrDefault<RoundRow>(
            "SELECT opened_ms AS OpenedMs, server_seed AS ServerSeed, seats AS Seats, button AS Button FROM table_round WHERE table_id = @Id AND round_no = @RoundNo",
            new { room.Id, room.RoundNo }) ?? throw new InvalidOperationException($"The table {room.Id} has lost round {room.RoundNo}.");
        var opening = new RoundOpening(room.RoundNo, [.. row.Seats.Split(' ').Select(seat => int.Parse(seat, CultureInfo.InvariantCulture))], (int)row.Button, [.. row.ServerSeed]);
        var round = TableGame.All[room.Game].Open(opening, TermsJson.Parse(room.Terms));
        foreach (var body in reader.Query<string>("SELECT body FROM table_event WHERE table_id = @Id AND round_no = @RoundNo ORDER BY number", new { room.Id, room.RoundNo }))
        {
            // The rules are pure: what they allowed once they allow again.
            round = round.Apply(Parse(body)) is RoundStep.Moved moved
                ? moved.Next
                : throw new InvalidOperationException($"The journal of table {room.Id}, round {room.RoundNo}, holds what the rules refuse.");
        }

        return round;
    }

    /// <summary>When the first thing happened in the round; stakes come no earlier.</summary>
    public static long? StakedSinceMs(IStoreReader reader, RoomRow room) => reader.QuerySingleOrDefault<long?>(
        "SELECT MIN(at_ms) FROM table_event WHERE table_id = @Id AND round_no = @RoundNo", new { room.Id, room.RoundNo });

    public static void Begin(IStoreTransaction transaction, string tableId, RoundOpening opening, long now) => transaction.Execute(
        """
        INSERT INTO table_round (table_id, round_no, opened_ms, server_seed, seats, button, ended_ms)
        VALUES (@tableId, @number, @now, @seed, @seats, @button, 0)
        """,
        new { tableId, number = opening.Number, now, seed = opening.ServerSeed.ToArray(), seats = string.Join(' ', opening.Seats), button = (long)opening.Button });

    public static void End(IStoreTransaction transaction, RoomRow room, long now) =>
        transaction.Execute("UPDATE table_round SET ended_ms = @now WHERE table_id = @Id AND round_no = @RoundNo", new { room.Id, room.RoundNo, now });

    public static void Append(IStoreTransaction transaction, RoomRow room, RoundEvent happened, long now, (string Session, string Message)? by) => transaction.Execute(
        """
        INSERT INTO table_event (table_id, number, round_no, at_ms, body, session_id, message_id)
        VALUES (@Id, @Events, @RoundNo, @now, @body, @session, @message)
        """,
        new { room.Id, room.Events, room.RoundNo, now, body = Write(happened), session = by?.Session, message = by?.Message });

    public static bool WasTaken(IStoreReader reader, string session, string message) =>
        reader.QuerySingleOrDefault<long?>("SELECT number FROM table_event WHERE session_id = @session AND message_id = @message", new { session, message }) is not null;

    private static string Write(RoundEvent happened) => Encoding.UTF8.GetString(PaymentHeader.Json(writer =>
    {
        writer.WriteStartObject();
        switch (happened)
        {
            case RoundEvent.Acted acted:
                writer.WriteNumber("acted", acted.Seat);
                writer.WritePropertyName("move");
                acted.Move.Write(writer);
                break;
            case RoundEvent.Dealt dealt:
                writer.WriteStartArray("dealt");
                foreach (var credits in dealt.InPlay)
                {
                    writer.WriteNumberValue(credits);
                }

                writer.WriteEndArray();
                break;
            case RoundEvent.Left left:
                writer.WriteNumber("left", left.Seat);
                break;
            case RoundEvent.Joined joined:
                writer.WriteNumber("joined", joined.Seat);
                break;
            default:
                writer.WriteBoolean("timeUp", true);
                break;
        }

        writer.WriteEndObject();
    }));

    private static RoundEvent Parse(string body)
    {
        var root = JsonElement.Parse(body);
        return root.TryGetProperty("acted", out var acted)
            ? TableMove.Read(JsonShape.Of(root.GetProperty("move"))) is TableMoveReading.Read { Move: var move }
                ? new RoundEvent.Acted(acted.GetInt32(), move)
                : throw new InvalidOperationException("A line of a table's journal is no move.")
            : root.TryGetProperty("dealt", out var dealt) ? new RoundEvent.Dealt([.. dealt.EnumerateArray().Select(credits => credits.GetInt64())])
            : root.TryGetProperty("left", out var left) ? new RoundEvent.Left(left.GetInt32())
            : root.TryGetProperty("joined", out var joined) ? new RoundEvent.Joined(joined.GetInt32())
            : new RoundEvent.TimeUp();
    }

    private sealed record RoundRow(long OpenedMs, byte[] ServerSeed, string Seats, long Button);
}
