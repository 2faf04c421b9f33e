using System.Text.Json;
using Purser.Storage;
using Purser.Wallet.Approvals;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Journal;

/// <summary>The wallet's time beside this machine's.</summary>
/// <param name="Machine">This machine's clock.</param>
/// <param name="Wallet">The wallet's own, which never goes back.</param>
/// <param name="Accepted">How far ahead a human accepted that it is.</param>
public sealed record ClockStanding(DateTimeOffset Machine, DateTimeOffset Wallet, TimeSpan Accepted)
{
    /// <summary>How far the machine lies behind, beyond what was accepted; zero when it does not.</summary>
    public TimeSpan Behind { get; } = Wallet - Machine - Accepted is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Whether the wallet signs nothing for it (<c>clock_set_back</c>).</summary>
    public bool IsStopped => Behind.TotalMilliseconds > WalletClock.ToleranceMs;
}

/// <summary>
/// The way out when a process once ran with its clock far ahead. The wallet's time cannot be set back, because budgets roll by it and the journal is ordered by it; a human accepts instead that it lies ahead of the machines',
/// and it goes on from where it is at the machines' pace. So nothing leaves a window early, and what is written keeps its order; times that the wallet shows are ahead from then on. An agent cannot do it: it takes the approver's secret.
/// </summary>
public sealed class ClockAcceptance
{
    internal const string Event = "clock.accepted";

    private readonly Store _store;
    private readonly JournalChain _journal;
    private readonly TimeProvider _time;

    private ClockAcceptance(Store store, JournalKey key, TimeProvider time) => (_store, _journal, _time) = (store, new JournalChain(key), time);

    /// <summary>Opens it on the wallet's store.</summary>
    public static async Task<ClockAcceptance> OpenAsync(Store store, JournalKey key, TimeProvider time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(time);
        await store.MigrateAsync(WalletSchema.Migrations, cancellationToken);
        return new(store, key, time);
    }

    /// <summary>How the clocks stand; changes nothing.</summary>
    public Task<ClockStanding> ReadAsync(CancellationToken cancellationToken = default) => _store.ReadAsync(reader => Standing(reader, _time.GetUtcNow()), cancellationToken);

    /// <summary>Lets the wallet's time go on from where it is, at the pace of this machine's clock, which the human has seen to be right. Journaled under <see cref="PaymentJournal.Operator"/>.</summary>
    /// <param name="pass">The approver's secret was just given.</param>
    /// <param name="cancellationToken">Gives up before it is stored.</param>
    /// <returns>Null when it is accepted; otherwise why not: <c>clock_agrees</c> when the machine is not behind, <c>approver_pass_used</c>.</returns>
    public async Task<WalletRefusal?> AcceptAsync(ApproverPass pass, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pass);
        if (pass.Use(_store, _time.GetUtcNow()) is { } stale)
        {
            return stale;
        }

        return await _store.WriteAsync(
            transaction =>
            {
                var machine = _time.GetUtcNow();
                var now = WalletClock.Enter(transaction, machine, out var behindMs);
                if (behindMs <= WalletClock.ToleranceMs)
                {
                    return new WalletRefusal("clock_agrees", "this machine's clock is not behind the wallet's time", "nothing is to be accepted; see `purser journal clock`", WalletRefusalKind.State);
                }

                var ahead = now - machine.ToUnixTimeMilliseconds();
                transaction.Execute("UPDATE wallet_clock SET ahead = @ahead WHERE id = 1", new { ahead });
                _journal.Append(transaction, PaymentJournal.Operator, now, "", Event, ApprovalJournal.Body(writer =>
                {
                    writer.WriteNumber("aheadMs", ahead);
                    writer.WriteNumber("machine", machine.ToUnixTimeMilliseconds());
                }));
                return null;
            },
            cancellationToken);
    }

    /// <summary>Whether what is stored as accepted is what was journaled last.</summary>
    internal static bool Agrees(IStoreReader reader)
    {
        var body = reader.QuerySingleOrDefault<byte[]>("SELECT body FROM wallet_journal WHERE account = @owner AND event = @name ORDER BY seq DESC LIMIT 1", new { owner = PaymentJournal.Operator.ToArray(), name = Event });
        var stored = WalletClock.Find(reader, "").Ahead;
        if (body is null)
        {
            return stored == 0;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("aheadMs", out var ahead) && ahead.TryGetInt64(out var journaled) && journaled == stored;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static ClockStanding Standing(IStoreReader reader, DateTimeOffset machine) =>
        new(machine, DateTimeOffset.FromUnixTimeMilliseconds(WalletClock.Read(reader, machine)), TimeSpan.FromMilliseconds(WalletClock.Find(reader, "").Ahead));
}
