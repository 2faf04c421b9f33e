using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Services.Mail;
using Purser.Storage;
using Purser.Wallet.Vault;

namespace Purser.Services.Vault.Sessions;

/// <summary>An API key as the operator sees it: never its secret.</summary>
/// <param name="Name">Its name.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="UserName">That user's name.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UsedAt">When it last opened a session, or null.</param>
/// <param name="RevokedAt">When it was revoked, or null.</param>
public sealed record ApiKeyInfo(string Name, string UserId, string UserName, DateTimeOffset CreatedAt, DateTimeOffset? UsedAt, DateTimeOffset? RevokedAt);

/// <summary>What making a key came to.</summary>
public abstract record ApiKeyResult
{
    private ApiKeyResult()
    {
    }

    /// <summary>Made. <paramref name="Secret"/> is shown once and is not kept.</summary>
    /// <param name="Key">The key.</param>
    /// <param name="Secret"><c>pvk_…</c>.</param>
    public sealed record Made(ApiKeyInfo Key, string Secret) : ApiKeyResult
    {
        /// <inheritdoc/>
        public override string ToString() => $"key {Key.Name}";
    }

    /// <summary>Not made.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(GateRefusal Reason) : ApiKeyResult;
}

/// <summary>API keys: made and revoked by the vault's operator, exchanged by a device for a session. Only their hashes are stored.</summary>
public sealed class ApiKeys
{
    private readonly Store _store;
    private readonly StoreSessions _sessions;
    private readonly TimeProvider _time;
    private readonly IRandom _random;

    /// <summary>The keys of this store.</summary>
    public ApiKeys(Store store, StoreSessions sessions, TimeProvider time, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        _store = store;
        _sessions = sessions;
        _time = time;
        _random = random;
    }

    /// <summary>Makes a key: for the user of an e-mail (made if there is none), or for a user of its own.</summary>
    /// <param name="name">1 to 40 characters of a-z, 0-9, '-' and '_', beginning with a letter; unique, also among revoked ones.</param>
    /// <param name="email">Whose it is, or null.</param>
    /// <param name="cancellationToken">Gives up before it is begun.</param>
    public async Task<ApiKeyResult> CreateAsync(string name, EmailAddress? email, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsName(name))
        {
            return new ApiKeyResult.Refused(new(400, "key_name_invalid", "A key's name is 1 to 40 characters of a-z, 0-9, '-' and '_', beginning with a letter", "choose another name"));
        }

