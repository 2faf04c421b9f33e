using Purser.Ethereum;

namespace Purser.Wallet.Budgets;

/// <summary>
/// One sum that an intent takes, with every cap that it must keep. An intent may have several (a call that sends coin, takes a token and pays gas), each of another asset or payee, or
/// none (a sign-in); all are reserved together or none is.
/// </summary>
/// <param name="Spending">What is taken. Gas counts under an asset of its own, <see cref="GasOf"/>, so that it neither uses up nor is paid from the caps of the coin.</param>
/// <param name="Limits">The caps over time.</param>
internal sealed record Charge(Spending Spending, IReadOnlyList<BudgetLimit> Limits)
{
    /// <summary>The asset under which a chain's gas is counted, in wei.</summary>
    public static string GasOf(ChainId chain) => $"{chain}/gas";
}
