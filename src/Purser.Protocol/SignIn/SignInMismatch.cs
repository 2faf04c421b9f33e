namespace Purser.Protocol.SignIn;

/// <summary>In which field a message is another than expected. It quotes nothing of the message, which is a stranger's text.</summary>
/// <param name="Code">A stable code.</param>
/// <param name="Field">The field by its name in the specification's object form.</param>
/// <param name="Message">What is wrong, one line.</param>
/// <param name="Hint">What to do next.</param>
public abstract record SignInMismatch(string Code, string Field, string Message, string Hint)
{
    private const string Refuse = "do not sign it: whoever made this message did not make it for this connection";
    private const string AskAgain = "ask for a new challenge";

    /// <summary>Another account is to sign.</summary>
    public sealed record OtherAddress() : SignInMismatch("siwe_address_mismatch", "address", "the message is for another account", "sign with the account that the challenge was asked for");

    /// <summary>Another scheme than the origin's, or none where one has to be.</summary>
    public sealed record OtherScheme() : SignInMismatch("siwe_scheme_mismatch", "scheme", "the message is for another scheme than the origin's", Refuse);

    /// <summary>Another domain: whoever asks passes on somebody else's challenge.</summary>
    public sealed record OtherDomain() : SignInMismatch("siwe_domain_mismatch", "domain", "the message signs in to another domain", Refuse);

    /// <summary>Another URI.</summary>
    public sealed record OtherUri() : SignInMismatch("siwe_uri_mismatch", "uri", "the message's URI is another one", Refuse);

    /// <summary>A chain that is not expected.</summary>
    public sealed record OtherChain() : SignInMismatch("siwe_chain_mismatch", "chainId", "the message names a chain that is not expected", "sign in by one of the expected chains");

    /// <summary>Another nonce.</summary>
    public sealed record OtherNonce() : SignInMismatch("siwe_nonce_mismatch", "nonce", "the message has another nonce", AskAgain);

    /// <summary>It says to be from the future.</summary>
    public sealed record IssuedLater() : SignInMismatch("siwe_issued_later", "issuedAt", "the message was issued later than now", "compare the clocks of both sides, then " + AskAgain);

    /// <summary>It was issued too long ago.</summary>
    public sealed record TooOld() : SignInMismatch("siwe_too_old", "issuedAt", "the message was issued too long ago", AskAgain);

    /// <summary>It has expired.</summary>
    public sealed record Expired() : SignInMismatch("siwe_expired", "expirationTime", "the message has expired", AskAgain);

    /// <summary>It does not hold yet.</summary>
    public sealed record NotYetValid() : SignInMismatch("siwe_not_yet_valid", "notBefore", "the message does not hold yet", "wait until its time");
}
