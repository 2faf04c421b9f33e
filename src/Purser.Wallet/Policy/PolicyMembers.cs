namespace Purser.Wallet.Policy;

/// <summary>The members of a policy file, for each of its objects. The published schema (docs/policy.schema.json) names the same; a test holds the two equal.</summary>
internal static class PolicyMembers
{
    /// <summary>The file itself. <c>$schema</c> is for editors and says nothing to us.</summary>
    public static readonly string[] Policy =
    [
        "$schema", "version", "paused", "maxPaymentsPerMinute", "maxTimeoutSeconds", "holdFirstPayment", "payeeCoolDownSeconds", "approvalExpirySeconds", "maxPendingApprovals", "knownPayees",
        "assets", "allowOrigins", "allowPayees", "origins", "payees", "transfers", "spenders", "contracts", "gas", "signIn", "typedData",
    ];

    public static readonly string[] Asset = ["asset", "perPayment", "perHour", "perDay", "per30Days", "askAbove"];

    public static readonly string[] Origin = ["origin", .. Asset];

    public static readonly string[] Payee = ["payee", .. Asset];

    public static readonly string[] Transfer = ["asset", "perTransfer", "payees"];

    public static readonly string[] Spender = ["asset", "spender", "atMost"];

    public static readonly string[] Contract = ["network", "contract", "function", "maxValue", "arguments", "spends"];

    public static readonly string[] Argument = ["name", "atLeast", "atMost", "oneOf", "maxCount"];

    public static readonly string[] Spends = ["asset", "argument"];

    public static readonly string[] Gas = ["network", "maxGas", "maxFeePerGas", "perDay"];

    public static readonly string[] SignIn = ["domains"];

    public static readonly string[] TypedData = ["primaryType", "network", "verifyingContract"];
}
