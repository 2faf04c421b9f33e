using System.Globalization;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.Gateway;

/// <summary>
/// Which process holds the newest connection of each session, on the store that all replicas share. A session is named by its id, a connection by its
/// generation: 1 for the session's first, one more for each after it.
/// </summary>
internal sealed class ConnectionBook(Store store, WorkerLease worker, TimeProvider time)
{
    /// <summary>The store's channel: each payload is <c>session generation worker</c> of a connection that was opened.</summary>
    public const string Channel = "gateway-connections";

    /// <summary>The store's channel: each payload is the worker for whom there is mail.</summary>
    public const string MailChannel = "gateway-mail";

    private static readonly MigrationSet s_schema = new("gateway",
    [
        new Migration(1, "connections and mail",
            """
            CREATE TABLE gateway_connections (
                session_id {text} NOT NULL PRIMARY KEY,
                generation BIGINT NOT NULL,
                worker {text} NOT NULL,
                dropped_until BIGINT NOT NULL,
                ends_session BIGINT NOT NULL
            );
            CREATE INDEX gateway_connections_open ON gateway_connections (worker) WHERE dropped_until = 0;
            CREATE INDEX gateway_connections_dropped ON gateway_connections (dropped_until) WHERE dropped_until > 0;
            CREATE TABLE gateway_mail (
                id {identity},
                session_id {text} NOT NULL,
                message {blob} NOT NULL,
                created_ms BIGINT NOT NULL
            );
            CREATE INDEX gateway_mail_by_session ON gateway_mail (session_id, id);
            CREATE INDEX gateway_mail_by_age ON gateway_mail (created_ms);
            """),
    ]);

    /// <summary>This process, as its connections name it.</summary>
    public string Worker => worker.Id;

