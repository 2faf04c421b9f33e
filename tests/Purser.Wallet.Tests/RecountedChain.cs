using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Tests;

/// <summary>Compares what the journal says of one chain's intents with the chain: used nonces, receipts, gas, and the sums that really moved.</summary>
internal sealed class RecountedChain(ChainId id, IChain chain, List<string> disagreements)
{
    private static readonly Address s_permit2 = Address.Parse("0x000000000022D473030F116dDEE9F6B43aC78BA3");
    private static readonly Hash32 s_transfer = Keccak256.Hash("Transfer(address,address,uint256)"u8);

    public async Task CompareAsync(IReadOnlyList<RecountedIntent> intents)
    {
        var here = intents.Where(intent => ChainOf(intent) == id.ToString()).ToList();
        foreach (var intent in here)
        {
            if (intent.Kind.StartsWith("x402.", StringComparison.Ordinal))
            {
                await PaymentAsync(intent);
            }
            else if (intent.Transaction is { } hash)
            {
                await TransactionAsync(intent, Hash32.Parse(hash));
            }
        }

        foreach (var twice in here.Where(intent => intent.State == "settled" && intent.Transaction is not null).GroupBy(intent => intent.Transaction).Where(group => group.Count() > 1))
        {
            disagreements.Add($"{string.Join(" and ", twice.Select(intent => intent.Id))} are settled by one transaction, {twice.Key}");
        }

        await MoneyAsync(here);
        await NoncesAsync(here);
    }

    private static string? ChainOf(RecountedIntent intent)
    {
        var name = intent.Kind switch { "contract.call" => "network", "signin.message" => null, _ => "asset" };
        return name is null ? null : intent.Intent.GetProperty(name).GetString()!.Split('/')[0];
    }

    private async Task PaymentAsync(RecountedIntent intent)
    {
        var token = Address.Parse(intent.Intent.GetProperty("asset").GetString()!.Split(':')[^1]);
        var nonce = UInt256.FromBigEndian(Hash32.Parse(intent.Nonce!).Bytes);
        var used = intent.Kind == "x402.authorization"
            ? !(await AskAsync(token, AbiFunction.Parse("authorizationState(address,bytes32)").Encode(intent.Account, Hash32.Parse(intent.Nonce!)))).IsZero
            : !((await AskAsync(s_permit2, AbiFunction.Parse("nonceBitmap(address,uint256)").Encode(intent.Account, nonce >> 8)) >> (int)(nonce & 255UL)) & UInt256.One).IsZero;
        Expect(used || intent.State != "settled", $"{intent.Id} is settled, and the chain does not know its nonce");
        Expect(!used || intent.State is not ("reserved" or "failed" or "expired"), $"{intent.Id} is {intent.State}, and the chain has used its nonce");
    }

    private async Task TransactionAsync(RecountedIntent intent, Hash32 hash)
    {
        var receipt = await chain.GetTransactionReceiptAsync(hash);
        Expect(intent.State is "sent" or "unknown" || receipt is not null, $"{intent.Id} is {intent.State}, and the chain has no transaction {hash}");
        if (receipt is not null && intent.State is "settled" or "failed")
        {
            Expect(receipt!.Succeeded == (intent.State == "settled"), $"{intent.Id} is {intent.State}, and its transaction {(receipt.Succeeded ? "succeeded" : "reverted")}");
            Expect(intent.GasCost == receipt.GasUsed * receipt.EffectiveGasPrice, $"{intent.Id} says that its gas cost {intent.GasCost}, the chain says {receipt.GasUsed * receipt.EffectiveGasPrice}");
        }
    }

    // Of each token, to each payee: no less moved than is settled, and no more than is settled or may yet be.
    private async Task MoneyAsync(IReadOnlyList<RecountedIntent> here)
    {
        var payments = here.Where(intent => intent.Kind is "transfer" || intent.Kind.StartsWith("x402.", StringComparison.Ordinal)).Where(intent => intent.Intent.GetProperty("asset").GetString()!.Contains("/erc20:", StringComparison.Ordinal));
        foreach (var group in payments.GroupBy(intent => (intent.Account, Asset: intent.Intent.GetProperty("asset").GetString()!, Payee: Address.Parse(intent.Intent.GetProperty(intent.Kind == "transfer" ? "to" : "payTo").GetString()!))))
        {
            var logs = await chain.GetLogsAsync(new LogFilter
            {
                FromBlock = BlockTag.Earliest,
                ToBlock = BlockTag.Latest,
                Addresses = [Address.Parse(group.Key.Asset.Split(':')[^1])],
                Topics = [[s_transfer], [Topic(group.Key.Account)], [Topic(group.Key.Payee)]],
            });
            var moved = logs.Aggregate(UInt256.Zero, (sum, log) => sum + UInt256.FromBigEndian(log.Data));
            var settled = Sum(group.Where(intent => intent.State == "settled"));
            var possible = settled + Sum(group.Where(intent => intent.State is "signed" or "sent" or "unknown"));
            var surely = Sum(group.Where(intent => intent.State == "settled" && !intent.IsAtMost));
            Expect(moved >= surely && moved <= possible, $"{group.Key.Account} paid {moved} of {group.Key.Asset} to {group.Key.Payee}; settled are {settled}, at most {possible} may be");
        }
    }

    private async Task NoncesAsync(IReadOnlyList<RecountedIntent> here)
    {
        foreach (var group in here.Where(intent => intent.Kind is "transfer" or "approve" or "contract.call").GroupBy(intent => intent.Account))
        {
            var count = await chain.GetTransactionCountAsync(group.Key);
            var ended = (ulong)group.Count(intent => intent.Transaction is not null && intent.State is "settled" or "failed" && intent.GasCost is not null);
            var possible = ended + (ulong)group.Count(intent => intent.State is "signed" or "sent" or "unknown");
            Expect(count >= ended && count <= possible, $"{group.Key} has sent {count} transactions; the journal knows {ended} that ended and at most {possible}");
        }
    }

    private static UInt256 Sum(IEnumerable<RecountedIntent> intents) =>
        intents.Aggregate(UInt256.Zero, (sum, intent) => sum + intent.Amount);

    private static Hash32 Topic(Address account) => new([.. new byte[12], .. account.ToArray()]);

    private async Task<UInt256> AskAsync(Address contract, byte[] data) => await chain.CallAsync(new CallRequest { To = contract, Data = data }) is CallResult.Returned returned && returned.Data.Length == 32
        ? UInt256.FromBigEndian(returned.Data)
        : throw new InvalidOperationException($"{contract} does not answer");

    private void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            disagreements.Add(otherwise);
        }
    }
}
