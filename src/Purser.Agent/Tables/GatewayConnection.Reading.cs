using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Purser.Protocol.Tables.Messages;

namespace Purser.Agent.Tables;

public sealed partial class GatewayConnection
{
    // From the upgrade to the open session; null when there is none, and the socket knows why.
    private async Task<GatewayEvent.Opened?> OpenAsync(GatewaySocket socket, string token, CancellationToken cancellationToken)
    {
        _error = null;
        using var patience = new CancellationTokenSource(_options.Patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(_url, _http, either.Token);
            if (await NextAsync(socket, either.Token) is not { Message: GatewayMessage.Hello hello })
            {
                return null;
            }

            if (hello.ProtocolVersion != GatewayProtocol.Version)
            {
                _error = new(GatewayErrorCodes.VersionUnsupported, $"the server speaks version {hello.ProtocolVersion}");
                return null;
            }

            var former = _session;
            var id = await SendAsync(socket, former is null ? new GatewayMessage.Authenticate(token) : new GatewayMessage.Reconnect(former.SessionId, _lastSeen, token), either.Token);
            _resuming = former is null ? null : id;
            while (await NextAsync(socket, either.Token) is { } frame)
            {
                if (frame.Message is GatewayMessage.Authenticated session)
                {
                    (_session, _socket) = (session, socket);
                    _lastSeen = former is null ? frame.Envelope.MessageId : _lastSeen;
                    Limits = LocalLimits.Of(session) is { } told && told.Permissions == Limits?.Permissions ? Limits : LocalLimits.Of(session);
                    return new(session, former is not null);
                }

                _error = frame.Message as GatewayMessage.ProtocolError ?? _error;
            }

            return null;
        }
        catch (Exception e) when (IsLoss(e, cancellationToken))
        {
            return null;
        }
    }

    private async IAsyncEnumerable<GatewayEvent> ReadAsync(GatewaySocket socket, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            List<GatewayEvent> events;
            try
            {
                if (await NextAsync(socket, cancellationToken) is not { } frame)
                {
                    yield break;
                }

                events = await TakeAsync(socket, frame, cancellationToken);
            }
            catch (Exception e) when (IsLoss(e, cancellationToken))
            {
                yield break;
            }

            foreach (var heard in events)
            {
                yield return heard;
            }
        }
    }

    private async Task<List<GatewayEvent>> TakeAsync(GatewaySocket socket, GatewayFrame frame, CancellationToken cancellationToken)
    {
        var events = new List<GatewayEvent>();
        if (!IsNew(frame.Envelope.MessageId))
        {
            return events;
        }

        switch (frame.Message)
        {
            case GatewayMessage.Heartbeat beat:
                if (!beat.IsPong)
                {
                    await SendAsync(socket, new GatewayMessage.Heartbeat(IsPong: true), cancellationToken);
                }

                return events;
            case GatewayMessage.SessionExpiring warning:
                if (_options.AutoExtend && warning.Reason is ExpiryReason.Lifetime && _actedAt is { } at && _clock.GetElapsedTime(at) <= _options.ActiveWithin)
                {
                    await SendAsync(socket, new GatewayMessage.SessionExtend(), cancellationToken);
                }

                events.Add(new GatewayEvent.Expiring(warning));
                return events;
            case GatewayMessage.SessionExtended extended:
                events.Add(new GatewayEvent.Extended(DateTimeOffset.FromUnixTimeSeconds(extended.ExpiresAt)));
                return events;
            case GatewayMessage.ProtocolError error:
                _error = error;
                break;
            case GatewayMessage.Ack { RelatedMessageId: var answered } when answered == _resuming:
                _resuming = null;
                break;
            case GatewayMessage.ReconnectState state:
                AddMissed(state, events);
                break;
            default:
                break;
        }

        _lastSeen = _resuming is null ? frame.Envelope.MessageId : _lastSeen;
        AddHeard(frame, events);
        return events;
    }

    // What was missed is told before the state, in its order, and not again where it was heard after all.
    private void AddMissed(GatewayMessage.ReconnectState state, List<GatewayEvent> events)
    {
        foreach (var missed in state.MissedMessages)
        {
            if (GatewayReader.Read(JsonMarshal.GetRawUtf8Value(missed)) is GatewayReading.Read { Frame: var frame } && IsNew(frame.Envelope.MessageId))
            {
                AddHeard(frame, events);
            }
        }
    }

    private void AddHeard(GatewayFrame frame, List<GatewayEvent> events)
    {
        if (frame.Message is GatewayMessage.RoundResult result)
        {
            Limits?.EndRound(result.Table);
        }

        events.Add(new GatewayEvent.Heard(frame));
    }

    // The next message that this version knows; null at the end, or for what is no message.
    private static async Task<GatewayFrame?> NextAsync(GatewaySocket socket, CancellationToken cancellationToken)
    {
        while (await socket.ReceiveAsync(cancellationToken) is { } text)
        {
            switch (GatewayReader.Read(text))
            {
                case GatewayReading.Read read:
                    return read.Frame;
                case GatewayReading.Refused:
                    return null;
                default:
                    break;
            }
        }

        return null;
    }

    private bool IsNew(string messageId)
    {
        if (!_seen.Add(messageId))
        {
            return false;
        }

        _seenOrder.Enqueue(messageId);
        if (_seenOrder.Count > Remembered)
        {
            _seen.Remove(_seenOrder.Dequeue());
        }

        return true;
    }

    private static bool IsLoss(Exception e, CancellationToken cancellationToken) =>
        e is WebSocketException or HttpRequestException or IOException or ObjectDisposedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
