using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Storage;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Journal;

/// <summary>The arrows of payments that are transactions of the account's own.</summary>
internal sealed partial class PaymentBook
{
    /// <summary>
    /// Reserved → signed → sent, within the lane's own write that stores the signed transaction: both stand or neither does. So what was given up can never be sent, and what may be sent is always followed. It is
    /// "sent" at once, because from that write on any process that shares the lane broadcasts it. The race: of a reservation's being given up and its transaction's being stored the first commit wins.
    /// </summary>
    /// <returns>False when the payment does not wait for a signature; then nothing may be stored.</returns>
    public bool TakeTransaction(IStoreTransaction transaction, string id, Hash32 hash)
    {
        var now = WalletClock.Enter(transaction, time.GetUtcNow(), out _);
        if (transaction.QuerySingleOrDefault<PaymentRow>(ById, new { id }) is not { } row || row.ReadState() is not PaymentState.Reserved)
        {
            return false;
        }

        var arrow = new PaymentArrow(transaction, journal, row, now);
        arrow.SetTransaction(hash);
        arrow.Enter(PaymentState.Signed, JournalBody.Transaction(hash));
        arrow.Enter(PaymentState.Sent, JournalBody.Empty);
        return true;
    }

    /// <summary>What the lane says of a transaction: settled, failed because it reverted, was cancelled or lost its nonce to a foreign one, or another hash of the same payment because its fee was raised. What is said of a payment that has ended changes nothing.</summary>
    public Task<PaymentRow?> FollowAsync(string id, LaneResult result, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (!PaymentStates.IsOpen(row.ReadState()))
            {
                return row;
            }

            switch (result)
            {
                case LaneResult.Mined { Receipt: var receipt }:
                    arrow.Settle(receipt.TransactionHash, "chain", CostOf(receipt));
                    break;
                case LaneResult.Reverted { Receipt: var receipt }:
                    arrow.Revert(receipt.TransactionHash, CostOf(receipt));
                    break;
                case LaneResult.Cancelled { Receipt: var receipt }:
                    arrow.Revert(receipt.TransactionHash, CostOf(receipt), "the transaction was cancelled; its nonce went to one that only cost gas");
                    break;
                case LaneResult.Replaced { Nonce: var nonce, By: var by }:
                    arrow.Release(PaymentState.Failed, $"the account's nonce {nonce} went to a transaction that was not made here{(by is { } taker ? $" ({taker})" : "")}; this one can never be mined");
                    break;
                case LaneResult.Pending { TransactionHash: var hash } when hash != row.ReadTransactionHash():
                    arrow.SetTransaction(hash);
                    arrow.Append("replaced", JournalBody.Transaction(hash));
                    break;
                default:
                    return row;
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>
    /// Reserved → sent, before a custodian is asked: from here on it may have sent the transaction, whatever becomes of the answer. The race: of any number of callers exactly one gets true, and only that one asks.
    /// </summary>
    public async Task<bool> BeginSubmitAsync(string id, CancellationToken cancellation)
    {
        var began = false;
        await ChangeAsync(id, (arrow, row) =>
        {
            began = row.ReadState() is PaymentState.Reserved;
            if (began)
            {
                arrow.Enter(PaymentState.Sent, JournalBody.Settled(null, "custodian"));
            }

            return row;
        }, cancellation);
        return began;
    }

    /// <summary>A custodian names the transaction that it sent. That it is in a block only the chain says.</summary>
    public Task<PaymentRow?> SubmittedAsync(string id, Hash32 hash, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (PaymentStates.IsOpen(row.ReadState()) && row.TxHash is null)
            {
                arrow.SetTransaction(hash);
                arrow.Append("submitted", JournalBody.Transaction(hash));
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>
    /// Sent or unknown → failed, because a custodian provably sent nothing. The budget is released. The race: who reconciles while the custodian is being asked takes the answer for lost; that is no reason to keep the money when
    /// the one call that asked then has it.
    /// </summary>
    public Task<PaymentRow?> NotSubmittedAsync(string id, string reason, CancellationToken cancellation) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (row.ReadState() is PaymentState.Sent or PaymentState.Unknown && row.TxHash is null)
            {
                arrow.Release(PaymentState.Failed, reason);
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>Sent → unknown, because a custodian's answer was lost, or names (<paramref name="isNamed"/>) what cannot be the transaction.</summary>
    public Task<PaymentRow?> DoubtAsync(string id, string reason, CancellationToken cancellation, bool isNamed = false) =>
        ChangeAsync(id, (arrow, row) =>
        {
            if (row.ReadState() is PaymentState.Sent && (isNamed || row.TxHash is null))
            {
                arrow.EnterUnknown(reason);
            }

            return arrow.Reload();
        }, cancellation);

    /// <summary>Whether another payment was carried by this transaction.</summary>
    public Task<bool> IsKnownTransactionAsync(string id, Hash32 hash, CancellationToken cancellation) =>
        store.ReadAsync(reader => reader.Query<long>("SELECT 1 FROM wallet_payments WHERE tx_hash = @hash AND intent_id <> @id LIMIT 1", new { id, hash = hash.ToArray() }).Count > 0, cancellation);

    // What the layer below a rollup takes besides stands in no field that all chains share.
    private static UInt256 CostOf(TransactionReceipt receipt) => receipt.GasUsed * receipt.EffectiveGasPrice;
}
