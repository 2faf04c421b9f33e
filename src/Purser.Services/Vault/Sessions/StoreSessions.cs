using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Storage;
using Purser.Wallet.Vault;

namespace Purser.Services.Vault.Sessions;

/// <summary>
/// Sessions on the store: whose a bearer token is, its refresh and its end. Any number of replicas may share the store. A refresh token
/// counts once; one that comes a second time ends the whole session, since two hold it. The very same refresh (by its rotation's name)
/// may be repeated for <see cref="SessionOptions.RefreshRepeat"/> as long as its result has not been used, because a reply can be lost.
/// </summary>
public sealed class StoreSessions : IVaultSessions
{
    private readonly Store _store;
    private readonly TimeProvider _time;
    private readonly IRandom _random;

    /// <summary>Sessions in this store; call <see cref="MigrateAsync"/> once before.</summary>
    public StoreSessions(Store store, TimeProvider time, IRandom random, SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(options);
        _store = store;
        _time = time;
        _random = random;
        Options = options;
    }

    /// <summary>How long things hold.</summary>
    public SessionOptions Options { get; }

    /// <summary>Brings the tables up to date.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken = default) => _store.MigrateAsync(SessionSchema.Migrations, cancellationToken);

    /// <summary>Whose this bearer token is. Reads alone, so that it costs a request little.</summary>
    public async Task<SessionLookup> FindAsync(string? bearer, CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrEmpty(bearer))
        {
            return new SessionLookup.Refused(LoginRefusals.TokenMissing);
        }

        if (!SecretToken.TryParse(SecretKind.Access, bearer, out var token))
        {
            return new SessionLookup.Refused(LoginRefusals.TokenUnknown);
        }

