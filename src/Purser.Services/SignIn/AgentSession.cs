using Purser.Ethereum;

namespace Purser.Services.SignIn;

/// <summary>What a bearer token opens: a wallet that signed in, under a human's link. It carries no limits: those are read from the link at every action.</summary>
/// <param name="Id">32 hex digits. Shown and logged: it proves nothing, only the token does.</param>
/// <param name="Wallet">The account that signed.</param>
/// <param name="Chain">The chain of the message that it signed.</param>
/// <param name="LinkId">The link under which it plays.</param>
/// <param name="UserId">The human who made the link.</param>
/// <param name="CreatedAt">When it was opened.</param>
/// <param name="ExpiresAt">When its token expires unless it is extended.</param>
/// <param name="EndsAt">Beyond this it is never extended.</param>
public sealed record AgentSession(string Id, Address Wallet, ChainId Chain, string LinkId, string UserId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset EndsAt)
{
    /// <summary>The wallet in CAIP-10, such as <c>eip155:8453:0x…</c>.</summary>
    public string Account => $"{Chain}:{Wallet}";
}

/// <summary>Why a session ended.</summary>
public enum AgentSessionEnd
{
    /// <summary>Who held its token logged out.</summary>
    Logout,

    /// <summary>The human took the link back.</summary>
    Revoked,

    /// <summary>Nothing came over its connection for too long (specs/signin.md 1.6).</summary>
    Inactive,

    /// <summary>The human excluded himself from play.</summary>
    Excluded,

    /// <summary>Its connection was lost and did not come back in time.</summary>
    ReconnectWindow,

    /// <summary>The contract wallet no longer stands by the signature that opened it (EIP-4361, ERC-1271).</summary>
    SignatureWithdrawn,

    /// <summary>It was not extended in time, or had reached its end.</summary>
    Expired,

    /// <summary>The link has newer sessions, as many as it may have.</summary>
    Displaced,
}

/// <summary>What came of looking for a session.</summary>
public abstract record AgentSessionReading
{
    private AgentSessionReading()
    {
    }

    /// <summary>It is open.</summary>
    /// <param name="Session">The session.</param>
    public sealed record Live(AgentSession Session) : AgentSessionReading;

    /// <summary>There is none that is open.</summary>
    /// <param name="Code">One of <see cref="AgentSessionCodes"/>.</param>
    /// <param name="Hint">What to do next.</param>
    public sealed record Refused(string Code, string Hint) : AgentSessionReading;
}

/// <summary>The codes by which a sign-in or a session is refused (specs/signin.md 1.5; the last two are ours).</summary>
public static class AgentSessionCodes
{
    /// <summary>No such token or session, or a proof that does not hold: sign in again.</summary>
    public const string Invalid = "AUTH_INVALID";

    /// <summary>No token was given.</summary>
    public const string Required = "AUTH_REQUIRED";

    /// <summary>The session has expired: sign in again.</summary>
    public const string Expired = "AUTH_EXPIRED";

    /// <summary>No human lets this wallet play: tell the human, do not try again.</summary>
    public const string NotLinked = "ACCOUNT_NOT_LINKED";

    /// <summary>Too many requests: wait.</summary>
    public const string RateLimited = "RATE_LIMITED";

    /// <summary>The session was ended by the human or for safety: tell the human.</summary>
    public const string Revoked = "SESSION_REVOKED";

    /// <summary>The chain that has to judge a contract wallet's signature does not answer: try again.</summary>
    public const string Unavailable = "INTERNAL_ERROR";
}
