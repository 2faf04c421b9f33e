using System.Buffers;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.SignIn;
using Purser.Protocol.Tables.Messages;
using Purser.Services.SignIn;

namespace Purser.Services.Gateway;

internal sealed partial class AgentConnection
{
    // Before there is a session: authenticate, or reconnect with the token; anything else is out of order and ends the connection.
    private async Task OpenAsync(ReadOnlyMemory<byte> utf8)
    {
        switch (GatewayReader.Read(utf8.Span))
        {
            case GatewayReading.Read { Frame: { Message: GatewayMessage.Authenticate authenticate, Envelope.MessageId: var id } }:
                if (authenticate.ProtocolVersion != GatewayProtocol.Version)
                {
                    Refuse(GatewayErrorCodes.VersionUnsupported, $"This server speaks version {GatewayProtocol.Version}", id);
                    return;
                }

                await OpenAsync(authenticate.Token, id, resume: null);
                return;
            case GatewayReading.Read { Frame: { Message: GatewayMessage.Reconnect { Token: { } token } reconnect, Envelope.MessageId: var id } }:
                await OpenAsync(token, id, reconnect);
                return;
            case GatewayReading.Read { Frame.Envelope.MessageId: var id }:
                Refuse(GatewayErrorCodes.AuthRequired, "The first message is authenticate, or reconnect with the token: a session's id alone opens nothing", id);
                return;
            case GatewayReading.Unknown unknown:
                Refuse(GatewayErrorCodes.AuthRequired, "The first message is authenticate", unknown.Envelope.MessageId);
                return;
            case GatewayReading.Refused refused:
                RefuseText(refused);
                return;
        }
    }

    private void Refuse(string code, string text, string? messageId)
    {
        _parts.Telemetry.CountMessage("refused");
        Say(new GatewayMessage.ProtocolError(code, text, messageId));
        Close(GatewayCloseCode.OfError(code), code);
    }

    private void RefuseText(GatewayReading.Refused refused)
    {
        var code = IsNotText(refused) ? GatewayCloseCode.NotUtf8 : GatewayCloseCode.WrongOrder;
        _parts.Telemetry.CountMessage("refused");
        Say(new GatewayMessage.ProtocolError(GatewayErrorCodes.MalformedMessage, refused.Reason.ToString(), refused.MessageId));
        Close(code, GatewayErrorCodes.MalformedMessage);
    }

    private async Task OpenAsync(string token, string messageId, GatewayMessage.Reconnect? resume)
    {
        _resuming = resume is not null;
        var reading = await _parts.Sessions.FindAsync(token);
        if (reading is AgentSessionReading.Refused refused)
        {
            Refuse(CodeOf(refused), refused.Hint, messageId);
            return;
        }

        var session = ((AgentSessionReading.Live)reading).Session;
        if (resume is not null && resume.SessionId != session.Id)
        {
            Refuse(GatewayErrorCodes.ResumeFailed, "The token is of another session", messageId);
            return;
        }

        var slot = _parts.Slots.Attach(session, this);
        _slot = slot;
        slot.Judge(new GatewayReading.Unknown(new(messageId), ""), 0); // this message's id is used, too

        // The session may have ended between the token and this place among those that hear of it: it is read once more.
        if (!await ConfirmAsync(slot, messageId) || await RecheckAsync(slot) is not { } live)
        {
            return;
        }

        // What was left for a former holder before the store named this one.
        foreach (var row in await _parts.Book.CollectAsync(CancellationToken.None))
        {
            _parts.Slots.Deliver(row.SessionId, row.Message);
        }

        await _parts.Tables.ConnectedAsync(live);
        var balance = await _parts.Tables.BalanceAsync(live);
        var permissions = await PermissionsAsync(live);
        _opened = true; // from here on the session's end is what is watched
        var opened = slot.Open(this, new GatewayMessage.Authenticated(
            live.Wallet, live.Id, live.ExpiresAt.ToUnixTimeSeconds(), balance.Available, balance.Locked, live.UserId, permissions));
        if (!opened)
        {
            return; // a newer connection came meanwhile, and has closed this one
        }

        _authenticated();
        _parts.Telemetry.CountMessage("acted");
        if (resume is not null)
        {
            await ResumeAsync(slot, live, resume, messageId);
        }
    }

    // A session that is past its end, by its lifetime or by the reconnect window, has nothing to resume.
    private string CodeOf(AgentSessionReading.Refused refused) =>
        _resuming && !_opened && refused.Code == GatewayErrorCodes.AuthExpired ? GatewayErrorCodes.ResumeFailed : refused.Code;

    // The store says which of the session's connections this is. Whoever comes too late, after the window or after a newer one, goes.
    private async Task<bool> ConfirmAsync(SessionSlot slot, string messageId)
    {
        if (await _parts.Book.TakeAsync(slot.Id, CancellationToken.None) is not { } generation)
        {
            await _parts.Sessions.EndAsync(slot.Id, AgentSessionEnd.ReconnectWindow);
            _sessionOver = true;
            Refuse(GatewayErrorCodes.ResumeFailed, "The connection was lost for too long and the session has ended; sign in again", messageId);
            return false;
        }

        if (slot.Confirm(this, generation, out var isElsewhere))
        {
            return true;
        }

        Replace();
        if (isElsewhere)
        {
            _parts.Slots.Forget(slot);
        }

        return false;
    }

    private async Task<JsonElement> PermissionsAsync(AgentSession session)
    {
        var permissions = (await _parts.Links.GetAsync(session.LinkId))?.Permissions ?? LinkPermissions.Unlimited;
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            permissions.Write(writer);
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static bool IsNotText(GatewayReading.Refused refused) => refused.Reason.Code == JsonRefusalCodes.NotUtf8;
}
