using Purser.Ethereum;
using Purser.Protocol.Intents;

namespace Purser.Wallet.Approvals;

/// <summary>A request for a human's approval, as it is shown. It is bound to one intent, by the hash of its whole content.</summary>
public sealed record ApprovalRequest
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>What the agent asks.</summary>
    public required Intent Intent { get; init; }

    /// <summary>Why the policy held it back.</summary>
    public required IReadOnlyList<ApprovalReason> Reasons { get; init; }

    /// <summary>Where it stands.</summary>
    public required ApprovalState State { get; init; }

    /// <summary>Whether the approver chose to remember it.</summary>
    public required bool Remember { get; init; }

    /// <summary>Whether an intent of this kind can be remembered.</summary>
    public required bool CanRemember { get; init; }

    /// <summary>Whether this account has paid this payee before; false too where nobody is paid.</summary>
    public required bool PayeeKnown { get; init; }

    /// <summary>When it was asked.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>Until when it can be decided; once approved, until when it can be used.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was decided; null before.</summary>
    public DateTimeOffset? DecidedAt { get; init; }
}

/// <summary>What a human approved for the future too: the same act for the same counterparty, up to an amount each time.</summary>
/// <param name="Id">The id of the request that it came from.</param>
/// <param name="Account">Whose.</param>
/// <param name="Subject">Act, asset and counterparty in words.</param>
/// <param name="Amount">The most for one, in minimal units.</param>
/// <param name="HoldsFrom">From when on, after the cool-down.</param>
public sealed record Remembered(string Id, Address Account, string Subject, UInt256 Amount, DateTimeOffset HoldsFrom);

/// <summary>What came of a decision.</summary>
public abstract record ApprovalDecision
{
    private ApprovalDecision()
    {
    }

    /// <summary>The request as it stands now; deciding the same again changes nothing.</summary>
    /// <param name="Request">The request.</param>
    public sealed record Decided(ApprovalRequest Request) : ApprovalDecision;

    /// <summary>Nothing changed.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(WalletRefusal Reason) : ApprovalDecision;
}
