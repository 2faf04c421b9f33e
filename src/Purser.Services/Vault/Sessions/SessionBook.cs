using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Storage;
using Purser.Wallet.Vault;

namespace Purser.Services.Vault.Sessions;

/// <summary>
/// The SQL of users and sessions, within a write that has entered <see cref="StoreClock"/>. A session is a family: all tokens that
/// were ever refreshed from one login end together.
/// </summary>
internal static class SessionBook
{
    /// <summary>The time of the vault's logins.</summary>
    public static StoreClock Clock { get; } = new("vault_login_clock");

    /// <summary>What the vault's logins count.</summary>
    public static AttemptGuard Guard { get; } = new("vault_login_guards");

    /// <summary>The user of this e-mail, or null.</summary>
    public static UserRow? FindByEmail(IStoreReader reader, string email) =>
        reader.QuerySingleOrDefault<UserRow>("SELECT id AS Id, name AS Name FROM vault_login_users WHERE email = @email", new { email });

    /// <summary>Whether this device has been logged in as the user of this e-mail: it then shows a credential that no stranger has.</summary>
    public static bool IsKnownDevice(IStoreReader reader, string email, SecretToken device) =>
        reader.QuerySingleOrDefault<long>(
            "SELECT COUNT(*) FROM vault_login_sessions s JOIN vault_login_users u ON u.id = s.user_id WHERE u.email = @email AND s.device_hash = @device",
            new { email, device = device.Hash() }) > 0;

    /// <summary>The user of this id.</summary>
    public static UserRow FindUser(IStoreReader reader, string id) =>
        reader.QuerySingleOrDefault<UserRow>("SELECT id AS Id, name AS Name FROM vault_login_users WHERE id = @id", new { id })
        ?? throw new InvalidOperationException("a session without its user");

    /// <summary>Makes a user.</summary>
    public static UserRow AddUser(IStoreTransaction transaction, string id, string name, string? email, long now)
    {
        transaction.Execute("INSERT INTO vault_login_users (id, name, email, created_ms) VALUES (@id, @name, @email, @now)", new { id, name, email, now });
        return new() { Id = id, Name = name };
    }

    /// <summary>Opens a session for a device. What is random was drawn before, since a write can run twice.</summary>
    public static SessionGrant Open(IStoreTransaction transaction, SessionOptions options, UserRow user, string keyName, NewSession fresh, StoreTime time)
    {
        var now = time.Ms;
        var open = transaction.Query<string>(
            "SELECT id FROM vault_login_sessions WHERE user_id = @id AND ended_ms = 0 AND expires_ms > @now ORDER BY created_ms, id", new { id = user.Id, now });
        foreach (var oldest in open.Take(Math.Max(0, open.Count - options.SessionsPerUser + 1)))
        {
            End(transaction, oldest, "displaced", now);
        }

        var ends = now + (long)options.SessionLifetime.TotalMilliseconds;
        transaction.Execute(
            """
            INSERT INTO vault_login_sessions (id, user_id, key_name, device_hash, created_ms, expires_ms, ended_ms, ended_by)
            VALUES (@id, @user, @keyName, @device, @now, @ends, 0, '')
            """,
            new { id = fresh.Id, user = user.Id, keyName, device = fresh.Device.Hash(), now, ends });
        return Give(transaction, options, new() { Id = fresh.Id, UserId = user.Id, ExpiresMs = ends }, user, fresh.Access, fresh.Refresh, time);
    }

    /// <summary>Writes down a pair of tokens.</summary>
    public static SessionGrant Give(IStoreTransaction transaction, SessionOptions options, SessionRow session, UserRow user, SecretToken access, SecretToken refresh, StoreTime time)
    {
        var accessEnds = Math.Min(session.ExpiresMs, time.Ms + (long)options.AccessLifetime.TotalMilliseconds);
        var refreshEnds = Math.Min(session.ExpiresMs, time.Ms + (long)options.RefreshLifetime.TotalMilliseconds);
        foreach (var (token, refreshes, ends) in new[] { (access, 0L, accessEnds), (refresh, 1L, refreshEnds) })
        {
            transaction.Execute(
                "INSERT INTO vault_login_tokens (hash, session_id, refreshes, expires_ms, used_ms) VALUES (@hash, @session, @refreshes, @ends, 0)",
                new { hash = token.Hash(), session = session.Id, refreshes, ends });
        }

        return new(user.Id, user.Name, access.Reveal(), time.Instant(accessEnds), refresh.Reveal(), time.Instant(refreshEnds));
    }

    /// <summary>Ends a session; its tokens stay known until they expire, so that a stolen one is still told apart from noise.</summary>
    public static void End(IStoreTransaction transaction, string session, string by, long now) =>
        transaction.Execute("UPDATE vault_login_sessions SET ended_ms = @now, ended_by = @by WHERE id = @session AND ended_ms = 0", new { now, by, session });

    /// <summary>Forgets what has expired, a bounded number at a time: called by the writes that add, so that the tables follow use.</summary>
    public static void Sweep(IStoreTransaction transaction, long now)
    {
        transaction.Execute("DELETE FROM vault_login_tokens WHERE hash IN (SELECT hash FROM vault_login_tokens WHERE expires_ms < @now ORDER BY expires_ms LIMIT 200)", new { now });
        transaction.Execute("DELETE FROM vault_login_sessions WHERE id IN (SELECT id FROM vault_login_sessions WHERE expires_ms < @now ORDER BY expires_ms LIMIT 200)", new { now });
        transaction.Execute("DELETE FROM vault_login_attempts WHERE id IN (SELECT id FROM vault_login_attempts WHERE expires_ms < @before ORDER BY expires_ms LIMIT 200)", new { before = now - 3_600_000 });
        Guard.Sweep(transaction, now);
    }

    /// <summary>The pair that follows from an old token: the same for the very same refresh, and not to be computed without the old token, the device's secret and the name of the refresh.</summary>
    public static (SecretToken Access, SecretToken Refresh) Derive(SecretToken old, SecretToken device, SecretToken rotation, byte[] salt)
    {
        return (Token(SecretKind.Access, 1), Token(SecretKind.Refresh, 2));

        SecretToken Token(SecretKind kind, byte label) =>
            SecretToken.FromBytes(kind, HMACSHA256.HashData(old.Bytes, [label, .. salt, .. rotation.Bytes, .. device.Bytes]));
    }

    public static string NewId(string prefix, IRandom random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.Fill(bytes);
        return prefix + Convert.ToHexStringLower(bytes);
    }

    internal sealed class UserRow
    {
        public string Id { get; init; } = "";

        public string Name { get; init; } = "";
    }

    internal sealed class SessionRow
    {
        public string Id { get; init; } = "";

        public string UserId { get; init; } = "";

        public byte[] DeviceHash { get; init; } = [];

        public long ExpiresMs { get; init; }

        public long EndedMs { get; init; }
    }

    internal sealed class TokenRow
    {
        public string SessionId { get; init; } = "";

        public long Refreshes { get; init; }

        public long ExpiresMs { get; init; }

        public long UsedMs { get; init; }

        public byte[]? Rotation { get; init; }

        public byte[]? Salt { get; init; }
    }
}

/// <summary>What a new session is made of: drawn before the write.</summary>
internal sealed record NewSession(string Id, SecretToken Device, SecretToken Access, SecretToken Refresh)
{
    public static NewSession Create(SecretToken device, IRandom random) =>
        new(SessionBook.NewId("s_", random), device, SecretToken.Create(SecretKind.Access, random), SecretToken.Create(SecretKind.Refresh, random));
}
