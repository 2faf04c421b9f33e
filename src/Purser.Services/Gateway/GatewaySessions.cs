using System.Collections.Concurrent;
using System.Threading.Channels;
using Purser.Ethereum;
using Purser.Protocol.Tables.Messages;
using Purser.Services.SignIn;

namespace Purser.Services.Gateway;

/// <summary>The sessions that this process holds, and the way to those that others hold.</summary>
internal sealed class GatewaySessions(GatewayOptions options, TimeProvider time, IRandom random, GatewayTelemetry telemetry) : IGatewayOutbox
{
    private const int MaxMail = 8192;

    private readonly ConcurrentDictionary<string, SessionSlot> _slots = new(StringComparer.Ordinal);

    private readonly Channel<(string SessionId, byte[] Wire)> _mail = Channel.CreateBounded<(string, byte[])>(
        new BoundedChannelOptions(MaxMail) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>Messages for sessions that are not held here, to be put into the store.</summary>
    public ChannelReader<(string SessionId, byte[] Wire)> Mail => _mail.Reader;

    /// <summary>All that are held at the moment.</summary>
    public IReadOnlyCollection<SessionSlot> Held => [.. _slots.Values];

    /// <inheritdoc/>
    public void Send(string sessionId, GatewayMessage message)
    {
        ArgumentNullException.ThrowIfNull(sessionId);
        ArgumentNullException.ThrowIfNull(message);
        if (_slots.TryGetValue(sessionId, out var slot) && slot.TrySend(message))
        {
            return;
        }

        // The envelope is the deliverer's; this one only makes the text whole.
        if (!_mail.Writer.TryWrite((sessionId, GatewayWriter.Write(new(new("mail"), message)))))
        {
            telemetry.CountLostMail(); // the state that a client asks for stands for what it did not hear
        }
    }

    /// <inheritdoc/>
    public void Broadcast(IReadOnlyCollection<string> sessionIds, GatewayMessage message)
    {
        ArgumentNullException.ThrowIfNull(sessionIds);
        foreach (var sessionId in sessionIds)
        {
            Send(sessionId, message);
        }
    }

    /// <summary>Delivers what another process left for a session that is held here.</summary>
    public void Deliver(string sessionId, byte[] wire)
    {
        if (_slots.TryGetValue(sessionId, out var slot) && GatewayReader.Read(wire) is GatewayReading.Read { Frame.Message: var message })
        {
            slot.TrySend(message);
        }
    }

    /// <summary>The slot of a session, if it is held here.</summary>
    public SessionSlot? Find(string sessionId) => _slots.GetValueOrDefault(sessionId);

    /// <summary>Makes a connection the newest of its session, and closes the one before.</summary>
    public SessionSlot Attach(AgentSession session, AgentConnection connection)
    {
        while (true)
        {
            var slot = _slots.GetOrAdd(session.Id, _ => new SessionSlot(session, options, time, random));
            if (slot.TryAttach(connection, out var former))
            {
                slot.Session = session;
                former?.Replace();
                return slot;
            }

            Forget(slot);
        }
    }

    /// <summary>Lets a slot go.</summary>
    public void Forget(SessionSlot slot)
    {
        slot.Remove();
        _slots.TryRemove(new KeyValuePair<string, SessionSlot>(slot.Id, slot));
    }
}
