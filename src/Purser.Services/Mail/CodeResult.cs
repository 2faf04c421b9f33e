namespace Purser.Services.Mail;

/// <summary>What came of asking for a code.</summary>
internal abstract record CodeSending
{
    private CodeSending()
    {
    }

    /// <summary>It was sent, or so it is answered.</summary>
    public sealed record Sent(string Attempt, DateTimeOffset ExpiresAt) : CodeSending;

    /// <summary>Too many were asked for.</summary>
    public sealed record Limited(TimeSpan Wait) : CodeSending;

    /// <summary>The mail server cannot be used now.</summary>
    public sealed record MailDown : CodeSending;

    /// <summary>The mail server does not take mail for this address.</summary>
    public sealed record MailRefused : CodeSending;
}

/// <summary>What a typed code came to.</summary>
internal abstract record CodeVerdict
{
    private CodeVerdict()
    {
    }

    /// <summary>It is the code that was mailed to this address, and is used up now.</summary>
    public sealed record Right(string Email) : CodeVerdict;

    /// <summary>It is not.</summary>
    public sealed record Wrong(int TriesLeft) : CodeVerdict;

    /// <summary>It was used before.</summary>
    public sealed record Used : CodeVerdict;

    /// <summary>It is too old.</summary>
    public sealed record Expired : CodeVerdict;

    /// <summary>It was tried too often.</summary>
    public sealed record Dead : CodeVerdict;

    /// <summary>This device began no such attempt.</summary>
    public sealed record Unknown : CodeVerdict;

    /// <summary>The caller named too many attempts that nobody began.</summary>
    public sealed record Locked(TimeSpan Wait) : CodeVerdict;
}
