using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;
using Purser.Services.Payments.Facilitator;

namespace Purser.Services.Payments;

/// <summary>
/// Reads the fate of a payment by Permit2. Permit2 keeps a bit for a used nonce and gives no event for it, so a use is found by the call that made it: a transaction to the scheme's proxy, among those that moved the amount from
/// payer to payee, whose own data settles this very permit. One transaction thus proves one payment, however many uses stand in a block and whoever else used the same nonce. A settlement by way of another contract is not
/// found, and the fate stays open.
/// </summary>
internal sealed class Permit2Fate(IChain chain) : IPaymentFateReader
{
    // Nodes refuse longer ranges; a permit lives at most a day, and blocks come at most about every second.
    private const ulong LogRange = 100_000;

    private static readonly Hash32 s_transfer = Keccak256.Hash("Transfer(address,address,uint256)"u8);
    private static readonly Hash32 s_invalidation = Keccak256.Hash("UnorderedNonceInvalidation(address,uint256,uint256)"u8);
    private static readonly Hash32[] s_settled = [Keccak256.Hash("Settled()"u8), Keccak256.Hash("SettledWithPermit()"u8)];

    /// <inheritdoc/>
    public async Task<PaymentFate> FindAsync(PaymentProof proof, UInt256 amount, CancellationToken cancellationToken = default)
    {
        var payment = (Permit2Proof)proof;

        // The time is read before the state: a permit that is seen unused at a later block than its deadline can never have been used.
        var head = await chain.GetBlockAsync(BlockTag.Latest, cancellationToken) ?? throw new ChainException("The node has no newest block.") { IsTransient = true };
        switch (await IsUsedAsync(payment, BlockTag.Latest, cancellationToken))
        {
            case null:
                throw new ChainException("Permit2 does not tell the state of a nonce.");
            case false:
                return head.Timestamp > payment.Authorization.Deadline ? new PaymentFate.Dead(PaymentReason.Expired) : new PaymentFate.Open();
            default:
                break;
        }

        var from = BlockTag.At(head.Number > LogRange ? head.Number - LogRange : 0);
        var transfers = await chain.GetLogsAsync(
            new LogFilter { FromBlock = from, Addresses = [proof.Terms.Asset.Token], Topics = [[s_transfer], [Topic(proof.Payer)], [Topic(proof.PayTo)]] }, cancellationToken);
        foreach (var transaction in transfers.Where(log => log.Data.Length == 32 && UInt256.FromBigEndian(log.Data) == amount).Select(log => log.TransactionHash).Distinct().Reverse())
        {
            if (await SettledByAsync(payment, amount, transaction, cancellationToken))
            {
                return new PaymentFate.Paid(transaction);
            }
        }

        return transfers.Count == 0 && await IsInvalidatedAsync(payment, from, BlockTag.At(head.Number), cancellationToken) ? new PaymentFate.Dead(PaymentReason.NonceUsed) : new PaymentFate.Open();
    }

    private static Hash32 Topic(Address account) => new((byte[])[.. new byte[12], .. account.ToArray()]);

    private async Task<bool> SettledByAsync(Permit2Proof payment, UInt256 amount, Hash32 transaction, CancellationToken cancellationToken)
    {
        var proxy = payment.Authorization.Spender;
        return await chain.GetTransactionDataAsync(transaction, cancellationToken) is { } data && Permit2Calls.IsSettlement(data.Span, payment, amount)
            && await chain.GetTransactionReceiptAsync(transaction, cancellationToken) is { Succeeded: true } receipt && receipt.To == proxy
            && receipt.Logs.Any(log => log.Address == proxy && log.Topics.Count == 1 && s_settled.Contains(log.Topics[0]))
            && Erc20Calls.HasTransfer(receipt, payment.Terms.Asset.Token, payment.Payer, payment.PayTo, amount);
    }

    private async Task<bool> IsInvalidatedAsync(Permit2Proof payment, BlockTag from, BlockTag to, CancellationToken cancellationToken)
    {
        var logs = await chain.GetLogsAsync(new LogFilter { FromBlock = from, ToBlock = to, Addresses = [Permit2.Contract], Topics = [[s_invalidation], [Topic(payment.Payer)]] }, cancellationToken);
        var word = payment.Authorization.Nonce >> 8;
        return logs.Any(log => log.Data.Length == 64 && UInt256.FromBigEndian(log.Data.AsSpan(0, 32)) == word
            && !((UInt256.FromBigEndian(log.Data.AsSpan(32)) >> (int)(payment.Authorization.Nonce.U0 & 0xff)) & UInt256.One).IsZero);
    }

    private Task<bool?> IsUsedAsync(Permit2Proof payment, BlockTag block, CancellationToken cancellationToken) =>
        Permit2Calls.IsNonceUsedAsync(chain, payment.Payer, payment.Authorization.Nonce, block, cancellationToken);
}
