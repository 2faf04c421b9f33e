using Purser.Protocol.Assets;

namespace Purser.Wallet.Policy;

/// <summary>What the mandate says of one intent, before the caps over time are looked at (those are judged with the reservation). The family is closed.</summary>
public abstract record PolicyVerdict
{
    private PolicyVerdict()
    {
    }

    /// <summary>The rule that decided, by its place in the policy file: <c>assets[0].perPayment</c>, <c>paused</c>; the whole list (<c>contracts</c>) when nothing in it fits.</summary>
    public abstract string Rule { get; init; }

    /// <summary>It may be signed, if the caps over time allow.</summary>
    /// <param name="Rule">The rule that names what may be done.</param>
    public sealed record Allowed(string Rule) : PolicyVerdict
    {
        /// <inheritdoc/>
        public override string Rule { get; init; } = Rule;
    }

    /// <summary>A human must approve it first; then it may be signed, if the caps over time allow.</summary>
    /// <param name="Code">A stable code: <c>policy_first_payment</c>, <c>policy_payee_cool_down</c>, <c>policy_ask_above</c> or <c>policy_sign_in_delegates</c>.</param>
    /// <param name="Reason">Why, for the human.</param>
    /// <param name="Rule">The rule that holds it.</param>
    public sealed record Held(string Code, string Reason, string Rule) : PolicyVerdict
    {
        /// <inheritdoc/>
        public override string Rule { get; init; } = Rule;
    }

    /// <summary>It is not signed, whoever approves.</summary>
    /// <param name="Reason">Why, with a stable code and a hint.</param>
    /// <param name="Rule">The rule that refuses it.</param>
    public sealed record Refused(WalletRefusal Reason, string Rule) : PolicyVerdict
    {
        /// <inheritdoc/>
        public override string Rule { get; init; } = Rule;
    }
}

/// <summary>What the wallet knows and the policy asks for.</summary>
/// <param name="Registry">Chains and tokens, for the words of a refusal.</param>
/// <param name="Now">The wallet's time.</param>
/// <param name="PayeeKnownSince">
/// For a payment or a transfer: when its payee was first paid in this asset, or remembered by a human who approved, whichever was earlier; null when neither was. It does not matter for other kinds.
/// </param>
public sealed record PolicyFacts(AssetRegistry Registry, DateTimeOffset Now, DateTimeOffset? PayeeKnownSince = null);
