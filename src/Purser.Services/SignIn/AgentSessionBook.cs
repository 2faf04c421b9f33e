using System.Globalization;
using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>The SQL of sessions.</summary>
internal static class AgentSessionBook
{
    private const string Columns =
        "id AS Id, wallet AS Wallet, chain AS Chain, link_id AS LinkId, user_id AS UserId, created_at AS CreatedAt, expires_at AS ExpiresAt, ends_at AS EndsAt, ended_at AS EndedAt, end_reason AS EndReason, "
        + "proof_digest AS ProofDigest, proof_signature AS ProofSignature";

    public static AgentSessionRow? FindByToken(IStoreReader reader, byte[] hash) =>
        reader.QuerySingleOrDefault<AgentSessionRow>($"SELECT {Columns} FROM agent_session WHERE token_hash = @hash", new { hash });

    public static AgentSessionRow? Find(IStoreReader reader, string id, string forUpdate = "") =>
        reader.QuerySingleOrDefault<AgentSessionRow>($"SELECT {Columns} FROM agent_session WHERE id = @id{forUpdate}", new { id });

    public static IReadOnlyList<AgentSessionRow> Open(IStoreReader reader, string linkId, long now) =>
        reader.Query<AgentSessionRow>($"SELECT {Columns} FROM agent_session WHERE link_id = @linkId AND ended_at = 0 AND expires_at > @now ORDER BY created_at, id", new { linkId, now });

    /// <summary>The open ones of a link but for the newest: those that go when another is opened.</summary>
    public static IReadOnlyList<string> Surplus(IStoreReader reader, string linkId, long now, int newest) => reader.Query<string>(
        "SELECT id FROM agent_session WHERE link_id = @linkId AND ended_at = 0 AND expires_at > @now ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET @newest", new { linkId, now, newest = (long)newest });

    public static void Add(IStoreTransaction transaction, AgentSession session, byte[] tokenHash, byte[]? proofDigest, byte[]? proofSignature) =>
        transaction.Execute(
            """
            INSERT INTO agent_session (id, token_hash, wallet, chain, link_id, user_id, created_at, expires_at, ends_at, ended_at, end_reason, proof_digest, proof_signature)
            VALUES (@id, @tokenHash, @wallet, @chain, @linkId, @userId, @created, @expires, @ends, 0, '', @proofDigest, @proofSignature)
            """,
            new
            {
                id = session.Id,
                tokenHash,
                wallet = session.Wallet.ToArray(),
                chain = session.Chain.ToString(),
                linkId = session.LinkId,
                userId = session.UserId,
                created = session.CreatedAt.ToUnixTimeMilliseconds(),
                expires = session.ExpiresAt.ToUnixTimeMilliseconds(),
                ends = session.EndsAt.ToUnixTimeMilliseconds(),
                proofDigest,
                proofSignature,
            });

    /// <summary>Ends one; true for who ended it.</summary>
    public static bool End(IStoreTransaction transaction, string id, AgentSessionEnd reason, long now)
    {
        if (transaction.Execute("UPDATE agent_session SET ended_at = @now, end_reason = @reason WHERE id = @id AND ended_at = 0", new { now, reason = reason.ToString(), id }) == 0)
        {
            return false;
        }

        transaction.Notify(IAgentSessions.Channel, id);
        return true;
    }

    /// <summary>Ends all of a link; gives how many were open.</summary>
    public static int EndAll(IStoreTransaction transaction, string linkId, AgentSessionEnd reason, long now)
    {
        var count = 0;
        foreach (var row in transaction.Query<AgentSessionRow>($"SELECT {Columns} FROM agent_session WHERE link_id = @linkId AND ended_at = 0 ORDER BY id{transaction.ForUpdate}", new { linkId }))
        {
            count += End(transaction, row.Id, row.ExpiresAt <= now ? AgentSessionEnd.Expired : reason, now) && row.ExpiresAt > now ? 1 : 0;
        }

        return count;
    }

    /// <summary>Ends those that have expired, so that a clock that is set back does not open them again; a bounded number at a time.</summary>
    public static int EndExpired(IStoreTransaction transaction, long now)
    {
        var expired = transaction.Query<string>("SELECT id FROM agent_session WHERE ended_at = 0 AND expires_at <= @now ORDER BY expires_at, id LIMIT 200", new { now });
        return expired.Count(id => End(transaction, id, AgentSessionEnd.Expired, now));
    }

    /// <summary>Forgets what ended before a time, a bounded number at a time.</summary>
    public static void Forget(IStoreTransaction transaction, long before) =>
        transaction.Execute("DELETE FROM agent_session WHERE id IN (SELECT id FROM agent_session WHERE ended_at <> 0 AND ended_at < @before ORDER BY ended_at LIMIT 500)", new { before });

    /// <summary>The open ones that a contract wallet's signature opened.</summary>
    public static IReadOnlyList<string> OfContracts(IStoreReader reader, long now) =>
        reader.Query<string>("SELECT id FROM agent_session WHERE ended_at = 0 AND expires_at > @now AND proof_signature IS NOT NULL ORDER BY expires_at, id", new { now });
}

/// <summary>A row of <c>agent_session</c>.</summary>
internal sealed class AgentSessionRow
{
    public string Id { get; init; } = "";

    public byte[] Wallet { get; init; } = [];

    public string Chain { get; init; } = "";

    public string LinkId { get; init; } = "";

    public string UserId { get; init; } = "";

    public long CreatedAt { get; init; }

    public long ExpiresAt { get; init; }

    public long EndsAt { get; init; }

    public long EndedAt { get; init; }

    public string EndReason { get; init; } = "";

    public byte[]? ProofDigest { get; init; }

    public byte[]? ProofSignature { get; init; }

    public AgentSession ToSession() => new(Id, new Address(Wallet), ChainId.Parse(Chain, CultureInfo.InvariantCulture), LinkId, UserId, DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
        DateTimeOffset.FromUnixTimeMilliseconds(ExpiresAt), DateTimeOffset.FromUnixTimeMilliseconds(EndsAt));
}
