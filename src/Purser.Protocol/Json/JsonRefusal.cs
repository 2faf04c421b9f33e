namespace Purser.Protocol.Json;

/// <summary>Why a JSON text was refused.</summary>
/// <param name="Code">A stable code, one of <see cref="JsonRefusalCodes"/>.</param>
/// <param name="Path">Where, as a JSONPath from <c>$</c>; names from the text are cut to 64 characters and cleaned of control characters.</param>
/// <param name="Offset">The byte where the trouble starts; -1 when the member is missing or only its meaning is wrong.</param>
/// <param name="Message">What was expected and what was there, in a sentence.</param>
public sealed record JsonRefusal(string Code, string Path, long Offset, string Message)
{
    /// <summary>Message, path and offset in one line.</summary>
    public override string ToString() => Offset < 0 ? $"{Message} at {Path}" : $"{Message} at {Path} (byte {Offset})";
}

/// <summary>The codes of <see cref="JsonRefusal"/>.</summary>
public static class JsonRefusalCodes
{
    /// <summary>Larger than <see cref="JsonLimits.MaxBytes"/>.</summary>
    public const string TooLarge = "json_too_large";

    /// <summary>Deeper than <see cref="JsonLimits.MaxDepth"/>.</summary>
    public const string TooDeep = "json_too_deep";

    /// <summary>An object with more members, or an array with more elements, than <see cref="JsonLimits.MaxMembers"/>.</summary>
    public const string TooMany = "json_too_many_members";

    /// <summary>Not UTF-8, or an escape that is half a surrogate pair.</summary>
    public const string NotUtf8 = "json_not_utf8";

    /// <summary>Not JSON (RFC 8259): truncated, trailing bytes, comments, or another fault of syntax.</summary>
    public const string Syntax = "json_syntax";

    /// <summary>A member name stands twice in one object; readers disagree on which counts, so neither does.</summary>
    public const string DuplicateMember = "json_duplicate_member";

    /// <summary>A member that must be there is absent or null.</summary>
    public const string Missing = "json_missing_member";

    /// <summary>A member has another JSON type than the protocol gives it.</summary>
    public const string WrongType = "json_wrong_type";

    /// <summary>A member has the right type and a value that the protocol does not allow.</summary>
    public const string BadValue = "json_bad_value";
}
