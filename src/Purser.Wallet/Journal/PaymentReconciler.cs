using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Intents;
using Purser.Wallet.Tokens;

namespace Purser.Wallet.Journal;

/// <summary>
/// Resolves an open payment from the chain (DESIGN, wallet rule 2). Dead is only what the chain itself proves: at a block whose
/// time is past <c>validBefore</c> by the margin, the authorization was not used; from there on the token refuses it.
/// </summary>
internal sealed class PaymentReconciler(LocalWalletOptions options, PaymentBook book)
{
    // Nodes commonly answer for ranges of this size; the search ends where blocks are older than the payment.
    private const ulong BlocksPerQuery = 2_000;
    private const int MaxQueries = 50;

    public async Task<PaymentRow> ResolveAsync(PaymentRow row, CancellationToken cancellationToken)
    {
        var intent = row.ReadIntent();
        if (!PaymentStates.IsOpen(row.ReadState()) || !options.Chains.TryGetValue(intent.Asset.Chain, out var chain))
        {
            return row;
        }

        var token = new TokenContract(chain, intent.Asset.Token);
        var head = await chain.GetBlockAsync(BlockTag.Latest, cancellationToken) ?? throw new ChainException("the node has no newest block") { IsTransient = true };
        switch (await token.IsAuthorizationUsedAsync(intent.Account, new Hash32(row.Nonce), BlockTag.At(head.Number), cancellationToken))
        {
            case true:
                var found = await FindAsync(chain, token, intent, row, head.Number, cancellationToken);
                return found is { Cancelled: true }
                    ? await book.ExpireAsync(row.IntentId, $"cancelled on chain in {found.TransactionHash}", cancellationToken) ?? row
                    : await book.SettleAsync(row.IntentId, found?.TransactionHash, cancellationToken) ?? row;
            case false when head.Timestamp >= (ulong)row.ValidBefore + (ulong)options.ExpiryMargin.TotalSeconds:
                return await book.ExpireAsync(row.IntentId, $"unused at block {head.Number}, whose time is past validBefore", cancellationToken) ?? row;
            default:
                // Unused but still good, or a node that cannot say: it stays as it is.
                return row;
        }
    }

    // The event lies between the payment's reservation and the newest block; the newest blocks are looked at first.
    private static async Task<AuthorizationEvent?> FindAsync(IChain chain, TokenContract token, X402AuthorizationIntent intent, PaymentRow row, ulong newest, CancellationToken cancellationToken)
    {
        var to = newest;
        for (var query = 0; query < MaxQueries; query++)
        {
            var from = to < BlocksPerQuery ? 0 : to - BlocksPerQuery + 1;
            if (await token.FindAuthorizationEventAsync(intent.Account, new Hash32(row.Nonce), from, to, cancellationToken) is { } found)
            {
                return found;
            }

            if (from == 0 || await chain.GetBlockAsync(BlockTag.At(from), cancellationToken) is not { } first || (long)first.Timestamp * 1000 < row.ReservedAt - WalletClock.ToleranceMs)
            {
                return null;
            }

            to = from - 1;
        }

        return null;
    }
}
