using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Purser.Protocol.Tables;
using Purser.Services.Gate;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>Reads requests about tables strictly, and maps what comes of them to HTTP in one place.</summary>
internal sealed class TableDoor(StoreTables tables)
{
    private const int MaxBodyBytes = 4 * 1024;

    public static Task GamesAsync(HttpContext context) => GateJson.WriteAsync(context, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("games");
        foreach (var game in TableGame.All.Values)
        {
            writer.WriteStartObject();
            writer.WriteString("gameType", game.Id);
            writer.WriteString("name", game.Name);
            writer.WriteString("gameModel", game.Model);
            writer.WriteNumber("minPlayers", game.MinPlayers);
            writer.WriteNumber("maxPlayers", game.MaxPlayers);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    public static async Task SpecificationAsync(HttpContext context)
    {
        if (!TableGame.All.TryGetValue((string?)context.GetRouteValue("gameType") ?? "", out var game))
        {
            await RefuseAsync(context, new(TableCodes.GameNotFound, "There is no such game.", "GET games lists them"));
            return;
        }

        var body = Encoding.UTF8.GetBytes(game.Specification);
        context.Response.ContentType = "text/markdown; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    public Task LobbyAsync(HttpContext context) => ServeAsync(context, async _ =>
    {
        var rooms = await tables.LobbyAsync(context.RequestAborted);
        await GateJson.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("rooms");
            foreach (var room in rooms)
            {
                writer.WriteStartObject();
                writer.WriteString("id", room.Id);
                writer.WriteString("gameType", room.Game);
                writer.WriteNumber("playerCount", room.Players.Count);
                writer.WriteNumber("maxPlayers", room.MaxPlayers);
                TermsJson.WriteMembers(writer, room.Terms);
                writer.WriteString("gameStatus", room.IsRunning ? "playing" : "waiting");
                writer.WriteNumber("createdAt", room.CreatedMs);
                writer.WriteStartArray("players");
                foreach (var player in room.Players)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("seat", player.Seat);
                    writer.WriteString("playerId", player.Wallet);
                    writer.WriteNumber("stack", player.Stack);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    });

    public Task OpenAsync(HttpContext context) => ServeAsync(context, async session =>
    {
        var body = await GateJson.ReadAsync(context, MaxBodyBytes);
        var game = body.String("gameType", 64);
        var terms = TermsJson.Read(body);
        if (body.Refusal is { } malformed)
        {
            await GateJson.Refusal(malformed).WriteAsync(context);
            return;
        }

        await AnswerAsync(context, await tables.OpenRoomAsync(session, game, terms), StatusCodes.Status201Created);
    });

    public Task JoinAsync(HttpContext context) => ServeAsync(context, async session =>
    {
        var body = await GateJson.ReadAsync(context, MaxBodyBytes);
        var buyIn = body.Has("buyIn") ? body.Integer("buyIn", 0, Credits.Max) : 0;
        if (body.Refusal is { } malformed)
        {
            // An amount that is none has the tables' own code, whatever door it came to.
            await (body.Element.ValueKind is System.Text.Json.JsonValueKind.Object
                ? Problem(new(TableCodes.InvalidAmount, malformed.ToString(), "give buyIn as whole credits"))
                : GateJson.Refusal(malformed)).WriteAsync(context);
            return;
        }

        await AnswerAsync(context, await tables.JoinAsync(session, Id(context), buyIn), StatusCodes.Status200OK);
    });

    public Task LeaveAsync(HttpContext context) => ServeAsync(context, async session => await AnswerAsync(context, await tables.LeaveAsync(session, Id(context)), StatusCodes.Status200OK));

    public static Task ConfigAsync(HttpContext context) => GateJson.WriteAsync(context, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("currency", "credits");
        writer.WriteBoolean("playCredits", true);
        writer.WriteNumber("decimals", 0);
        writer.WriteBoolean("deposit", false);
        writer.WriteBoolean("withdraw", false);
        writer.WriteEndObject();
    });

    public Task BalanceAsync(HttpContext context) => ServeAsync(context, async session =>
    {
        var balance = await tables.BalanceAsync(session, context.RequestAborted);
        await GateJson.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("balance", balance.Available + balance.Locked);
            writer.WriteNumber("available", balance.Available);
            writer.WriteNumber("locked", balance.Locked);
            writer.WriteEndObject();
        });
    });

