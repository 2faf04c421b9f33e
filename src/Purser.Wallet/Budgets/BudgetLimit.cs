using Purser.Ethereum;
using Purser.Protocol.Intents;

namespace Purser.Wallet.Budgets;

/// <summary>What a budget counts over, beside its asset.</summary>
internal enum BudgetScope
{
    Asset,
    Origin,
    Payee,
}

/// <summary>One cap that a payment must keep, over a rolling window.</summary>
/// <param name="Scope">Over what the spending is added up.</param>
/// <param name="Window">How far back.</param>
/// <param name="Cap">The most, in minimal units, this payment included.</param>
/// <param name="Code">The refusal's stable code.</param>
/// <param name="Text">The cap in words, for the refusal.</param>
internal sealed record BudgetLimit(BudgetScope Scope, TimeSpan Window, UInt256 Cap, string Code, string Text);

/// <summary>What a payment takes from budgets.</summary>
/// <param name="Asset">The token, in CAIP-19.</param>
/// <param name="Origin">Whose resource is paid for; empty when none is known.</param>
/// <param name="PayTo">Who is paid.</param>
/// <param name="Amount">Minimal units.</param>
internal sealed record Spending(string Asset, string Origin, Address PayTo, UInt256 Amount)
{
    /// <summary>What an intent would take.</summary>
    public static Spending Of(X402AuthorizationIntent intent) => new(intent.Asset.ToString(), intent.Origin, intent.PayTo, intent.Amount);

    /// <summary>What names a total.</summary>
    public string KeyOf(BudgetScope scope) => scope switch
    {
        BudgetScope.Asset => $"asset {Asset}",
        BudgetScope.Origin => $"origin {Asset} {Origin}",
        _ => $"payee {Asset} {PayTo}",
    };
}
