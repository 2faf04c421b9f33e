using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Services.Gate;

namespace Purser.Services.SignIn.Links;

/// <summary>What an agent asks for.</summary>
/// <param name="Wallet">The wallet that is to be linked.</param>
/// <param name="ClientLabel">What the agent calls itself, or null. A stranger's word.</param>
/// <param name="Permissions">What it would like to be allowed; the human decides.</param>
public sealed record DeviceCodeRequest(Address Wallet, string? ClientLabel, LinkPermissions Permissions);

/// <summary>What came of asking for a code, or of proving the wallet.</summary>
public abstract record DeviceCodeResult
{
    private DeviceCodeResult()
    {
    }

    /// <summary>A code was made; it counts once the wallet is proven.</summary>
    /// <param name="DeviceCode"><c>pdc_…</c>, the agent's secret.</param>
    /// <param name="UserCode">What the agent shows to its human, such as <c>WDJB-MJHT</c>.</param>
    /// <param name="Message">The EIP-4361 message that the wallet has to sign.</param>
    /// <param name="Verification">Where the human types the code.</param>
    /// <param name="Lifetime">How long it is good.</param>
    /// <param name="Interval">How long to wait between two questions.</param>
    public sealed record Begun(string DeviceCode, string UserCode, string Message, Uri Verification, TimeSpan Lifetime, TimeSpan Interval) : DeviceCodeResult
    {
        /// <inheritdoc/>
        public override string ToString() => $"a code for linking, good for {Lifetime}";
    }

    /// <summary>The wallet is proven.</summary>
    public sealed record Proven : DeviceCodeResult;

    /// <summary>No.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(GateRefusal Reason) : DeviceCodeResult;
}

/// <summary>What a human is asked when he has typed a code.</summary>
public abstract record DeviceCodeQuestion
{
    private DeviceCodeQuestion()
    {
    }

    /// <summary>Whether this wallet may play for him.</summary>
    /// <param name="UserCode">The code as it is stored.</param>
    /// <param name="Wallet">The wallet; its possession is proven.</param>
    /// <param name="ClientLabel">What the agent calls itself, or null.</param>
    /// <param name="Permissions">What it would like.</param>
    public sealed record Asked(string UserCode, Address Wallet, string? ClientLabel, LinkPermissions Permissions) : DeviceCodeQuestion;

    /// <summary>There is no such code.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(GateRefusal Reason) : DeviceCodeQuestion;
}

/// <summary>What became of an agent's code, in the words of RFC 8628 3.5.</summary>
public abstract record DeviceCodeState
{
    private DeviceCodeState()
    {
    }

    /// <summary>The human allowed it.</summary>
    /// <param name="Link">The link.</param>
    public sealed record Linked(AgentLink Link) : DeviceCodeState;

    /// <summary>Not, or not yet.</summary>
    /// <param name="Error"><c>authorization_pending</c>, <c>slow_down</c>, <c>access_denied</c>, <c>expired_token</c> or <c>invalid_grant</c>.</param>
    /// <param name="Interval">How long to wait before the next question; null when there is none to ask.</param>
    public sealed record Not(string Error, TimeSpan? Interval) : DeviceCodeState;
}