        var secret = SecretToken.Create(SecretKind.ApiKey, _random);
        var userId = SessionBook.NewId("u_", _random);
        return await _store.WriteAsync<ApiKeyResult>(
            transaction =>
            {
                SessionBook.Clock.Enter(transaction, _time.GetUtcNow());
                var now = _time.GetUtcNow().ToUnixTimeMilliseconds(); // what the operator is shown is the machine's time
                if (transaction.QuerySingleOrDefault<string>("SELECT name FROM vault_login_keys WHERE name = @name", new { name }) is not null)
                {
                    return new ApiKeyResult.Refused(new(409, "key_exists", $"There is or was a key named '{name}'", "choose another name"));
                }

                var user = (email is null ? null : SessionBook.FindByEmail(transaction, email.Text))
                    ?? SessionBook.AddUser(transaction, userId, email?.Text ?? name, email?.Text, now);
                transaction.Execute(
                    "INSERT INTO vault_login_keys (name, user_id, secret_hash, created_ms, used_ms, revoked_ms) VALUES (@name, @user, @hash, @now, 0, 0)",
                    new { name, user = user.Id, hash = secret.Hash(), now });
                return new ApiKeyResult.Made(new(name, user.Id, user.Name, Instant(now), null, null), secret.Reveal());
            },
            cancellationToken);
    }

    /// <summary>All keys, by name.</summary>
    public Task<IReadOnlyList<ApiKeyInfo>> ListAsync(CancellationToken cancellationToken = default) => _store.ReadAsync<IReadOnlyList<ApiKeyInfo>>(
        reader => [.. reader.Query<KeyRow>(
            """
            SELECT k.name AS Name, k.user_id AS UserId, u.name AS UserName, k.created_ms AS CreatedMs, k.used_ms AS UsedMs, k.revoked_ms AS RevokedMs
            FROM vault_login_keys k JOIN vault_login_users u ON u.id = k.user_id ORDER BY k.name
            """).Select(row => row.ToInfo())],
        cancellationToken);

    /// <summary>Revokes a key and ends every session that was opened with it. False when there is no such key, or it is revoked already.</summary>
    public Task<bool> RevokeAsync(string name, CancellationToken cancellationToken = default) => _store.WriteAsync(
        transaction =>
        {
            var now = SessionBook.Clock.Enter(transaction, _time.GetUtcNow()).Ms;
            var machine = _time.GetUtcNow().ToUnixTimeMilliseconds();
            if (transaction.Execute("UPDATE vault_login_keys SET revoked_ms = @machine WHERE name = @name AND revoked_ms = 0", new { machine, name }) == 0)
            {
                return false;
            }

            transaction.Execute("UPDATE vault_login_sessions SET ended_ms = @now, ended_by = 'key_revoked' WHERE key_name = @name AND ended_ms = 0", new { now, name });
            return true;
        },
        cancellationToken);

    /// <summary>Opens a session for a device that shows a key.</summary>
    /// <param name="apiKey"><c>pvk_…</c>.</param>
    /// <param name="device">The device's secret, <c>pvd_…</c>; the session is bound to it.</param>
    /// <param name="caller">Who asks (an IP address, or a user of this system): too many wrong keys, and its further wrong ones are no longer looked at. A good one always is.</param>
    /// <param name="cancellationToken">Gives up before it is begun.</param>
    public async Task<LoginResult> LogInAsync(string? apiKey, string? device, string caller, CancellationToken cancellationToken = default)
    {
        if (!SecretToken.TryParse(SecretKind.Device, device, out var holder))
        {
            return new LoginResult.Refused(LoginRefusals.SecretMalformed);
        }

        _ = SecretToken.TryParse(SecretKind.ApiKey, apiKey, out var key); // a misshapen key counts as a wrong one
        var fresh = NewSession.Create(holder, _random);
        return await _store.WriteAsync(transaction => LogIn(transaction, key, fresh, $"keys-by:{caller}"), cancellationToken);
    }

    private LoginResult LogIn(IStoreTransaction transaction, SecretToken? key, NewSession fresh, string subject)
    {
        var time = SessionBook.Clock.Enter(transaction, _time.GetUtcNow());
        var row = key is null ? null : transaction.QuerySingleOrDefault<KeyRow>(
            "SELECT name AS Name, user_id AS UserId FROM vault_login_keys WHERE secret_hash = @hash AND revoked_ms = 0", new { hash = key.Hash() });
        if (row is null)
        {
            if (SessionBook.Guard.Locked(transaction, subject, time.Ms) is { } wait)
            {
                return new LoginResult.Refused(LoginRefusals.Locked(wait));
            }

            SessionBook.Guard.Fail(transaction, subject, _sessions.Options.WrongSecrets, time.Ms);
            return new LoginResult.Refused(LoginRefusals.KeyRefused);
        }

        // A good key is not held up by the lock: nobody guesses 256 bits, the lock is only there to make noise cheap, and whoever makes the noise must not keep its holder out.
        SessionBook.Sweep(transaction, time.Ms);
        transaction.Execute("UPDATE vault_login_keys SET used_ms = @now WHERE name = @name", new { now = _time.GetUtcNow().ToUnixTimeMilliseconds(), name = row.Name });
        return new LoginResult.Granted(SessionBook.Open(transaction, _sessions.Options, SessionBook.FindUser(transaction, row.UserId), row.Name, fresh, time));
    }

    private static DateTimeOffset Instant(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private static bool IsName(string name) =>
        name.Length is >= 1 and <= 40 && name[0] is >= 'a' and <= 'z' && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_');

    private sealed class KeyRow
    {
        public string Name { get; init; } = "";

        public string UserId { get; init; } = "";

        public string UserName { get; init; } = "";

        public long CreatedMs { get; init; }

        public long UsedMs { get; init; }

        public long RevokedMs { get; init; }

        public ApiKeyInfo ToInfo() => new(Name, UserId, UserName, Instant(CreatedMs), Optional(UsedMs), Optional(RevokedMs));

        private static DateTimeOffset? Optional(long ms) => ms == 0 ? null : Instant(ms);
    }
}
