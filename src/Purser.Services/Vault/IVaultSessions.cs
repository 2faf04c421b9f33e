using Purser.Services.Gate;

namespace Purser.Services.Vault;

/// <summary>Who is logged in: turns the bearer token of a request into the user whose wallet is asked.</summary>
public interface IVaultSessions
{
    /// <summary>Checks a token. It is a stranger's text of 1 to 4,096 visible ASCII characters; nothing of it goes into an answer or a log.</summary>
    Task<SessionCheck> CheckAsync(string bearerToken, CancellationToken cancellationToken = default);
}

/// <summary>What a bearer token is worth.</summary>
public abstract record SessionCheck
{
    private SessionCheck()
    {
    }

    /// <summary>It is this user's, now.</summary>
    /// <param name="User">The user.</param>
    public sealed record Valid(VaultUser User) : SessionCheck;

    /// <summary>It is nobody's, or no longer.</summary>
    /// <param name="Reason">A 401 whose code says which: <c>session_unknown</c> or <c>session_expired</c>.</param>
    public sealed record Refused(GateRefusal Reason) : SessionCheck;
}
