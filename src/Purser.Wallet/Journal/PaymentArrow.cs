using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Budgets;

namespace Purser.Wallet.Journal;

/// <summary>One step of one payment within one write that holds the wallet's clock: state, budget and journal change together.</summary>
internal sealed class PaymentArrow(IStoreTransaction transaction, JournalChain journal, PaymentRow row, long now)
{
    public IStoreTransaction Transaction => transaction;

    /// <summary>The wallet's time, in milliseconds since 1970.</summary>
    public long Now => now;

    public PaymentRow Reload() => transaction.QuerySingleOrDefault<PaymentRow>($"SELECT {PaymentRow.Columns} FROM wallet_payments WHERE intent_id = @id", new { id = row.IntentId })!;

    public void Enter(PaymentState state, byte[] body)
    {
        var name = PaymentStates.Name(state);
        transaction.Execute("UPDATE wallet_payments SET state = @name, updated_at = @now WHERE intent_id = @id", new { id = row.IntentId, name, now });
        Append(name, body);
    }

    /// <summary>Appends an entry that changes no state.</summary>
    public void Append(string name, byte[] body) => journal.Append(transaction, new Address(row.Account), now, row.IntentId, name, body);

    /// <summary>Puts the transaction that carries the payment in the place of one that was known before.</summary>
    public void SetTransaction(Hash32? hash) =>
        transaction.Execute("UPDATE wallet_payments SET tx_hash = @hash WHERE intent_id = @id", new { id = row.IntentId, hash = hash?.ToArray() });

    /// <summary>The money moved. <paramref name="gasCost"/> is what the gas did cost in wei, when we paid it; <paramref name="taken"/> what the chain shows was taken, where it can be less than was reserved.</summary>
    public void Settle(Hash32? transactionHash, string source, UInt256? gasCost = null, UInt256? taken = null)
    {
        SetTransaction(transactionHash);
        Enter(PaymentState.Settled, JournalBody.Settled(transactionHash, source, gasCost, taken));
        if (gasCost is { } cost)
        {
            BudgetLedger.SetGas(transaction, row.IntentId, cost);
        }

        if (taken is { } amount)
        {
            BudgetLedger.SetTaken(transaction, row.IntentId, amount);
        }
    }

    /// <summary>It is not settled after all. <paramref name="taken"/> is what counts again, where less did.</summary>
    public void Reopen(string reason, UInt256? taken)
    {
        Explain(reason);
        Enter(PaymentState.Unknown, JournalBody.Reopened(reason, taken));
        if (taken is { } amount)
        {
            BudgetLedger.SetTaken(transaction, row.IntentId, amount);
        }
    }

    public void EnterUnknown(string reason)
    {
        Explain(reason);
        Enter(PaymentState.Unknown, JournalBody.Reason(reason));
    }

    /// <summary>What allows a reservation that is taken up again, when it is another policy than before or a human's approval.</summary>
    public void ApproveAgain(string by)
    {
        transaction.Execute("UPDATE wallet_payments SET approved_by = @by WHERE intent_id = @id", new { id = row.IntentId, by });
        Append("resumed", JournalBody.Approved(by));
    }

    /// <summary>The seller said no. With <paramref name="isAnswered"/> nobody else waits for an answer.</summary>
    public void Reject(string reason, bool isAnswered) => Answer("rejected", reason, isAnswered);

    /// <summary>The seller served, and what he took is for the chain to show. With <paramref name="isAnswered"/> nobody else waits for an answer.</summary>
    public void Serve(bool isAnswered) => Answer("served", "served; what was taken of it the chain has to show", isAnswered);

    private void Answer(string name, string reason, bool isAnswered)
    {
        Explain(reason);
        if (isAnswered)
        {
            SetPresenter(Presentation.Nobody);
        }

        Append(name, JournalBody.Rejected(reason, isAnswered ? Presentation.Nobody : null));
    }

    /// <summary>It is about to go out: for the first time, or again.</summary>
    public void Present(string presenter)
    {
        SetPresenter(presenter);
        if (row.ReadState() is PaymentState.Signed)
        {
            Enter(PaymentState.Sent, JournalBody.Presented(presenter));
        }
        else
        {
            Append("presented", JournalBody.Presented(presenter));
        }
    }

    private void SetPresenter(string presenter) =>
        transaction.Execute("UPDATE wallet_payments SET presenter = @presenter, presented_at = @now WHERE intent_id = @id", new { id = row.IntentId, presenter, now });

    /// <summary>It came to nothing: everything that was reserved is free again.</summary>
    public void Release(PaymentState state, string reason)
    {
        Explain(reason);
        Enter(state, JournalBody.Reason(reason));
        BudgetLedger.Release(transaction, row.IntentId);
    }

    /// <summary>The transaction reverted, or was cancelled by another with its nonce: its amount is free again, its gas was paid.</summary>
    public void Revert(Hash32 transactionHash, UInt256 gasCost, string reason = "the transaction reverted; its gas was paid and nothing else happened")
    {
        Explain(reason);
        SetTransaction(transactionHash);
        Enter(PaymentState.Failed, JournalBody.Reverted(reason, transactionHash, gasCost));
        BudgetLedger.Release(transaction, row.IntentId, gasCost);
    }

    private void Explain(string reason) =>
        transaction.Execute("UPDATE wallet_payments SET reason = @reason WHERE intent_id = @id", new { id = row.IntentId, reason = JournalBody.CleanReason(reason) });
}
