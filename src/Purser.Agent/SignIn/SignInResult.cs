using Purser.Protocol.SignIn;

namespace Purser.Agent.SignIn;

/// <summary>Why an account is not signed in.</summary>
/// <param name="Code">A stable code: the server's own (<c>ACCOUNT_NOT_LINKED</c>), <c>siwe_…</c> when its message was not signed, the wallet's, or <c>signin_…</c>.</param>
/// <param name="Message">What was wrong, one line; a stranger's words in it are cleaned.</param>
/// <param name="Hint">What to do next.</param>
/// <param name="Kind">Which way it is wrong.</param>
public sealed record SignInFailure(string Code, string Message, string Hint, SignInFailureKind Kind)
{
    /// <summary>How long the server wants to be left alone; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>What a failure asks of the caller (specs/signin-checklist.md E6).</summary>
public enum SignInFailureKind
{
    /// <summary>The server's message was not signed, because it is not for this connection.</summary>
    NotSigned,

    /// <summary>The wallet did not sign.</summary>
    Wallet,

    /// <summary>A human has to act first: tell him, and do not try again.</summary>
    Permanent,

    /// <summary>Not now: try again after a pause that grows.</summary>
    Transient,

    /// <summary>The proof or the session was not accepted; a new challenge may be.</summary>
    Refused,
}

/// <summary>What came of asking for a challenge.</summary>
public abstract record ChallengeResult
{
    private ChallengeResult()
    {
    }

    /// <summary>A message that is what it has to be; nothing is signed yet.</summary>
    /// <param name="Challenge">As it came, byte for byte.</param>
    /// <param name="Message">Its fields.</param>
    public sealed record Good(SignInChallenge Challenge, SignInMessage Message) : ChallengeResult;

    /// <summary>There is none that may be signed.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Refused(SignInFailure Failure) : ChallengeResult;
}

/// <summary>What came of a sign-in, or of a question about a session.</summary>
public abstract record SignInResult
{
    private SignInResult()
    {
    }

    /// <summary>Signed in; the token is kept.</summary>
    /// <param name="Credential">The session.</param>
    public sealed record SignedIn(AgentCredential Credential) : SignInResult;

    /// <summary>Not signed in.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Refused(SignInFailure Failure) : SignInResult;

    /// <summary>A human has to approve the signature first.</summary>
    /// <param name="ApprovalId">The pending approval.</param>
    /// <param name="Summary">What is asked, for the human.</param>
    /// <param name="ExpiresAt">When the request lapses.</param>
    public sealed record ApprovalNeeded(string ApprovalId, string Summary, DateTimeOffset ExpiresAt) : SignInResult;
}
