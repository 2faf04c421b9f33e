using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Storage;
using Purser.Wallet.Budgets;

namespace Purser.Wallet.Journal;

/// <summary>
/// The arrows between a payment's states (DESIGN, wallet rule 1). Each is one durable transaction that holds the wallet's clock
/// lock: it looks at the state it finds, changes it, counts or releases the budget, and appends to the journal, all or nothing. Any
/// number of processes may call at once.
/// </summary>
internal sealed class PaymentBook(Store store, JournalChain journal, TimeProvider time)
{
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

    /// <summary>When the payee was first paid in this asset: the earliest reservation to him that is held; null when there is none. It only ever moves back by a payment that is provably dead.</summary>
    public async Task<DateTimeOffset?> FindPayeeAsync(PaymentIntent intent, CancellationToken cancellation) =>
        await store.ReadAsync(
            reader => reader.QuerySingleOrDefault<long?>(
                "SELECT MIN(reserved_at) FROM wallet_payments WHERE asset = @asset AND pay_to = @payTo AND held = 1",
                new { asset = intent.Asset.ToString(), payTo = intent.PayTo.ToArray() }),
            cancellation) is { } first ? DateTimeOffset.FromUnixTimeMilliseconds(first) : null;

    /// <summary>
    /// Confirmed → approved → reserved. The race: of many calls with different ids no more pass than every limit allows, because the sum is
    /// taken and the reservation stored under one lock; of many calls with one id the first stores its draft and the others get
    /// what it stored.
    /// </summary>
    public Task<ReserveResult> ReserveAsync(PaymentDraft draft, IReadOnlyList<BudgetLimit> limits, int? maxPerMinute, CancellationToken cancellation) =>
        store.WriteAsync<ReserveResult>(
            transaction =>
            {
                var now = WalletClock.Enter(transaction, time.GetUtcNow(), out var behindMs);
                var intent = draft.Intent;
                if (transaction.QuerySingleOrDefault<PaymentRow>(ById, new { id = intent.Id }) is { } present)
                {
                    return new ReserveResult.Present(present);
                }

                if (behindMs > WalletClock.ToleranceMs)
                {
                    return new ReserveResult.Refused(BudgetRefusals.ClockSetBack(behindMs));
                }

                if (FindOpenTwin(transaction, intent) is { } twin)
                {
                    return new ReserveResult.Refused(BudgetRefusals.OpenTwin(twin));
                }

                if (maxPerMinute is { } most && BudgetLedger.CountLastMinute(transaction, now) >= most)
                {
                    return new ReserveResult.Refused(BudgetRefusals.TooManyPerMinute(most));
                }

                var spending = Spending.Of(intent);
                if (BudgetLedger.FindBroken(transaction, now, spending, limits) is var (limit, spent))
                {
                    return new ReserveResult.Refused(BudgetRefusals.OverCap(limit, spent, intent.Amount));
                }

                Insert(transaction, draft, spending, now);
                BudgetLedger.Add(transaction, spending);
                journal.Append(transaction, intent.Account, now, intent.Id, "approved", JournalBody.Approved(draft));
                journal.Append(transaction, intent.Account, now, intent.Id, "reserved", JournalBody.Reserved(draft));
                return new ReserveResult.Present(transaction.QuerySingleOrDefault<PaymentRow>(ById, new { id = intent.Id })!);
            },
            cancellation);

    // A caller whose reply was lost and who asks for the price anew would pay the same request twice (wallet rule 2): while the first payment's outcome is unknown,
    // it is presented again or reconciled, and no second one is signed. Payments for no known request have no twins.
    private static string? FindOpenTwin(IStoreTransaction transaction, X402AuthorizationIntent intent) => intent.Url.Length == 0 ? null : transaction
        .Query<PaymentRow>(
            $"SELECT {PaymentRow.Columns} FROM wallet_payments WHERE state = 'unknown' AND account = @account AND asset = @asset AND pay_to = @payTo AND origin = @origin LIMIT 1000",
            new { account = intent.Account.ToArray(), asset = intent.Asset.ToString(), payTo = intent.PayTo.ToArray(), origin = intent.Origin })
        .FirstOrDefault(row => row.ReadIntent() is var open && open.Method == intent.Method && open.Url == intent.Url && open.BodyHash == intent.BodyHash)?.IntentId;

