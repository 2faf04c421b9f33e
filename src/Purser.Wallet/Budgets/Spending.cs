using Purser.Ethereum;

namespace Purser.Wallet.Budgets;

/// <summary>One part of what an intent takes from budgets: an amount of one asset.</summary>
/// <param name="Asset">The asset, in CAIP-19; or a chain's gas (<see cref="Charge.GasOf"/>).</param>
/// <param name="Origin">Whose resource is paid for; empty when none is known.</param>
/// <param name="PayTo">Who gains it, or may take it; the zero address for gas.</param>
/// <param name="Amount">Minimal units.</param>
internal sealed record Spending(string Asset, string Origin, Address PayTo, UInt256 Amount)
{
    /// <summary>Whether it is what the gas may cost; it becomes what the gas did cost when the receipt is there.</summary>
    public bool IsGas => Asset.EndsWith("/gas", StringComparison.Ordinal);

    /// <summary>What names a total.</summary>
    public string KeyOf(BudgetScope scope) => scope switch
    {
        BudgetScope.Asset => $"asset {Asset}",
        BudgetScope.Origin => $"origin {Asset} {Origin}",
        _ => $"payee {Asset} {PayTo}",
    };
}
