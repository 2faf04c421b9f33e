using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.SignIn.Links;

/// <summary>
/// Links on the store. Any number of replicas may share it. Every write about a user begins by locking his row of <c>agent_link_users</c>, so that of two of his
/// links, changes or exclusions at once one comes after the other; that a wallet has one live link is held by a unique column.
/// </summary>
public sealed partial class StoreLinks : IAgentLinks
{
    private readonly Store _store;
    private readonly TimeProvider _time;
    private readonly IRandom _random;

    /// <summary>Links in this store; call <see cref="MigrateAsync"/> once before.</summary>
    /// <exception cref="ArgumentException">The options cannot be meant.</exception>
    public StoreLinks(Store store, TimeProvider time, IRandom random, AgentLinkOptions options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_store, _time, _random, Options) = (store, time, random, options);
    }

    /// <summary>What holds for links here.</summary>
    public AgentLinkOptions Options { get; }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Brings the tables up to date, and those of the sessions, which end with links.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken = default)
    {
        await _store.MigrateAsync(AgentSessionSchema.Migrations, cancellationToken);
        await _store.MigrateAsync(LinkSchema.Migrations, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<AgentLink?> FindByWalletAsync(Address wallet, CancellationToken cancellationToken = default) =>
        _store.ReadAsync(reader => Complete(reader, LinkRow.FindLive(reader, wallet), null), cancellationToken);

    /// <inheritdoc/>
    public Task<AgentLink?> GetAsync(string linkId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(linkId);
        return _store.ReadAsync(reader => Read(reader, linkId), cancellationToken);
    }

    /// <inheritdoc/>
    public AgentLink? Read(IStoreReader reader, string linkId)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return Complete(reader, LinkRow.Find(reader, linkId), null);
    }

    /// <inheritdoc/>
    public AgentLink? Read(IStoreReader reader, string linkId, DateTimeOffset since)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return Complete(reader, LinkRow.Find(reader, linkId), since.ToUnixTimeMilliseconds());
    }

    /// <inheritdoc/>
    public void MarkUsed(IStoreTransaction transaction, string linkId)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        transaction.Execute("UPDATE agent_link SET used_ms = @now WHERE id = @linkId", new { now = Now, linkId });
    }

    /// <summary>The links of a user, the newest first; revoked ones are among them.</summary>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public Task<IReadOnlyList<AgentLink>> ListAsync(string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userId);
        return _store.ReadAsync<IReadOnlyList<AgentLink>>(
            reader => [.. reader.Query<LinkRow>($"SELECT {LinkRow.Columns} FROM agent_link WHERE user_id = @userId ORDER BY created_ms DESC, id LIMIT 200", new { userId }).Select(row => Complete(reader, row, null)!)],
            cancellationToken);
    }

    private AgentLink? Complete(IStoreReader reader, LinkRow? row, long? since)
    {
        if (row is null)
        {
            return null;
        }

        var (terms, now) = (LinkTerms.Of(reader, row.Id), Now);
        return row.ToLink(since is { } start ? LinkTerms.Throughout(terms, start, now) : LinkTerms.At(terms, now), LinkTerms.Pending(terms, now));
    }
}