    /// <summary>Reserved → signed. The race: of two that sign the same stored message the first signature stays and both get it. Null when the reservation was given up meanwhile; the signature must then be forgotten.</summary>
    public Task<PaymentRow?> SignAsync(string id, Signature signature, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (row.ReadState() == PaymentState.Reserved)
            {
                arrow.Transaction.Execute("UPDATE wallet_payments SET signature = @signature WHERE intent_id = @id", new { id, signature = signature.ToArray() });
                arrow.Enter(PaymentState.Signed, JournalBody.Signed(signature));
            }

            return row.ReadState() is PaymentState.Failed ? null : arrow.Reload();
        }, cancellation);

    /// <summary>Signed → sent. A repeat changes nothing. Null when there is no such payment.</summary>
    public Task<PaymentRow?> BeginPresentAsync(string id, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (row.ReadState() == PaymentState.Signed)
            {
                arrow.Enter(PaymentState.Sent, JournalBody.Empty);
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>What came of presenting: see <see cref="IWallet.RecordOutcomeAsync"/>. What is said of a payment that is settled or expired already changes nothing.</summary>
    public Task<PaymentRow?> RecordAsync(string id, PresentOutcome outcome, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            var state = row.ReadState();
            if (state is PaymentState.Sent or PaymentState.Unknown)
            {
                switch (outcome)
                {
                    case PresentOutcome.Settled settled:
                        arrow.Settle(settled.TransactionHash, "seller");
                        break;
                    case PresentOutcome.Rejected rejected:
                        arrow.Note("rejected", rejected.Reason);
                        break;
                    case PresentOutcome.Unknown unknown:
                        arrow.EnterUnknown(unknown.Reason);
                        break;
                }
            }
            else if (state is PaymentState.Reserved or PaymentState.Signed or PaymentState.Failed)
            {
                throw new InvalidOperationException($"the payment '{id}' is {row.State}: it was not presented, so nothing can have come of it");
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>Signed, sent or unknown → settled, because the chain says that the authorization is used.</summary>
    public Task<PaymentRow?> SettleAsync(string id, Hash32? transactionHash, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (PaymentStates.IsOpen(row.ReadState()))
            {
                arrow.Settle(transactionHash, "chain");
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
    /// Reserved → failed, for what was reserved before <paramref name="before"/> and never signed: the process that reserved it is gone. If it is
    /// not, its own step to signed finds the state changed and forgets its signature. Gives how many were released.
    /// </summary>
    public async Task<int> GiveUpReservedAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        var ids = await store.ReadAsync(reader => reader.Query<string>("SELECT intent_id FROM wallet_payments WHERE state = 'reserved' AND updated_at < @edge ORDER BY updated_at LIMIT 1000", new { edge = before.ToUnixTimeMilliseconds() }), cancellation);
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

    private static void Insert(IStoreTransaction transaction, PaymentDraft draft, Spending spending, long now) => transaction.Execute(
        """
        INSERT INTO wallet_payments (intent_id, account, content_hash, intent, asset, pay_to, origin, amount, state, nonce, valid_before, domain_separator, held, reserved_at, updated_at)
        VALUES (@id, @account, @contentHash, @intent, @asset, @payTo, @origin, @amount, 'reserved', @nonce, @validBefore, @separator, 1, @now, @now)
        """,
        new
        {
            id = draft.Intent.Id,
            account = draft.Intent.Account.ToArray(),
            contentHash = HashContent(draft.Intent),
            intent = IntentJson.Write(draft.Intent),
            asset = spending.Asset,
            payTo = spending.PayTo.ToArray(),
            origin = spending.Origin,
            amount = spending.Amount.ToBigEndian(),
            nonce = draft.Nonce.ToArray(),
            validBefore = draft.ValidBefore,
            separator = draft.DomainSeparator.ToArray(),
            now,
        });

    private Task<PaymentRow?> ChangeAsync(string id, Func<Arrow, PaymentRow, PaymentRow?> change, CancellationToken cancellation) =>
        store.WriteAsync(
            transaction =>
            {
                var now = WalletClock.Enter(transaction, time.GetUtcNow(), out _);
                return transaction.QuerySingleOrDefault<PaymentRow>(ById, new { id }) is { } row ? change(new Arrow(transaction, journal, row, now), row) : null;
            },
            cancellation);

    /// <summary>One step of one payment within one write.</summary>
    private sealed class Arrow(IStoreTransaction transaction, JournalChain journal, PaymentRow row, long now)
    {
        public IStoreTransaction Transaction => transaction;

        public PaymentRow Reload() => transaction.QuerySingleOrDefault<PaymentRow>(ById, new { id = row.IntentId })!;

        public void Enter(PaymentState state, byte[] body)
        {
            var name = PaymentStates.Name(state);
            transaction.Execute("UPDATE wallet_payments SET state = @name, updated_at = @now WHERE intent_id = @id", new { id = row.IntentId, name, now });
            journal.Append(transaction, row.ReadIntent().Account, now, row.IntentId, name, body);
        }

        public void Settle(Hash32? transactionHash, string source)
        {
            transaction.Execute("UPDATE wallet_payments SET tx_hash = @hash WHERE intent_id = @id", new { id = row.IntentId, hash = transactionHash?.ToArray() });
            Enter(PaymentState.Settled, JournalBody.Settled(transactionHash, source));
        }

        public void EnterUnknown(string reason)
        {
            Explain(reason);
            Enter(PaymentState.Unknown, JournalBody.Reason(reason));
        }

        public void Note(string name, string reason)
        {
            Explain(reason);
            journal.Append(transaction, row.ReadIntent().Account, now, row.IntentId, name, JournalBody.Reason(reason));
        }

        public void Release(PaymentState state, string reason)
        {
            Explain(reason);
            Enter(state, JournalBody.Reason(reason));
            transaction.Execute("UPDATE wallet_payments SET held = 0 WHERE intent_id = @id", new { id = row.IntentId });
            BudgetLedger.Release(transaction, row.Spending(), row.ReservedAt);
        }

        private void Explain(string reason) =>
            transaction.Execute("UPDATE wallet_payments SET reason = @reason WHERE intent_id = @id", new { id = row.IntentId, reason = JournalBody.CleanReason(reason) });
    }
}

/// <summary>A payment that is about to be reserved: the message is complete, so that whoever signs it after a crash signs the same.</summary>
/// <param name="Intent">What was asked.</param>
/// <param name="Nonce">32 random bytes.</param>
/// <param name="ValidBefore">Unix seconds.</param>
/// <param name="DomainSeparator">The token's EIP-712 domain, as checked.</param>
/// <param name="ApprovedBy">What allowed it: <c>policy</c> and the policy's hash.</param>
internal sealed record PaymentDraft(X402AuthorizationIntent Intent, Hash32 Nonce, long ValidBefore, Hash32 DomainSeparator, string ApprovedBy);

/// <summary>What came of reserving.</summary>
internal abstract record ReserveResult
{
    private ReserveResult()
    {
    }

    /// <summary>The payment as it is stored now, by this call or an earlier one.</summary>
    public sealed record Present(PaymentRow Row) : ReserveResult;

    /// <summary>A limit would be broken; nothing was stored.</summary>
    public sealed record Refused(WalletRefusal Reason) : ReserveResult;
}
