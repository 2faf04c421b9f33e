using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments;

/// <summary>Reads the fate of an EIP-3009 authorization: <c>authorizationState</c>, and the events of its use.</summary>
internal sealed class Eip3009Fate(IChain chain) : IPaymentFateReader
{
    // Nodes refuse longer ranges; an authorization lives at most a day, and blocks come at most about every second.
    private const ulong LogRange = 100_000;

    private static readonly byte[] s_stateSelector = Keccak256.Hash("authorizationState(address,bytes32)"u8).Bytes[..4].ToArray();
    private static readonly Hash32 s_used = Keccak256.Hash("AuthorizationUsed(address,bytes32)"u8);
    private static readonly Hash32 s_canceled = Keccak256.Hash("AuthorizationCanceled(address,bytes32)"u8);
    private static readonly Hash32 s_transfer = Keccak256.Hash("Transfer(address,address,uint256)"u8);

    /// <inheritdoc/>
    public async Task<PaymentFate> FindAsync(PaymentProof proof, UInt256 amount, CancellationToken cancellationToken = default)
    {
        var (terms, authorization) = (proof.Terms, ((Eip3009Proof)proof).Authorization);

        // The time is read before the state: an authorization that is seen unused at a later block than its expiry can never have been used.
        var head = await chain.GetBlockAsync(BlockTag.Latest, cancellationToken) ?? throw new ChainException("The node has no newest block.") { IsTransient = true };
        if (!await IsUsedAsync(terms.Asset.Token, authorization, cancellationToken))
        {
            return head.Timestamp >= authorization.ValidBefore ? new PaymentFate.Dead(PaymentReason.Expired) : new PaymentFate.Open();
        }

        var logs = await chain.GetLogsAsync(
            new LogFilter
            {
                FromBlock = BlockTag.At(head.Number > LogRange ? head.Number - LogRange : 0),
                Addresses = [terms.Asset.Token],
                Topics = [[s_used, s_canceled], [Topic(authorization.From)], [authorization.Nonce]],
            },
            cancellationToken);
        foreach (var log in logs)
        {
            if (log.Topics[0] == s_canceled)
            {
                return new PaymentFate.Dead(PaymentReason.NonceUsed);
            }

            if (await HasTransferAsync(terms, authorization, log.TransactionHash, cancellationToken))
            {
                return new PaymentFate.Paid(log.TransactionHash);
            }
        }

        return new PaymentFate.Open();
    }

    private static Hash32 Topic(Address account)
    {
        Span<byte> word = stackalloc byte[32];
        word.Clear();
        account.CopyTo(word[12..]);
        return new Hash32(word);
    }

    private async Task<bool> IsUsedAsync(Address token, Eip3009Authorization authorization, CancellationToken cancellationToken)
    {
        byte[] data = [.. s_stateSelector, .. Topic(authorization.From).Bytes, .. authorization.Nonce.Bytes];
        return await chain.CallAsync(new CallRequest { To = token, Data = data }, BlockTag.Latest, cancellationToken) switch
        {
            CallResult.Returned { Data.Length: 32 } returned => !new Hash32(returned.Data).IsZero,
            _ => throw new ChainException("The token does not tell the state of an authorization."),
        };
    }

    // A transaction can use several authorizations, so the transfer that counts is the first of the token after this very authorization's use: a token marks
    // the nonce and then moves the money, in one call. One transfer thus proves one payment.
    private async Task<bool> HasTransferAsync(PaymentTerms terms, Eip3009Authorization authorization, Hash32 transaction, CancellationToken cancellationToken)
    {
        var receipt = await chain.GetTransactionReceiptAsync(transaction, cancellationToken);
        if (receipt is not { Succeeded: true })
        {
            return false;
        }

        var moved = receipt.Logs.Where(log => log.Address == terms.Asset.Token)
            .SkipWhile(log => !(log.Topics.Count == 3 && log.Topics[0] == s_used && log.Topics[1] == Topic(authorization.From) && log.Topics[2] == authorization.Nonce))
            .FirstOrDefault(log => log.Topics.Count == 3 && log.Topics[0] == s_transfer);
        return moved is not null && moved.Topics[1] == Topic(authorization.From) && moved.Topics[2] == Topic(terms.PayTo)
            && moved.Data.Length == 32 && UInt256.FromBigEndian(moved.Data) == terms.Amount;
    }
}
