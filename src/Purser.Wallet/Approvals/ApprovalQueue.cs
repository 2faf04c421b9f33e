using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Approvals;

/// <summary>
/// What waits for a human, and his decisions. Any number of processes may list and decide at once. Approving takes an <see cref="ApproverPass"/>; denying and forgetting only tighten, and take nothing.
/// </summary>
public sealed class ApprovalQueue
{
    private readonly Store _store;
    private readonly JournalKey _key;
    private readonly JournalChain _journal;
    private readonly ApprovalBook _book;
    private readonly TimeProvider _time;

    private ApprovalQueue(Store store, JournalKey key, TimeProvider time)
    {
        (_store, _key, _time) = (store, key, time);
        _journal = new JournalChain(key);
        _book = new ApprovalBook(key, _journal);
    }

    /// <summary>Brings the tables up to date.</summary>
    public static async Task<ApprovalQueue> OpenAsync(Store store, JournalKey journalKey, TimeProvider time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(journalKey);
        ArgumentNullException.ThrowIfNull(time);
        await store.MigrateAsync(WalletSchema.Migrations, cancellationToken);
        await store.MigrateAsync(ApprovalSchema.Migrations, cancellationToken);
        return new(store, journalKey, time);
    }

    /// <summary>Requests, newest first. Rows that the wallet did not write are left out; <see cref="PaymentJournal.VerifyAsync"/> tells of them.</summary>
    /// <param name="decided">Whether those that are decided or expired come too.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    public Task<IReadOnlyList<ApprovalRequest>> ListAsync(bool decided = false, int limit = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        var now = Now;
        return _store.ReadAsync<IReadOnlyList<ApprovalRequest>>(
            reader => [.. reader
                .Query<ApprovalRow>($"SELECT {ApprovalRow.Columns} FROM approvals_requests {(decided ? "" : "WHERE state = 'pending' AND expires_at > @now ")}ORDER BY requested_at DESC, id LIMIT @limit", new { now, limit })
                .Where(row => row.IsGenuine(_key))
                .Select(row => Show(reader, row, now))],
            cancellationToken);
    }

    /// <summary>One request, or null.</summary>
    public Task<ApprovalRequest?> FindAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        var now = Now;
        return _store.ReadAsync(reader => ApprovalBook.Find(reader, id) is { } row && row.IsGenuine(_key) ? Show(reader, row, now) : null, cancellationToken);
    }

    /// <summary>
    /// Approves a request: the very intent that it is bound to may be signed once, within the request's time from now on. The pass is used up, also when the request turns out to be decided.
    /// </summary>
    /// <param name="id">The request.</param>
    /// <param name="remember">Whether the same act for the same counterparty, up to the same amount, is allowed in future too, after the policy's cool-down.</param>
    /// <param name="pass">From the approver's secret.</param>
    /// <param name="cancellationToken">Gives up before it is stored.</param>
    public async Task<ApprovalDecision> ApproveAsync(string id, bool remember, ApproverPass pass, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return pass.Use(_store, _time.GetUtcNow()) is { } stale
            ? new ApprovalDecision.Refused(stale)
            : await DecideAsync(id, (transaction, row, now) => Approve(transaction, row, now, remember), cancellationToken);
    }

    /// <summary>Denies a request: its intent's id is refused from then on. What was approved and is not used yet can be denied too.</summary>
    public Task<ApprovalDecision> DenyAsync(string id, CancellationToken cancellationToken = default) =>
        DecideAsync(
            id,
            (transaction, row, now) => row.ReadState() switch
            {
                ApprovalState.Pending or ApprovalState.Approved => (_book.Enter(transaction, row with { State = "denied", DecidedAt = now }, now), null),
                ApprovalState.Denied => (row, null),
                ApprovalState.Consumed => (row, ApprovalRefusals.Used(row.Id)),
                _ => (row, ApprovalRefusals.Expired(row.Id)),
            },
            cancellationToken);

    /// <summary>What is remembered, also what does not hold yet.</summary>
    public Task<IReadOnlyList<Remembered>> ListRememberedAsync(CancellationToken cancellationToken = default) => _store.ReadAsync<IReadOnlyList<Remembered>>(
        reader => [.. reader.Query<RememberedRow>($"SELECT {RememberedRow.Columns} FROM approvals_remembered ORDER BY holds_from DESC, id LIMIT 1000").Where(row => row.IsGenuine(_key)).Select(row => row.ToRemembered())],
        cancellationToken);

    /// <summary>Forgets what was remembered by a request. False when nothing was.</summary>
    public Task<bool> ForgetAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        return _store.WriteAsync(
            transaction =>
            {
                var now = WalletClock.Enter(transaction, _time.GetUtcNow(), out _);
                if (transaction.QuerySingleOrDefault<RememberedRow>($"SELECT {RememberedRow.Columns} FROM approvals_remembered WHERE id = @id", new { id }) is not { } row)
                {
                    return false;
                }

                transaction.Execute("DELETE FROM approvals_remembered WHERE id = @id", new { id });
                _journal.Append(transaction, new Address(row.Account), now, "", "approval.forgotten", ApprovalJournal.Body(writer => writer.WriteString("approval", id)));
                return true;
            },
            cancellationToken);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static ApprovalRequest Show(IStoreReader reader, ApprovalRow row, long now)
    {
        var payee = ApprovalSubject.Of(row.ReadIntent()).Payee;
        return row.ToRequest(payee is { } known && ApprovalBook.HasPaid(reader, new Address(row.Account), known), now);
    }

    private (ApprovalRow Row, WalletRefusal? Refusal) Approve(IStoreTransaction transaction, ApprovalRow row, long now, bool remember)
    {
        switch (row.ReadState())
        {
            case ApprovalState.Approved:
                return (row, null);
            case ApprovalState.Denied:
                return (row, ApprovalRefusals.Denied(row.Id));
            case ApprovalState.Consumed:
                return (row, ApprovalRefusals.Used(row.Id));
            case ApprovalState.Expired:
                return (row, ApprovalRefusals.Expired(row.Id));
        }

        var intent = row.ReadIntent();
        if (remember && !ApprovalSubject.CanRemember(intent))
        {
            return (row, ApprovalRefusals.NotRememberable(row.Id, intent.Kind));
        }

        var approved = _book.Enter(transaction, row with { State = "approved", DecidedAt = now, ExpiresAt = now + row.Life, Remember = remember ? 1 : 0 }, now);
        if (remember)
        {
            _book.Remember(transaction, approved, now);
        }

        return (approved, null);
    }

    // The race: of two that decide at once the second finds what the first decided, under the clock's lock.
    private Task<ApprovalDecision> DecideAsync(string id, Func<IStoreTransaction, ApprovalRow, long, (ApprovalRow Row, WalletRefusal? Refusal)> decide, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        return _store.WriteAsync<ApprovalDecision>(
            transaction =>
            {
                var now = WalletClock.Enter(transaction, _time.GetUtcNow(), out _);
                if (ApprovalBook.Find(transaction, id) is not { } row)
                {
                    return new ApprovalDecision.Refused(ApprovalRefusals.Unknown(id));
                }

                if (!row.IsGenuine(_key))
                {
                    return new ApprovalDecision.Refused(ApprovalRefusals.Forged(row.Id));
                }

                var (after, refusal) = decide(transaction, _book.Lapse(transaction, row, now), now);
                return refusal is null ? new ApprovalDecision.Decided(Show(transaction, after, now)) : new ApprovalDecision.Refused(refusal);
            },
            cancellationToken);
    }
}
