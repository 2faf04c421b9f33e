using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>
/// The links as sign-in, gateway and tables need them. What a link allows is read here at every action, never from a claim of a session. Whoever holds links
/// in memory listens to <see cref="Channel"/> and reads anew, and reads all anew on a gap.
/// </summary>
public interface IAgentLinks
{
    /// <summary>The store's channel that tells <c>&lt;linkId&gt;</c> whenever limits or status of a link change.</summary>
    const string Channel = "agent-links";

    /// <summary>The active or paused link of a wallet, or null. The store holds that a wallet has at most one.</summary>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    Task<AgentLink?> FindByWalletAsync(Address wallet, CancellationToken cancellationToken = default);

    /// <summary>The link of this id, also a revoked one, or null.</summary>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    Task<AgentLink?> GetAsync(string linkId, CancellationToken cancellationToken = default);

    /// <summary>The link within a transaction, with what it allows now. The race: a tightening that commits before the caller's transaction reads is seen; one that commits later comes after the caller's action.</summary>
    AgentLink? Read(IStoreReader reader, string linkId);

    /// <summary>
    /// As <see cref="Read(IStoreReader, string)"/>, with the permissions of a round that began at <paramref name="since"/>: what every set of them allows that held at any time from
    /// then until now. So a tightening reaches a running round at once, and a loosening never does.
    /// </summary>
    AgentLink? Read(IStoreReader reader, string linkId, DateTimeOffset since);

    /// <summary>Notes, in the transaction of a sign-in, that the wallet signed in under the link just now; it also counts as the wallet's consent to it.</summary>
    void MarkUsed(IStoreTransaction transaction, string linkId);
}
