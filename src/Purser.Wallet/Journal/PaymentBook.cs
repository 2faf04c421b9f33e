using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Storage;
using Purser.Wallet.Approvals;
using Purser.Wallet.Budgets;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Journal;

/// <summary>
/// The arrows between a payment's states (DESIGN, wallet rule 1). Each is one durable transaction that holds the wallet's clock
/// lock: it looks at the state it finds, changes it, counts or releases the budget, and appends to the journal, all or nothing. Any
/// number of processes may call at once.
/// </summary>
internal sealed partial class PaymentBook(Store store, JournalChain journal, ApprovalBook approvals, TimeProvider time)
{
    private const string UptoKind = "x402.upto";

    private const string ById = $"SELECT {PaymentRow.Columns} FROM wallet_payments WHERE intent_id = @id";

    /// <summary>What names an intent's content: SHA-256 of its wire form.</summary>
    public static byte[] HashContent(Intent intent) => SHA256.HashData(IntentJson.Write(intent));

    /// <summary>One payment, or null.</summary>
    public Task<PaymentRow?> FindAsync(string id, CancellationToken cancellation) =>
        store.ReadAsync(reader => reader.QuerySingleOrDefault<PaymentRow>(ById, new { id }), cancellation);

    /// <summary>Payments, newest first.</summary>
    public Task<IReadOnlyList<PaymentRow>> ListAsync(int limit, CancellationToken cancellation) =>
        store.ReadAsync(reader => reader.Query<PaymentRow>($"SELECT {PaymentRow.Columns} FROM wallet_payments ORDER BY reserved_at DESC, intent_id LIMIT @limit", new { limit }), cancellation);

    /// <summary>The ids of payments whose signature may be out, oldest change first.</summary>
    public Task<IReadOnlyList<string>> ListOpenAsync(int limit, CancellationToken cancellation) =>
        store.ReadAsync(reader => reader.Query<string>("SELECT intent_id FROM wallet_payments WHERE state IN ('signed', 'sent', 'unknown') ORDER BY updated_at, intent_id LIMIT @limit", new { limit }), cancellation);

    /// <summary>The wallet's time.</summary>
    public Task<DateTimeOffset> NowAsync(CancellationToken cancellation) =>
        store.ReadAsync(reader => DateTimeOffset.FromUnixTimeMilliseconds(WalletClock.Read(reader, time.GetUtcNow())), cancellation);

    /// <summary>Since when the payee is known in this asset (<see cref="BudgetLedger.KnownSince"/>); null when he is not.</summary>
    public Task<DateTimeOffset?> FindPayeeAsync(AssetId asset, Address payee, CancellationToken cancellation) =>
        store.ReadAsync(reader => BudgetLedger.KnownSince(reader, asset, payee), cancellation);

    /// <summary>
    /// Confirmed → approved → reserved; or a reservation that another left and that is about to be signed, held to everything that is in force now. The race: of many calls with different ids no more pass than every limit
    /// allows, because the sum is taken and the reservation stored under one lock; of many calls with one id the first stores its draft and the others get what it stored. What a human has to approve is approved here or
    /// asked for, in the same write.
    /// </summary>
    public Task<ReserveResult> ReserveAsync(PaymentDraft asked, int? maxPerMinute, ApprovalTerms terms, CancellationToken cancellation) =>
        store.WriteAsync<ReserveResult>(
            transaction =>
            {
                var now = WalletClock.Enter(transaction, time.GetUtcNow(), out var behindMs);
                var intent = asked.Intent;
                var present = transaction.QuerySingleOrDefault<PaymentRow>(ById, new { id = intent.Id });
                if (present is not null && (present.ReadState() is not PaymentState.Reserved || !present.ContentHash.AsSpan().SequenceEqual(HashContent(intent))))
                {
                    return new ReserveResult.Present(present);
                }

                // The race: tightening, a pause above all, is immediate. Whoever judged before it and asked the chain meanwhile judges again.
                if (behindMs <= WalletClock.ToleranceMs && !AcceptedPolicy.IsInForce(transaction, asked.PolicyHash))
                {
                    return new ReserveResult.PolicyChanged();
                }

                if (FindBroken(transaction, asked, maxPerMinute, now, behindMs) is { } broken)
                {
                    return new ReserveResult.Refused(broken);
                }

                // Last: a human is not asked about what could not be done anyway, and his approval is used up only by the reservation that commits with it. One that he gave to this reservation stands.
                var draft = asked;
                switch (present?.IsApproved == true ? new ApprovalAnswer.NotNeeded() : approvals.Ask(transaction, now, new(intent, asked.Reasons, terms)))
                {
                    case ApprovalAnswer.Pending pending:
                        return new ReserveResult.Pending(pending.Id, pending.ExpiresAt);
                    case ApprovalAnswer.Refused refused:
                        return new ReserveResult.Refused(refused.Reason);
                    case ApprovalAnswer.Granted granted:
                        draft = asked with { ApprovedBy = $"{asked.ApprovedBy}, {granted.By}" };
                        break;
                }

                if (present is null)
                {
                    Insert(transaction, draft, now);
                    BudgetLedger.Add(transaction, intent.Id, intent.Account, draft.Charges, now);
                    journal.Append(transaction, intent.Account, now, intent.Id, "approved", JournalBody.Approved(draft.ApprovedBy));
                    journal.Append(transaction, intent.Account, now, intent.Id, "reserved", JournalBody.Reserved(draft));
                }
                else if (present.IsApproved != true && draft.ApprovedBy != present.ApprovedBy)
                {
                    new PaymentArrow(transaction, journal, present, now).ApproveAgain(draft.ApprovedBy);
                }

                return new ReserveResult.Present(transaction.QuerySingleOrDefault<PaymentRow>(ById, new { id = intent.Id })!);
            },
            cancellation);

