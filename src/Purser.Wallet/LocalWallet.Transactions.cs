using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;
using Purser.Wallet.Transactions;

namespace Purser.Wallet;

/// <summary>Transactions of the account's own: through its lane.</summary>
public sealed partial class LocalWallet
{
    // The intent's id is the lane's key, so a second caller, or one who comes after a crash, follows the transaction that there is. The book is asked within the lane's own write
    // whether the payment still waits for a signature: a reservation that was given up is never sent.
    private async Task<AuthorizationResult> SendAsync(PaymentRow row, TransactionIntent intent, UInt256 maxFeePerGas, CancellationToken cancellationToken)
    {
        if (_options.Keys.TryFindSubmitter(intent.Account, out var submitter))
        {
            return await SubmitAsync(row, intent, submitter, cancellationToken);
        }

        LaneResult result;
        try
        {
            var lane = await _lanes.FindAsync(intent.Chain, intent.Account, maxFeePerGas, cancellationToken);
            if (lane is null)
            {
                return Refuse(NoNode(intent.Chain));
            }

            result = await lane.SendAsync(RequestOf(intent) with { Guard = (transaction, hash) => _book.TakeTransaction(transaction, intent.Id, hash) }, cancellationToken);
        }
        catch (ChainException e)
        {
            // Before anything was stored. The reservation stays for the same id to try again, and is given up after the grace.
            return Refuse(NodeFailed(intent.Chain, e));
        }

        if (result is LaneResult.Refused refused)
        {
            // What may pass later by itself keeps its reservation for the same id; but whoever was first may have it sent meanwhile.
            var left = refused.IsTransient ? await _book.FindAsync(row.IntentId, cancellationToken) : await _book.GiveUpAsync(row.IntentId, cancellationToken);
            return left is null ? Refuse(ToRefusal(refused)) : left.TxHash is not null ? left.ToAuthorized() : Refuse(left.ReadState() is PaymentState.Failed && refused.IsTransient ? Ended(left) : ToRefusal(refused));
        }

        try
        {
            await _reconciler.EndAsync(row, result, _options.Chains[intent.Chain], cancellationToken);
        }
        catch (ChainException)
        {
            // It is stored and sent: what it came to is for reconciling.
        }

        return (await _book.FindAsync(row.IntentId, cancellationToken) ?? row).ToAuthorized();
    }

    // A custodian signs and sends by itself. What it is asked is journaled before it is asked, and never asked again: a lost answer is "unknown" without a hash (DESIGN, wallet rule 2).
    private async Task<AuthorizationResult> SubmitAsync(PaymentRow row, TransactionIntent intent, ISubmitter submitter, CancellationToken cancellationToken)
    {
        if (!await _book.BeginSubmitAsync(row.IntentId, cancellationToken))
        {
            var other = await _book.FindAsync(row.IntentId, cancellationToken) ?? row;
            return Answer(other, intent) ?? Refuse(Ended(other));
        }

        var call = RequestOf(intent);
        SubmitResult result;
        try
        {
            result = await submitter.SubmitAsync(
                new()
                {
                    IntentId = intent.Id,
                    Chain = intent.Chain,
                    To = call.To!.Value,
                    Value = call.Value,
                    Data = call.Data,
                    Description = UntrustedText.Clean(IntentSummary.Of(intent, _options.Registry, _options.Policy.ReadFunctions()), 200),
                },
                cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await _book.NotSubmittedAsync(row.IntentId, "cancelled before the custodian was asked", CancellationToken.None);
            throw;
        }

        // What the custodian did is written down whether or not the caller still waits.
        switch (result)
        {
            case SubmitResult.Submitted sent:
                var known = await _book.SubmittedAsync(row.IntentId, sent.TransactionHash, CancellationToken.None) ?? row;
                return (await TryResolveAsync(known, cancellationToken)).ToAuthorized();
            case SubmitResult.Refused refused:
                await _book.NotSubmittedAsync(row.IntentId, refused.Reason.Message, CancellationToken.None);
                return Refuse(refused.Reason);
            case SubmitResult.Unknown unknown:
                var doubted = await _book.DoubtAsync(row.IntentId, unknown.Why, CancellationToken.None) ?? row;
                return doubted.ToAuthorized();
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<PaymentRow> TryResolveAsync(PaymentRow row, CancellationToken cancellationToken)
    {
        try
        {
            return await _reconciler.ResolveAsync(row, cancellationToken);
        }
        catch (ChainException)
        {
            // It was sent all the same; reconciling asks again.
            return row;
        }
    }

    private static LaneRequest RequestOf(TransactionIntent intent) => IntentPayload.Of(intent) is IntentPayload.Call call
        ? new() { Key = intent.Id, To = call.To, Value = call.Value, Data = call.Data, GasCap = call.GasCap }
        : throw new System.Diagnostics.UnreachableException(intent.Kind);

    private static WalletRefusal ToRefusal(LaneResult.Refused refused) => new(
        refused.Code == "request_withdrawn" ? "payment_failed" : refused.Code,
        refused.Message,
        refused.Hint,
        refused.Code switch
        {
            "insufficient_gas_funds" => WalletRefusalKind.InsufficientFunds,
            "gas_over_cap" or "fee_over_cap" => WalletRefusalKind.Policy,
            "wallet_locked" or "no_account" => WalletRefusalKind.Locked,
            _ when refused.IsTransient => WalletRefusalKind.Network,
            _ => WalletRefusalKind.State,
        });
}