    public Task TransactionsAsync(HttpContext context) => ServeAsync(context, async session =>
    {
        if (Number(context, "limit", 50, 200) is not { } limit || Number(context, "before", long.MaxValue, long.MaxValue) is not { } before)
        {
            await new GateRefusal(StatusCodes.Status400BadRequest, "query_malformed", "limit is from 1 to 200, before a txId", "correct the query").WriteAsync(context);
            return;
        }

        var entries = await tables.Credits.EntriesAsync(session.UserId, (int)limit, before, context.RequestAborted);
        await GateJson.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("transactions");
            foreach (var entry in entries)
            {
                writer.WriteStartObject();
                writer.WriteString("txId", entry.Id.ToString(CultureInfo.InvariantCulture));
                writer.WriteString("type", entry.Type);
                writer.WriteNumber("amount", entry.Amount);
                writer.WriteNumber("balance", entry.Balance);
                if (entry.TableId.Length > 0)
                {
                    writer.WriteString("tableId", entry.TableId);
                    writer.WriteString("gameType", entry.Game);
                }

                writer.WriteNumber("timestamp", entry.AtMs);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    });

    public static Task WithdrawAsync(HttpContext context) =>
        RefuseAsync(context, new(TableCodes.PermissionDenied, "Play credits are no money: nothing can be paid out.", "GET wallet/config says what can be done"));

    private static string Id(HttpContext context) => (string?)context.GetRouteValue("id") ?? "";

    private static long? Number(HttpContext context, string name, long otherwise, long most)
    {
        var values = context.Request.Query[name];
        return values.Count == 0 ? otherwise
            : values.Count == 1 && long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number
            : null;
    }

    private static Task AnswerAsync(HttpContext context, RoomAnswer answer, int status) => answer is RoomAnswer.Done done
        ? GateJson.WriteAsync(context, status, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id", done.TableId);
            if (done.Seat >= 0)
            {
                writer.WriteNumber("seat", done.Seat);
            }

            writer.WriteEndObject();
        })
        : RefuseAsync(context, ((RoomAnswer.Refused)answer).Why);

    private static Task RefuseAsync(HttpContext context, TableRefusal why) => Problem(why).WriteAsync(context);

    private static GateRefusal Problem(TableRefusal why) => new(
        why.Code switch
        {
            TableCodes.TableNotFound or TableCodes.GameNotFound => StatusCodes.Status404NotFound,
            TableCodes.TableFull or TableCodes.InsufficientBalance => StatusCodes.Status409Conflict,
            TableCodes.InvalidAmount or TableCodes.InvalidAction => StatusCodes.Status400BadRequest,
            _ => StatusCodes.Status403Forbidden,
        },
        why.Code,
        why.Message,
        why.Hint);

    // What has begun is brought to its end although the asker hangs up; a busy store is a 503, not a 500.
    private static async Task ServeAsync(HttpContext context, Func<AgentSession, Task> serve)
    {
        try
        {
            await serve(context.Features.Get<AgentSession>() ?? throw new InvalidOperationException("The endpoint was reached without a session: it needs the scheme AgentBearer."));
        }
        catch (StorageException exception) when (exception.IsTransient && !context.Response.HasStarted)
        {
            await new GateRefusal(StatusCodes.Status503ServiceUnavailable, exception.Code, "The store is busy.", "try again") { RetryAfter = TimeSpan.FromSeconds(1) }.WriteAsync(context);
        }
    }
}
