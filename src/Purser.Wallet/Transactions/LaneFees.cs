using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Json;

namespace Purser.Wallet.Transactions;

/// <summary>What a transaction is going to cost at most, and whether it may (EIP-1559: twice the base fee and a tip, so that it stays good for some blocks); and what a later version of it has to offer.</summary>
internal sealed class LaneFees(IChain node, Address sender, NonceLaneOptions options)
{
    // Beyond this it is no fee but a node's nonsense, and the sums would not fit 256 bits.
    private const int MaxFeeBits = 128;

    // A reference, so that no reader sees half of a cap: a lane's cap follows the policy in force while others use the lane.
    private volatile FeeCap? _cap;

    /// <summary>The most that one gas may cost, in wei.</summary>
    public UInt256 Cap
    {
        get => _cap?.Value ?? options.MaxFeePerGas;
        set => _cap = new(UInt256.Min(value, options.MaxFeePerGas));
    }

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

        var gas = (ulong)UInt128.Min(request.GasCap, (UInt128)needed * (uint)options.GasMarginPercent / 100);
        var market = await ReadMarketAsync(cancellation);
        if (Cap is var cap && market.Fee > cap)
        {
            return (null, new("fee_over_cap", $"gas costs up to {market.Fee} wei now, the cap is {cap}", "wait for cheaper gas, or raise the cap", [], IsTransient: true));
        }

        var balance = await node.GetBalanceAsync(sender, BlockTag.Latest, cancellation);
        return MostToPay(request.Value, market.Fee, gas) is not { } most || balance < most
            ? (null, new("insufficient_gas_funds", $"{sender} holds {balance} wei, the transaction may cost more", "fund the account with the chain's coin", [], IsTransient: false))
            : (new(gas, market.Fee, market.Tip, market.Head), null);
    }

    /// <summary>What gas costs now.</summary>
    public async Task<LaneMarket> ReadMarketAsync(CancellationToken cancellation)
    {
        var head = await node.GetBlockAsync(BlockTag.Latest, cancellation) ?? throw new ChainException("the node has no newest block") { IsTransient = true };
        var tip = await node.GetMaxPriorityFeePerGasAsync(cancellation);
        return head.BaseFeePerGas.BitLength > MaxFeeBits || tip.BitLength > MaxFeeBits
            ? throw new ChainException("the node's base fee or tip is beyond 128 bits")
            : new(head, tip);
    }

    /// <summary>
    /// What the version after this one offers: at least <see cref="NonceLaneOptions.FeeBumpPercent"/> more in cap and in tip, because
    /// pools take no smaller step, and the market's price where that is more, as far as the cap allows. Null when the cap does not
    /// allow the step.
    /// </summary>
    public (UInt256 Fee, UInt256 Tip)? Raise(Transaction1559 before, LaneMarket market)
    {
        var step = (ulong)(100 + options.FeeBumpPercent);
        // At least one wei more of each: pools refuse a version that is not strictly dearer in both, and a hundredth of nothing is nothing.
        var fee = UInt256.Max(RoundUp(before.MaxFeePerGas * step), UInt256.One);
        var tip = UInt256.Max(RoundUp(before.MaxPriorityFeePerGas * step), UInt256.One);
        if (Cap is var cap && fee > cap)
        {
            return null;
        }

        fee = UInt256.Min(UInt256.Max(fee, market.Fee), cap);
        return (fee, UInt256.Min(UInt256.Max(tip, market.Tip), fee));
    }

    /// <summary>Value and gas at its price; null when that is beyond 256 bits.</summary>
    public static UInt256? MostToPay(UInt256 value, UInt256 fee, ulong gas)
    {
        if (fee.BitLength > 256 - 66 || value.BitLength > 254)
        {
            return null;
        }

        return value + (fee * gas);
    }

    private sealed record FeeCap(UInt256 Value);

    private static UInt256 RoundUp(UInt256 hundredfold) => (hundredfold + 99UL) / 100UL;
}

/// <summary>What gas costs at the newest block.</summary>
/// <param name="Head">That block.</param>
/// <param name="Tip">The node's suggestion, wei per gas.</param>
internal sealed record LaneMarket(BlockHeader Head, UInt256 Tip)
{
    /// <summary>Wei per gas that stays good for some blocks, tip included.</summary>
    public UInt256 Fee { get; } = (Head.BaseFeePerGas * 2UL) + Tip;
}

/// <summary>The terms of a transaction.</summary>
/// <param name="Gas">The gas limit.</param>
/// <param name="MaxFeePerGas">Wei per gas, base fee included.</param>
/// <param name="MaxPriorityFeePerGas">Wei per gas for the block's producer.</param>
/// <param name="Head">The newest block when they were made.</param>
internal sealed record LaneTerms(ulong Gas, UInt256 MaxFeePerGas, UInt256 MaxPriorityFeePerGas, BlockHeader Head);
