using System.Globalization;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Storage;
using Purser.Wallet.Vault;

namespace Purser.Services.SignIn.Humans;

/// <summary>A person's token as it is listed: never its text.</summary>
/// <param name="Id">Names it, to revoke it.</param>
/// <param name="Name">What the person called it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends.</param>
public sealed record HumanTokenInfo(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>What came of asking for a token.</summary>
public abstract record HumanTokenResult
{
    private HumanTokenResult()
    {
    }

    /// <summary>A new token.</summary>
    /// <param name="Token"><c>pht_…</c>: shown once, not stored.</param>
    /// <param name="Info">How it is listed.</param>
    public sealed record Made(string Token, HumanTokenInfo Info) : HumanTokenResult
    {
        /// <inheritdoc/>
        public override string ToString() => $"token {Info.Id} until {Info.ExpiresAt.ToString("u", CultureInfo.InvariantCulture)}";
    }

    /// <summary>None was made.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(GateRefusal Reason) : HumanTokenResult;
}

/// <summary>
/// The tokens by which a person's own programs act for him at the API: A2G's <c>humanUserToken</c>. Opaque, 256 bits, stored as SHA-256 and looked up by it. Every
/// change of a password leaves them as they are: they are revoked one by one.
/// </summary>
public sealed class HumanTokens
{
    private readonly Store _store;
    private readonly TimeProvider _time;
    private readonly IRandom _random;
    private readonly HumanAccountOptions _options;
    private readonly StoreClock _clock = new("human_clock");

    /// <summary>Tokens in this store, beside the accounts.</summary>
    public HumanTokens(Store store, TimeProvider time, IRandom random, HumanAccountOptions options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(options);
        (_store, _time, _random, _options) = (store, time, random, options);
    }

    /// <summary>Makes a token for a person.</summary>
    /// <param name="userId">The person.</param>
    /// <param name="name">What he calls it, 1 to 64 characters.</param>
    /// <param name="cancellationToken">Gives up before it is begun.</param>
    public Task<HumanTokenResult> CreateAsync(string userId, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userId);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var token = SecretToken.Create(SecretKind.Human, _random);
        Span<byte> bytes = stackalloc byte[8];
        _random.Fill(bytes);
        var id = "tok_" + Convert.ToHexStringLower(bytes);
        return _store.WriteAsync<HumanTokenResult>(transaction =>
        {
            var time = _clock.Enter(transaction, _time.GetUtcNow());
            var (now, expires) = (time.Ms, time.Ms + (long)_options.TokenLifetime.TotalMilliseconds);
            transaction.Execute("DELETE FROM human_tokens WHERE user_id = @userId AND expires_ms <= @now", new { userId, now });
            if (transaction.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM human_tokens WHERE user_id = @userId", new { userId }) >= _options.TokensPerUser)
            {
                return new HumanTokenResult.Refused(HumanRefusals.TooManyTokens);
            }

            transaction.Execute("INSERT INTO human_tokens (hash, id, user_id, name, created_ms, expires_ms) VALUES (@hash, @id, @userId, @name, @now, @expires)",
                new { hash = token.Hash(), id, userId, name, now, expires });
            return new HumanTokenResult.Made(token.Reveal(), new(id, name, time.Instant(now), time.Instant(expires)));
        }, cancellationToken);
    }

    /// <summary>Whose a token is; null when it is nobody's, has expired or was revoked.</summary>
    public async Task<HumanUser?> FindAsync(string? token, CancellationToken cancellationToken = default)
    {
        if (!SecretToken.TryParse(SecretKind.Human, token, out var secret))
        {
            return null;
        }

        // A clock that was set back has to be entered once, so that time runs on for those who only read.
        var now = await _store.ReadAsync(reader => _clock.Look(reader, _time.GetUtcNow())?.Ms, cancellationToken)
            ?? await _store.WriteAsync(transaction => _clock.Enter(transaction, _time.GetUtcNow()).Ms, cancellationToken);
        return await _store.ReadAsync(reader =>
            reader.QuerySingleOrDefault<string>("SELECT user_id FROM human_tokens WHERE hash = @hash AND expires_ms > @now", new { hash = secret.Hash(), now }) is { } userId
                ? HumanAccounts.AccountRow.Find(reader, userId)?.ToUser()
                : null, cancellationToken);
    }

    /// <summary>A person's tokens, the oldest first.</summary>
    public Task<IReadOnlyList<HumanTokenInfo>> ListAsync(string userId, CancellationToken cancellationToken = default) =>
        _store.ReadAsync<IReadOnlyList<HumanTokenInfo>>(reader =>
        [
            .. reader.Query<TokenRow>("SELECT id AS Id, name AS Name, created_ms AS CreatedMs, expires_ms AS ExpiresMs FROM human_tokens WHERE user_id = @userId ORDER BY created_ms, id", new { userId })
                .Select(row => new HumanTokenInfo(row.Id, row.Name, DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedMs), DateTimeOffset.FromUnixTimeMilliseconds(row.ExpiresMs))),
        ], cancellationToken);

    /// <summary>Revokes a token of this person. False when he has none of this id.</summary>
    public Task<bool> RevokeAsync(string userId, string id, CancellationToken cancellationToken = default) =>
        _store.WriteAsync(transaction => transaction.Execute("DELETE FROM human_tokens WHERE user_id = @userId AND id = @id", new { userId, id }) == 1, cancellationToken);

    private sealed class TokenRow
    {
        public string Id { get; init; } = "";

        public string Name { get; init; } = "";

        public long CreatedMs { get; init; }

        public long ExpiresMs { get; init; }
    }
}