    // What stands against a reservation now, beside a human's approval. What the intent itself has reserved already is not counted twice.
    private static WalletRefusal? FindBroken(IStoreTransaction transaction, PaymentDraft draft, int? maxPerMinute, long now, long behindMs)
    {
        var intent = draft.Intent;
        if (behindMs > WalletClock.ToleranceMs)
        {
            return BudgetRefusals.ClockSetBack(behindMs);
        }

        if (draft.Presentation.FindOpenTwin(transaction, intent.Id, PaymentDraft.WishOf(intent), now) is { } twin)
        {
            return BudgetRefusals.OpenTwin(twin);
        }

        if (maxPerMinute is { } most && BudgetLedger.CountLastMinute(transaction, now, intent.Id) >= most)
        {
            return BudgetRefusals.TooManyPerMinute(most);
        }

        return BudgetLedger.FindBroken(transaction, now, draft.Charges, BudgetLedger.Rows(transaction, intent.Id)) is var (limit, spent, more) ? BudgetRefusals.OverCap(limit, spent, more) : null;
    }

    /// <summary>Reserved → signed; and → settled where nothing is to follow, as for a message. The race: of two that sign the same stored message the first signature stays and both get it. Null when the reservation was given up meanwhile; the signature must then be forgotten.</summary>
    public Task<PaymentRow?> SignAsync(string id, Signature signature, bool settles, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (row.ReadState() == PaymentState.Reserved)
            {
                arrow.Transaction.Execute("UPDATE wallet_payments SET signature = @signature WHERE intent_id = @id", new { id, signature = signature.ToArray() });
                arrow.Enter(PaymentState.Signed, JournalBody.Signed(signature));
                if (settles)
                {
                    arrow.Settle(null, "wallet");
                }
            }

            return row.ReadState() is PaymentState.Failed ? null : arrow.Reload();
        }, cancellation);

    /// <summary>
    /// Signed → sent, and who presents. What has gone out already goes out again, whatever else there is. The race: of two signed payments for one request, each with a presenter of its own, the first that begins goes out; the
    /// other is told of it. Null when there is no such payment.
    /// </summary>
    public async Task<PresentResult?> BeginPresentAsync(string id, Presentation presentation, CancellationToken cancellation)
    {
        string? twin = null;
        var row = await ChangeAsync(id, (arrow, row) =>
        {
            var state = row.ReadState();
            twin = state is PaymentState.Signed ? presentation.FindOpenTwin(arrow.Transaction, id, PaymentDraft.WishOf(row.ReadIntent()), arrow.Now) : null;
            if (twin is null && (state is PaymentState.Signed || (state is PaymentState.Sent && row.Presenter is not Presentation.Several)))
            {
                arrow.Present(presentation.After(row));
            }

            return arrow.Reload();
        }, cancellation);
        return row is null ? null : new(row, twin);
    }

    /// <summary>What came of presenting: see <see cref="IWallet.RecordOutcomeAsync"/>. What is said of a payment that is settled or expired already changes nothing.</summary>
    public Task<PaymentRow?> RecordAsync(string id, PresentOutcome outcome, Presentation presentation, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            var state = row.ReadState();
            if (state is PaymentState.Sent or PaymentState.Unknown)
            {
                switch (outcome)
                {
                    case PresentOutcome.Settled when row.Kind == UptoKind:
                        // The permit is good for all of it until the chain shows its use: what the seller says that he took frees nothing.
                        arrow.Serve(isAnswered: row.Presenter == presentation.By);
                        break;
                    case PresentOutcome.Settled settled:
                        arrow.Settle(settled.TransactionHash, "seller");
                        break;
                    case PresentOutcome.Rejected rejected:
                        arrow.Reject(rejected.Reason, isAnswered: row.Presenter == presentation.By);
                        break;
                    case PresentOutcome.Unknown unknown:
                        arrow.EnterUnknown(unknown.Reason);
                        break;
                }
            }
            else if (state is PaymentState.Reserved or PaymentState.Signed or PaymentState.Failed)
            {
                throw new PaymentNotPresentedException(id);
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>Signed, sent or unknown → settled, because the chain says that the authorization is used; <paramref name="taken"/> is what the chain shows was taken, where it can be less than was reserved.</summary>
    public Task<PaymentRow?> SettleAsync(string id, Hash32? transactionHash, CancellationToken cancellation, UInt256? taken = null) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (PaymentStates.IsOpen(row.ReadState()))
            {
                arrow.Settle(transactionHash, "chain", taken: taken);
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>Settled → unknown, because the chain says otherwise than who told that it was: its block is gone, or the authorization was never used. The money stays counted.</summary>
    public Task<PaymentRow?> ReopenAsync(string id, string reason, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (row.ReadState() is PaymentState.Settled)
            {
                // Of a payment up to an amount less may have been taken than the permit, which is good again, is for.
                arrow.Reopen(reason, row.ReadIntent() is X402UptoIntent upto ? upto.Amount : null);
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>Signed, sent or unknown → expired, because the chain proves that the authorization was not used and no longer can be. The budget is released.</summary>
    public Task<PaymentRow?> ExpireAsync(string id, string reason, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (PaymentStates.IsOpen(row.ReadState()))
            {
                arrow.Release(PaymentState.Expired, reason);
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>
    /// Reserved → failed, for what was reserved longer than <paramref name="grace"/> ago and never signed: the process that reserved it is gone. If it is
    /// not, its own step to signed finds the state changed and forgets its signature. Gives how many were released.
    /// </summary>
    public async Task<int> GiveUpReservedAsync(TimeSpan grace, CancellationToken cancellation)
    {
        var ids = await store.ReadAsync(
            reader => reader.Query<string>(
                "SELECT intent_id FROM wallet_payments WHERE state = 'reserved' AND updated_at < @edge ORDER BY updated_at LIMIT 1000",
                new { edge = WalletClock.Read(reader, time.GetUtcNow()) - (long)grace.TotalMilliseconds }),
            cancellation);
        foreach (var id in ids)
        {
            await GiveUpAsync(id, cancellation);
        }

        return ids.Count;
    }

    /// <summary>Reserved → failed, for one payment that is not going to be signed. The budget is released.</summary>
    public Task<PaymentRow?> GiveUpAsync(string id, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (row.ReadState() == PaymentState.Reserved)
            {
                arrow.Release(PaymentState.Failed, "reserved and never signed");
            }

            return arrow.Reload();
        }, cancellation);

    private static void Insert(IStoreTransaction transaction, PaymentDraft draft, long now) => transaction.Execute(
        """
        INSERT INTO wallet_payments (intent_id, kind, account, content_hash, intent, wish, state, nonce, valid_before, domain_separator, reserved_at, updated_at, approved_by)
        VALUES (@id, @kind, @account, @contentHash, @intent, @wish, 'reserved', @nonce, @validBefore, @separator, @now, @now, @approvedBy)
        """,
        new
        {
            id = draft.Intent.Id,
            kind = draft.Intent.Kind,
            account = draft.Intent.Account.ToArray(),
            contentHash = HashContent(draft.Intent),
            intent = IntentJson.Write(draft.Intent),
            wish = PaymentDraft.WishOf(draft.Intent),
            nonce = draft.Drawn.Nonce?.ToArray(),
            validBefore = draft.Drawn.ValidBefore,
            separator = draft.Drawn.DomainSeparator?.ToArray(),
            now,
            approvedBy = draft.ApprovedBy,
        });

    private Task<PaymentRow?> ChangeAsync(string id, Func<PaymentArrow, PaymentRow, PaymentRow?> change, CancellationToken cancellation) =>
        store.WriteAsync(
            transaction =>
            {
                var now = WalletClock.Enter(transaction, time.GetUtcNow(), out _);
                return transaction.QuerySingleOrDefault<PaymentRow>(ById, new { id }) is { } row ? change(new PaymentArrow(transaction, journal, row, now), row) : null;
            },
            cancellation);
}
