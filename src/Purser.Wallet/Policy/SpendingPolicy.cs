using Purser.Ethereum;

namespace Purser.Wallet.Policy;

/// <summary>
/// The mandate: what the wallet may sign without asking. Default deny: an asset that has no rule is not paid with, and a kind of intent that has no rule is refused. Immutable.
/// A human makes and loosens it; nothing in this assembly loosens it while it runs.
/// </summary>
public sealed partial record SpendingPolicy
{
    /// <summary>How long a request for approval lives when the policy does not say: 15 minutes.</summary>
    internal const int StandardApprovalExpirySeconds = 900;

    /// <summary>How many requests for approval may wait when the policy does not say.</summary>
    internal const int StandardMaxPendingApprovals = 20;

    /// <summary>The typed data of a policy that does not say: what version 1 of the file always allowed.</summary>
    internal static IReadOnlyList<TypedDataRule> StandardTypedData { get; } = [new("TransferWithAuthorization")];

    /// <summary>When true, nothing is signed.</summary>
    public bool Paused { get; init; }

    /// <summary>How many intents may be reserved within a minute, 1 to 100,000; null for no such limit.</summary>
    public int? MaxPaymentsPerMinute { get; init; }

    /// <summary>The longest validity of an authorization in seconds, 1 to 86,400; null for no limit but that of intents.</summary>
    public int? MaxTimeoutSeconds { get; init; }

    /// <summary>When true, the first payment or transfer to a payee in an asset needs a human's approval, unless he stands in <see cref="KnownPayees"/>.</summary>
    public bool HoldFirstPayment { get; init; }

    /// <summary>For how long after the first payment to a payee (or after a human remembered him) every further one to him still needs approval, in seconds, 1 to 2,592,000; null for not at all.</summary>
    public int? PayeeCoolDownSeconds { get; init; }

    /// <summary>How long a request for approval can be decided and an approval used, in seconds, 60 to 2,592,000; null for 15 minutes.</summary>
    public int? ApprovalExpirySeconds { get; init; }

    /// <summary>How many requests for approval of one account may wait at once, 1 to 1,000; null for 20.</summary>
    public int? MaxPendingApprovals { get; init; }

    /// <summary>Payees whom the human knows: neither the first payment to them is held nor do they cool down.</summary>
    public IReadOnlyList<Address> KnownPayees { get; init; } = [];

    /// <summary>The assets that may be spent, each once.</summary>
    public required IReadOnlyList<AssetRule> Assets { get; init; }

    /// <summary>When not null, the only origins that may be paid; a payment that belongs to no known request is then refused.</summary>
    public IReadOnlyList<string>? AllowOrigins { get; init; }

    /// <summary>When not null, the only payees, of payments and transfers.</summary>
    public IReadOnlyList<Address>? AllowPayees { get; init; }

    /// <summary>Tighter caps for single origins.</summary>
    public IReadOnlyList<OriginRule> Origins { get; init; } = [];

    /// <summary>Tighter caps for single payees.</summary>
    public IReadOnlyList<PayeeRule> Payees { get; init; } = [];

    /// <summary>What may be sent by plain transfers, each asset once; without a rule nothing is.</summary>
    public IReadOnlyList<TransferRule> Transfers { get; init; } = [];

    /// <summary>Who may be approved to take, each asset and spender once; without a rule nobody is. To take an approval back (amount 0) needs none.</summary>
    public IReadOnlyList<SpenderRule> Spenders { get; init; } = [];

    /// <summary>What may be called, each function of a contract once; without a rule nothing is.</summary>
    public IReadOnlyList<ContractRule> Contracts { get; init; } = [];

    /// <summary>What transactions may cost, each chain once; without a rule no transaction is sent there.</summary>
    public IReadOnlyList<GasRule> Gas { get; init; } = [];

    /// <summary>Where the account may sign in; null for nowhere.</summary>
    public SignInRule? SignIn { get; init; }

    /// <summary>The typed data that may be signed; null for <c>TransferWithAuthorization</c> (EIP-3009) of the assets' own contracts alone.</summary>
    public IReadOnlyList<TypedDataRule>? TypedData { get; init; }
}
