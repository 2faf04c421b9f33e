using Purser.Protocol.SignIn;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.SignIn.Links;

/// <content>What a human does to his links. Each is one transaction with its audit entry, the end of the sessions and the notification.</content>
public sealed partial class StoreLinks
{
    private const string Human = "human";

    /// <summary>
    /// Links a wallet. Refused: a wallet with a live link of somebody else, unless that link was never proven nor used and this one is proven (whoever only named an address
    /// does not keep it from its holder); more links than a user may have; a user or a wallet under self-exclusion. A wallet that the user revoked
    /// less than <see cref="AgentLinkOptions.LooseningDelay"/> ago begins with what it was allowed then, so that linking anew is no way around the delay.
    /// </summary>
    public Task<LinkResult> CreateAsync(LinkRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Check(request) is { } refusal)
        {
            return Task.FromResult<LinkResult>(new LinkResult.Refused(refusal));
        }

        var id = NewId();
        return _store.WriteAsync(transaction => Create(transaction, request, id), cancellationToken);
    }

    /// <summary>Sets a link's limits. What tightens counts at once; what loosens after the delay; a waiting change is replaced.</summary>
    public Task<LinkResult> ChangeAsync(string userId, string linkId, LinkPermissions permissions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(permissions);
        return WithLinkAsync(userId, linkId, (transaction, row, now) =>
        {
            if (!row.IsLive)
            {
                return new LinkResult.Refused(LinkRefusals.LinkEnded);
            }

            if (!AreKnown(permissions))
            {
                return new LinkResult.Refused(LinkRefusals.GameUnknown);
            }

            var terms = LinkTerms.Of(transaction, row.Id);
            var before = LinkTerms.At(terms, now);
            if (LinkTerms.CountSince(terms, now - 86_400_000) > Options.ChangesPerDay)
            {
                // A tightening is never refused for being one too many.
                if (LinkPermissionRules.Loosens(before, permissions))
                {
                    return new LinkResult.Refused(LinkRefusals.TooManyChanges);
                }
            }

            var (atOnce, pending) = LinkTerms.Change(transaction, row.Id, before, permissions, now, Options.LooseningDelay);
            LinkAudit.Add(transaction, userId, now, Human, "limits_changed", row.Id, writer =>
            {
                writer.WritePropertyName("before");
                before.Write(writer);
                writer.WritePropertyName("now");
                atOnce.Write(writer);
                if (pending is not null)
                {
                    writer.WritePropertyName("later");
                    pending.Permissions.Write(writer);
                    writer.WriteNumber("effectiveAt", pending.EffectiveAt.ToUnixTimeSeconds());
                }
            });
            transaction.Notify(IAgentLinks.Channel, row.Id);
            return new LinkResult.Done(row.ToLink(atOnce, pending));
        }, cancellationToken);
    }

    /// <summary>Stops a link for a while and ends its sessions. A paused one stays as it is.</summary>
    public Task<LinkResult> PauseAsync(string userId, string linkId, CancellationToken cancellationToken = default) =>
        WithLinkAsync(userId, linkId, (transaction, row, now) => row.IsLive ? Stop(transaction, row, LinkStatus.Paused, AgentSessionEnd.Revoked, now, Human) : new LinkResult.Refused(LinkRefusals.LinkEnded), cancellationToken);

    /// <summary>Lets a paused link count again: the wallet may sign in anew. Not during self-exclusion, whose links are revoked.</summary>
    public Task<LinkResult> ResumeAsync(string userId, string linkId, CancellationToken cancellationToken = default) =>
        WithLinkAsync(userId, linkId, (transaction, row, now) =>
        {
            if (!row.IsLive)
            {
                return new LinkResult.Refused(LinkRefusals.LinkEnded);
            }

            if (row.Status == (long)LinkStatus.Paused)
            {
                transaction.Execute("UPDATE agent_link SET status = @active WHERE id = @id", new { active = (long)LinkStatus.Active, id = row.Id });
                LinkAudit.Add(transaction, userId, now, Human, "link_resumed", row.Id);
                transaction.Notify(IAgentLinks.Channel, row.Id);
            }

            return new LinkResult.Done(Read(transaction, row.Id)!);
        }, cancellationToken);

    /// <summary>Ends a link and all its sessions for good. Revoking a revoked one does nothing and is no refusal.</summary>
    public Task<LinkResult> RevokeAsync(string userId, string linkId, CancellationToken cancellationToken = default) =>
        WithLinkAsync(userId, linkId, (transaction, row, now) => row.IsLive ? Stop(transaction, row, LinkStatus.Revoked, AgentSessionEnd.Revoked, now, Human) : new LinkResult.Ended([row.Id], 0), cancellationToken);

    /// <summary>Ends every link of a user and all their sessions.</summary>
    public Task<LinkResult> RevokeAllAsync(string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userId);
        return _store.WriteAsync(transaction =>
        {
            LinkAudit.Enter(transaction, userId);
            return RevokeAll(transaction, userId, AgentSessionEnd.Revoked, Now);
        }, cancellationToken);
    }

    /// <summary>
    /// Self-exclusion: until <paramref name="until"/> every link of the user is revoked, its sessions end, and neither he nor anybody else can link a wallet that he had. It can
    /// be made longer, never shorter or taken back.
    /// </summary>
    public Task<LinkResult> ExcludeAsync(string userId, DateTimeOffset until, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userId);
        return _store.WriteAsync<LinkResult>(transaction =>
        {
            var (now, end) = (Now, until.ToUnixTimeMilliseconds());
            var present = LinkAudit.Enter(transaction, userId);
            if (end <= now || end < present)
            {
                return new LinkResult.Refused(LinkRefusals.ExclusionShorter);
            }

            transaction.Execute("UPDATE agent_link_users SET excluded_ms = @end WHERE user_id = @userId", new { end, userId });
            LinkAudit.Add(transaction, userId, now, Human, "self_excluded", "", writer => writer.WriteNumber("until", until.ToUnixTimeSeconds()));
            return RevokeAll(transaction, userId, AgentSessionEnd.Excluded, now);
        }, cancellationToken);
    }

    /// <summary>Until when the user has excluded himself; null when he has not, or it is over.</summary>
    public Task<DateTimeOffset?> ExcludedUntilAsync(string userId, CancellationToken cancellationToken = default) =>
        _store.ReadAsync(reader => reader.QuerySingleOrDefault<long>("SELECT excluded_ms FROM agent_link_users WHERE user_id = @userId", new { userId }) is var end && end > Now
            ? DateTimeOffset.FromUnixTimeMilliseconds(end) : (DateTimeOffset?)null, cancellationToken);

    /// <summary>A user's audit entries after a number, in order.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="after">Entries after this number; 0 for the first.</param>
    /// <param name="most">How many at most, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<LinkAuditEntry>> AuditAsync(string userId, long after = 0, int most = 1_000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, 1_000);
        return _store.ReadAsync(reader => LinkAudit.Read(reader, userId, after, most), cancellationToken);
    }

    /// <summary>Refuses what needs no look into the store.</summary>
    internal GateRefusal? Check(LinkRequest request) =>
        request.Wallet.IsZero ? LinkRefusals.Malformed("The zero address is nobody's wallet")
        : !AreKnown(request.Permissions) ? LinkRefusals.GameUnknown
        : Options.RequireWalletProof && !request.IsProven ? LinkRefusals.ProofNeeded
        : null;

    /// <summary>Links within a write of the caller's, for device codes. The id was drawn before, since a write can run twice.</summary>
    internal LinkResult Create(IStoreTransaction transaction, LinkRequest request, string id)
    {
        var now = Now;
        if (LinkAudit.Enter(transaction, request.UserId) is var excluded && excluded > now)
        {
            return new LinkResult.Refused(LinkRefusals.Excluded(DateTimeOffset.FromUnixTimeMilliseconds(excluded)));
        }

        var wallet = request.Wallet.ToArray();
        if (IsExcludedWallet(transaction, wallet, now))
        {
            return new LinkResult.Refused(LinkRefusals.WalletExcluded);
        }

        if (LinkRow.FindLive(transaction, request.Wallet, transaction.ForUpdate) is { } present)
        {
            if (present.UserId == request.UserId)
            {
                return new LinkResult.Refused(LinkRefusals.LinkedAlready);
            }

            if (present.HasConsent || !request.IsProven)
            {
                return new LinkResult.Refused(LinkRefusals.LinkedElsewhere);
            }

            LinkAudit.Enter(transaction, present.UserId);
            Stop(transaction, present, LinkStatus.Revoked, AgentSessionEnd.Revoked, now, "agent");
        }

        var live = transaction.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM agent_link WHERE user_id = @UserId AND live_wallet IS NOT NULL", new { request.UserId });
        if (live >= Options.MaxLinksPerUser)
        {
            return new LinkResult.Refused(LinkRefusals.TooManyLinks(Options.MaxLinksPerUser));
        }

        // The race: of two users who link one wallet at once, the unique column lets one in; the other finds no row inserted.
        var inserted = transaction.Execute(
            """
            INSERT INTO agent_link (id, user_id, wallet, live_wallet, label, status, proven, excluded, created_ms, used_ms, ended_ms)
            VALUES (@id, @UserId, @wallet, @wallet, @ClientLabel, 0, @proven, 0, @now, 0, 0)
            ON CONFLICT (live_wallet) DO NOTHING
            """,
            new { id, request.UserId, wallet, request.ClientLabel, proven = request.IsProven ? 1L : 0L, now });
        if (inserted == 0)
        {
            return new LinkResult.Refused(LinkRefusals.LinkedElsewhere);
        }

        var before = FormerPermissions(transaction, request, now) ?? request.Permissions;
        var (atOnce, pending) = LinkTerms.Change(transaction, id, before, request.Permissions, now, Options.LooseningDelay);
        LinkAudit.Add(transaction, request.UserId, now, Human, "link_created", id, writer =>
        {
            writer.WriteString("walletAddress", request.Wallet.ToString());
            writer.WriteBoolean("proven", request.IsProven);
            writer.WritePropertyName("permissions");
            atOnce.Write(writer);
        });
        transaction.Notify(IAgentLinks.Channel, id);
        return new LinkResult.Done(LinkRow.Find(transaction, id)!.ToLink(atOnce, pending));
    }

    internal string NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.Fill(bytes);
        return "lnk_" + Convert.ToHexStringLower(bytes);
    }

    private bool AreKnown(LinkPermissions permissions) => Options.Games is not { } games || permissions.AllowedGames is not { } allowed || allowed.All(games.Contains);

    // Only links that the wallet's holder agreed to count: else anybody could name a stranger's wallet and then exclude himself.
    private static bool IsExcludedWallet(IStoreReader reader, byte[] wallet, long now) =>
        reader.QuerySingleOrDefault<long>(
            """
            SELECT COUNT(*) FROM agent_link l JOIN agent_link_users u ON u.user_id = l.user_id
            WHERE l.wallet = @wallet AND l.excluded = 1 AND (l.proven = 1 OR l.used_ms <> 0) AND u.excluded_ms > @now
            """,
            new { wallet, now }) > 0;

    // What the same user allowed the same wallet when he revoked it within the delay.
    private LinkPermissions? FormerPermissions(IStoreReader reader, LinkRequest request, long now) =>
        reader.QuerySingleOrDefault<LinkRow>(
            $"SELECT {LinkRow.Columns} FROM agent_link WHERE wallet = @wallet AND user_id = @UserId AND live_wallet IS NULL AND ended_ms > @since ORDER BY ended_ms DESC, id LIMIT 1",
            new { wallet = request.Wallet.ToArray(), request.UserId, since = now - (long)Options.LooseningDelay.TotalMilliseconds }) is { } row
            ? LinkTerms.At(LinkTerms.Of(reader, row.Id), row.EndedMs)
            : null;

    private Task<LinkResult> WithLinkAsync(string userId, string linkId, Func<IStoreTransaction, LinkRow, long, LinkResult> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(userId);
        ArgumentNullException.ThrowIfNull(linkId);
        return _store.WriteAsync(transaction =>
        {
            LinkAudit.Enter(transaction, userId);
            return LinkRow.Find(transaction, linkId, transaction.ForUpdate) is { } row && row.UserId == userId
                ? work(transaction, row, Now)
                : new LinkResult.Refused(LinkRefusals.LinkUnknown); // another user's link is no different from none
        }, cancellationToken);
    }

    private LinkResult RevokeAll(IStoreTransaction transaction, string userId, AgentSessionEnd reason, long now)
    {
        var (ids, sessions) = (new List<string>(), 0);
        foreach (var row in transaction.Query<LinkRow>($"SELECT {LinkRow.Columns} FROM agent_link WHERE user_id = @userId AND live_wallet IS NOT NULL ORDER BY created_ms, id{transaction.ForUpdate}", new { userId }))
        {
            sessions += Stop(transaction, row, LinkStatus.Revoked, reason, now, Human).SessionsEnded;
            ids.Add(row.Id);
        }

        if (reason is AgentSessionEnd.Excluded)
        {
            // Also the wallets of links that he revoked before: an exclusion covers all that were his.
            transaction.Execute("UPDATE agent_link SET excluded = 1 WHERE user_id = @userId", new { userId });
        }

        return new LinkResult.Ended(ids, sessions);
    }

    // Within a write that has entered the link's user.
    private static LinkResult.Ended Stop(IStoreTransaction transaction, LinkRow row, LinkStatus status, AgentSessionEnd reason, long now, string actor)
    {
        if (row.Status == (long)status)
        {
            return new([row.Id], 0);
        }

        if (status is LinkStatus.Revoked)
        {
            transaction.Execute("UPDATE agent_link SET status = @status, live_wallet = NULL, ended_ms = @now WHERE id = @id", new { status = (long)status, now, id = row.Id });
        }
        else
        {
            transaction.Execute("UPDATE agent_link SET status = @status WHERE id = @id", new { status = (long)status, id = row.Id });
        }

        var sessions = IAgentSessions.EndOfLink(transaction, row.Id, reason, DateTimeOffset.FromUnixTimeMilliseconds(now));
        LinkAudit.Add(transaction, row.UserId, now, actor, status is LinkStatus.Revoked ? "link_revoked" : "link_paused", row.Id, writer =>
        {
            writer.WriteNumber("sessionsEnded", sessions);
            writer.WriteString("reason", reason.ToString().ToLowerInvariant());
        });
        transaction.Notify(IAgentLinks.Channel, row.Id);
        return new([row.Id], sessions);
    }
}
