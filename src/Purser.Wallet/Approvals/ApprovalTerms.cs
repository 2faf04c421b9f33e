namespace Purser.Wallet.Approvals;

/// <summary>How long what waits for a human waits, and how much of it there may be. The policy states it.</summary>
public sealed record ApprovalTerms
{
    /// <summary>15 minutes, an hour, 20.</summary>
    public static ApprovalTerms Default { get; } = new();

    /// <summary>How long a request can be decided, and then how long an approval can be used; 1 second to 30 days. Default 15 minutes.</summary>
    public TimeSpan Expiry { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long after "approve and remember" what was remembered begins to hold; 0 to 30 days. Default 1 hour.</summary>
    public TimeSpan CoolDown { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many requests of one account may wait at once; 1 to 1,000. Default 20.</summary>
    public int MaxPending { get; init; } = 20;
}

/// <summary>Why the policy held an intent back.</summary>
/// <param name="Code">A stable code of <c>snake_case</c>, such as <c>policy_first_payment</c>.</param>
/// <param name="Text">The same for the human who is asked, one line.</param>
public sealed record ApprovalReason(string Code, string Text);

/// <summary>Where a request stands.</summary>
public enum ApprovalState
{
    /// <summary>A human has not decided yet.</summary>
    Pending,

    /// <summary>Approved and not used yet.</summary>
    Approved,

    /// <summary>Denied: the intent's id is refused from then on.</summary>
    Denied,

    /// <summary>Its time passed before it was decided or used.</summary>
    Expired,

    /// <summary>Approved and used: it allowed the one reservation that it was given for.</summary>
    Consumed,
}
