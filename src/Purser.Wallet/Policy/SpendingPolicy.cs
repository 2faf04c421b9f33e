using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Wallet.Budgets;

namespace Purser.Wallet.Policy;

/// <summary>
/// The mandate: what the wallet may sign without asking. Default deny: an asset that has no rule is not paid with. Immutable.
/// A human makes and loosens it by editing the policy file; nothing in this assembly loosens it while it runs.
/// </summary>
public sealed record SpendingPolicy
{
    /// <summary>When true, nothing is signed.</summary>
    public bool Paused { get; init; }

    /// <summary>How many payments may be made within a minute, 1 to 100,000; null for no such limit.</summary>
    public int? MaxPaymentsPerMinute { get; init; }

    /// <summary>The longest validity of an authorization in seconds, 1 to 86,400; null for no limit but that of intents.</summary>
    public int? MaxTimeoutSeconds { get; init; }

    /// <summary>The assets that may be paid with, each once.</summary>
    public required IReadOnlyList<AssetRule> Assets { get; init; }

    /// <summary>When not null, the only origins that may be paid; a payment that belongs to no known request is then refused.</summary>
    public IReadOnlyList<string>? AllowOrigins { get; init; }

    /// <summary>When not null, the only payees.</summary>
    public IReadOnlyList<Address>? AllowPayees { get; init; }

    /// <summary>Tighter caps for single origins.</summary>
    public IReadOnlyList<OriginRule> Origins { get; init; } = [];

    /// <summary>Tighter caps for single payees.</summary>
    public IReadOnlyList<PayeeRule> Payees { get; init; } = [];

    /// <summary>Whether the payment passes all rules that need no memory; null when it does. The caps over time are <see cref="LimitsFor"/>, judged with the reservation.</summary>
    /// <param name="intent">The payment; it keeps the rules of intents.</param>
    /// <param name="registry">For the words of a refusal.</param>
    public WalletRefusal? Judge(X402AuthorizationIntent intent, AssetRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(intent);
        ArgumentNullException.ThrowIfNull(registry);
        if (Paused)
        {
            return Refuse("policy_paused", "the policy is paused", "a human sets \"paused\" to false in the policy file");
        }

        if (Assets.All(rule => rule.Asset != intent.Asset))
        {
            return Refuse("policy_unknown_asset", $"the policy has no rule for {intent.Asset}", "a human adds the asset with its caps to the policy file");
        }

        if (AllowOrigins is not null && !AllowOrigins.Contains(intent.Origin))
        {
            return Refuse("policy_origin_not_allowed", $"{(intent.Origin.Length == 0 ? "a payment for no known request" : UntrustedText.Quote(intent.Origin))} is not among the origins that the policy allows", "a human adds the origin to allowOrigins in the policy file");
        }

        if (AllowPayees is not null && !AllowPayees.Contains(intent.PayTo))
        {
            return Refuse("policy_payee_not_allowed", $"{intent.PayTo} is not among the payees that the policy allows", "a human adds the payee to allowPayees in the policy file");
        }

        if (intent.MaxTimeoutSeconds > MaxTimeoutSeconds)
        {
            return Refuse("policy_timeout_too_long", $"a validity of {intent.MaxTimeoutSeconds} s is longer than the {MaxTimeoutSeconds} s that the policy allows", "ask for a shorter validity");
        }

        foreach (var (caps, scope, whose) in Matching(intent))
        {
            if (caps.PerPayment is { } cap && intent.Amount > cap)
            {
                var token = registry.FindToken(intent.Asset);
                return Refuse("policy_cap_per_payment", $"{AmountText.Display(intent.Amount, token)} is more than the {AmountText.Display(cap, token)} that the policy allows for one payment{whose}", "pay less, or have a human raise the cap in the policy file");
            }
        }

        return null;
    }

    /// <summary>The caps over time that the payment must keep.</summary>
    internal IReadOnlyList<BudgetLimit> LimitsFor(X402AuthorizationIntent intent)
    {
        var limits = new List<BudgetLimit>();
        foreach (var (caps, scope, whose) in Matching(intent))
        {
            Add(limits, scope, caps.PerHour, TimeSpan.FromHours(1), "policy_cap_per_hour", "an hour", whose);
            Add(limits, scope, caps.PerDay, TimeSpan.FromDays(1), "policy_cap_per_day", "24 hours", whose);
            Add(limits, scope, caps.Per30Days, TimeSpan.FromDays(30), "policy_cap_per_30_days", "30 days", whose);
        }

        return limits;
    }

    private static void Add(List<BudgetLimit> limits, BudgetScope scope, UInt256? cap, TimeSpan window, string code, string words, string whose)
    {
        if (cap is { } most)
        {
            limits.Add(new(scope, window, most, code, $"{most} within {words}{whose}"));
        }
    }

    private IEnumerable<(Caps Caps, BudgetScope Scope, string Whose)> Matching(X402AuthorizationIntent intent)
    {
        foreach (var rule in Assets.Where(rule => rule.Asset == intent.Asset))
        {
            yield return (rule.Caps, BudgetScope.Asset, "");
        }

        foreach (var rule in Origins.Where(rule => rule.Asset == intent.Asset && rule.Origin == intent.Origin))
        {
            yield return (rule.Caps, BudgetScope.Origin, $" to {rule.Origin}");
        }

        foreach (var rule in Payees.Where(rule => rule.Asset == intent.Asset && rule.Payee == intent.PayTo))
        {
            yield return (rule.Caps, BudgetScope.Payee, $" to {rule.Payee}");
        }
    }

    private static WalletRefusal Refuse(string code, string message, string hint) => new(code, message, hint, WalletRefusalKind.Policy);
}

/// <summary>Caps in minimal units, each below 2^128; null where there is none. Those over time roll: they count what was reserved within the last hour, 24 hours, 30 days.</summary>
/// <param name="PerPayment">For one payment.</param>
/// <param name="PerHour">Within an hour.</param>
/// <param name="PerDay">Within 24 hours.</param>
/// <param name="Per30Days">Within 30 days.</param>
public sealed record Caps(UInt256? PerPayment = null, UInt256? PerHour = null, UInt256? PerDay = null, UInt256? Per30Days = null);

/// <summary>An asset that may be paid with.</summary>
/// <param name="Asset">The token.</param>
/// <param name="Caps">At least a cap for one payment and one for 24 hours.</param>
public sealed record AssetRule(AssetId Asset, Caps Caps);

/// <summary>Caps for one origin, beside those of the asset.</summary>
/// <param name="Origin">The origin in its plain form.</param>
/// <param name="Asset">The token.</param>
/// <param name="Caps">At least one cap.</param>
public sealed record OriginRule(string Origin, AssetId Asset, Caps Caps);

/// <summary>Caps for one payee, beside those of the asset.</summary>
/// <param name="Payee">The payee.</param>
/// <param name="Asset">The token.</param>
/// <param name="Caps">At least one cap.</param>
public sealed record PayeeRule(Address Payee, AssetId Asset, Caps Caps);
