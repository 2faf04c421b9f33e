using Purser.Protocol.Contracts;

namespace Purser.Wallet.Policy;

public sealed partial record SpendingPolicy
{
    /// <summary>The functions that the policy names, for showing a call by its arguments (<c>IntentSummary</c>).</summary>
    public KnownFunctions ToKnownFunctions() => new(Contracts.Select(static rule => (rule.Network, rule.Contract, rule.Function)));
}
