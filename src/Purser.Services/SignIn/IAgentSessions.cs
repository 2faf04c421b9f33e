using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>
/// The open sessions, shared by all replicas on one store. A session that ends tells <see cref="Channel"/> its id; a listener that hears a gap reads anew the
/// sessions that it holds.
/// </summary>
public interface IAgentSessions
{
    /// <summary>The store's channel: each payload is the id of a session that has ended.</summary>
    const string Channel = "agent-sessions";

    /// <summary>Whose a token is. Found by the token's SHA-256, so that what the lookup's duration tells of the store tells nothing of a token.</summary>
    /// <param name="token">As it came; any text.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<AgentSessionReading> FindAsync(string token, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="FindAsync"/>, for who knows the session already, such as its open connection. An id is no secret: never take one from a stranger.</summary>
    Task<AgentSessionReading> FindByIdAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>Lets a session live on for its full lifetime from now, but never past <see cref="AgentSession.EndsAt"/>. Link and contract wallet are asked again; when one says no, the session ends.</summary>
    Task<AgentSessionReading> ExtendAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>Ends a session. The race: of any number of callers one gets true; the reason is his.</summary>
    Task<bool> EndAsync(string sessionId, AgentSessionEnd reason, CancellationToken cancellationToken = default);

    /// <summary>The open sessions of a link, oldest first.</summary>
    Task<IReadOnlyList<AgentSession>> ListAsync(string linkId, CancellationToken cancellationToken = default);

    /// <summary>Ends all sessions of a link within the write that takes the link back; listeners hear of it when that write is durable. Gives how many there were.</summary>
    /// <param name="transaction">The write.</param>
    /// <param name="linkId">The link.</param>
    /// <param name="reason">Why.</param>
    /// <param name="at">The time.</param>
    static int EndOfLink(IStoreTransaction transaction, string linkId, AgentSessionEnd reason, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(linkId);
        return AgentSessionBook.EndAll(transaction, linkId, reason, at.ToUnixTimeMilliseconds());
    }
}
