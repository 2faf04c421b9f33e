using Purser.Protocol.SignIn;

namespace Purser.Agent.SignIn;

/// <summary>What came of a human's request about his links.</summary>
public abstract record LinkResult
{
    private LinkResult()
    {
    }

    /// <summary>The links that it concerns, as they now are.</summary>
    /// <param name="Links">One, or all of them for a list.</param>
    public sealed record Done(IReadOnlyList<LinkAccountInfo> Links) : LinkResult;

    /// <summary>Links were stopped.</summary>
    /// <param name="SessionsEnded">How many sessions ended with them.</param>
    public sealed record Ended(long SessionsEnded) : LinkResult;

    /// <summary>The server or the wallet said no.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Refused(SignInFailure Failure) : LinkResult;

    /// <summary>A human has to approve the wallet's signature first.</summary>
    /// <param name="ApprovalId">The pending approval.</param>
    /// <param name="Summary">What is asked.</param>
    /// <param name="ExpiresAt">When the request lapses.</param>
    public sealed record ApprovalNeeded(string ApprovalId, string Summary, DateTimeOffset ExpiresAt) : LinkResult;
}

/// <summary>A code that an agent shows to its human (RFC 8628 3.2).</summary>
/// <param name="DeviceCode">The agent's secret.</param>
/// <param name="UserCode">What the human types.</param>
/// <param name="Verification">Where he types it, on the server's own origin.</param>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="Interval">How long to wait between two questions.</param>
public sealed record LinkCode(string DeviceCode, string UserCode, Uri Verification, DateTimeOffset ExpiresAt, TimeSpan Interval)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => $"{UserCode} at {Verification}";
}
