using Purser.Services.Gate;

namespace Purser.Services.SignIn.Humans;

/// <summary>A person with an account here.</summary>
/// <param name="Id"><c>hum_</c> and 32 hex digits.</param>
/// <param name="Name">What to call him: his e-mail, or the name that his provider gives.</param>
/// <param name="IsVerified">Whether his e-mail is verified: by a code of ours, or as his provider says. Only a verified one links wallets.</param>
/// <param name="Stamp">Changes with his password and when he signs out everywhere: what was signed in under an older one is not any more.</param>
public sealed record HumanUser(string Id, string Name, bool IsVerified, string Stamp);

/// <summary>What came of a sign-in of a person.</summary>
public abstract record HumanResult
{
    private HumanResult()
    {
    }

    /// <summary>He is who he says.</summary>
    /// <param name="User">The account.</param>
    public sealed record SignedIn(HumanUser User) : HumanResult;

    /// <summary>A code was sent, or so it is answered.</summary>
    /// <param name="Attempt">What the code belongs to.</param>
    /// <param name="ExpiresAt">When it ends.</param>
    public sealed record CodeSent(string Attempt, DateTimeOffset ExpiresAt) : HumanResult;

    /// <summary>No.</summary>
    /// <param name="Reason">Why; it never says whether an account exists.</param>
    public sealed record Refused(GateRefusal Reason) : HumanResult;
}
