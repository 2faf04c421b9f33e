using System.Diagnostics;
using Purser.Ethereum;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Wallet.Approvals;
using Purser.Wallet.Budgets;

namespace Purser.Wallet.Policy;

public sealed partial record SpendingPolicy
{
    /// <summary>
    /// What the intent takes and which caps over time it must keep: payments of their asset, origin and payee; a transfer of its asset and payee; an approval as if the spender had
    /// taken all of it (0 is free); a call its value and what its rule says that it spends, with the contract as payee; every transaction its gas at the most that it may cost; a
    /// sign-in and a permit nothing. The first is what the intent is about. To be asked for intents that <see cref="Judge"/> lets pass: of others it says only what is known.
    /// </summary>
    internal IReadOnlyList<Charge> ChargesFor(Intent intent)
    {
        ArgumentNullException.ThrowIfNull(intent);
        var charges = SumsOf(intent).Where(spent => !spent.Amount.IsZero)
            .Select(spent => new Charge(new(spent.Asset.ToString(), spent.Origin, spent.Payee, spent.Amount), LimitsFor(spent))).ToList();
        if (intent is TransactionIntent transaction && Gas.FirstOrDefault(rule => rule.Network == transaction.Chain) is { } gas)
        {
            charges.Add(GasCharge(gas, gas.MaxFeePerGas * transaction.GasCap));
        }

        return charges;
    }

    /// <summary>Every cap over time that the policy has, as charges of nothing.</summary>
    internal IReadOnlyList<Charge> Windows() =>
    [
        .. Assets.Select(rule => rule.Asset).Distinct().Select(asset => Empty(new(asset, "", Address.Zero, UInt256.Zero), BudgetScope.Asset)),
        .. Origins.Select(rule => Empty(new(rule.Asset, rule.Origin, Address.Zero, UInt256.Zero), BudgetScope.Origin)),
        .. Payees.Select(rule => Empty(new(rule.Asset, "", rule.Payee, UInt256.Zero), BudgetScope.Payee)),
        .. Gas.Select(rule => GasCharge(rule, UInt256.Zero)),
    ];

    private Charge Empty(Sum of, BudgetScope scope) => new(new(of.Asset.ToString(), of.Origin, of.Payee, of.Amount), [.. LimitsFor(of).Where(limit => limit.Scope == scope)]);

    private Charge GasCharge(GasRule gas, UInt256 cost) => new(
        new(Charge.GasOf(gas.Network), "", Address.Zero, cost),
        [new(BudgetScope.Asset, TimeSpan.FromDays(1), gas.PerDay, "policy_cap_gas_per_day", $"{gas.PerDay} wei of gas within 24 hours") { Rule = $"gas[{IndexOf(Gas, rule => rule.Network == gas.Network)}].perDay" }]);

    /// <summary>Why a human is asked; for a contract call with its arguments, which say what it does. They are kept with the request, so that a later policy cannot show them otherwise.</summary>
    internal IReadOnlyList<ApprovalReason> ReasonsFor(PolicyVerdict.Held held, Intent intent) =>
    [
        new(held.Code, held.Reason),
        .. intent is ContractCallIntent call && ToKnownFunctions().Decode(call.Network, call.Contract, call.Data.Span) is CallReading.Known known ? (ApprovalReason[])[new("call_arguments", $"the call is {known.Call}")] : [],
    ];

    /// <summary>How requests for approval are kept.</summary>
    internal ApprovalTerms ApprovalTerms => new()
    {
        Expiry = TimeSpan.FromSeconds(ApprovalExpirySeconds ?? StandardApprovalExpirySeconds),
        CoolDown = PayeeCoolDownSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : ApprovalTerms.Default.CoolDown,
        MaxPending = MaxPendingApprovals ?? StandardMaxPendingApprovals,
    };

    /// <summary>The most wei for one gas on a chain, which whoever builds a transaction must not exceed; null when the policy lets none be sent there.</summary>
    internal UInt256? MaxFeePerGasOn(ChainId chain) => Gas.FirstOrDefault(rule => rule.Network == chain)?.MaxFeePerGas;

