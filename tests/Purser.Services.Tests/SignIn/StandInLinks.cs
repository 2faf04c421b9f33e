using System.Collections.Concurrent;
using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tests.SignIn;

/// <summary>Links in memory, shared by all replicas of a test: what sign-in needs of them, and a count of its readings.</summary>
internal sealed class StandInLinks(TimeProvider clock) : IAgentLinks
{
    private readonly ConcurrentDictionary<string, AgentLink> _links = new(StringComparer.Ordinal);
    private int _used;

    /// <summary>How often a sign-in marked a link as used, rolled back or not.</summary>
    public int Used => _used;

    /// <summary>How often a wallet's link was looked for.</summary>
    public int Searches { get; private set; }

    /// <summary>Runs between finding a link and the write that opens the session.</summary>
    public Action AfterFind { get; set; } = () => { };

    public AgentLink Add(Address wallet, string user = "user-1")
    {
        var link = new AgentLink($"lnk_{wallet.ToString()[2..].ToLowerInvariant()[..32]}", user, wallet, "agent", LinkPermissions.Unlimited, LinkStatus.Active, clock.GetUtcNow(), null);
        _links[link.Id] = link;
        return link;
    }

    public void Set(AgentLink link, LinkStatus status) => _links[link.Id] = link with { Status = status };

    public Task<AgentLink?> FindByWalletAsync(Address wallet, CancellationToken cancellationToken = default)
    {
        Searches++;
        var link = _links.Values.SingleOrDefault(link => link.Wallet == wallet && link.Status != LinkStatus.Revoked);
        AfterFind();
        return Task.FromResult(link);
    }

    public Task<AgentLink?> GetAsync(string linkId, CancellationToken cancellationToken = default) => Task.FromResult(_links.GetValueOrDefault(linkId));

    public AgentLink? Read(IStoreReader reader, string linkId) => _links.GetValueOrDefault(linkId);

    public AgentLink? Read(IStoreReader reader, string linkId, DateTimeOffset since) => Read(reader, linkId);

    public void MarkUsed(IStoreTransaction transaction, string linkId) => Interlocked.Increment(ref _used);
}
