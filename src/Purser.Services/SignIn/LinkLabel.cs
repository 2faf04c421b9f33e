using Purser.Protocol.Json;

namespace Purser.Services.SignIn;

/// <summary>What a human calls an agent.</summary>
public static class LinkLabel
{
    /// <summary>The most characters of a label.</summary>
    public const int MaxLength = 64;

    /// <summary>Whether a text can be a label: null for none, or 1 to 64 characters that all show and stay where they stand.</summary>
    public static bool IsLabel(string? text) => text is null || (text.Length is > 0 and <= MaxLength && UntrustedText.Clean(text, MaxLength) == text);
}
