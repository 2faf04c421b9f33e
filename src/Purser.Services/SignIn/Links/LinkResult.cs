using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Services.Gate;

namespace Purser.Services.SignIn.Links;

/// <summary>What is to be linked.</summary>
/// <param name="UserId">The human.</param>
/// <param name="Wallet">The agent's wallet.</param>
/// <param name="ClientLabel">What he calls it, or null.</param>
/// <param name="Permissions">What it may do.</param>
public sealed record LinkRequest(string UserId, Address Wallet, string? ClientLabel, LinkPermissions Permissions)
{
    /// <summary>Whether a signed statement proved that whoever asks holds the wallet.</summary>
    public bool IsProven { get; init; }
}

/// <summary>What came of a request about links.</summary>
public abstract record LinkResult
{
    private LinkResult()
    {
    }

    /// <summary>The link as it now is.</summary>
    /// <param name="Link">The link.</param>
    public sealed record Done(AgentLink Link) : LinkResult;

    /// <summary>Links were stopped.</summary>
    /// <param name="LinkIds">Which.</param>
    /// <param name="SessionsEnded">How many sessions of agents ended with them.</param>
    public sealed record Ended(IReadOnlyList<string> LinkIds, int SessionsEnded) : LinkResult;

    /// <summary>Nothing was changed.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(GateRefusal Reason) : LinkResult;
}
