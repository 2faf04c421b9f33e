namespace Purser.Protocol.Intents;

/// <summary>Why an intent was not taken, before any policy was asked.</summary>
/// <param name="Code">A stable code: <c>intent_too_large</c>, <c>intent_malformed</c>, <c>intent_unknown_version</c>, <c>intent_unknown_kind</c>, <c>intent_member_unknown</c>, <c>intent_member_duplicate</c>, <c>intent_member_missing</c> or <c>intent_member_invalid</c>.</param>
/// <param name="Member">The member at fault, by its wire name; null when it is the whole.</param>
/// <param name="Message">What was wrong, one line. Of what was given it shows only cleaned and quoted text.</param>
public sealed record IntentRefusal(string Code, string? Member, string Message)
{
    internal static IntentRefusal Invalid(string member, string expected) => new("intent_member_invalid", member, $"'{member}' must be {expected}");
}

/// <summary>What came of reading an intent's wire form.</summary>
public abstract record IntentReading
{
    private IntentReading()
    {
    }

    /// <summary>It is this intent, and it keeps every rule of its kind.</summary>
    /// <param name="Intent">The intent.</param>
    public sealed record Read(Intent Intent) : IntentReading;

    /// <summary>It is none.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(IntentRefusal Reason) : IntentReading;
}
