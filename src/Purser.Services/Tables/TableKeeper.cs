using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>
/// Looks after the tables while the host runs: takes default actions when the time is up, and lets go of sessions that have ended. It holds nothing in memory;
/// every replica has one, and any one of them is enough.
/// </summary>
public sealed partial class TableKeeper : BackgroundService
{
    private readonly StoreTables _tables;
    private readonly Store _store;
    private readonly TimeProvider _time;
    private readonly TablesOptions _options;
    private readonly ILogger<TableKeeper> _log;

    /// <summary>The keeper of these tables.</summary>
    public TableKeeper(StoreTables tables, Store store, TimeProvider time, TablesOptions options, ILogger<TableKeeper> log)
    {
        ArgumentNullException.ThrowIfNull(tables);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(options);
        (_tables, _store, _time, _options, _log) = (tables, store, time, options, log);
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await _tables.StartAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(SweepAsync(stoppingToken), ListenAsync(stoppingToken));

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _tables.SweepAsync(stoppingToken);
            }
            catch (StorageException exception)
            {
                LogFailed(exception.Code);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(_options.SweepInterval, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The first thing heard is a gap; so sessions that ended while no replica ran are let go of at the start.
    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var notification in _store.ListenAsync(IAgentSessions.Channel, stoppingToken))
                {
                    await (notification is Notification.Message ended
                        ? _tables.SessionEndedAsync(ended.Payload, stoppingToken)
                        : _tables.CheckSessionsAsync(stoppingToken));
                }

                return; // the store is closed
            }
            catch (StorageException exception)
            {
                LogFailed(exception.Code);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(_options.SweepInterval, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 4401, Level = LogLevel.Warning, Message = "Tables could not be looked after: {Code}")]
    private partial void LogFailed(string code);
}
