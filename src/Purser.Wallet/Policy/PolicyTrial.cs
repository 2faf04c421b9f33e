using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Storage;
using Purser.Wallet.Budgets;
using Purser.Wallet.Journal;

namespace Purser.Wallet.Policy;

/// <summary>What the policy would say of an intent now; nothing is reserved, no approval is asked for or used up, and no chain is asked.</summary>
/// <param name="Verdict">The verdict, the caps over time and the count per minute included.</param>
/// <param name="Windows">Every cap over time that the intent has to keep, with what is spent of it.</param>
public sealed record PolicyTrial(PolicyVerdict Verdict, IReadOnlyList<PolicyWindow> Windows)
{
    internal static PolicyTrial Run(IStoreReader reader, SpendingPolicy policy, Intent intent, PolicyFile file, DateTimeOffset machine)
    {
        var now = WalletClock.Read(reader, machine);
        var facts = new PolicyFacts(file.Registry, DateTimeOffset.FromUnixTimeMilliseconds(now), PayeeOf(intent) is var (asset, payee) ? BudgetLedger.KnownSince(reader, asset, payee) : null);
        var verdict = policy.Judge(intent, facts);
        if (verdict is PolicyVerdict.Refused)
        {
            return new(verdict, []);
        }

        var charges = policy.ChargesFor(intent);
        if (policy.MaxPaymentsPerMinute is { } most && BudgetLedger.CountLastMinute(reader, now) >= most)
        {
            verdict = new PolicyVerdict.Refused(BudgetRefusals.TooManyPerMinute(most), "maxPaymentsPerMinute");
        }

        foreach (var charge in charges)
        {
            foreach (var limit in charge.Limits)
            {
                var spent = BudgetLedger.Spent(reader, now, charge.Spending, limit.Scope, limit.Window);
                if (verdict is not PolicyVerdict.Refused && (UInt256.AddWithCarry(spent, charge.Spending.Amount, out var sum) || sum > limit.Cap))
                {
                    verdict = new PolicyVerdict.Refused(BudgetRefusals.OverCap(limit, spent, charge.Spending.Amount), limit.Rule);
                }
            }
        }

        return new(verdict, PolicyWindow.Read(reader, now, charges));
    }

    private static (AssetId Asset, Address Payee)? PayeeOf(Intent intent) => intent switch
    {
        PaymentIntent payment => (payment.Asset, payment.PayTo),
        TransferIntent transfer => (transfer.Asset, transfer.To),
        _ => null,
    };
}

/// <summary>A cap over time and what is spent of it.</summary>
/// <param name="Rule">Its place in the policy file, such as <c>assets[0].perDay</c>.</param>
/// <param name="Asset">The asset in CAIP-19; <c>eip155:ID/gas</c> for a chain's gas, in wei.</param>
/// <param name="Window">How far back it counts.</param>
/// <param name="Cap">The most, in minimal units.</param>
/// <param name="Spent">What is reserved or spent within the window, in minimal units.</param>
public sealed record PolicyWindow(string Rule, string Asset, TimeSpan Window, UInt256 Cap, UInt256 Spent)
{
    /// <summary>What may still be spent now; 0 when the cap was lowered below what is spent.</summary>
    public UInt256 Left => Spent < Cap ? Cap - Spent : UInt256.Zero;

    internal static IReadOnlyList<PolicyWindow> Read(IStoreReader reader, long now, IReadOnlyList<Charge> charges) =>
    [
        .. charges.SelectMany(charge => charge.Limits.Select(limit =>
            new PolicyWindow(limit.Rule, charge.Spending.Asset, limit.Window, limit.Cap, BudgetLedger.Spent(reader, now, charge.Spending, limit.Scope, limit.Window)))),
    ];
}
