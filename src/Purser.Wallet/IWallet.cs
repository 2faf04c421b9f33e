using Purser.Ethereum;
using Purser.Protocol.Intents;

namespace Purser.Wallet;

/// <summary>
/// The one door to every signature (DESIGN, "Wallet rules"). In this order: decode, check the policy, ask for approval where the policy says so,
/// reserve the money durably, sign, journal before the signature leaves; then follow it until it is settled, expired or provably dead.
/// </summary>
public interface IWallet
{
    /// <summary>
    /// Authorizes one intent. Atomic against all processes that share the data folder: of many calls with one id exactly one signs, the others get the
    /// same answer; of many calls with different ids no more are signed than the budgets allow.
    /// </summary>
    Task<AuthorizationResult> AuthorizeAsync(Intent intent, CancellationToken cancellationToken = default);

    /// <summary>
    /// Notes durably, before the bytes go out, that the signed payment is about to be presented. Returns the authorization to present, so that a caller
    /// who lost it in a crash presents the same one and never has another signed.
    /// </summary>
    Task<AuthorizationResult> BeginPresentAsync(string intentId, CancellationToken cancellationToken = default);

    /// <summary>Notes what came of presenting it. What the counterparty says is recorded as said; money counts as gone only as the outcome's own rules tell.</summary>
    Task RecordOutcomeAsync(string intentId, PresentOutcome outcome, CancellationToken cancellationToken = default);

    /// <summary>Resolves from the chain what is open: settled when the authorization is used, expired when its time has passed and it is unused; otherwise it stays as it is.</summary>
    Task<Payment> ReconcileAsync(string intentId, CancellationToken cancellationToken = default);

    /// <summary>One payment, or null.</summary>
    Task<Payment?> GetPaymentAsync(string intentId, CancellationToken cancellationToken = default);

    /// <summary>Payments of this wallet, newest first.</summary>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit = 100, CancellationToken cancellationToken = default);

    /// <summary>The ids of payments whose signature may be out and whose end is not known, the longest untouched first.</summary>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    Task<IReadOnlyList<string>> ListOpenAsync(int limit = 100, CancellationToken cancellationToken = default);
}

/// <summary>The wallet's answer to an intent.</summary>
public abstract record AuthorizationResult
{
    private AuthorizationResult()
    {
    }

    /// <summary>Signed, reserved and journaled.</summary>
    /// <param name="IntentId">The intent's id, under which the payment is followed.</param>
    /// <param name="Statement">What was signed, of the kind that belongs to the intent's.</param>
    public sealed record Authorized(string IntentId, SignedStatement Statement) : AuthorizationResult;

    /// <summary>Refused; nothing was reserved or signed.</summary>
    /// <param name="Reason">Why, with a stable code and a hint.</param>
    public sealed record Refused(WalletRefusal Reason) : AuthorizationResult;

    /// <summary>A human must approve first.</summary>
    /// <param name="ApprovalId">The pending approval.</param>
    /// <param name="Summary">What is asked, for the human.</param>
    /// <param name="ExpiresAt">When the request lapses.</param>
    public sealed record ApprovalNeeded(string ApprovalId, string Summary, DateTimeOffset ExpiresAt) : AuthorizationResult;
}

/// <summary>Why the wallet refused.</summary>
/// <param name="Code">A stable code of <c>snake_case</c>, such as <c>policy_cap_per_payment</c>.</param>
/// <param name="Message">What was wrong, with what was given.</param>
/// <param name="Hint">What to do next.</param>
/// <param name="Kind">Which exit code and status it maps to.</param>
public sealed record WalletRefusal(string Code, string Message, string Hint, WalletRefusalKind Kind);

/// <summary>The kinds of refusal, each with its exit code (specs/cli.md).</summary>
public enum WalletRefusalKind
{
    /// <summary>The request itself is malformed (exit 2).</summary>
    Usage,

    /// <summary>The policy says no (exit 4).</summary>
    Policy,

    /// <summary>The key is locked or there is none (exit 5).</summary>
    Locked,

    /// <summary>The balance does not suffice (exit 6).</summary>
    InsufficientFunds,

    /// <summary>An earlier payment for this very request is open: money may have moved (exit 8).</summary>
    OpenPayment,

    /// <summary>The payment is in a state that does not allow it (exit 1).</summary>
    State,

    /// <summary>The chain could not be asked; the same call may pass later (exit 7).</summary>
    Network,
}

/// <summary>What came of presenting a payment to the seller.</summary>
public abstract record PresentOutcome
{
    private PresentOutcome()
    {
    }

    /// <summary>The seller served and says that it settled in this transaction.</summary>
    /// <param name="TransactionHash">The settling transaction, if the seller named one.</param>
    public sealed record Settled(Hash32? TransactionHash) : PresentOutcome;

    /// <summary>The seller refused it (a 402 with a reason). The signature is out, so the money stays reserved until it is provably dead.</summary>
    /// <param name="Reason">The seller's reason, as data.</param>
    public sealed record Rejected(string Reason) : PresentOutcome;

    /// <summary>The connection broke or the seller failed after the payment went out: money may have moved.</summary>
    /// <param name="Reason">What happened.</param>
    public sealed record Unknown(string Reason) : PresentOutcome;
}

/// <summary>The states of a payment (DESIGN, wallet rule 1).</summary>
public enum PaymentState
{
    /// <summary>Terms are known; nothing is reserved.</summary>
    Quoted,

    /// <summary>Confirmed by the caller or a human.</summary>
    Approved,

    /// <summary>The money is reserved; no signature exists yet.</summary>
    Reserved,

    /// <summary>A signature exists and is journaled; it has not left.</summary>
    Signed,

    /// <summary>The signature has left, or may have.</summary>
    Sent,

    /// <summary>The money moved.</summary>
    Settled,

    /// <summary>The authorization can no longer be used and was not: the reservation is released.</summary>
    Expired,

    /// <summary>It failed before any signature left.</summary>
    Failed,

    /// <summary>Money may have moved; <see cref="IWallet.ReconcileAsync"/> tells.</summary>
    Unknown,
}

/// <summary>A payment as the journal knows it.</summary>
/// <param name="Intent">What was asked.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Statement">What was signed, from <see cref="PaymentState.Signed"/> on.</param>
/// <param name="TransactionHash">The settling transaction, once known.</param>
/// <param name="Reason">The last reason recorded, as data; or null.</param>
/// <param name="CreatedAt">When it was first recorded.</param>
/// <param name="UpdatedAt">When the state last changed.</param>
public sealed record Payment(Intent Intent, PaymentState State, SignedStatement? Statement,
    Hash32? TransactionHash, string? Reason, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>
    /// The intent in one line, as the wallet elsewhere that holds it told it: by its own registry and by the functions that its own policy names. Null of a wallet in this process, where whoever shows it makes the line.
    /// </summary>
    public string? Summary { get; init; }
}
