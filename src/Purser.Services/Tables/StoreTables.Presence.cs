using Purser.Services.SignIn;

namespace Purser.Services.Tables;

/// <summary>Who is there, who has gone, and whose time is up.</summary>
public sealed partial class StoreTables
{
    private const int AtOnce = 100;

    /// <inheritdoc/>
    public Task ConnectedAsync(AgentSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return _store.WriteAsync(
            transaction =>
            {
                // A seat is the link's; the session that came last is told what happens there. A window that is over already stays over.
                transaction.Execute("DELETE FROM table_drop WHERE session_id = @Id AND ending = 0", new { session.Id });
                transaction.Execute("UPDATE table_seat SET session_id = @Id WHERE link_id = @LinkId AND session_id <> @Id", new { session.Id, session.LinkId });
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task DroppedAsync(AgentSession session, DateTimeOffset until, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return _store.WriteAsync(
            transaction => transaction.Execute(
                """
                INSERT INTO table_drop (session_id, until_ms, ending) VALUES (@Id, @until, 0)
                ON CONFLICT (session_id) DO UPDATE SET until_ms = excluded.until_ms WHERE table_drop.ending = 0
                """,
                new { session.Id, until = until.ToUnixTimeMilliseconds() }),
            cancellationToken);
    }

    /// <summary>
    /// A session has ended, however: at each table where it had a seat the default is applied once and the seat given up. The race: several replicas hear of the
    /// same end; the first write finds the seat, the others find that it is gone or going.
    /// </summary>
    public async Task SessionEndedAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sessionId);
        var tables = await _store.ReadAsync(reader => reader.Query<string>("SELECT table_id FROM table_seat WHERE session_id = @sessionId", new { sessionId }), cancellationToken);
        foreach (var tableId in tables)
        {
            await ChangeAsync(
                tableId,
                table =>
                {
                    if (table.Seats.FirstOrDefault(seat => seat.SessionId == sessionId) is { } seat)
                    {
                        table.Leave(seat);
                    }
                },
                () => { },
                cancellationToken);
        }
    }

    /// <summary>Asks of every session that has a seat whether it still lives, and lets go of those that do not: for a listener that may have missed an end.</summary>
    public async Task CheckSessionsAsync(CancellationToken cancellationToken = default)
    {
        foreach (var sessionId in await _store.ReadAsync(reader => reader.Query<string>("SELECT DISTINCT session_id FROM table_seat"), cancellationToken))
        {
            if (await _sessions.FindByIdAsync(sessionId, cancellationToken) is AgentSessionReading.Refused { Code: not AgentSessionCodes.Unavailable })
            {
                await SessionEndedAsync(sessionId, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Takes the default action wherever the time is up, and ends the sessions whose reconnect window is over. Any number of replicas may do so at once: each
    /// deadline is looked at again under the table's row. What a dead process left waiting is found here by the next.
    /// </summary>
    /// <returns>How many deadlines were due.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken = default)
    {
        var rooms = await _store.ReadAsync(
            reader => reader.Query<string>("SELECT id FROM table_room WHERE deadline_ms > 0 AND deadline_ms <= @Now ORDER BY deadline_ms LIMIT @AtOnce", new { Now, AtOnce = (long)AtOnce }),
            cancellationToken);
        foreach (var room in rooms)
        {
            await ChangeAsync(room, _ => { }, () => { }, cancellationToken);
        }

        var dropped = await _store.ReadAsync(
            reader => reader.Query<string>("SELECT session_id FROM table_drop WHERE until_ms <= @Now ORDER BY until_ms LIMIT @AtOnce", new { Now, AtOnce = (long)AtOnce }),
            cancellationToken);
        foreach (var session in dropped)
        {
            await EndDroppedAsync(session, cancellationToken);
        }

        return rooms.Count + dropped.Count;
    }

    // The first write decides: who reconnects after it finds his session ended. A process that dies in between is followed by the next sweep.
    private async Task EndDroppedAsync(string sessionId, CancellationToken cancellationToken)
    {
        var isOver = await _store.WriteAsync(
            transaction => transaction.Execute("UPDATE table_drop SET ending = 1 WHERE session_id = @sessionId AND until_ms <= @Now", new { sessionId, Now }) == 1,
            cancellationToken);
        if (isOver)
        {
            await SessionEndedAsync(sessionId, cancellationToken);
            await _sessions.EndAsync(sessionId, AgentSessionEnd.ReconnectWindow, cancellationToken);
            await _store.WriteAsync(transaction => transaction.Execute("DELETE FROM table_drop WHERE session_id = @sessionId AND ending = 1", new { sessionId }), cancellationToken);
        }
    }
}
