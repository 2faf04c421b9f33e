using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;
using Purser.Services.Gate;
using Purser.Services.Payments.Extensions;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Payments;

/// <summary>
/// Brings payments to an end that were left open: by a process that died between work and settlement, or by a settlement without an answer. It asks for
/// the settlement of exactly what was claimed, which moves the money at most once. It also gives this process's signs of life, so that others leave its
/// work alone, and forgets what is long dead.
/// </summary>
public sealed partial class PaymentRecovery : BackgroundService
{
    private readonly StoreClaims _claims;
    private readonly TimeProvider _time;
    private readonly ILogger<PaymentRecovery> _log;
    private readonly WorkerLease _worker;
    private readonly Settler _settler;
    private readonly PaymentHooks _hooks;
    private readonly SemaphoreSlim _round = new(1);

    /// <summary>Recovery of these claims.</summary>
    public PaymentRecovery(StoreClaims claims, WorkerLease worker, PaymentsOptions options, IFacilitator facilitator, TimeProvider time, ILogger<PaymentRecovery> log,
        IEnumerable<PaymentHook>? hooks = null, ILogger<PaymentHook>? hookLog = null, SettlementOwner? owner = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _claims = claims;
        _worker = worker;
        _time = time;
        _log = log;
        _settler = new Settler(facilitator, options, owner);
        _hooks = new PaymentHooks(hooks ?? [], hookLog ?? NullLogger<PaymentHook>.Instance);
    }

    /// <summary>
    /// One round: what is open and nobody's is settled or found dead; what cannot be decided stays as it is. Rounds of a process follow one another, so
    /// that after this one no payment of its list is still under way in another.
    /// </summary>
    /// <returns>How many payments came to an end.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken = default)
    {
        await _round.WaitAsync(cancellationToken);
        try
        {
            var ended = 0;
            foreach (var record in await _claims.ListAbandonedAsync(PresentedPayment.Scope, 100, cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (PresentedPayment.Read(record.Matter) is { } payment && await ResolveAsync(record, payment))
                {
                    ended++;
                }
            }

            foreach (var scope in (string[])[PresentedPayment.Scope, PaymentIdentifierExtension.Scope, SignInWithXExtension.Scope])
            {
                await _claims.PurgeAsync(scope, cancellationToken);
            }

            return ended;
        }
        finally
        {
            _round.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _round.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Side by side: a settlement may take longer than a sign of life may be late, and who seems dead loses the claims that his handlers work on.
        await Task.WhenAll(
            EveryIntervalAsync(() => _claims.BeatAsync(stoppingToken), stoppingToken),
            EveryIntervalAsync(() => RoundAsync(stoppingToken), stoppingToken));
    }

    private async Task EveryIntervalAsync(Func<Task> work, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(WorkerLease.Interval, _time);
        try
        {
            do
            {
                await TryAsync(work);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is StorageException or FacilitatorException or ChainException or ClaimLostException)
        {
            // The next round tries again; nothing is lost by that.
            LogFailed(e.Message);
        }
    }

    private async Task RoundAsync(CancellationToken stoppingToken)
    {
        if (await RunOnceAsync(stoppingToken) is > 0 and var ended)
        {
            LogEnded(_worker.Id, ended);
        }
    }

    private async Task<bool> ResolveAsync(ClaimRecord record, PresentedPayment payment)
    {
        var request = new ClaimRequest(record.Key, record.Proof, record.Binding, record.Matter, record.DeadAt);
        if (await _claims.TakeAsync(request, CancellationToken.None) is not ClaimAttempt.Won won)
        {
            return false;
        }

        using var hold = won.Hold;
        switch (await _settler.SettleAsync(payment, again: true))
        {
            case Settlement.Settled settled:
                // Without a kept reply nothing was sent (a stream is settled first), so the payer still has to be served: he comes and finds it paid.
                await _claims.MoveAsync(hold, record.ReplyWasKept ? ClaimState.Settled : ClaimState.Handled, PaymentHeader.Json(settled.Response.Write), CancellationToken.None);
                await _hooks.SettledAsync(payment, null, settled.Response);
                return true;
            case Settlement.Refused refused:
                // Not moved and not to be moved by us: what is kept of the reply stays for a payer who makes it good in time.
                await _claims.MoveAsync(hold, record.ReplyWasKept ? ClaimState.Handled : ClaimState.Released, PaymentHeader.Json(refused.Response.Write), CancellationToken.None);
                await _hooks.FailedAsync(payment, null, refused.Response.ErrorReason ?? "");
                return true;
            default:
                await _claims.MoveAsync(hold, ClaimState.Unknown, default, CancellationToken.None);
                return false;
        }
    }

    [LoggerMessage(EventId = 4001, Level = LogLevel.Information, Message = "Worker {Worker} brought {Count} open payments to an end")]
    private partial void LogEnded(string worker, int count);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "Open payments could not be looked after: {Reason}")]
    private partial void LogFailed(string reason);
}
