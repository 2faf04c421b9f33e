namespace Purser.Protocol.SignIn;

/// <summary>Why a text is no EIP-4361 message, or why fields make none.</summary>
/// <param name="Code">A stable code: <c>siwe_too_large</c>, <c>siwe_malformed</c> (the text has another layout) or <c>siwe_field_invalid</c>.</param>
/// <param name="Field">The field at fault by its name in the specification's object form, such as <c>issuedAt</c>; null when it is the layout.</param>
/// <param name="Message">What was wrong, one line; nothing of the text itself.</param>
public sealed record SignInRefusal(string Code, string? Field, string Message)
{
    internal static SignInRefusal Invalid(string field, string expected) => new("siwe_field_invalid", field, $"'{field}' must be {expected}");
}

/// <summary>What came of reading an EIP-4361 message.</summary>
public abstract record SignInReading
{
    private SignInReading()
    {
    }

    /// <summary>It is this message, and written out again it is the same text.</summary>
    /// <param name="Message">The message.</param>
    public sealed record Read(SignInMessage Message) : SignInReading;

    /// <summary>It is none.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(SignInRefusal Reason) : SignInReading;
}
