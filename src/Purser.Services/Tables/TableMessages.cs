using System.Text.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Tables;
using Purser.Protocol.Tables.Messages;
using Purser.Services.Gateway;

namespace Purser.Services.Tables;

/// <summary>
/// Tells the players what has happened, after it is durable. Each gets a state of his own, with his hidden cards and nobody else's. A process that dies before
/// it has told loses words, no state: who comes back asks for that. <c>version</c> rises with whatever happens at a table, so that messages that two replicas
/// sent can be put in order.
/// </summary>
internal static class TableMessages
{
    /// <summary>Sends what there is to tell, in order.</summary>
    public static void Send(IGatewayOutbox outbox, RoomRow room, IEnumerable<TableNews> news)
    {
        var game = TableGame.All[room.Game];
        var seconds = TermsJson.Parse(room.Terms).TimeoutSeconds;
        foreach (var each in news)
        {
            foreach (var seat in each.Seats)
            {
                foreach (var message in MessagesFor(room, game, seconds, each, seat))
                {
                    outbox.Send(seat.SessionId, message);
                }
            }
        }
    }

    /// <summary>What a seat may see, with what it may do.</summary>
    public static JsonElement State(RoomRow room, long version, Round? round, IEnumerable<SeatRow> seats, SeatRow? of) => Object(writer =>
    {
        WriteHead(writer, room, version, of);
        writer.WriteStartArray("seats");
        foreach (var seat in seats)
        {
            writer.WriteStartObject();
            writer.WriteNumber("seat", seat.Seat);
            writer.WriteString("playerId", seat.Wallet);
            writer.WriteNumber("stack", seat.Stack);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteState(writer, round, of);
    });

    private static IEnumerable<GatewayMessage> MessagesFor(RoomRow room, TableGame game, int seconds, TableNews news, SeatRow seat)
    {
        var isPhased = game.Model == "phase_based";
        var state = State(room, news.Number, news.Round, news.Seats, seat);
        var hand = $"{room.Id}-{news.Round.Opening.Number}";
        switch (news.Kind)
        {
            case TableNewsKind.Opened:
                yield return new GatewayMessage.SeedCommitment(room.Game, room.Id, hand, news.Round.Opening.SeedHash);
                if (isPhased)
                {
                    yield return new GatewayMessage.BettingWindowOpen(room.Game, room.Id, seconds, state);
                }

                break;
            case TableNewsKind.Ended:
                if (isPhased)
                {
                    yield return new GatewayMessage.BettingWindowClosed(room.Game, room.Id, state);
                }

                yield return new GatewayMessage.RoundResult(room.Game, room.Id, Result(room, news, seat, hand));
                if (!news.Round.Outcome!.Void)
                {
                    yield return new GatewayMessage.SeedReveal(room.Game, room.Id, hand, Convert.ToHexStringLower(news.Round.Opening.ServerSeed.AsSpan()));
                }

                yield break;
            default:
                if (news.Late.Contains(seat.Number))
                {
                    yield return new GatewayMessage.GameError(room.Game, room.Id, TableCodes.Timeout, "The time was up: the default action was taken.");
                }

                yield return news.Happened is RoundEvent.Acted acted
                    ? new GatewayMessage.PlayerActionBroadcast(room.Game, room.Id, Action(room, news, seat, acted))
                    : new GatewayMessage.GameStateUpdate(room.Game, room.Id, state);
                break;
        }

        if (!isPhased && news.Asked.Contains(seat.Number))
        {
            yield return new GatewayMessage.GameActionRequest(room.Game, room.Id, seconds, state);
        }
    }

    private static JsonElement Action(RoomRow room, TableNews news, SeatRow seat, RoundEvent.Acted acted) => Object(writer =>
    {
        WriteHead(writer, room, news.Number, seat);
        writer.WriteNumber("seat", acted.Seat);
        writer.WriteString("playerId", Wallet(news, acted.Seat));
        writer.WriteString("action", acted.Move.Action);
        if (acted.Move.Amount is { } amount)
        {
            writer.WriteNumber("amount", amount);
        }

        WriteState(writer, news.Round, seat);
    });

    private static JsonElement Result(RoomRow room, TableNews news, SeatRow seat, string hand) => Object(writer =>
    {
        var outcome = news.Round.Outcome!;
        WriteHead(writer, room, news.Number, seat);
        writer.WriteString("handId", hand);
        writer.WriteBoolean("void", outcome.Void);
        writer.WriteStartArray("winners");
        foreach (var (number, returned) in outcome.Returned.Where(each => each.Value > 0))
        {
            writer.WriteStartObject();
            writer.WriteNumber("seat", number);
            writer.WriteString("playerId", Wallet(news, number));
            writer.WriteNumber("amount", returned);
            writer.WriteNumber("netAmount", returned - news.Round.StakedBy(number));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("rake", 0);
        if (!outcome.Void)
        {
            writer.WriteStartObject("fairness");
            writer.WriteString("algorithm", "sha256");
            writer.WriteString("seedHash", news.Round.Opening.SeedHash);
            writer.WriteString("seed", Convert.ToHexStringLower(news.Round.Opening.ServerSeed.AsSpan()));
            writer.WriteEndObject();
        }

        WriteState(writer, news.Round, seat);
    });

    private static string Wallet(TableNews news, int number) => news.Seats.FirstOrDefault(seat => seat.Number == number)?.Wallet ?? "";

    private static void WriteHead(Utf8JsonWriter writer, RoomRow room, long version, SeatRow? of)
    {
        writer.WriteString("tableId", room.Id);
        writer.WriteNumber("version", version);
        if (of is not null)
        {
            writer.WriteNumber("yourSeat", of.Seat);
        }
    }

    private static void WriteState(Utf8JsonWriter writer, Round? round, SeatRow? of)
    {
        if (round is null)
        {
            writer.WriteNull("state");
        }
        else
        {
            writer.WritePropertyName("state");
            round.WriteView(writer, of?.Number);
        }

        writer.WriteStartArray("availableActions");
        foreach (var action in round is null || of is null ? [] : round.ActionsOf(of.Number))
        {
            writer.WriteStartObject();
            writer.WriteString("type", action.Type);
            if (action.MinAmount is { } min)
            {
                writer.WriteNumber("minAmount", min);
            }

            if (action.MaxAmount is { } max)
            {
                writer.WriteNumber("maxAmount", max);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static JsonElement Object(Action<Utf8JsonWriter> write) => JsonElement.Parse(PaymentHeader.Json(writer =>
    {
        writer.WriteStartObject();
        write(writer);
        writer.WriteEndObject();
    }));
}
