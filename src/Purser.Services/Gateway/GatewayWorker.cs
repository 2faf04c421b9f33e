using Microsoft.Extensions.Hosting;
using Purser.Services.Gate;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Gateway;

/// <summary>
/// The gateway's work beside its connections: hears of sessions that ended, of links that changed and of connections on other replicas; carries messages to
/// and from them; and brings windows to their end, its own and those of processes that are gone.
/// </summary>
internal sealed class GatewayWorker(GatewayParts parts, Store store) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private const int MailBatch = 256;
    private const int RoundsPerInventory = 20;

    private readonly List<(string SessionId, byte[] Wire)> _batch = [];
    private HashSet<OpenConnection> _unheld = [];
    private int _round;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await parts.Book.MigrateAsync(cancellationToken);
        await parts.Book.BeatAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>One round of what is due by the clock.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        await parts.Book.BeatAsync(cancellationToken);
        var now = parts.Time.GetUtcNow();
        foreach (var slot in parts.Slots.Held.Where(slot => slot.TryExpire(now)))
        {
            parts.Slots.Forget(slot);
        }

        foreach (var dropped in await parts.Book.ListMineDroppedAsync(cancellationToken))
        {
            if (parts.Slots.Find(dropped.SessionId) is { Connection: not null } alive && await parts.Book.KeepAsync(dropped.SessionId, dropped.Generation))
            {
                await parts.Tables.ConnectedAsync(alive.Session, cancellationToken);
            }
        }

        foreach (var orphan in await parts.Book.ListOrphansAsync(cancellationToken))
        {
            await DropAsync(orphan);
        }

        foreach (var overdue in await parts.Book.ListOverdueAsync(cancellationToken))
        {
            // The session first: a crash between the two leaves the row, and the next round does it again.
            if (overdue.EndsSession != 0)
            {
                await parts.Sessions.EndAsync(overdue.SessionId, AgentSessionEnd.ReconnectWindow, cancellationToken);
            }

            await parts.Book.ForgetAsync(overdue.SessionId, overdue.Generation);
        }

        if (_round++ % RoundsPerInventory == 0)
        {
            await parts.Book.SweepMailAsync(parts.Options.ReconnectWindow, cancellationToken);
            await TakeInventoryAsync(cancellationToken);
        }
    }

    // What the store says this process holds and it does not: its end could not be written. Seen twice, so that none is taken that is just being opened or closed.
    private async Task TakeInventoryAsync(CancellationToken cancellationToken)
    {
        var unheld = (await parts.Book.ListMineAsync(cancellationToken)).Where(open => parts.Slots.Find(open.SessionId)?.Connection is null).ToHashSet();
        foreach (var lost in unheld.Where(_unheld.Contains))
        {
            await DropAsync(lost);
        }

        _unheld = unheld;
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        ListenAsync(IAgentSessions.Channel, OnSessionAsync, stoppingToken),
        ListenAsync(IAgentLinks.Channel, OnLinkAsync, stoppingToken),
        ListenAsync(ConnectionBook.Channel, OnConnectionAsync, stoppingToken),
        ListenAsync(ConnectionBook.MailChannel, OnMailAsync, stoppingToken),
        RepeatAsync(PostAsync, TimeSpan.Zero, stoppingToken),
        RepeatAsync(SweepAsync, WorkerLease.Interval, stoppingToken));

    // The payload is null for a gap: whatever is held is then read anew.
    private async Task ListenAsync(string channel, Func<string?, Task> heard, CancellationToken stopping)
    {
        await RepeatAsync(
            async cancellation =>
            {
                await foreach (var notification in store.ListenAsync(channel, cancellation))
                {
                    await heard(notification is Notification.Message message ? message.Payload : null);
                }
            },
            s_pause,
            stopping);
    }

    private async Task RepeatAsync(Func<CancellationToken, Task> round, TimeSpan pause, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var wait = pause;
            try
            {
                await round(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                GatewayLog.StoreFailed(parts.Log, e);
                wait = s_pause;
            }

            if (wait > TimeSpan.Zero && !await WaitAsync(wait, stopping))
            {
                return;
            }
        }
    }

    private async Task<bool> WaitAsync(TimeSpan pause, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(pause, parts.Time, stopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private Task OnSessionAsync(string? sessionId) =>
        sessionId is null ? RecheckAsync(parts.Slots.Held) : parts.Slots.Find(sessionId) is { } slot ? RecheckAsync([slot]) : Task.CompletedTask;

    private Task OnLinkAsync(string? linkId) =>
        RecheckAsync([.. parts.Slots.Held.Where(slot => linkId is null || slot.LinkId == linkId)]);

    private async Task RecheckAsync(IReadOnlyCollection<SessionSlot> slots)
    {
        foreach (var slot in slots)
        {
            if (slot.Connection is { } connection)
            {
                await connection.RecheckAsync(slot);
            }
            else if (await parts.Sessions.FindByIdAsync(slot.Id) is AgentSessionReading.Refused)
            {
                parts.Slots.Forget(slot);
            }
        }
    }

    private async Task OnConnectionAsync(string? payload)
    {
        if (payload is null)
        {
            foreach (var slot in parts.Slots.Held)
            {
                Supersede(slot, await parts.Book.NewestAsync(slot.Id, CancellationToken.None) ?? 0);
            }
        }
        else if (payload.Split(' ') is [var sessionId, var generation, var worker] && worker != parts.Book.Worker && parts.Slots.Find(sessionId) is { } slot)
        {
            Supersede(slot, long.Parse(generation, System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private void Supersede(SessionSlot slot, long generation)
    {
        var (replaced, isOver) = slot.Supersede(generation);
        replaced?.Replace();
        if (isOver)
        {
            parts.Slots.Forget(slot);
        }
    }

    private async Task OnMailAsync(string? holder)
    {
        if (holder is not null && holder != parts.Book.Worker)
        {
            return;
        }

        foreach (var row in await parts.Book.CollectAsync(CancellationToken.None))
        {
            parts.Slots.Deliver(row.SessionId, row.Message);
        }
    }

    private async Task PostAsync(CancellationToken cancellation)
    {
        if (_batch.Count == 0 && !await parts.Slots.Mail.WaitToReadAsync(cancellation))
        {
            return;
        }

        while (_batch.Count < MailBatch && parts.Slots.Mail.TryRead(out var mail))
        {
            _batch.Add(mail);
        }

        // What could not be written is tried again before what came after it.
        await parts.Book.PostAsync(_batch, cancellation);
        _batch.Clear();
    }

    private async Task DropAsync(OpenConnection orphan)
    {
        var until = parts.Time.GetUtcNow() + parts.Options.ReconnectWindow;
        if (await parts.Book.DropAsync(orphan.SessionId, orphan.Generation, until, endsSession: true)
            && await parts.Sessions.FindByIdAsync(orphan.SessionId) is AgentSessionReading.Live { Session: var session })
        {
            GatewayLog.Orphaned(parts.Log, orphan.SessionId);
            await parts.Tables.DroppedAsync(session, until);
        }
    }
}
