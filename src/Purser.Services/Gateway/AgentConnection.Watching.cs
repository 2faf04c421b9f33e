using Purser.Protocol.Tables.Messages;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Gateway;

internal sealed partial class AgentConnection
{
    /// <summary>Reads the session anew, and ends the connection when it is over.</summary>
    /// <returns>The session as it is; null when it is over.</returns>
    public async Task<AgentSession?> RecheckAsync(SessionSlot slot)
    {
        if (_sessionOver)
        {
            return null;
        }

        switch (await _parts.Sessions.FindByIdAsync(slot.Id))
        {
            case AgentSessionReading.Live { Session: var live }:
                slot.Session = live;
                return live;
            case AgentSessionReading.Refused refused:
                EndSession(CodeOf(refused), refused.Hint);
                return null;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task WatchAsync(CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await Task.Delay(await TickAsync(), Time, ended);
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended.
        }
    }

    // Does what is due, and says how long nothing will be.
    private async Task<TimeSpan> TickAsync()
    {
        var due = Options.PingInterval;
        if (_queue.ClosedWith is not null)
        {
            return due;
        }

        if (!_opened)
        {
            var left = Options.AuthTimeout - Time.GetElapsedTime(_startedAt);
            if (left <= TimeSpan.Zero)
            {
                Say(new GatewayMessage.ProtocolError(GatewayErrorCodes.AuthRequired, "No session was opened in time"));
                Close(GatewayCloseCode.AuthTimeout, "no session was opened in time");
            }

            return Soonest(due, left);
        }

        var unpinged = Time.GetElapsedTime(_pingedAt);
        if (unpinged >= Options.PingInterval)
        {
            _pingedAt = Time.GetTimestamp();
            unpinged = TimeSpan.Zero;
            Say(new GatewayMessage.Heartbeat(IsPong: false));
        }

        due = Soonest(due, Options.PingInterval - unpinged);
        try
        {
            return Soonest(Soonest(due, await WatchLifetimeAsync(_slot!)), await WatchActivityAsync(_slot!));
        }
        catch (StorageException e)
        {
            GatewayLog.StoreFailed(_parts.Log, e);
            return Soonest(due, TimeSpan.FromSeconds(1));
        }
    }

    private async Task<TimeSpan> WatchLifetimeAsync(SessionSlot slot)
    {
        var left = slot.Session.ExpiresAt - Time.GetUtcNow();
        if (left > Options.ExpiryWarning)
        {
            return left - Options.ExpiryWarning;
        }

        var warned = _warnedLifetime == slot.Session.ExpiresAt.ToUnixTimeMilliseconds();
        if (left > TimeSpan.Zero && warned)
        {
            return left;
        }

        // It may have been extended over HTTP, on another replica; and what is over ends here.
        if (await RecheckAsync(slot) is not { } session || session.ExpiresAt - Time.GetUtcNow() > Options.ExpiryWarning)
        {
            return TimeSpan.Zero;
        }

        if (session.ExpiresAt <= Time.GetUtcNow())
        {
            EndSession(GatewayErrorCodes.AuthExpired, "The session has expired; sign in again");
            return TimeSpan.Zero;
        }

        _warnedLifetime = session.ExpiresAt.ToUnixTimeMilliseconds();
        Say(new GatewayMessage.SessionExpiring(session.ExpiresAt.ToUnixTimeSeconds(), ExpiryReason.Lifetime));
        return session.ExpiresAt - Time.GetUtcNow();
    }

    private async Task<TimeSpan> WatchActivityAsync(SessionSlot slot)
    {
        var left = Options.InactivityLimit - slot.Idle;
        if (left <= TimeSpan.Zero)
        {
            _sessionOver = true; // before the store tells of it, so that this connection ends as idle
            await _parts.Sessions.EndAsync(slot.Id, AgentSessionEnd.Inactive);
            EndSession(GatewayErrorCodes.AuthExpired, "Nothing was sent for too long; sign in again", GatewayCloseCode.Idle);
            return Options.PingInterval;
        }

        if (left > Options.ExpiryWarning)
        {
            _warnedIdle = false;
            return left - Options.ExpiryWarning;
        }

        if (!_warnedIdle)
        {
            _warnedIdle = true;
            Say(new GatewayMessage.SessionExpiring((Time.GetUtcNow() + left).ToUnixTimeSeconds(), ExpiryReason.Inactivity));
        }

        return left;
    }

    // At least a millisecond: a clock that is read a little early must not make this spin.
    private static TimeSpan Soonest(TimeSpan one, TimeSpan other)
    {
        var soonest = one < other ? one : other;
        return soonest > TimeSpan.FromMilliseconds(1) ? soonest : TimeSpan.FromMilliseconds(1);
    }
}
