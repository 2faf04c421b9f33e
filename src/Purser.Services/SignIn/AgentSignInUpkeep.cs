using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>Once a minute ends what has expired and forgets what is long over, and asks contract wallets again whether they stand by their signatures. Any number of replicas may do it at once.</summary>
public sealed partial class AgentSignInUpkeep : BackgroundService
{
    /// <summary>How often.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly StoreAgentSessions _sessions;
    private readonly AgentSignInOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<AgentSignInUpkeep> _log;
    private readonly SemaphoreSlim _round = new(1);
    private DateTimeOffset _recheckAt;

    /// <summary>Upkeep of these sessions.</summary>
    public AgentSignInUpkeep(StoreAgentSessions sessions, AgentSignInOptions options, TimeProvider time, ILogger<AgentSignInUpkeep> log)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (_sessions, _options, _time, _log) = (sessions, options, time, log);
        _recheckAt = time.GetUtcNow() + options.ContractRecheck;
    }

    /// <summary>One round. Rounds of a process follow one another, so that after this one what was due before it is done.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken = default)
    {
        await _round.WaitAsync(cancellationToken);
        try
        {
            await RoundAsync(cancellationToken);
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

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        await _sessions.SweepAsync(cancellationToken);
        var now = _time.GetUtcNow();
        if (_options.ContractWallets.Count == 0 || now < _recheckAt)
        {
            return;
        }

        _recheckAt = now + _options.ContractRecheck;
        foreach (var session in await _sessions.ContractSessionsAsync(cancellationToken))
        {
            await _sessions.RecheckAsync(session, cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (StorageException exception)
            {
                LogFailed(exception.Code);
            }

            await Task.Delay(Interval, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 4102, Level = LogLevel.Warning, Message = "Sessions could not be looked after: {Code}")]
    private partial void LogFailed(string code);
}
