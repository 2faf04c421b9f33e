using System.Diagnostics;
using Purser.Protocol.Tables.Messages;
using Purser.Services.SignIn;

namespace Purser.Services.Gateway;

internal sealed partial class AgentConnection
{
    // One message of an open session. The next is read when this one has been acted on, so that actions take effect in the order in which they came.
    private async Task ActAsync(SessionSlot slot, ReadOnlyMemory<byte> utf8)
    {
        var reading = GatewayReader.Read(utf8.Span);
        if (slot.Judge(reading, utf8.Length) is { } verdict)
        {
            RefuseMessage(reading, verdict.Error, verdict.IsTooMuch);
            return;
        }

        _parts.Telemetry.CountMessage("acted");
        if (reading is not GatewayReading.Read { Frame: { Message: var message, Envelope.MessageId: var id } })
        {
            return; // a type that this version does not know
        }

        var session = slot.Session;
        switch (message)
        {
            case GatewayMessage.SubmitAction action:
                await SubmitAsync(session, action, id);
                break;
            case GatewayMessage.Heartbeat { IsPong: false }:
                Say(new GatewayMessage.Heartbeat(IsPong: true));
                break;
            case GatewayMessage.Heartbeat:
                break;
            case GatewayMessage.SessionExtend:
                await ExtendAsync(slot, id);
                break;
            case GatewayMessage.BalanceQuery:
                var balance = await _parts.Tables.BalanceAsync(session);
                Say(new GatewayMessage.BalanceResponse(balance.Available, balance.Locked));
                break;
            case GatewayMessage.Reconnect reconnect:
                await ResumeAsync(slot, session, reconnect, id);
                break;
            case GatewayMessage.Authenticate:
                Say(new GatewayMessage.ProtocolError(GatewayErrorCodes.MalformedMessage, "This connection has a session; another takes another connection", id));
                Close(GatewayCloseCode.WrongOrder, "authenticated twice");
                break;
            default:
                Say(new GatewayMessage.ProtocolError(GatewayErrorCodes.MalformedMessage, $"Only the server sends {message.Type}", id));
                break;
        }
    }

    private void RefuseMessage(GatewayReading reading, GatewayMessage.ProtocolError error, bool isTooMuch)
    {
        _parts.Telemetry.CountMessage("refused");
        Say(error);
        if (reading is GatewayReading.Refused refused && IsNotText(refused))
        {
            Close(GatewayCloseCode.NotUtf8, "messages are UTF-8");
        }
        else if (isTooMuch)
        {
            Close(GatewayCloseCode.RateLimited, "too many refused messages in a row; connect again later");
        }
    }

    private async Task SubmitAsync(AgentSession session, GatewayMessage.SubmitAction action, string messageId)
    {
        // What has begun is brought to its end although the connection may be lost meanwhile: the client hears of it when it comes back.
        var answer = await _parts.Tables.ActAsync(session, new(messageId, action.Game, action.Table, action.Payload));
        Say(answer switch
        {
            TableAnswer.Accepted => new GatewayMessage.Ack(messageId),
            TableAnswer.Refused refused when GatewayErrorCodes.IsOfConnection(refused.Code) => new GatewayMessage.ProtocolError(refused.Code, refused.Message, messageId),
            TableAnswer.Refused refused => new GatewayMessage.GameError(action.Game, action.Table, refused.Code, refused.Message, messageId),
            _ => throw new UnreachableException(),
        });
    }

    private async Task ExtendAsync(SessionSlot slot, string messageId)
    {
        switch (await _parts.Sessions.ExtendAsync(slot.Id))
        {
            case AgentSessionReading.Live { Session: var extended }:
                slot.Session = extended;
                Say(new GatewayMessage.SessionExtended(extended.ExpiresAt.ToUnixTimeSeconds()));
                break;
            case AgentSessionReading.Refused refused:
                Say(new GatewayMessage.ProtocolError(refused.Code, refused.Hint, messageId));
                await RecheckAsync(slot); // refused can mean over, or only not now
                break;
        }
    }

    private async Task ResumeAsync(SessionSlot slot, AgentSession session, GatewayMessage.Reconnect reconnect, string messageId)
    {
        if (reconnect.SessionId != session.Id)
        {
            Say(new GatewayMessage.ProtocolError(GatewayErrorCodes.ResumeFailed, "This connection has another session", messageId));
            Close(GatewayCloseCode.ResumeFailed, GatewayErrorCodes.ResumeFailed);
            return;
        }

        foreach (var piece in slot.Resume(reconnect.LastSeenMessageId, await _parts.Tables.SnapshotsAsync(session)))
        {
            Say(piece);
        }

        Say(new GatewayMessage.Ack(messageId));
    }
}
