using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>The SQL of what has happened to challenges.</summary>
internal static class NonceBook
{
    // How long a used nonce is remembered beyond its end: replicas' clocks lie apart by less.
    private const long KeptMs = 3_600_000;

    /// <summary>
    /// Uses a nonce up; true for who did. The race: of any number of replicas that prove the same challenge at once, one inserts or updates the row and the others find
    /// it taken. A nonce that ended before the last sweep is never taken, whatever a clock that was set back says: its row may be gone.
    /// </summary>
    public static bool Take(IStoreTransaction transaction, byte[] id, long now, long expires, int tries) =>
        transaction.Execute(
            """
            INSERT INTO agent_session_nonce (id, tries, taken_at, expires_at)
            SELECT @id, 0, @now, @expires FROM agent_session_state WHERE one = 1 AND swept_at < @expires
            ON CONFLICT (id) DO UPDATE SET taken_at = excluded.taken_at WHERE agent_session_nonce.taken_at = 0 AND agent_session_nonce.tries < @tries
            """,
            new { id, now, expires, tries = (long)tries }) == 1;

    /// <summary>Counts a wrong signature.</summary>
    public static void Fail(IStoreTransaction transaction, byte[] id, long expires, int tries) =>
        transaction.Execute(
            """
            INSERT INTO agent_session_nonce (id, tries, taken_at, expires_at) VALUES (@id, 1, 0, @expires)
            ON CONFLICT (id) DO UPDATE SET tries = agent_session_nonce.tries + 1 WHERE agent_session_nonce.tries < @tries
            """,
            new { id, expires, tries = (long)tries });

    /// <summary>Whether a nonce can still be used; a hint that spares a question to the chain, while <see cref="Take"/> decides.</summary>
    public static bool IsOpen(IStoreReader reader, byte[] id, int tries) =>
        reader.QuerySingleOrDefault<long?>("SELECT tries FROM agent_session_nonce WHERE id = @id AND (taken_at <> 0 OR tries >= @tries)", new { id, tries = (long)tries }) is null;

    /// <summary>Forgets nonces that ended an hour ago, a bounded number at a time, and remembers up to when. Gives how many.</summary>
    public static int Sweep(IStoreTransaction transaction, long now)
    {
        var before = now - KeptMs;
        transaction.Execute("UPDATE agent_session_state SET swept_at = @before WHERE one = 1 AND swept_at < @before", new { before });
        return transaction.Execute("DELETE FROM agent_session_nonce WHERE id IN (SELECT id FROM agent_session_nonce WHERE expires_at < @before ORDER BY expires_at LIMIT 500)", new { before });
    }
}
