using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>Sessions on the store. A reading is one snapshot of session and link: a session under a link that was taken back is over, whether or not its row says so already.</summary>
public sealed class StoreAgentSessions : IAgentSessions
{
    private readonly Store _store;
    private readonly IAgentLinks _links;
    private readonly SignInChallenges _challenges;
    private readonly AgentSignInOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Sessions on this store.</summary>
    public StoreAgentSessions(Store store, IAgentLinks links, SignInChallenges challenges, AgentSignInOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(links);
        ArgumentNullException.ThrowIfNull(challenges);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (_store, _links, _challenges, _options, _time) = (store, links, challenges, options, time);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public async Task<AgentSessionReading> FindAsync(string token, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        return AgentToken.Hash(token) is { } hash ? await ReadAsync(reader => AgentSessionBook.FindByToken(reader, hash), cancellationToken) : s_unknown;
    }

    /// <inheritdoc/>
    public Task<AgentSessionReading> FindByIdAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sessionId);
        return ReadAsync(reader => AgentSessionBook.Find(reader, sessionId), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<AgentSessionReading> ExtendAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sessionId);
        await _challenges.MigrateAsync();
        if (await FindByIdAsync(sessionId, cancellationToken) is AgentSessionReading.Refused refused)
        {
            return refused;
        }

        // The chain is asked outside of the write: it may take its time.
        if (await RecheckAsync(sessionId, cancellationToken) is AgentSessionReading.Refused withdrawn)
        {
            return withdrawn;
        }

        return await _store.WriteAsync(transaction => Extend(transaction, sessionId), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> EndAsync(string sessionId, AgentSessionEnd reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sessionId);
        await _challenges.MigrateAsync();
        return await _store.WriteAsync(transaction => AgentSessionBook.End(transaction, sessionId, reason, Now), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AgentSession>> ListAsync(string linkId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(linkId);
        await _challenges.MigrateAsync();
        var rows = await _store.ReadAsync(reader => AgentSessionBook.Open(reader, linkId, Now), cancellationToken);
        return [.. rows.Select(row => row.ToSession())];
    }

    /// <summary>Asks the contract wallet behind a session whether its signature still counts; a no ends the session. Null when all is well, or when there is nothing to ask.</summary>
    internal async Task<AgentSessionReading.Refused?> RecheckAsync(string sessionId, CancellationToken cancellationToken)
    {
        var row = await _store.ReadAsync(reader => AgentSessionBook.Find(reader, sessionId), cancellationToken);
        if (row is not { EndedAt: 0, ProofDigest: { } digest, ProofSignature: { } signature })
        {
            return null;
        }

        var session = row.ToSession();
        switch (await _challenges.IsStillSignedAsync(session.Wallet, session.Chain, new Hash32(digest), signature, cancellationToken))
        {
            case true:
                return null;
            case false:
                await EndAsync(sessionId, AgentSessionEnd.SignatureWithdrawn, cancellationToken);
                return EndedBy(nameof(AgentSessionEnd.SignatureWithdrawn));
            default:
                return new(AgentSessionCodes.Unavailable, "the chain of the contract wallet does not answer: try again in a moment");
        }
    }

    /// <summary>Ends what has expired, forgets what ended long ago.</summary>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        await _challenges.SweepAsync(cancellationToken);
        await _store.WriteAsync(
            transaction =>
            {
                AgentSessionBook.EndExpired(transaction, Now);
                AgentSessionBook.Forget(transaction, Now - (long)_options.KeepEnded.TotalMilliseconds);
            },
            cancellationToken);
    }

    /// <summary>The open sessions of contract wallets.</summary>
    internal Task<IReadOnlyList<string>> ContractSessionsAsync(CancellationToken cancellationToken) => _store.ReadAsync(reader => AgentSessionBook.OfContracts(reader, Now), cancellationToken);

    private static readonly AgentSessionReading.Refused s_unknown = new(AgentSessionCodes.Invalid, "there is no such session: sign in");
    private static readonly AgentSessionReading.Refused s_expired = new(AgentSessionCodes.Expired, "the session has expired: sign in again");
    private static readonly AgentSessionReading.Refused s_notLinked = new(AgentSessionCodes.NotLinked, "the human has taken the link back: tell him, and do not sign in again");
    private static readonly AgentSessionReading.Refused s_paused = new(AgentSessionCodes.NotLinked, "the human has paused the link: the session is not extended meanwhile");

    private static AgentSessionReading.Refused EndedBy(string reason) => reason switch
    {
        nameof(AgentSessionEnd.Expired) or nameof(AgentSessionEnd.Inactive) or nameof(AgentSessionEnd.ReconnectWindow) => s_expired,
        nameof(AgentSessionEnd.Revoked) or nameof(AgentSessionEnd.Excluded) => new(AgentSessionCodes.Revoked, "the human has ended the session: tell him, and do not sign in again"),
        nameof(AgentSessionEnd.SignatureWithdrawn) => new(AgentSessionCodes.Revoked, "the contract wallet no longer stands by its signature: sign in again with a signature that it takes"),
        nameof(AgentSessionEnd.Displaced) => new(AgentSessionCodes.Revoked, "the wallet has newer sessions, as many as it may have"),
        _ => s_unknown,
    };

    private async Task<AgentSessionReading> ReadAsync(Func<IStoreReader, AgentSessionRow?> find, CancellationToken cancellationToken)
    {
        await _challenges.MigrateAsync();
        var now = Now;
        var (reading, expired) = await _store.ReadAsync(
            reader =>
            {
                var row = find(reader);
                return (Judge(reader, row, now), row is { EndedAt: 0 } && row.ExpiresAt <= now ? row.Id : null);
            },
            cancellationToken);
        if (expired is not null)
        {
            // Written down by who sees it first, so that a clock that is set back does not open it again.
            await EndAsync(expired, AgentSessionEnd.Expired, cancellationToken);
        }

        return reading;
    }

    private AgentSessionReading Judge(IStoreReader reader, AgentSessionRow? row, long now) =>
        row is null ? s_unknown
        : row.EndedAt != 0 ? EndedBy(row.EndReason)
        : row.ExpiresAt <= now ? s_expired
        : _links.Read(reader, row.LinkId) is not { Status: not LinkStatus.Revoked } ? s_notLinked
        : new AgentSessionReading.Live(row.ToSession());

    private AgentSessionReading Extend(IStoreTransaction transaction, string sessionId)
    {
        var (row, now) = (AgentSessionBook.Find(transaction, sessionId, transaction.ForUpdate), Now);
        if (Judge(transaction, row, now) is not AgentSessionReading.Live { Session: var session })
        {
            return Judge(transaction, row, now);
        }

        if (_links.Read(transaction, session.LinkId) is not { Status: LinkStatus.Active })
        {
            return s_paused;
        }

        var expires = Math.Max(row!.ExpiresAt, Math.Min(now + (long)_options.SessionLifetime.TotalMilliseconds, row.EndsAt));
        transaction.Execute("UPDATE agent_session SET expires_at = @expires WHERE id = @sessionId AND ended_at = 0", new { expires, sessionId });
        return new AgentSessionReading.Live(session with { ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(expires) });
    }
}