    private static void Add(List<BudgetLimit> limits, Match match, string member, UInt256? cap, TimeSpan window, string code, string words)
    {
        if (cap is { } most)
        {
            limits.Add(new(match.Scope, window, most, code, $"{most} within {words}{match.Whose}") { Rule = $"{match.Rule}.{member}" });
        }
    }

    private List<BudgetLimit> LimitsFor(Sum spent)
    {
        var limits = new List<BudgetLimit>();
        foreach (var match in Matching(spent))
        {
            Add(limits, match, "perHour", match.Caps.PerHour, TimeSpan.FromHours(1), "policy_cap_per_hour", "an hour");
            Add(limits, match, "perDay", match.Caps.PerDay, TimeSpan.FromDays(1), "policy_cap_per_day", "24 hours");
            Add(limits, match, "per30Days", match.Caps.Per30Days, TimeSpan.FromDays(30), "policy_cap_per_30_days", "30 days");
        }

        return limits;
    }

    private IEnumerable<Match> Matching(Sum spent)
    {
        for (var i = 0; i < Assets.Count; i++)
        {
            if (Assets[i].Asset == spent.Asset)
            {
                yield return new(Assets[i].Caps, BudgetScope.Asset, "", $"assets[{i}]");
            }
        }

        for (var i = 0; i < Origins.Count; i++)
        {
            if (Origins[i].Asset == spent.Asset && Origins[i].Origin == spent.Origin)
            {
                yield return new(Origins[i].Caps, BudgetScope.Origin, $" to {Origins[i].Origin}", $"origins[{i}]");
            }
        }

        for (var i = 0; i < Payees.Count; i++)
        {
            if (Payees[i].Asset == spent.Asset && Payees[i].Payee == spent.Payee)
            {
                yield return new(Payees[i].Caps, BudgetScope.Payee, $" to {Payees[i].Payee}", $"payees[{i}]");
            }
        }
    }

    private List<Sum> SumsOf(Intent intent)
    {
        switch (intent)
        {
            case PaymentIntent payment:
                return [new(payment.Asset, payment.Origin, payment.PayTo, payment.Amount)];
            case TransferIntent transfer:
                return [new(transfer.Asset, "", transfer.To, transfer.Amount)];
            case ApproveIntent approve:
                return [new(approve.Asset, "", approve.Spender, approve.Amount)];
            case ContractCallIntent call:
                return SumsOf(call);
            case SignInIntent:
                return [];
            case TokenPermitIntent:
                // Permit2 takes by a further signature alone, which is a payment and charged as one.
                return [];
            default:
                throw new UnreachableException(intent.Kind);
        }
    }

    // Two sums of one asset are one: a cap must see both at once.
    private List<Sum> SumsOf(ContractCallIntent call)
    {
        var sums = new List<Sum>();
        if (!call.Value.IsZero)
        {
            sums.Add(new(AssetId.Native(call.Network), "", call.Contract, call.Value));
        }

        if (TryDecode(call, out var index, out var arguments, out _))
        {
            foreach (var spends in Contracts[index].Spends)
            {
                // A path that leads to no unsigned integer is refused when the file is read; a policy that was made otherwise counts the most there is.
                var amount = ArgumentCheck.ReadAmount(spends.Argument, arguments) ?? UInt256.MaxValue;
                var at = sums.FindIndex(sum => sum.Asset == spends.Asset);
                if (at < 0)
                {
                    sums.Add(new(spends.Asset, "", call.Contract, amount));
                }
                else
                {
                    sums[at] = sums[at] with { Amount = UInt256.AddWithCarry(sums[at].Amount, amount, out var sum) ? UInt256.MaxValue : sum };
                }
            }
        }

        return sums;
    }

    private sealed record Sum(AssetId Asset, string Origin, Address Payee, UInt256 Amount);

    private sealed record Match(Caps Caps, BudgetScope Scope, string Whose, string Rule);
}
