using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Intents;
using Purser.Wallet.Journal;
using Purser.Wallet.Policy;
using Purser.Wallet.Transactions;

namespace Purser.Wallet;

/// <content>What is open in the lanes of the wallet's accounts, for whoever looks after them.</content>
public sealed partial class LocalWallet
{
    /// <summary>The transactions of this wallet's payments that are sent and not at their end, by chain, account and nonce. Those that a custodian sends are in no lane.</summary>
    /// <param name="limit">Of how many open payments the lanes are asked, 1 to 1000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ChainException">A chain could not be asked.</exception>
    public async Task<IReadOnlyList<OpenTransaction>> ListTransactionsAsync(int limit = 100, CancellationToken cancellationToken = default)
    {
        var lanes = new HashSet<(ChainId Chain, Address Account)>();
        foreach (var id in await ListOpenAsync(limit, cancellationToken))
        {
            if ((await _book.FindAsync(id, cancellationToken))?.ReadIntent() is TransactionIntent intent && !_options.Keys.TryFindSubmitter(intent.Account, out _))
            {
                lanes.Add((intent.Chain, intent.Account));
            }
        }

        var open = new List<OpenTransaction>();
        foreach (var (chain, account) in lanes.OrderBy(lane => lane.Chain.Value).ThenBy(lane => lane.Account.ToString(), StringComparer.Ordinal))
        {
            var (cap, _) = await FeeCapAsync(chain, cancellationToken);
            if (await _lanes.FindAsync(chain, account, cap, cancellationToken) is { } lane)
            {
                open.AddRange((await lane.ListOpenAsync(cancellationToken)).Select(transaction => new OpenTransaction(chain, account, transaction)));
            }
        }

        return open;
    }

    /// <summary>
    /// Has an open transaction's nonce go to a transfer of nothing to the account itself, at a higher fee within the policy's cap: so that what follows it is no longer held up. It may be mined
    /// all the same. What the payment then is, is in the answer; a repeat follows the same cancellation. A policy that is paused, or lets gas cost nothing, signs none.
    /// </summary>
    /// <param name="intentId">The payment.</param>
    /// <param name="cancellationToken">Gives up waiting; what was signed stays.</param>
    /// <exception cref="KeyNotFoundException">There is no such payment.</exception>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public async Task<CancelResult> CancelTransactionAsync(string intentId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intentId);
        var row = await _book.FindAsync(intentId, cancellationToken) ?? throw new KeyNotFoundException($"there is no payment '{intentId}'");
        if (row.ReadIntent() is not TransactionIntent intent)
        {
            return new CancelResult.Refused(new("not_a_transaction", "that payment is a signed authorization and no transaction of the account's own", "it ends by itself; see `purser pay reconcile`", WalletRefusalKind.Usage));
        }

        if (!PaymentStates.IsOpen(row.ReadState()))
        {
            return new CancelResult.Followed(row.ToPayment());
        }

        var (cap, none) = await FeeCapAsync(intent.Chain, cancellationToken);
        if (none is not null)
        {
            return new CancelResult.Refused(none);
        }

        if (await _lanes.FindAsync(intent.Chain, intent.Account, cap, cancellationToken) is not { } lane)
        {
            return new CancelResult.Refused(NoNode(intent.Chain));
        }

        switch (await lane.CancelAsync(intentId, _options.Lanes.ReceiptWait, cancellationToken))
        {
            case null:
                return new CancelResult.Refused(new("not_in_a_lane", "the transaction was sent by a custodian, whose nonces are its own", "ask the custodian, then run `purser pay reconcile`", WalletRefusalKind.State));
            case LaneResult.Refused refused:
                return new CancelResult.Refused(ToRefusal(refused));
            case var result:
                return new CancelResult.Followed((await _book.FollowAsync(intentId, result, cancellationToken) ?? row).ToPayment());
        }
    }

    private async Task<(UInt256 Cap, WalletRefusal? Refusal)> FeeCapAsync(ChainId chain, CancellationToken cancellationToken) => await _policy.LoadAsync(cancellationToken) switch
    {
        PolicyReading.InForce { Policy.Paused: true } => (UInt256.One, new("policy_paused", "the policy is paused: nothing is signed", "a human resumes it: `purser policy set --resume`", WalletRefusalKind.Policy)),
        PolicyReading.InForce { Policy: var policy } when policy.MaxFeePerGasOn(chain) is { } cap => (cap, null),
        PolicyReading.Refused refused => (UInt256.One, refused.Reason),
        _ => (UInt256.One, new("policy_no_gas", $"the policy lets no gas be paid on {chain}", "a human allows it in the policy", WalletRefusalKind.Policy)),
    };
}

/// <summary>A transaction that is sent and not at its end.</summary>
/// <param name="Chain">Its chain.</param>
/// <param name="Account">Whose it is.</param>
/// <param name="Transaction">How it stands; <see cref="LaneTransaction.Key"/> is the payment's id.</param>
public sealed record OpenTransaction(ChainId Chain, Address Account, LaneTransaction Transaction);

/// <summary>What came of cancelling a transaction.</summary>
public abstract record CancelResult
{
    private CancelResult()
    {
    }

    /// <summary>It is being cancelled, or has come to an end, this or another: the payment says which.</summary>
    /// <param name="Payment">The payment as it stands.</param>
    public sealed record Followed(Payment Payment) : CancelResult;

    /// <summary>Nothing was signed.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(WalletRefusal Reason) : CancelResult;
}
