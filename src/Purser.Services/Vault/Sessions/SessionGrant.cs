using Purser.Services.Gate;

namespace Purser.Services.Vault.Sessions;

/// <summary>What a device holds after a login or a refresh. <see cref="object.ToString"/> shows neither token.</summary>
/// <param name="UserId">The user.</param>
/// <param name="UserName">The user's name: an e-mail, or the name that the operator gave.</param>
/// <param name="AccessToken">The bearer token of requests.</param>
/// <param name="AccessExpiresAt">When it ends.</param>
/// <param name="RefreshToken">Gets the next pair, once.</param>
/// <param name="RefreshExpiresAt">When it ends if it is not used.</param>
public sealed record SessionGrant(string UserId, string UserName, string AccessToken, DateTimeOffset AccessExpiresAt, string RefreshToken, DateTimeOffset RefreshExpiresAt)
{
    /// <inheritdoc/>
    public override string ToString() => $"session of {UserId} until {RefreshExpiresAt:u}";
}

/// <summary>What a login, or a refresh, came to.</summary>
public abstract record LoginResult
{
    private LoginResult()
    {
    }

    /// <summary>The device is logged in.</summary>
    /// <param name="Grant">Its tokens.</param>
    public sealed record Granted(SessionGrant Grant) : LoginResult;

    /// <summary>A code was sent, or so it is answered.</summary>
    /// <param name="Attempt">The attempt that the code belongs to.</param>
    /// <param name="ExpiresAt">When the code ends.</param>
    public sealed record CodeSent(string Attempt, DateTimeOffset ExpiresAt) : LoginResult;

    /// <summary>Not logged in.</summary>
    /// <param name="Reason">Why, with the HTTP status.</param>
    public sealed record Refused(GateRefusal Reason) : LoginResult;
}

/// <summary>Whose a bearer token is.</summary>
public abstract record SessionLookup
{
    private SessionLookup()
    {
    }

    /// <summary>A user's, and good.</summary>
    /// <param name="UserId">The user.</param>
    /// <param name="UserName">The user's name.</param>
    /// <param name="ExpiresAt">When the token ends.</param>
    public sealed record Found(string UserId, string UserName, DateTimeOffset ExpiresAt) : SessionLookup;

    /// <summary>Nobody's, or not any more.</summary>
    /// <param name="Reason">Why: a 401.</param>
    public sealed record Refused(GateRefusal Reason) : SessionLookup;
}
