using Microsoft.AspNetCore.Authentication;

namespace Purser.Services.SignIn;

/// <summary>Options of the scheme <see cref="AgentBearer.Scheme"/>; it has none besides the framework's.</summary>
public sealed class AgentBearerOptions : AuthenticationSchemeOptions;

/// <summary>Names of the scheme and of its claims. Limits are no claims: they are read from the link at each action, so that taking them back counts at once.</summary>
public static class AgentBearer
{
    /// <summary>The authentication scheme.</summary>
    public const string Scheme = "AgentBearer";

    /// <summary>The claim of the human's id.</summary>
    public const string UserId = "sub";

    /// <summary>The claim of the session's id.</summary>
    public const string SessionId = "sid";

    /// <summary>The claim of the link's id.</summary>
    public const string LinkId = "link_id";

    /// <summary>The claim of the wallet, in CAIP-10.</summary>
    public const string Wallet = "wallet";

    /// <summary>The session that the request's token opened; null when none did.</summary>
    public static AgentSession? SessionOf(Microsoft.AspNetCore.Http.HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<AgentSession>();
    }
}

/// <summary>Policies for endpoints that agents call.</summary>
public static class AgentPolicies
{
    /// <summary>An agent with an open session; whether its link lets it do what it asks, the action itself looks up.</summary>
    public const string Play = "AgentPlay";
}