        // A clock that was set back has to be entered once, so that time runs on for those who only read.
        return await _store.ReadAsync(reader => SessionBook.Clock.Look(reader, _time.GetUtcNow()) is { } time ? Find(reader, token, time) : null, cancellationToken)
            ?? await _store.WriteAsync(transaction => Find(transaction, token, SessionBook.Clock.Enter(transaction, _time.GetUtcNow())), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SessionCheck> CheckAsync(string bearerToken, CancellationToken cancellationToken = default) => await FindAsync(bearerToken, cancellationToken) switch
    {
        SessionLookup.Found found => new SessionCheck.Valid(new VaultUser(found.UserId)),
        SessionLookup.Refused refused => new SessionCheck.Refused(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Gives the next pair of tokens.</summary>
    /// <param name="refreshToken">The latest refresh token, <c>pvr_…</c>.</param>
    /// <param name="device">The secret of the device that logged in, <c>pvd_…</c>.</param>
    /// <param name="rotation">The name of this refresh, <c>pvn_…</c>: drawn by the device, and the same when it asks again.</param>
    /// <param name="caller">Who asks (an IP address), for the lockout.</param>
    /// <param name="cancellationToken">Gives up before it is begun.</param>
    public async Task<LoginResult> RefreshAsync(string? refreshToken, string? device, string? rotation, string caller, CancellationToken cancellationToken = default)
    {
        if (!SecretToken.TryParse(SecretKind.Refresh, refreshToken, out var token)
            || !SecretToken.TryParse(SecretKind.Device, device, out var holder)
            || !SecretToken.TryParse(SecretKind.Rotation, rotation, out var name))
        {
            return new LoginResult.Refused(LoginRefusals.SecretMalformed);
        }

        var salt = new byte[32];
        _random.Fill(salt);
        return await _store.WriteAsync(transaction => Refresh(transaction, token, holder, name, salt, caller), cancellationToken);
    }

    /// <summary>Ends the session that a refresh token belongs to, also one that has been used or has expired. True when there was one; false tells nothing more.</summary>
    public async Task<bool> LogOutAsync(string? refreshToken, string? device, CancellationToken cancellationToken = default)
    {
        if (!SecretToken.TryParse(SecretKind.Refresh, refreshToken, out var token) || !SecretToken.TryParse(SecretKind.Device, device, out var holder))
        {
            return false;
        }

        return await _store.WriteAsync(
            transaction =>
            {
                var now = SessionBook.Clock.Enter(transaction, _time.GetUtcNow()).Ms;
                if (FindToken(transaction, token) is not { Refreshes: 1 } row || FindSession(transaction, row.SessionId) is not { } session || !IsHolder(session, holder))
                {
                    return false;
                }

                SessionBook.End(transaction, session.Id, "logout", now);
                return session.EndedMs == 0;
            },
            cancellationToken);
    }

    private static SessionLookup Find(IStoreReader reader, SecretToken token, StoreTime time)
    {
        if (FindToken(reader, token) is not { Refreshes: 0 } row || FindSession(reader, row.SessionId) is not { } session)
        {
            return new SessionLookup.Refused(LoginRefusals.TokenUnknown);
        }

        if (session.EndedMs != 0)
        {
            return new SessionLookup.Refused(LoginRefusals.SessionEnded);
        }

        if (row.ExpiresMs <= time.Ms)
        {
            return new SessionLookup.Refused(LoginRefusals.TokenExpired);
        }

        var user = SessionBook.FindUser(reader, session.UserId);
        return new SessionLookup.Found(user.Id, user.Name, time.Instant(row.ExpiresMs));
    }

    private LoginResult Refresh(IStoreTransaction transaction, SecretToken token, SecretToken device, SecretToken rotation, byte[] salt, string caller)
    {
        var time = SessionBook.Clock.Enter(transaction, _time.GetUtcNow());
        var now = time.Ms;
        if (FindToken(transaction, token) is not { Refreshes: 1 } row || FindSession(transaction, row.SessionId) is not { } session)
        {
            // A good token is not held up by a lock: nobody guesses 256 bits, and the lock is only there to make noise cheap.
            return SessionBook.Guard.Locked(transaction, Noise(caller), now) is { } locked
                ? new LoginResult.Refused(LoginRefusals.Locked(locked))
                : Failed(transaction, caller, now, LoginRefusals.TokenUnknown);
        }

        if (session.EndedMs != 0)
        {
            return new LoginResult.Refused(LoginRefusals.SessionEnded);
        }

        if (!IsHolder(session, device))
        {
            // The token without the device's secret: it was taken out of a log or a wire. Whoever sends it, two hold it.
            SessionBook.End(transaction, session.Id, "wrong_device", now);
            return Failed(transaction, caller, now, LoginRefusals.RefreshReused);
        }

        if (row.UsedMs != 0)
        {
            return Repeat(transaction, token, device, rotation, row, session, time);
        }

        if (row.ExpiresMs <= now)
        {
            return new LoginResult.Refused(LoginRefusals.SessionEnded with { Code = "session_expired", Message = "The session has expired" });
        }

        SessionBook.Sweep(transaction, now);
        var (access, refresh) = SessionBook.Derive(token, device, rotation, salt);
        transaction.Execute("UPDATE vault_login_tokens SET used_ms = @now, rotation = @name, salt = @salt WHERE hash = @hash",
            new { now, name = rotation.Hash(), salt, hash = token.Hash() });
        return new LoginResult.Granted(SessionBook.Give(transaction, Options, session, SessionBook.FindUser(transaction, session.UserId), access, refresh, time));
    }

    private LoginResult Repeat(IStoreTransaction transaction, SecretToken token, SecretToken device, SecretToken rotation, SessionBook.TokenRow row, SessionBook.SessionRow session, StoreTime time)
    {
        var now = time.Ms;
        if (row.Rotation is not null && row.Salt is not null && now - row.UsedMs <= (long)Options.RefreshRepeat.TotalMilliseconds
            && CryptographicOperations.FixedTimeEquals(row.Rotation, rotation.Hash()))
        {
            var (access, refresh) = SessionBook.Derive(token, device, rotation, row.Salt);
            if (FindToken(transaction, refresh) is { UsedMs: 0 } next && FindToken(transaction, access) is { } bearer)
            {
                var user = SessionBook.FindUser(transaction, session.UserId);
                return new LoginResult.Granted(new(user.Id, user.Name, access.Reveal(), time.Instant(bearer.ExpiresMs), refresh.Reveal(), time.Instant(next.ExpiresMs)));
            }
        }

        SessionBook.End(transaction, session.Id, "reuse", now);
        return new LoginResult.Refused(LoginRefusals.RefreshReused);
    }

    private LoginResult.Refused Failed(IStoreTransaction transaction, string caller, long now, GateRefusal refusal)
    {
        SessionBook.Guard.Fail(transaction, Noise(caller), Options.WrongSecrets, now);
        return new(refusal);
    }

    private static string Noise(string caller) => $"refreshes-by:{caller}";

    private static bool IsHolder(SessionBook.SessionRow session, SecretToken device) => CryptographicOperations.FixedTimeEquals(session.DeviceHash, device.Hash());

    private static SessionBook.TokenRow? FindToken(IStoreReader reader, SecretToken token) =>
        reader.QuerySingleOrDefault<SessionBook.TokenRow>(
            "SELECT session_id AS SessionId, refreshes AS Refreshes, expires_ms AS ExpiresMs, used_ms AS UsedMs, rotation AS Rotation, salt AS Salt FROM vault_login_tokens WHERE hash = @hash",
            new { hash = token.Hash() });

    private static SessionBook.SessionRow? FindSession(IStoreReader reader, string id) =>
        reader.QuerySingleOrDefault<SessionBook.SessionRow>(
            "SELECT id AS Id, user_id AS UserId, device_hash AS DeviceHash, expires_ms AS ExpiresMs, ended_ms AS EndedMs FROM vault_login_sessions WHERE id = @id", new { id });
}
