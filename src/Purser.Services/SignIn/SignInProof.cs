using Purser.Ethereum;
using Purser.Protocol.SignIn;

namespace Purser.Services.SignIn;

/// <summary>A challenge that its account has signed. It counts once: <see cref="SignInChallenges.Take"/>.</summary>
/// <param name="Address">The account.</param>
/// <param name="Chain">The chain of the message.</param>
/// <param name="Digest">What was signed.</param>
/// <param name="ContractSignature">When the account's code took the signature, the signature, by which the code can be asked again; null when its key had signed.</param>
public sealed record SignInProof(Address Address, ChainId Chain, Hash32 Digest, ReadOnlyMemory<byte>? ContractSignature)
{
    internal byte[] NonceId { get; init; } = [];

    internal long ExpiresMs { get; init; }
}

/// <summary>What came of asking for a challenge.</summary>
public abstract record SignInIssuing
{
    private SignInIssuing()
    {
    }

    /// <summary>Here it is.</summary>
    /// <param name="Challenge">The challenge.</param>
    public sealed record Issued(SignInChallenge Challenge) : SignInIssuing;

    /// <summary>There is none.</summary>
    /// <param name="Code">A stable code: <c>address_invalid</c>, <c>chain_not_offered</c>, <c>domain_not_offered</c>.</param>
    /// <param name="Message">Why, one line.</param>
    public sealed record Refused(string Code, string Message) : SignInIssuing;
}

/// <summary>What came of looking at a signed challenge.</summary>
public abstract record SignInProving
{
    private SignInProving()
    {
    }

    /// <summary>The account signed it.</summary>
    /// <param name="Proof">By it the nonce is used up.</param>
    public sealed record Proven(SignInProof Proof) : SignInProving;

    /// <summary>It does not count. The caller is told no more than that (specs/signin-checklist.md C12); the reason is for the log.</summary>
    /// <param name="Reason">One word or a few for the log, nothing of what the caller sent.</param>
    public sealed record Refused(string Reason) : SignInProving;

    /// <summary>The chain that has to judge did not answer. Nothing was counted.</summary>
    public sealed record Unavailable : SignInProving;
}
