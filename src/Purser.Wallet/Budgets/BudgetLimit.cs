using Purser.Ethereum;

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
internal sealed record BudgetLimit(BudgetScope Scope, TimeSpan Window, UInt256 Cap, string Code, string Text)
{
    /// <summary>The cap's place in the policy file, such as <c>assets[0].perDay</c>.</summary>
    public string Rule { get; init; } = "";
}
