using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Json;

namespace Purser.Wallet.Transactions;

/// <summary>What a transaction is going to cost at most, and whether it may (EIP-1559: twice the base fee and a tip, so that it stays good for some blocks).</summary>
internal sealed class LaneFees(IChain node, Address sender, NonceLaneOptions options)
{
    public async Task<(LaneTerms? Terms, LaneResult.Refused? Refused)> QuoteAsync(LaneRequest request, CancellationToken cancellation)
    {
        var estimate = await node.EstimateGasAsync(new CallRequest { From = sender, To = request.To, Value = request.Value, Data = request.Data }, cancellationToken: cancellation);
        if (estimate is GasEstimate.Reverts reverts)
        {
            return (null, new("would_revert", $"the transaction would revert: {UntrustedText.Clean(reverts.Message)}", "nothing was sent; correct the call", reverts.Data, IsTransient: false));
        }

        var needed = ((GasEstimate.Succeeds)estimate).Gas;
        if (needed > request.GasCap)
        {
            return (null, new("gas_over_cap", $"the transaction needs {needed} gas, the cap is {request.GasCap}", "raise the cap, or call something cheaper", [], IsTransient: false));
        }

        var gas = Math.Min(request.GasCap, needed * (ulong)options.GasMarginPercent / 100);
        var head = await node.GetBlockAsync(BlockTag.Latest, cancellation) ?? throw new ChainException("the node has no newest block") { IsTransient = true };
        var tip = await node.GetMaxPriorityFeePerGasAsync(cancellation);
        var fee = (head.BaseFeePerGas * 2) + tip;
        if (fee > options.MaxFeePerGas)
        {
            return (null, new("fee_over_cap", $"gas costs up to {fee} wei now, the cap is {options.MaxFeePerGas}", "wait for cheaper gas, or raise the cap", [], IsTransient: true));
        }

        var balance = await node.GetBalanceAsync(sender, BlockTag.Latest, cancellation);
        var most = request.Value + (fee * gas);
        return balance < most
            ? (null, new("insufficient_gas_funds", $"{sender} holds {balance} wei, the transaction may cost {most}", "fund the account with the chain's coin", [], IsTransient: false))
            : (new(gas, fee, tip), null);
    }
}

/// <summary>The terms of a transaction.</summary>
/// <param name="Gas">The gas limit.</param>
/// <param name="MaxFeePerGas">Wei per gas, base fee included.</param>
/// <param name="MaxPriorityFeePerGas">Wei per gas for the block's producer.</param>
internal sealed record LaneTerms(ulong Gas, UInt256 MaxFeePerGas, UInt256 MaxPriorityFeePerGas);
