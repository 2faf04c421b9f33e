using Purser.Ethereum;
using Purser.Protocol.SignIn;

namespace Purser.Services.SignIn;

/// <summary>A human's consent that a wallet plays under limits (A2G "account linkage").</summary>
/// <param name="Id">The link, <c>lnk_</c> and 32 hex digits. No secret.</param>
/// <param name="UserId">The human.</param>
/// <param name="Wallet">The agent's wallet.</param>
/// <param name="ClientLabel">What the human calls the agent, or null.</param>
/// <param name="Permissions">What holds at the moment it was read (or throughout a round, where it was read for one).</param>
/// <param name="Status">Whether it counts.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="LastUsedAt">When the wallet last signed in under it; null when it never did.</param>
public sealed record AgentLink(
    string Id, string UserId, Address Wallet, string? ClientLabel, LinkPermissions Permissions, LinkStatus Status, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt)
{
    /// <summary>Whether the wallet's possession was proven when it was linked (specs/signin-checklist.md F10).</summary>
    public bool IsProven { get; init; }

    /// <summary>A change that loosens and waits for its time, or null.</summary>
    public PendingPermissions? Pending { get; init; }
}

/// <summary>Permissions that will hold later.</summary>
/// <param name="Permissions">What will hold.</param>
/// <param name="EffectiveAt">From when on.</param>
public sealed record PendingPermissions(LinkPermissions Permissions, DateTimeOffset EffectiveAt);
