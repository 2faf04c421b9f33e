using Purser.Protocol.Tables.Messages;

namespace Purser.Services.Gateway;

/// <summary>
/// The way from the tables to the agents. A message reaches the session's connection on whatever replica it is, is kept for resuming while the session
/// is between connections, and is lost when there is none: then the state of <see cref="ITables.SnapshotsAsync"/> stands for it. Messages to one session
/// from one replica arrive in the order in which they were sent. Never waits, and may be called from anywhere but inside a delegate of the store.
/// </summary>
public interface IGatewayOutbox
{
    /// <summary>Sends to one session.</summary>
    /// <exception cref="ArgumentException">The message is larger than <see cref="GatewayProtocol.MaxMessageBytes"/>: a bug of its maker.</exception>
    void Send(string sessionId, GatewayMessage message);

    /// <summary>Sends the same to several.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Send"/>.</exception>
    void Broadcast(IReadOnlyCollection<string> sessionIds, GatewayMessage message);
}
