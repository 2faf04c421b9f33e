using System.Globalization;
using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tests.Gateway;

/// <summary>Sessions as the gateway needs them, on the store, so that several hosts share them; a token is the session's id behind a prefix. Sign-in itself is tested beside it.</summary>
internal sealed class SessionsDouble(Store store, TimeProvider time, TimeSpan lifetime) : IAgentSessions
{
    private static readonly MigrationSet s_schema = new("double",
    [
        new Migration(1, "sessions", "CREATE TABLE double_session (id {text} NOT NULL PRIMARY KEY, wallet {blob} NOT NULL, link_id {text} NOT NULL, created BIGINT NOT NULL, expires BIGINT NOT NULL, ends BIGINT NOT NULL, reason {text} NOT NULL)"),
    ]);

    public static string TokenOf(string sessionId) => $"pst_{sessionId}";

    public Task MigrateAsync() => store.MigrateAsync(s_schema);

    public async Task<AgentSession> OpenAsync(string id, Address wallet, string linkId)
    {
        var now = time.GetUtcNow();
        var row = new Row(id, wallet.ToArray(), linkId, now.ToUnixTimeMilliseconds(), (now + lifetime).ToUnixTimeMilliseconds(), now.AddDays(7).ToUnixTimeMilliseconds(), "");
        await store.WriteAsync(transaction => transaction.Execute("INSERT INTO double_session VALUES (@Id, @Wallet, @LinkId, @Created, @Expires, @Ends, @Reason)", row));
        return row.ToSession();
    }

    public Task<AgentSessionReading> FindAsync(string token, CancellationToken cancellationToken = default) =>
        token.StartsWith("pst_", StringComparison.Ordinal) ? FindByIdAsync(token[4..], cancellationToken) : Task.FromResult<AgentSessionReading>(new AgentSessionReading.Refused("AUTH_INVALID", "sign in"));

    public async Task<AgentSessionReading> FindByIdAsync(string sessionId, CancellationToken cancellationToken = default) => Judge(await store.ReadAsync(reader => Read(reader, sessionId), cancellationToken));

    public async Task<AgentSessionReading> ExtendAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        await store.WriteAsync(
            transaction => Judge(Read(transaction, sessionId)) is AgentSessionReading.Live
                ? transaction.Execute("UPDATE double_session SET expires = CASE WHEN @until < ends THEN @until ELSE ends END WHERE id = @sessionId", new { until = (time.GetUtcNow() + lifetime).ToUnixTimeMilliseconds(), sessionId })
                : 0,
            cancellationToken);
        return await FindByIdAsync(sessionId, cancellationToken);
    }

    public Task<bool> EndAsync(string sessionId, AgentSessionEnd reason, CancellationToken cancellationToken = default) => store.WriteAsync(
        transaction =>
        {
            var ended = transaction.Execute("UPDATE double_session SET reason = @reason WHERE id = @sessionId AND reason = ''", new { reason = reason.ToString(), sessionId }) == 1;
            if (ended)
            {
                transaction.Notify(IAgentSessions.Channel, sessionId);
            }

            return ended;
        },
        cancellationToken);

    public Task<IReadOnlyList<AgentSession>> ListAsync(string linkId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<string?> EndOfAsync(string sessionId) => store.ReadAsync(reader => Read(reader, sessionId)?.Reason);

    private static Row? Read(IStoreReader reader, string id) => reader.QuerySingleOrDefault<Row>(
        "SELECT id AS Id, wallet AS Wallet, link_id AS LinkId, created AS Created, expires AS Expires, ends AS Ends, reason AS Reason FROM double_session WHERE id = @id", new { id });

    private AgentSessionReading Judge(Row? row) => row switch
    {
        null => new AgentSessionReading.Refused("AUTH_INVALID", "there is no such session"),
        { Reason: "Revoked" or "Excluded" } => new AgentSessionReading.Refused("SESSION_REVOKED", "the human ended it"),
        { Reason: "Logout" } => new AgentSessionReading.Refused("AUTH_INVALID", "logged out"),
        { Reason: not "" } => new AgentSessionReading.Refused("AUTH_EXPIRED", "sign in again"),
        _ when row.Expires <= time.GetUtcNow().ToUnixTimeMilliseconds() => new AgentSessionReading.Refused("AUTH_EXPIRED", "sign in again"),
        _ => new AgentSessionReading.Live(row.ToSession()),
    };

    private sealed record Row(string Id, byte[] Wallet, string LinkId, long Created, long Expires, long Ends, string Reason)
    {
        public AgentSession ToSession() => new(Id, new Address(Wallet), ChainId.Parse("eip155:8453", CultureInfo.InvariantCulture), LinkId, "user-1",
            DateTimeOffset.FromUnixTimeMilliseconds(Created), DateTimeOffset.FromUnixTimeMilliseconds(Expires), DateTimeOffset.FromUnixTimeMilliseconds(Ends));
    }
}

/// <summary>Links that all allow the same.</summary>
internal sealed class LinksDouble : IAgentLinks
{
    public LinkPermissions Permissions { get; set; } = new() { MaxStakePerRound = 100, AllowedGames = ["dice"], DailyLossLimit = 500 };

    public Task<AgentLink?> FindByWalletAsync(Address wallet, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<AgentLink?> GetAsync(string linkId, CancellationToken cancellationToken = default) =>
        Task.FromResult<AgentLink?>(new(linkId, "user-1", default, "agent", Permissions, LinkStatus.Active, DateTimeOffset.UnixEpoch, null));

    public AgentLink? Read(IStoreReader reader, string linkId) => throw new NotSupportedException();

    public AgentLink? Read(IStoreReader reader, string linkId, DateTimeOffset since) => throw new NotSupportedException();

    public void MarkUsed(IStoreTransaction transaction, string linkId) => throw new NotSupportedException();
}