    /// <summary>Brings the tables up to date.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await store.MigrateAsync(ClaimSchema.Migrations, cancellationToken); // signs of life stand there
        await store.MigrateAsync(s_schema, cancellationToken);
    }

    /// <summary>
    /// Notes that this process has the session's newest connection, and tells all others. The race: of any number of connections of one session, on any
    /// replicas, the one with the highest generation stays, and all others learn of a higher one. Null when the session lost its connection and did not
    /// come back in time, whether or not anybody has ended it yet.
    /// </summary>
    public Task<long?> TakeAsync(string sessionId, CancellationToken cancellationToken) => store.WriteAsync(
        transaction =>
        {
            worker.BeatIfDue(transaction);
            var generation = transaction.QuerySingleOrDefault<long?>(
                """
                INSERT INTO gateway_connections (session_id, generation, worker, dropped_until, ends_session) VALUES (@sessionId, 1, @me, 0, 0)
                ON CONFLICT (session_id) DO UPDATE SET generation = gateway_connections.generation + 1, worker = excluded.worker, dropped_until = 0, ends_session = 0
                WHERE gateway_connections.dropped_until = 0 OR gateway_connections.dropped_until > @now OR gateway_connections.ends_session = 0
                RETURNING generation
                """,
                new { sessionId, me = worker.Id, now = Now });
            if (generation is not null)
            {
                transaction.Notify(Channel, string.Create(CultureInfo.InvariantCulture, $"{sessionId} {generation} {worker.Id}"));
            }

            return generation;
        },
        cancellationToken);

    /// <summary>Notes that a connection was lost. The race: true for one caller, and only while no newer connection has come.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="generation">Which connection.</param>
    /// <param name="until">The end of the reconnect window.</param>
    /// <param name="endsSession">Whether the session ends with the window.</param>
    public Task<bool> DropAsync(string sessionId, long generation, DateTimeOffset until, bool endsSession) => store.WriteAsync(transaction => transaction.Execute(
        "UPDATE gateway_connections SET dropped_until = @until, ends_session = @ends WHERE session_id = @sessionId AND generation = @generation AND dropped_until = 0",
        new { until = until.ToUnixTimeMilliseconds(), ends = endsSession ? 1L : 0L, sessionId, generation }) == 1);

    /// <summary>Forgets a session that has ended, unless a newer connection has come.</summary>
    public Task ForgetAsync(string sessionId, long generation) => store.WriteAsync(transaction => transaction.Execute(
        "DELETE FROM gateway_connections WHERE session_id = @sessionId AND generation = @generation", new { sessionId, generation }));

    /// <summary>The generation of a session's newest connection; null when there is none.</summary>
    public Task<long?> NewestAsync(string sessionId, CancellationToken cancellationToken) => store.ReadAsync(
        reader => reader.QuerySingleOrDefault<long?>("SELECT generation FROM gateway_connections WHERE session_id = @sessionId", new { sessionId }), cancellationToken);

    /// <summary>Gives a sign of life, if one is due.</summary>
    public Task BeatAsync(CancellationToken cancellationToken) => store.WriteAsync(worker.BeatIfDue, cancellationToken);

    /// <summary>Connections that a process held which gives no more signs of life; a bounded number.</summary>
    public Task<IReadOnlyList<OpenConnection>> ListOrphansAsync(CancellationToken cancellationToken) => store.ReadAsync(
        reader => reader.Query<OpenConnection>(
            """
            SELECT c.session_id AS SessionId, c.generation AS Generation, c.ends_session AS EndsSession FROM gateway_connections c
            WHERE c.dropped_until = 0 AND c.worker <> @me AND NOT EXISTS (SELECT 1 FROM gate_workers w WHERE w.id = c.worker AND w.until_ms > @now)
            LIMIT 100
            """,
            new { now = Now, me = worker.Id }),
        cancellationToken);

    /// <summary>The connections that this process holds, by the store.</summary>
    public Task<IReadOnlyList<OpenConnection>> ListMineAsync(CancellationToken cancellationToken) => store.ReadAsync(
        reader => reader.Query<OpenConnection>(
            "SELECT session_id AS SessionId, generation AS Generation, ends_session AS EndsSession FROM gateway_connections WHERE worker = @me AND dropped_until = 0", new { me = worker.Id }),
        cancellationToken);

    /// <summary>Connections of this process that somebody counts as lost while their window runs: it lost them, or it was so long without a sign of life that others took it for gone.</summary>
    public Task<IReadOnlyList<OpenConnection>> ListMineDroppedAsync(CancellationToken cancellationToken) => store.ReadAsync(
        reader => reader.Query<OpenConnection>(
            "SELECT session_id AS SessionId, generation AS Generation, ends_session AS EndsSession FROM gateway_connections WHERE dropped_until > @now AND worker = @me", new { now = Now, me = worker.Id }),
        cancellationToken);

    /// <summary>Notes that a connection which was counted as lost is alive. The race: false when its window is over, or when a newer connection has come.</summary>
    public Task<bool> KeepAsync(string sessionId, long generation) => store.WriteAsync(transaction => transaction.Execute(
        "UPDATE gateway_connections SET dropped_until = 0, ends_session = 0 WHERE session_id = @sessionId AND generation = @generation AND dropped_until > @now",
        new { sessionId, generation, now = Now }) == 1);

    /// <summary>Lost connections whose window is over; a bounded number.</summary>
    public Task<IReadOnlyList<OpenConnection>> ListOverdueAsync(CancellationToken cancellationToken) => store.ReadAsync(
        reader => reader.Query<OpenConnection>(
            """
            SELECT session_id AS SessionId, generation AS Generation, ends_session AS EndsSession FROM gateway_connections
            WHERE dropped_until > 0 AND dropped_until <= @now ORDER BY dropped_until LIMIT 100
            """,
            new { now = Now }),
        cancellationToken);

    /// <summary>Leaves messages for sessions that other processes hold, and tells those. What nobody holds is dropped.</summary>
    public Task PostAsync(IReadOnlyList<(string SessionId, byte[] Wire)> mail, CancellationToken cancellationToken) => store.WriteAsync(
        transaction =>
        {
            foreach (var (sessionId, wire) in mail)
            {
                if (transaction.QuerySingleOrDefault<string>("SELECT worker FROM gateway_connections WHERE session_id = @sessionId", new { sessionId }) is { } holder)
                {
                    transaction.Execute("INSERT INTO gateway_mail (session_id, message, created_ms) VALUES (@sessionId, @wire, @now)", new { sessionId, wire, now = Now });
                    transaction.Notify(MailChannel, holder);
                }
            }
        },
        cancellationToken);

    /// <summary>Takes the messages for sessions that this process holds, in the order in which they were left; each once.</summary>
    public async Task<IReadOnlyList<MailRow>> CollectAsync(CancellationToken cancellationToken)
    {
        const string Mine = "SELECT session_id FROM gateway_connections WHERE worker = @me";
        var me = worker.Id;
        if (await store.ReadAsync(reader => reader.QuerySingleOrDefault<long?>($"SELECT id FROM gateway_mail WHERE session_id IN ({Mine}) LIMIT 1", new { me }), cancellationToken) is null)
        {
            return [];
        }

        var taken = await store.WriteAsync(
            transaction => transaction.Query<MailRow>(
                $"DELETE FROM gateway_mail WHERE session_id IN ({Mine}) RETURNING id AS Id, session_id AS SessionId, message AS Message", new { me }),
            cancellationToken);
        return [.. taken.OrderBy(row => row.Id)];
    }

    /// <summary>Drops mail that nobody took in time.</summary>
    public Task SweepMailAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        var before = (time.GetUtcNow() - age).ToUnixTimeMilliseconds();
        return store.WriteAsync(
            transaction => transaction.Execute("DELETE FROM gateway_mail WHERE id IN (SELECT id FROM gateway_mail WHERE created_ms < @before ORDER BY created_ms LIMIT 500)", new { before }),
            cancellationToken);
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>A row of <c>gateway_connections</c>.</summary>
internal sealed record OpenConnection(string SessionId, long Generation, long EndsSession);

/// <summary>A row of <c>gateway_mail</c>.</summary>
internal sealed record MailRow(long Id, string SessionId, byte[] Message);
